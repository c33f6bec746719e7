"""The district answers a dispute: it is right, and what will be done; or the figure stands, and why."""

from collections.abc import Mapping
from typing import Any

from doudi_web.audit_log.actions import record
from doudi_web.clearing.once import once
from doudi_web.disputes.opening import say
from doudi_web.disputes.selectors import Driver, State, found_dispute
from doudi_web.settlement.answers import Answer
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor


def answer(
    actor: Actor, message: str, stated: Mapping[str, Any], number: int, text: str, *, upheld: bool
) -> Answer:
    """Answer a dispute that waits for it: 201; the same message again 200. It changes no figure by itself.

    Raises Refusal: 403, 404, 409 (it does not wait for the district), 422 (no text).
    """
    actor.must(Act.DISPUTES_ANSWER)
    if not text:
        expected = "怎样核对的、以后怎样办，1 至 400 字"
        raise Refusal.of(422, "F201", "text", key="text", expected=expected)

    def do(db: Driver) -> Any:
        one = found_dispute(db, actor, Act.DISPUTES_ANSWER, number, alone=True)
        if one.state != State.OPEN:
            raise Refusal.of(409, "S728", str(number), number=number, reason="现在不等区里答复")
        say(db, actor, number, "uphold" if upheld else "refuse", text)
        db.execute("UPDATE disputes_dispute SET state = 'answered' WHERE id = %s", [number])
        record(
            actor, "disputes.answer", f"dispute:{number}", reason=text, detail={"upheld": upheld}
        )  # fmt: skip
        return found_dispute(db, actor, Act.DISPUTES_READ, number).json()

    return once(actor, "disputes.answer", message, stated, do)
