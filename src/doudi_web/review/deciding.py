"""What is said and decided of a visit above its limit: the doctor's reason, the office's answer, an emergency.

Who explained does not approve, who let an emergency pass does not review it. Nothing here moves an amount: what the
excess comes to and who bears it is the pack's.
"""

import re
from collections.abc import Callable
from typing import Any

import psycopg

from doudi.errors import Fault, fault
from doudi.money import yuan
from doudi.source_text import shown
from doudi_web.audit_log.actions import record, subject_of
from doudi_web.review import events, looks
from doudi_web.review.alerts import Alert
from doudi_web.review.events import Event, Kind, events_of, note_faults
from doudi_web.review.held import Held, Need, held_of
from doudi_web.review.looks import Locked
from doudi_web.settlement import tables
from doudi_web.settlement.replaying import fen
from doudi_web.settlement.running import Visit, found
from doudi_web.tenancy.named import called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

Driver = psycopg.Connection[tables.Row]
_AMOUNT = re.compile(r"[0-9]{1,10}(\.[0-9]{1,2})?", re.ASCII)
REASON = f"理由，1 至 {events.NOTE} 字"

_WANTED = {
    Kind.EXPLAINED: "医生写理由",
    Kind.APPROVED: "医保办审批",
    Kind.REFUSED: "医保办审批",
    Kind.PASSED: "紧急放行",
    Kind.REVIEWED: "复核紧急放行",
}


def explain(
    actor: Actor, visit_id: str, facility: str | None, version: str, reason: str
) -> dict[str, Any]:
    """The doctor, or the office in their place, says why a visit is above its limit.

    Raises Refusal 403, 404, 409 (changed in the meantime; nothing to explain), 422.
    """
    return _said(actor, Act.EXCESS_EXPLAIN, Kind.EXPLAINED, visit_id, facility, version, reason)


def let_pass(
    actor: Actor, visit_id: str, facility: str | None, version: str, reason: str
) -> dict[str, Any]:
    """An emergency goes on without waiting for anybody, with a reason; the office reviews it afterwards.

    Raises Refusal 403, 404, 409, 422.
    """
    return _said(actor, Act.EXCESS_EXPLAIN, Kind.PASSED, visit_id, facility, version, reason)


def decide(
    actor: Actor,
    visit_id: str,
    facility: str | None,
    version: str,
    reason: str,
    *,
    accept: bool,
    up_to: int | None = None,
) -> dict[str, Any]:
    """The insurance office agrees to what the doctor explained, or gives it back with a reason.

    It agrees to an excess of so many fen (`up_to`), or to that of now: a larger one is explained anew.
    Raises Refusal 403 (the role; who explained it), 404, 409, 422.
    """
    kind = Kind.APPROVED if accept else Kind.REFUSED
    return _said(actor, Act.EXCESS_APPROVE, kind, visit_id, facility, version, reason, up_to)


def amount_of(stated: str) -> int | None:
    """An amount in yuan as somebody writes it, in fen; None where nothing is written. Raises Refusal 422."""
    text = stated.strip().replace(",", "")
    if not text:
        return None
    if not _AMOUNT.fullmatch(text):
        expected = "金额（元，如 500.00）"
        raise Refusal(422, [fault("F203", "up_to", value=shown(stated, 80), expected=expected)])
    whole, _, rest = text.partition(".")
    return int(whole) * 100 + int(rest.ljust(2, "0"))


def review(actor: Actor, visit_id: str, facility: str | None, reason: str) -> dict[str, Any]:
    """The insurance office has looked at an emergency afterwards; also of a visit that is settled by then.

    Raises Refusal 403 (the role; who let it pass), 404, 409 (nothing to review), 422.
    """
    actor.must(Act.EXCESS_APPROVE)
    _must_be_right(note_faults("reason", reason, REASON, required=True))
    db = tables.driver()
    with db.transaction():
        visit = found(db, actor, Act.EXCESS_APPROVE, visit_id, facility, locked=True)
        earlier = events_of(db, [visit.number])[visit.number]
        stands = held_of(None, earlier)
        passed = stands.passed
        if passed is None or stands.reviewed is not None:
            raise _not_wanted(visit, Kind.REVIEWED, Need.NOTHING)
        _must_be_two(actor, passed)
        one = events.add(
            db, actor, visit, Kind.REVIEWED, alert=passed.alert, reason=reason,
            says={"passed": passed.id},
        )  # fmt: skip
        _record(actor, visit, one)
    return told(visit, [*earlier, one], None)


def _said(
    actor: Actor,
    act: Act,
    kind: Kind,
    visit_id: str,
    facility: str | None,
    version: str,
    reason: str,
    up_to: int | None = None,
) -> dict[str, Any]:
    actor.must(act)
    is_required = kind != Kind.APPROVED
    _must_be_right(note_faults("reason", reason, REASON, required=is_required))
    db = tables.driver()
    with db.transaction():
        seen = looks.locked(db, actor, act, visit_id, facility, version)
        alert = _must_be_wanted(seen, kind)
        if kind in (Kind.APPROVED, Kind.REFUSED):
            explained = seen.held.explained
            assert explained is not None, "what is approved was explained"
            _must_be_two(actor, explained)
        one = events.add(
            db,
            actor,
            seen.visit,
            kind,
            alert=alert.id,
            reason=reason,
            says=_says(alert, kind, up_to),
        )
        _record(actor, seen.visit, one)
    return told(seen.visit, [*seen.events, one], alert)


def _says(alert: Alert, kind: Kind, up_to: int | None) -> dict[str, Any]:
    """What stood there when it was said: the figures, so that what comes later can be held against it.

    Raises Refusal 422 where the office would agree to less than there is.
    """
    if up_to is not None and up_to < fen(alert.says["excess"]):
        expected = f"不少于现在超出的 {alert.says['excess']} 元"
        raise Refusal(422, [fault("F203", "up_to", value=yuan(up_to), expected=expected)])
    stated = alert.says["approval"]
    hours = None if stated is None else stated["within_hours"]
    kept = ("share", "measured", "limit", "excess", "total")
    limit = (
        {}
        if kind != Kind.APPROVED
        else {"up_to": alert.says["excess"] if up_to is None else yuan(up_to)}
    )
    return {**{key: alert.says[key] for key in kept}, "within_hours": hours, **limit}


_MAY: dict[Kind, Callable[[Held], bool]] = {
    Kind.EXPLAINED: lambda held: held.need in (Need.EXPLAIN, Need.APPROVE),
    Kind.APPROVED: lambda held: held.need == Need.APPROVE,
    Kind.REFUSED: lambda held: held.need == Need.APPROVE,
    Kind.PASSED: lambda held: held.need in (Need.EXPLAIN, Need.APPROVE),
}


def _must_be_wanted(seen: Locked, kind: Kind) -> Alert:
    """The alert that it is about. Raises Refusal 409 where it does not ask for this now."""
    if seen.alert is None or not _MAY[kind](seen.held):
        raise _not_wanted(seen.visit, kind, seen.held.need)
    return seen.alert


_STANDS = {
    Need.NOTHING: "没有要办的",
    Need.EXPLAIN: "先等医生写理由",
    Need.APPROVE: "在等医保办审批",
    Need.REVIEW: "已按紧急放行，等医保办复核",
}


def _not_wanted(visit: Visit, kind: Kind, need: Need) -> Refusal:
    return Refusal.of(
        409, "S621", visit.id, visit=visit.id, wanted=_WANTED[kind], stands=_STANDS[need]
    )


def _must_be_two(actor: Actor, earlier: Event) -> None:
    """Raises Refusal 403 where the same person would answer to themselves."""
    if earlier.actor == actor.key:
        name = called([actor.key]).get(actor.key, actor.key)
        raise Refusal.of(403, "S622", name, name=name)


def _must_be_right(faults: list[Fault]) -> None:
    if faults:
        raise Refusal(422, faults)


def _record(actor: Actor, visit: Visit, event: Event) -> None:
    """Who did what; the reason stands in the event, since it may tell of an illness."""
    detail = {"visit": visit.id, "event": event.id, "alert": event.alert}
    record(actor, f"review.{event.kind}", subject_of(visit.person), detail=detail)


def told(visit: Visit, all_events: list[Event], alert: Alert | None) -> dict[str, Any]:
    """What was written, and how the visit stands then."""
    last = all_events[-1]
    names = called([last.actor])
    stands = held_of(alert, all_events)
    return {"visit_id": visit.id, "event": last.json(names), **stands.json()}
