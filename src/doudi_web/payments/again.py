"""What the bank did not pay is approved again, payment by payment, after somebody has looked why."""

from collections.abc import Mapping
from typing import Any

from doudi.money import yuan
from doudi_web.clearing.deciding import Batch, decide_in
from doudi_web.clearing.floor import State as FloorState
from doudi_web.clearing.holding import LOCK
from doudi_web.clearing.once import once
from doudi_web.payments.orders import Driver, batch, payments
from doudi_web.payments.selectors import failed_in
from doudi_web.settlement import tables
from doudi_web.settlement.answers import Answer
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor


def approve_again(
    actor: Actor, message: str, stated: Mapping[str, Any], number: str, row: int, reason: str
) -> Answer:
    """Approve anew what failed of one payment of a batch, for a next one: 201; the same message again 200.

    Raises Refusal: 403, 404, 409 (nothing of it failed, or it was approved again already).
    """
    actor.must(Act.FLOOR_APPROVE)

    def do(db: Driver) -> Any:
        tables.lock(db, (LOCK,))
        one = batch(db, number)
        failed = failed_in(db, one)
        entries = tuple(
            entry for payment in payments(db, one) if payment.row == row
            for entry in payment.entries if entry in failed
        )  # fmt: skip
        if not entries:
            what = f"批次 {number} 第 {row} 笔"
            raise Refusal.of(
                409,
                "S723",
                number,
                what=what,
                state="没有付不成的，或者已经再批准了",
                wanted="再批准",
            )
        items = decide_in(db, actor, FloorState.APPROVED, message, Batch(entries=entries), reason)
        amount = yuan(sum(item.amount for item in items))
        return {"number": number, "row": row, "count": len(items), "amount": amount}

    return once(actor, "payments.again", message, stated, do)
