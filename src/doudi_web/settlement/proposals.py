"""Proposals read back: by state, person and hospital; how many there are, and what they come to together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, LiteralString

from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.settlement import tables
from doudi_web.settlement.proposing import SHOWN, said
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

LISTED = 200
MOST = 5_000
"""Proposals that are counted and summed; more are not."""
STATES = ("open", "approved", "refused", "superseded")


def proposals(
    actor: Actor, *, state: str, person: str, facility: str, after: int, limit: int
) -> dict[str, Any]:
    """Proposals in the order in which they were made; a hospital sees its own. Raises Refusal 403."""
    actor.must(Act.PROPOSALS_READ)
    where, asked = _conditions(actor, state, person, facility)
    conditions: list[LiteralString] = ["id > %s", *where]
    values = [after, *asked, limit + 1]
    db = tables.driver()
    with db.transaction():
        rows = db.execute(
            f"{SHOWN} WHERE {' AND '.join(conditions)} ORDER BY id LIMIT %s", values
        ).fetchall()
        shown = [said(row) for row in rows[:limit]]
        record(actor, "proposals.list", "proposals", detail={"rows": len(shown)})
        each = ((subject_of(one["person"]), {"proposal": one["proposal_id"]}) for one in shown)
        record_each(actor, "proposals.read", each)
    last = shown[-1]["proposal_id"] if len(rows) > limit else None
    return {"proposals": shown, "after": None if last is None else int(last)}


def _conditions(
    actor: Actor, state: str, person: str, facility: str
) -> tuple[list[LiteralString], list[str]]:
    asked: tuple[tuple[LiteralString, str | None], ...] = (
        ("state = %s", state or None),
        ("person = %s", person or None),
        ("facility = %s", actor.facility or facility or None),
    )
    conditions: list[LiteralString] = [c for c, value in asked if value is not None]
    return conditions, [value for _, value in asked if value is not None]


@dataclass(frozen=True, slots=True)
class Sums:
    """How many proposals there are, and what would change for each payer (fen) if all were approved.

    `left_out` cannot be worked out: their bills have faults. Of more than MOST nothing is summed.
    """

    count: int
    is_whole: bool
    left_out: int
    payers: Mapping[str, int]


_SUMS = """
WITH chosen AS MATERIALIZED (SELECT kind, says FROM settlement_proposal {where} LIMIT %s),
moved AS (
  SELECT p.key AS payer, p.value::numeric AS amount
  FROM chosen, jsonb_each_text(says -> 'changes' -> 'payments') p WHERE kind = 'adjust'
  UNION ALL SELECT 'hospital', (says -> 'changes' ->> 'hospital')::numeric FROM chosen WHERE kind = 'adjust'
  UNION ALL SELECT 'patient', CASE kind WHEN 'collect' THEN says ->> 'amount'
    ELSE says -> 'changes' ->> 'patient' END::numeric FROM chosen
)
SELECT count(*), count(*) FILTER (WHERE kind = 'adjust' AND says -> 'changes' ->> 'patient' IS NULL),
  (SELECT json_agg(json_build_array(payer, amount)) FROM (
    SELECT payer, (sum(amount) * 100)::bigint AS amount FROM moved WHERE amount <> 0 GROUP BY payer) m)
FROM chosen
"""


def sums(actor: Actor, state: str) -> Sums:
    """Count and sum the proposals of a state, or all of them; a hospital's own. Raises Refusal 403."""
    actor.must(Act.PROPOSALS_READ)
    conditions, values = _conditions(actor, state, "", "")
    where: LiteralString = "WHERE " + " AND ".join(conditions) if conditions else ""
    row = tables.driver().execute(_SUMS.format(where=where), [*values, MOST + 1]).fetchone()
    assert row is not None
    count, left_out, payers = row
    is_whole = count <= MOST
    return Sums(min(count, MOST), is_whole, left_out, dict(payers or ()) if is_whole else {})
