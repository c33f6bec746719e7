"""What people do with an alert: take it, close it with what it was and why, give it to another."""

from collections.abc import Callable, Mapping
from typing import Any, LiteralString

from pydantic_core import to_json

from doudi.errors import fault
from doudi_web.alerts.found import Driver, Owner
from doudi_web.alerts.raising import EVENT
from doudi_web.alerts.rules import ENDS, STATED_ENDS
from doudi_web.alerts.selectors import Alert, found_alert, owners
from doudi_web.audit_log.actions import record
from doudi_web.clearing.once import once
from doudi_web.settlement.answers import Answer
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.models import Facility, Township
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import OF_FACILITY, OF_TOWNSHIP, TITLES, Act, Role
from doudi_web.tenancy.who import Actor

REASON_LIMIT = 400
Said = Mapping[str, Any]


def take(actor: Actor, message: str, stated: Said, number: int, text: str = "") -> Answer:
    """Take an alert as one's own: 201; the same message again 200. Raises Refusal 403, 404, 409."""
    actor.must(Act.ALERTS_ACT)

    def do(db: Driver, one: Alert) -> None:
        _must_be_open(one)
        if one.taken_by:
            raise _conflict(one, f"{one.taken_name or one.taken_by}已经在办")
        _set(db, number, "state = 'taken', taken_by = %s", [actor.key])
        _say(db, actor, one, "take", text)
        record(actor, "alerts.take", f"alert:{number}", reason=text)

    return _once(actor, "alerts.take", message, stated, number, do)


def close(
    actor: Actor, message: str, stated: Said, number: int, ended_as: str, text: str
) -> Answer:
    """Close an alert as what it was, for a reason: 201; the same message again 200.

    Raises Refusal: 403, 404, 409 (another has it, it is closed), 422.
    """
    actor.must(Act.ALERTS_ACT)
    wrong = (
        []
        if text
        else [fault("F201", "reason", key="reason", expected="怎样核实的、办了什么，1 至 400 字")]
    )
    if ended_as not in STATED_ENDS:
        expected = "、".join(f"{key}（{ENDS[key]}）" for key in STATED_ENDS)
        wrong.append(fault("F203", "ended_as", value=ended_as[:40], expected=expected))
    if wrong:
        raise Refusal(422, wrong)

    def do(db: Driver, one: Alert) -> None:
        _must_be_open(one)
        if one.taken_by not in ("", actor.key):
            raise _conflict(one, f"{one.taken_name or one.taken_by}在办，由他办结，或者先转给别人")
        _set(db, number, "state = 'closed', ended_as = %s, ended_weight = weight", [ended_as])
        _say(db, actor, one, "close", text, {"ended_as": ended_as})
        record(actor, "alerts.close", f"alert:{number}", reason=text, detail={"ended_as": ended_as})

    return _once(actor, "alerts.close", message, stated, number, do)


def reassign(
    actor: Actor, message: str, stated: Said, number: int, owner: Owner, text: str
) -> Answer:
    """Give an open alert to another role, in its hospital or township: 201; the same message again 200.

    Raises Refusal: 403, 404, 409 (it is closed), 422.
    """
    actor.must(Act.ALERTS_ASSIGN)
    _must_be_owner(owner, text)

    def do(db: Driver, one: Alert) -> None:
        _must_be_open(one)
        _set(
            db, number,
            "state = 'open', taken_by = '', owner_role = %s, owner_facility = %s, owner_township = %s",
            [owner.role.value, owner.facility, owner.township],
        )  # fmt: skip
        detail = {
            "owner_role": owner.role.value, "owner_facility": owner.facility, "owner_township": owner.township,
        }  # fmt: skip
        _say(db, actor, one, "reassign", text, detail)
        record(actor, "alerts.reassign", f"alert:{number}", reason=text, detail=detail)

    return _once(actor, "alerts.reassign", message, stated, number, do)


def _must_be_owner(owner: Owner, text: str) -> None:
    """Raises Refusal 422 with every fault: a role that acts, where it acts, a reason."""
    wrong = (
        [] if text else [fault("F201", "reason", key="reason", expected="为什么转，1 至 400 字")]
    )
    if owner.role not in owners():
        may = "、".join(f"{role.value}（{TITLES[role]}）" for role in owners())
        wrong.append(fault("F203", "owner_role", value=owner.role.value, expected=may))
    for key, code, needs, table in (
        ("owner_facility", owner.facility, owner.role in OF_FACILITY, Facility),
        ("owner_township", owner.township, owner.role in OF_TOWNSHIP, Township),
    ):
        is_there = code.isprintable() and code != "" and table.objects.filter(pk=code).exists()
        if needs != is_there or (code and not needs):
            wrong.append(fault("S712", key, key=key, value=code[:40], title=TITLES[owner.role]))
    if wrong:
        raise Refusal(422, wrong)


def _once(
    actor: Actor,
    action: str,
    message: str,
    stated: Said,
    number: int,
    do: Callable[[Driver, Alert], None],
) -> Answer:
    def whole(db: Driver) -> Any:
        one = found_alert(db, actor, number, locked=True)
        if actor.role is not Role.DISTRICT_ADMIN and not _is_own(actor, one):
            title = TITLES[Role(one.owner_role)]
            raise Refusal.of(403, "S713", str(number), number=number, owner=title)
        do(db, one)
        return found_alert(db, actor, number).json()

    return once(actor, action, message, stated, whole)


def _is_own(actor: Actor, one: Alert) -> bool:
    """Whether it is the actor's role's, in its hospital or township."""
    return (one.owner_role, one.owner_facility, one.owner_township) == (
        actor.role.value, actor.facility or "", actor.township or "",
    )  # fmt: skip


def _must_be_open(one: Alert) -> None:
    """Raises Refusal 409."""
    if not one.is_open:
        raise _conflict(
            one, f"已经办结（{ENDS.get(one.ended_as, one.ended_as)}），原因再长才重新打开"
        )


def _conflict(one: Alert, reason: str) -> Refusal:
    return Refusal.of(409, "S711", str(one.id), number=one.id, reason=reason)


def _set(db: Driver, number: int, sets: LiteralString, values: list[Any]) -> None:
    db.execute(
        f"UPDATE alerts_alert SET {sets}, changed = %s, version = version + 1 WHERE id = %s",
        [*values, now(), number],
    )


def _say(
    db: Driver,
    actor: Actor,
    one: Alert,
    what: str,
    text: str,
    detail: Mapping[str, Any] | None = None,
) -> None:
    db.execute(
        EVENT,
        [
            one.id,
            what,
            text[:REASON_LIMIT],
            one.weight,
            to_json(detail or {}).decode(),
            now(),
            actor.key,
        ],
    )
