"""How much floor money stands where, hospital by hospital, up to a month; and approving what somebody saw of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, LiteralString

import psycopg

from doudi.errors import fault
from doudi.money import yuan
from doudi_web.audit_log.actions import record
from doudi_web.clearing.deciding import Batch, decide_in
from doudi_web.clearing.floor import OPEN_ITEMS, State, low_of, read_items
from doudi_web.clearing.holding import LOCK
from doudi_web.clearing.once import once
from doudi_web.settlement import tables
from doudi_web.settlement.answers import Answer
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

TO_APPROVE = (State.COMPUTED, State.RECOVER)
MOST = 100_000
"""Amounts that are approved at once: of a hospital with more an earlier month is approved first."""


@dataclass(frozen=True, slots=True)
class Sum:
    """How many amounts there are, and what they come to."""

    items: int = 0
    amount: int = 0


@dataclass(slots=True)
class Standing:
    """A hospital's floor money up to a month, state by state. `held`: approved and in a payment under way."""

    facility: str
    name: str
    states: dict[State, Sum] = field(default_factory=dict[State, Sum])
    held: Sum = Sum()
    free: Sum = Sum()
    last: int = 0

    @property
    def to_approve(self) -> Sum:
        """What waits for the district's approval, what is to be recovered with it."""
        found = [self.states.get(state, Sum()) for state in TO_APPROVE]
        return Sum(sum(one.items for one in found), sum(one.amount for one in found))

    @property
    def failed(self) -> Sum:
        """What the bank did not pay."""
        return self.states.get(State.FAILED, Sum())

    @property
    def paid(self) -> Sum:
        """What was paid, less what was given back."""
        return self.states.get(State.PAID, Sum())

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return bool(
            self.to_approve.items or self.failed.items or self.held.items or self.free.items
        )


_STANDING: LiteralString = f"""
SELECT x.facility, coalesce(f.name, x.facility), x.state, x.held, sum(x.items)::bigint, sum(x.amount)::bigint,
  max(x.id)
FROM (SELECT i.facility, i.state, 1 AS items, i.amount, i.id,
    i.state = 'approved' AND EXISTS (SELECT 1 FROM clearing_hold h WHERE h.entry = i.id) AS held
  FROM ({OPEN_ITEMS} AND p.month <= %s) AS i
    (id, kind, settlement, assessment, visit, facility, posted, month, amount, state)
  UNION ALL SELECT d.facility, d.state, d.items, d.amount, 0, false FROM clearing_floordone d
  WHERE d.month <= %s) x
LEFT JOIN tenancy_facility f ON f.code = x.facility
GROUP BY x.facility, f.name, x.state, x.held ORDER BY 2, 1
"""


def standing(actor: Actor, month: str) -> list[Standing]:
    """Every hospital's floor money up to a month; a hospital has its own alone. Raises Refusal 403."""
    actor.must(Act.FLOOR_READ)
    db = tables.driver()
    with db.transaction():
        rows = db.execute(_STANDING, [low_of(db), month, month]).fetchall()
        record(actor, "floor.standing", "floor", detail={"month": month})
    found: dict[str, Standing] = {}
    for facility, name, state, held, items, amount, last in rows:
        if actor.facility not in (None, facility):
            continue
        one = found.setdefault(facility, Standing(facility, name))
        told = Sum(items, amount)
        before = one.states.get(State(state), Sum())
        one.states[State(state)] = Sum(before.items + items, before.amount + amount)
        if state == State.APPROVED:
            one.held, one.free = (told, one.free) if held else (one.held, told)
        if state in TO_APPROVE:
            one.last = max(one.last, last)
    return list(found.values())


def approve(
    actor: Actor,
    message: str,
    stated: Mapping[str, Any],
    facility: str,
    month: str,
    last: int,
    seen_fen: int,
) -> Answer:
    """Approve what a hospital has up to a month and an entry, where it is still the sum that was seen.

    Raises Refusal: 403, 409 (nothing to approve; another sum), 413.
    """
    actor.must(Act.FLOOR_APPROVE)

    def do(db: "psycopg.Connection[tables.Row]") -> Any:
        tables.lock(db, (LOCK,))
        conditions: list[tuple[LiteralString, Any]] = [
            ("coalesce(s.facility, a.facility) = %s", facility), ("p.month <= %s", month), ("e.id <= %s", last),
        ]  # fmt: skip
        items = read_items(db, conditions, TO_APPROVE, MOST + 1)
        if len(items) > MOST:
            details = {"name": "兜底金额", "count": f"{MOST:,} 以上", "limit": f"{MOST:,}"}
            raise Refusal(413, [fault("F110", "month", **details)])
        if not items:
            raise Refusal.of(409, "S583", facility, facility=facility, month=month)
        amount = sum(one.amount for one in items)
        if amount != seen_fen:
            what = f"{facility} 到 {month} 等批准的"
            raise Refusal.of(
                409, "S589", facility, what=what, now=yuan(amount), seen=yuan(seen_fen)
            )
        entries = tuple(one.entry for one in items)
        decide_in(db, actor, State.APPROVED, message, Batch(entries=entries))
        return {"state": "approved", "count": len(items), "amount": yuan(amount)}

    return once(actor, "floor.approve.seen", message, stated, do)
