"""The office takes the district's answer, says its dispute again with what is new, or withdraws it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

from doudi_web.audit_log.actions import record
from doudi_web.clearing.once import once
from doudi_web.disputes.opening import DUE_DAYS, say
from doudi_web.disputes.selectors import Dispute, Driver, State, found_dispute, today
from doudi_web.settlement.answers import Answer
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

How = Literal["accept", "again", "withdraw"]
HOW: tuple[How, ...] = ("accept", "again", "withdraw")


def end(
    actor: Actor, message: str, stated: Mapping[str, Any], number: int, how: How, text: str
) -> Answer:
    """Accept the answer, dispute it again, or withdraw: 201; the same message again 200.

    Raises Refusal: 403, 404, 409 (there is no answer yet; it has ended), 422 (again, and withdrawing, say why).
    """
    actor.must(Act.DISPUTES_OPEN)
    if not text and how != "accept":
        raise Refusal.of(422, "F201", "text", key="text", expected="为什么，1 至 400 字")

    def do(db: Driver) -> Any:
        one = found_dispute(db, actor, Act.DISPUTES_OPEN, number, alone=True)
        _must_wait(one, how)
        say(db, actor, number, how, text)
        match how:
            case "again":
                due = today() + timedelta(days=DUE_DAYS)
                db.execute(
                    "UPDATE disputes_dispute SET state = 'open', due = %s WHERE id = %s",
                    [due, number],
                )
            case "accept":
                db.execute("UPDATE disputes_dispute SET state = 'accepted' WHERE id = %s", [number])
            case "withdraw":
                db.execute(
                    "UPDATE disputes_dispute SET state = 'withdrawn' WHERE id = %s", [number]
                )
        record(actor, f"disputes.{how}", f"dispute:{number}", reason=text)
        return found_dispute(db, actor, Act.DISPUTES_READ, number).json()

    return once(actor, f"disputes.{how}", message, stated, do)


def _must_wait(one: Dispute, how: How) -> None:
    """Raises Refusal 409."""
    if not one.waits:
        raise Refusal.of(409, "S728", str(one.id), number=one.id, reason="已经了结，不再变")
    if how != "withdraw" and one.state != State.ANSWERED:
        raise Refusal.of(409, "S728", str(one.id), number=one.id, reason="区里还没有答复")
