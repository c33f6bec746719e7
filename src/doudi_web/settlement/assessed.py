"""The posting of an assessment: a hospital gives back what a period's control leaves. It has no settlement.

It has two entries, the hospital's and the fund's, and adds to no sum: whom a visit was of is in neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from doudi_web.settlement import tables
from doudi_web.settlement.ledger import commit, instant, posting_head

KIND = "assess"


@dataclass(frozen=True, slots=True)
class Assessed:
    """What is assessed: a hospital, a period, the fen that a fund gets back (negative: that it took too much)."""

    facility: str
    period: str
    amount: int
    fund: str
    figures: bytes
    """What it rests on, visit by visit: kept with the posting and committed to."""
    reason: str
    client: str
    message: str
    posted: datetime
    month: str


def assessment_row(
    number: int, facility: str, period: str, amount: int, fund: str, assessed: datetime, client: str
) -> dict[str, Any]:
    """What the row of an assessment says beside the figures that it rests on."""
    return {
        "id": number, "facility": facility, "period": period, "amount": amount, "fund": fund,
        "assessed": instant(assessed), "client": client,
    }  # fmt: skip


def entries_of(facility: str, fund: str, amount: int) -> list[tuple[str, int]]:
    """The hospital bears what the fund gets back.

    >>> entries_of("H1", "floor", 500)
    [('hospital:H1', 500), ('fund:floor', -500)]
    """
    return [(f"hospital:{facility}", amount), (f"fund:{fund}", -amount)]


_NUMBER = "SELECT nextval('settlement_assessment_id_seq')"
_POST = """
WITH assessment AS (
  INSERT INTO settlement_assessment (id, facility, period, amount, fund, assessed, client, figures)
  VALUES (%s, %s, %s, %s, %s, %s, %s, %s)),
posting AS (
  INSERT INTO settlement_posting
    (kind, assessment, client, message, posted, month, reason, salt, parts, content, commitment)
  VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id),
entries AS (
  INSERT INTO settlement_entry (posting, account, amount)
  SELECT p.id, e.account, e.amount FROM posting p, unnest(%s::text[], %s::bigint[]) AS e(account, amount))
SELECT id FROM posting
"""


def post(db: "psycopg.Connection[tables.Row]", told: Assessed) -> tuple[int, int]:
    """Write an assessment with its posting; their numbers. The caller holds what it rests on, and commits."""
    assert told.amount, "an assessment of nothing"
    numbered = db.execute(_NUMBER).fetchone()
    assert numbered is not None
    number: int = numbered[0]
    row = (number, told.facility, told.period, told.amount, told.fund, told.posted, told.client)
    head = posting_head(KIND, None, told.client, told.message, told.posted, told.month, told.reason)
    entries = entries_of(told.facility, told.fund, told.amount)
    made = commit(head, assessment_row(*row), entries, (), (told.figures,))
    posted = db.execute(
        _POST,
        [
            *row, told.figures, KIND, number, told.client, told.message, told.posted, told.month, told.reason,
            made.salt, made.parts, made.content, made.commitment, [a for a, _ in entries],
            [f for _, f in entries],
        ],
    ).fetchone()  # fmt: skip
    assert posted is not None
    return number, posted[0]


_OF = """
SELECT id, period, amount, figures FROM settlement_assessment WHERE facility = %s AND period = ANY(%s) ORDER BY id
"""


def assessments_of(
    db: "psycopg.Connection[tables.Row]", facility: str, periods: Sequence[str]
) -> list[tables.Row]:
    """(number, period, amount, figures) of a hospital's assessments of these periods, in their order."""
    return db.execute(_OF, [facility, list(periods)]).fetchall()
