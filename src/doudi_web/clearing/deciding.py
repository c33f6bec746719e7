"""Deciding on floor amounts: the district approves, the accountant says paid or failed, nobody does both.

A batch is decided as a whole: where one item of it cannot be, none is.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from doudi.errors import fault
from doudi.money import yuan
from doudi_web.audit_log.actions import record, record_each
from doudi_web.clearing.finishing import finish
from doudi_web.clearing.floor import Item, State, read_items
from doudi_web.clearing.holding import LOCK, must_be_free
from doudi_web.clearing.once import once
from doudi_web.settlement import tables
from doudi_web.settlement.answers import Answer
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

LIMIT = 10_000  # items of one message

_FROM: dict[State, frozenset[State]] = {
    State.APPROVED: frozenset({State.COMPUTED, State.RECOVER, State.FAILED}),
    State.PAID: frozenset({State.APPROVED}),
    State.FAILED: frozenset({State.APPROVED}),
}
"""What may become of what."""
_WHOLE: dict[State, tuple[State, ...]] = {
    State.APPROVED: (State.COMPUTED, State.RECOVER),
    State.PAID: (State.APPROVED,),
    State.FAILED: (State.APPROVED,),
}
"""What a whole month takes in: what failed is approved again by its number alone, after somebody has looked."""
_ACTS = {
    State.APPROVED: (Act.FLOOR_APPROVE, "floor.approve"),
    State.PAID: (Act.FLOOR_PAY, "floor.paid"),
    State.FAILED: (Act.FLOOR_PAY, "floor.failed"),
}


def act_of(state: State) -> Act:
    """What somebody must be allowed who decides so."""
    return _ACTS[state][0]


@dataclass(frozen=True, slots=True)
class Batch:
    """Which floor amounts: by their entries, or all of a hospital and month up to an entry of the ledger."""

    entries: tuple[int, ...] = ()
    facility: str = ""
    month: str = ""
    up_to: int = 0


def decide(
    actor: Actor,
    state: State,
    message: str,
    stated: Mapping[str, Any],
    batch: Batch,
    reason: str = "",
    reference: str = "",
) -> Answer:
    """Write a decision on each item of a batch: 201; the same message again 200.

    Raises Refusal: 403 (the role; who approved pays), 404 (no such item), 409 (a state that does not allow it, each
    named; nothing to decide), 413 (too many).
    """
    act, action = _ACTS[state]
    actor.must(act)

    def do(db: "psycopg.Connection[tables.Row]") -> Any:
        items = decide_in(db, actor, state, message, batch, reason, reference)
        return {
            "state": state.value,
            "items": [{"entry": one.entry, "amount": yuan(one.amount)} for one in items],
            "count": len(items),
            "amount": yuan(sum(one.amount for one in items)),
        }

    return once(actor, action, message, stated, do)


def decide_in(
    db: "psycopg.Connection[tables.Row]",
    actor: Actor,
    state: State,
    message: str,
    batch: Batch,
    reason: str = "",
    reference: str = "",
    holder: str = "",
) -> list[Item]:
    """The same within a transaction that does more; `holder` is the payment that holds the amounts, if one does.

    Raises Refusal: 403, 404, 409 (also where another payment holds one), 413.
    """
    act, action = _ACTS[state]
    actor.must(act)
    tables.lock(db, (LOCK,))
    items = _items(db, state, batch)
    _must_go(state, items)
    must_be_free(db, [one.entry for one in items], holder)
    if state != State.APPROVED:
        _must_be_two(db, actor, items)
    _write(db, actor, state, message, items, reason, reference)
    finish(db, state, items)
    detail = {
        "items": len(items), "amount": yuan(sum(one.amount for one in items)), "message": message,
        "reference": reference,
    }  # fmt: skip
    record_each(actor, action, ((f"entry:{one.entry}", {"was": one.state.value}) for one in items))
    record(actor, action, "floor", reason=reason, detail=detail)
    return items


def _items(db: "psycopg.Connection[tables.Row]", state: State, batch: Batch) -> list[Item]:
    """The items of a batch. Raises Refusal 404, 409, 413."""
    if batch.entries:
        found = read_items(db, [("e.id = ANY(%s)", list(batch.entries))])
        missing = set(batch.entries) - {one.entry for one in found}
        if missing:
            raise Refusal(404, [fault("S580", f"entry {n}", entry=n) for n in sorted(missing)])
        return found
    found = read_items(
        db,
        [
            ("coalesce(s.facility, a.facility) = %s", batch.facility), ("p.month = %s", batch.month),
            ("e.id <= %s", batch.up_to),
        ],
        _WHOLE[state],
        LIMIT + 1,
    )  # fmt: skip
    if len(found) > LIMIT:
        details = {"name": "兜底金额", "count": f"{LIMIT:,} 以上", "limit": f"{LIMIT:,}"}
        raise Refusal(413, [fault("F110", "up_to", **details)])
    if not found:
        raise Refusal.of(409, "S583", batch.facility, facility=batch.facility, month=batch.month)
    return found


def _must_go(state: State, items: Collection[Item]) -> None:
    """Raises Refusal 409 with every item whose state does not allow the decision.

    An amount that was approved, then reversed, may have left with the bank in the meantime: that it was paid is a
    fact and is written; the contrary entry is then to be recovered.
    """
    faults = [
        fault(
            "S581", f"entry {one.entry}", entry=one.entry, state=one.state.value, wanted=state.value
        )
        for one in items
        if one.state not in _FROM[state] and not (state == State.PAID and _was_on_its_way(one))
    ]
    if faults:
        raise Refusal(409, faults)


def _was_on_its_way(one: Item) -> bool:
    return one.state == State.CANCELLED and one.written == State.APPROVED


_APPROVED_BY = """
SELECT DISTINCT entry FROM clearing_floorstate
WHERE entry = ANY(%s) AND state = 'approved' AND actor = %s ORDER BY entry
"""


def _must_be_two(
    db: "psycopg.Connection[tables.Row]", actor: Actor, items: Collection[Item]
) -> None:
    """Raises Refusal 403 where who pays has once approved one of the items, whatever their role was then."""
    own = db.execute(_APPROVED_BY, [[one.entry for one in items], actor.key]).fetchall()
    if own:
        raise Refusal(403, [fault("S582", f"entry {entry}", entry=entry) for (entry,) in own])


_STATE = """
INSERT INTO clearing_floorstate (entry, state, at, actor, reason, reference, message)
SELECT e, %s, %s, %s, %s, %s, %s FROM unnest(%s::bigint[]) AS e
"""


def _write(
    db: "psycopg.Connection[tables.Row]",
    actor: Actor,
    state: State,
    message: str,
    items: Collection[Item],
    reason: str,
    reference: str,
) -> None:
    entries = [one.entry for one in items]
    db.execute(_STATE, [state.value, now(), actor.key, reason, reference, message, entries])
