"""Changes of a running bill from its review: made by who may write to the visit, or proposed to the doctor."""

from typing import Any

import psycopg

from doudi.errors import fault
from doudi.source_text import Document, Value
from doudi_web.audit_log.actions import record, subject_of
from doudi_web.review import events, looks, versions
from doudi_web.review.alerts import noticed
from doudi_web.review.causes import cause_of
from doudi_web.review.change import Change, change_of
from doudi_web.review.deciding import REASON, told
from doudi_web.review.events import Event, Kind, events_of, note_faults
from doudi_web.review.looks import Locked
from doudi_web.review.what_if import Worked, worked_out
from doudi_web.settlement import tables, visits
from doudi_web.settlement.asked import text_of
from doudi_web.settlement.running import found
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

Driver = psycopg.Connection[tables.Row]
NOTE = f"给医生的话，至多 {events.NOTE} 字"


def change(
    actor: Actor, visit_id: str, document: Document, facility: str | None, *, proposed: bool
) -> dict[str, Any]:
    """Take lines out and put others in their place; or, proposed, leave that to the doctor.

    Raises Refusal 403, 404, 409 (changed in the meantime, settled, what is not offered), 422.
    """
    act = Act.EXCESS_APPROVE if proposed else Act.VISITS_WRITE
    actor.must(act)
    wanted, body = change_of(document, "version", "note", drafts=False)
    version, note = _texts(body)
    return _changed(actor, act, visit_id, facility, version, wanted, note, proposed=proposed)


def apply(
    actor: Actor,
    visit_id: str,
    facility: str | None,
    version: str,
    wanted: Change,
    note: str,
    *,
    proposed: bool,
) -> dict[str, Any]:
    """The same for who has the change in hand already. Raises Refusal 403, 404, 409, 422."""
    act = Act.EXCESS_APPROVE if proposed else Act.VISITS_WRITE
    actor.must(act)
    faults = note_faults("note", note, NOTE, required=False)
    if not wanted.withdraw and not wanted.replace:
        faults.append(
            fault("F201", "replace", key="replace", expected="要换或要停的费用，至少一行")
        )
    if faults:
        raise Refusal(422, faults)
    return _changed(actor, act, visit_id, facility, version, wanted, note, proposed=proposed)


def _changed(
    actor: Actor,
    act: Act,
    visit_id: str,
    facility: str | None,
    version: str,
    wanted: Change,
    note: str,
    *,
    proposed: bool,
) -> dict[str, Any]:
    db = tables.driver()
    with db.transaction():
        seen = looks.locked(db, actor, act, visit_id, facility, version)
        made = worked_out(actor, seen.visit, wanted)
        if proposed:
            says = {"change": wanted.json(), **_amounts(made)}
            one = _event(db, actor, seen, Kind.PROPOSED, note, says)
        else:
            one = _made(db, actor, seen, made, note)
    return {**_told(db, seen, one), **made.json()}


def decide(
    actor: Actor, visit_id: str, facility: str | None, version: str, reason: str, *, accept: bool
) -> dict[str, Any]:
    """The doctor makes the change that the office proposes, or declines it with a reason.

    Raises Refusal 403, 404, 409 (nothing is proposed; changed in the meantime), 422.
    """
    actor.must(Act.EXCESS_EXPLAIN)
    faults = note_faults("reason", reason, REASON, required=not accept)
    if faults:
        raise Refusal(422, faults)
    db = tables.driver()
    made: Worked | None = None
    with db.transaction():
        seen = looks.locked(db, actor, Act.EXCESS_EXPLAIN, visit_id, facility, version)
        proposed = seen.held.proposed
        if proposed is None:
            raise Refusal.of(
                409,
                "S621",
                visit_id,
                visit=visit_id,
                wanted="答复更换的建议",
                stands="没有人建议更换",
            )
        if accept:
            actor.must(Act.VISITS_WRITE)
            wanted, _ = change_of(Document("proposal", proposed.says["change"]), drafts=False)
            made = worked_out(actor, seen.visit, wanted)
            one = _made(db, actor, seen, made, reason, proposed)
        else:
            one = _event(db, actor, seen, Kind.DECLINED, reason, {"proposed": proposed.id})
    return {
        **_told(db, seen, one),
        **({} if made is None else made.json()),
    }


def withdraw_faulty(
    actor: Actor, visit_id: str, facility: str | None, version: str, line: str
) -> dict[str, Any]:
    """Take out a line of a bill that has faults, so that it can be reckoned again; it is kept and can be sent anew.

    Raises Refusal 403, 404, 409 (changed in the meantime, settled).
    """
    actor.must(Act.VISITS_WRITE)
    db = tables.driver()
    with db.transaction():
        visit = looks.unsettled(db, actor, Act.VISITS_WRITE, visit_id, facility, locked=True)
        earlier = events_of(db, [visit.number])[visit.number]
        try:
            cause = cause_of(looks.look(actor, visit))
        except Refusal:
            cause = None
        versions.must_be(db, version, visit, earlier, cause)
        visits.withdraw(actor, visit.id, line, visit.facility)
        says = {"withdrawn": [line], "added": [], "proposed": None}
        one = events.add(db, actor, visit, Kind.CHANGED, says=says)
        detail = {"visit": visit.id, "event": one.id, "alert": None}
        record(actor, "review.changed", subject_of(visit.person), detail=detail)
    alert, _ = looks.standing(db, visit)
    return told(visit, [*earlier, one], alert)


def _made(
    db: Driver, actor: Actor, seen: Locked, made: Worked, note: str, proposed: Event | None = None
) -> Event:
    """Write a change to the visit, each line by the visit's own functions, and look again."""
    visit = seen.visit
    for line_id in made.withdrawn:
        visits.withdraw(actor, visit.id, line_id, visit.facility)
    if made.added:
        lines: Value = {"lines": [dict(line) for line in made.added]}
        visits.add_lines(actor, visit.id, Document("change", lines), visit.facility)
    says = {
        "withdrawn": list(made.withdrawn),
        "added": [text_of(line["id"]) for line in made.added],
        "proposed": None if proposed is None else proposed.id,
        **_amounts(made),
    }
    return _event(db, actor, seen, Kind.CHANGED, note, says)


def _amounts(made: Worked) -> dict[str, Any]:
    told = made.json()
    kept = ("total", "patient", "hospital", "payments", "control")
    return {side: {key: told[side][key] for key in kept} for side in ("now", "then")}


def _event(
    db: Driver, actor: Actor, seen: Locked, kind: Kind, note: str, says: dict[str, Any]
) -> Event:
    alert = None if seen.alert is None else seen.alert.id
    one = events.add(db, actor, seen.visit, kind, alert=alert, reason=note, says=says)
    if kind == Kind.CHANGED:
        again = found(db, actor, Act.VISITS_READ, seen.visit.id, seen.visit.facility)
        noticed(db, again, looks.look(actor, again), counted=False)
    detail = {"visit": seen.visit.id, "event": one.id, "alert": alert}
    record(actor, f"review.{kind}", subject_of(seen.visit.person), detail=detail)
    return one


def _told(db: Driver, seen: Locked, one: Event) -> dict[str, Any]:
    alert, all_events = looks.standing(db, seen.visit)
    return told(seen.visit, [x for x in all_events if x.id <= one.id], alert)


def _texts(body: dict[str, Value]) -> tuple[str, str]:
    """Version and note of a message. Raises Refusal 422."""
    version, note = body.get("version"), body.get("note") or ""
    faults = []
    if not isinstance(version, str) or not version:
        faults.append(fault("F201", "version", key="version", expected="看到的版本"))
    if not isinstance(note, str):
        faults.append(fault("F203", "note", value="", expected=NOTE))
    else:
        faults += note_faults("note", note, NOTE, required=False)
    if faults:
        raise Refusal(422, faults)
    return str(version), str(note)
