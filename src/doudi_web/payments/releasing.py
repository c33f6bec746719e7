"""A second person releases a batch, or gives it up: nothing goes to the bank by one person alone."""

from collections.abc import Mapping
from typing import Any

from doudi.errors import fault
from doudi.money import yuan
from doudi_web.audit_log.actions import record
from doudi_web.clearing.floor import STATE_TITLES, read_items
from doudi_web.clearing.floor import State as FloorState
from doudi_web.clearing.holding import LOCK, let_go
from doudi_web.clearing.once import once
from doudi_web.payments.orders import Batch, Driver, Payment, State, batch, must_be, payments
from doudi_web.register import payees
from doudi_web.settlement import tables
from doudi_web.settlement.answers import Answer
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

_RELEASE = """
UPDATE payments_batch SET state = 'released', released = %s, released_by = %s, reason = %s WHERE id = %s
"""
_END = "UPDATE payments_batch SET state = %s, ended = %s, ended_by = %s, reason = %s WHERE id = %s"


def release(
    actor: Actor, message: str, stated: Mapping[str, Any], number: str, reason: str
) -> Answer:
    """Release a batch that somebody else made: 201; the same message again 200.

    Raises Refusal: 403 (the role; who made it), 404, 409 (its state; what is in it changed; an account changed).
    """
    actor.must(Act.PAYMENTS_RELEASE)

    def do(db: Driver) -> Any:
        tables.lock(db, (LOCK,))
        one = batch(db, number, alone=True)
        must_be(one, "放行", State.MADE)
        if one.made_by == actor.key:
            raise Refusal.of(403, "S722", number, what=f"批次 {number}", did="做", does="放行")
        must_stand(db, one, payments(db, one))
        db.execute(_RELEASE, [now(), actor.key, reason, one.id])
        detail = {"amount": yuan(one.amount)}
        record(actor, "payments.release", f"payments:{number}", reason=reason, detail=detail)
        return {"number": number, "state": State.RELEASED.value, "amount": yuan(one.amount)}

    return once(actor, "payments.release", message, stated, do)


def cancel(
    actor: Actor, message: str, stated: Mapping[str, Any], number: str, reason: str
) -> Answer:
    """Give up a batch whose file the bank has not: its amounts are free for the next one.

    Raises Refusal: 403, 404, 409 (the bank has its file), 422 (no reason).
    """
    if not actor.may(Act.PAYMENTS_MAKE):
        actor.must(Act.PAYMENTS_RELEASE)
    if not reason:
        raise Refusal.of(422, "F201", "reason", key="reason", expected="为什么作废，1 至 400 字")

    def do(db: Driver) -> Any:
        tables.lock(db, (LOCK,))
        one = batch(db, number, alone=True)
        must_be(one, "作废", State.MADE, State.RELEASED)
        for payment in payments(db, one):
            let_go(db, payment.entries, number)
        db.execute(_END, [State.CANCELLED.value, now(), actor.key, reason, one.id])
        record(
            actor,
            "payments.cancel",
            f"payments:{number}",
            reason=reason,
            detail={"amount": yuan(one.amount)},
        )
        return {"number": number, "state": State.CANCELLED.value, "amount": yuan(one.amount)}

    return once(actor, "payments.cancel", message, stated, do)


def must_stand(db: Driver, one: Batch, found: list[Payment]) -> None:
    """Raises Refusal 409 where an amount is not to be paid any more, or an account is another by now."""
    entries = [entry for payment in found for entry in payment.entries]
    gone = [
        item
        for item in read_items(db, [("e.id = ANY(%s)", entries)])
        if item.state != FloorState.APPROVED
    ]
    current = payees.holding()
    faults = [
        fault(
            "S724",
            f"entry {item.entry}",
            batch=one.number,
            reason=f"兜底金额 {item.entry} {STATE_TITLES[item.state]}",
        )
        for item in gone
    ]
    faults += [
        fault(
            "S724", payment.facility, batch=one.number, reason=f"{payment.facility} 的收款账户换了"
        )
        for payment in found
        if payment.facility not in current or current[payment.facility].id != payment.account
    ]
    if faults:
        raise Refusal(409, faults)
