"""Proposals as they are read: what is proposed for an item, by whom, what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg

from doudi.errors import fault
from doudi.source_text import shown
from doudi_web.audit_log.actions import record
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import told, told_or_none
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

Driver = psycopg.Connection[tables.Row]
LISTED = 100
OPEN, CONFIRMED, REFUSED, WITHDRAWN = "open", "confirmed", "refused", "withdrawn"
STATES = (OPEN, CONFIRMED, REFUSED, WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Proposal:
    """That an item stands for a code from a day on; without a code: that its mapping is right as it is."""

    number: int
    item: int
    facility: str
    own_code: str
    own_name: str
    code: str
    code_name: str
    valid_from: date | None
    identical: bool
    note: str
    based_on: str
    state: str
    made: datetime
    made_by: str
    decided: datetime | None
    decided_by: str
    reason: str
    installed: str

    def json(self) -> dict[str, Any]:
        """The proposal as answers tell it."""
        return {
            "id": self.number, "item": self.item, "facility": self.facility, "own_code": self.own_code,
            "own_name": self.own_name, "code": self.code or None, "name": self.code_name or None,
            "from": None if self.valid_from is None else self.valid_from.isoformat(),
            "identical": self.identical, "note": self.note, "state": self.state, "made": told(self.made),
            "made_by": self.made_by, "decided": told_or_none(self.decided), "decided_by": self.decided_by or None,
            "reason": self.reason, "installed": self.installed or None,
        }  # fmt: skip


COLUMNS = """id, item, facility, own_code, own_name, code, code_name, valid_from, identical, note, based_on, state,
  made, made_by, decided, decided_by, reason, installed"""
_PAGE = f"""
SELECT {COLUMNS} FROM matching_proposal WHERE (%(facility)s = '' OR facility = %(facility)s)
  AND (%(state)s = '' OR state = %(state)s) AND (%(before)s = 0 OR id < %(before)s) ORDER BY id DESC LIMIT %(limit)s
"""


def proposals(actor: Actor, facility: str, state: str, before: int) -> dict[str, Any]:
    """Proposals of a hospital, or of all for who belongs to none; the newest first. Raises Refusal 403, 422."""
    actor.must(Act.MATCHING_READ)
    if facility:
        actor.must_be_of(facility, Act.MATCHING_READ)
    if state and state not in STATES:
        quoted, expected = shown(state, 80), "、".join(STATES)
        raise Refusal(422, [fault("F203", "state", value=quoted, expected=expected)])
    of = {
        "facility": actor.facility or facility, "state": state, "before": before, "limit": LISTED + 1,
    }  # fmt: skip
    db = tables.driver()
    with db.transaction():
        rows = [Proposal(*row) for row in db.execute(_PAGE, of)]
        record(actor, "matching.proposals", "matching", detail={"rows": len(rows[:LISTED])})
    after = rows[LISTED - 1].number if len(rows) > LISTED else None
    return {"proposals": [one.json() for one in rows[:LISTED]], "after": after}


def history(db: Driver, item: int) -> list[Proposal]:
    """All that was proposed for an item, the newest first."""
    rows = db.execute(
        f"SELECT {COLUMNS} FROM matching_proposal WHERE item = %s ORDER BY id DESC", [item]
    )
    return [Proposal(*row) for row in rows]


def locked(db: Driver, numbers: Sequence[int]) -> list[Proposal]:
    """Proposals by their numbers; nobody else decides on them until the transaction ends. Raises Refusal 404."""
    rows = db.execute(
        f"SELECT {COLUMNS} FROM matching_proposal WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
        [list(numbers)],
    )
    found = [Proposal(*row) for row in rows]
    missing = sorted(set(numbers) - {one.number for one in found})
    if missing:
        raise Refusal(404, [fault("S641", str(n), proposal=n) for n in missing])
    return found
