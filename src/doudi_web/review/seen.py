"""A review as it is read: how a visit stands, what happened; what waits in a hospital, which emergencies passed."""

from collections.abc import Mapping, Sequence
from typing import Any

from doudi.errors import Fault
from doudi.wire.settlements import fault_json
from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.register.named import names_of
from doudi_web.review import looks
from doudi_web.review.alerts import alerts_of, as_found, noticed
from doudi_web.review.causes import Cause, cause_of
from doudi_web.review.events import Event, events_of
from doudi_web.review.held import Passed, held_of, passed, waiting
from doudi_web.review.versions import version_of
from doudi_web.settlement import tables
from doudi_web.settlement.running import found
from doudi_web.tenancy.clock import told
from doudi_web.tenancy.named import called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

PAGE = 200
"""Visits in one answer."""


def one(actor: Actor, visit_id: str, facility: str | None) -> dict[str, Any]:
    """A visit's alerts, its history and what is to be done; of a settled one as it was left.

    Raises Refusal 403, 404. Faults of the bill are told beside it.
    """
    actor.must(Act.VISITS_READ)
    db = tables.driver()
    visit = found(db, actor, Act.VISITS_READ, visit_id, facility)
    settlement = tables.settlement_of(db, visit.facility, visit.id)
    alerts, events = alerts_of(db, visit.number), events_of(db, [visit.number])[visit.number]
    current = next((a for a in alerts if a.closed is None), None)
    cause: Cause | None = None
    faults: Sequence[Fault] = ()
    if settlement is None:
        try:
            cause = cause_of(looks.look(actor, visit))
            current = as_found(current, visit, cause)
        except Refusal as refused:
            faults = refused.faults
    names = called([e.actor for e in events])
    record(actor, "review.read", subject_of(visit.person), detail={"visit": visit.id})
    return {
        "visit_id": visit.id,
        "facility": visit.facility,
        "person": visit.person,
        "settlement_id": None if settlement is None else str(settlement),
        "version": str(version_of(visit, events, cause)),
        **held_of(current, events).json(),
        "alerts": [a.json() for a in alerts],
        "events": [e.json(names) for e in reversed(events)],
        "faults": [fault_json(f) for f in faults],
    }


def notice(actor: Actor, visit_id: str, facility: str | None) -> tuple[int, dict[str, Any]]:
    """Look at a visit and bring its alerts up to date: 201 where something is new, else 200.

    Raises Refusal 403, 404, 409 (settled), 422 (faults of the bill).
    """
    actor.must(Act.PRECHECK)
    db = tables.driver()
    with db.transaction():
        visit = looks.unsettled(db, actor, Act.PRECHECK, visit_id, facility, locked=True)
        alert, is_new = noticed(db, visit, looks.look(actor, visit))
        events = events_of(db, [visit.number])[visit.number]
        record(actor, "review.notice", subject_of(visit.person), detail={"visit": visit.id})
    status = 201 if is_new else 200
    return status, {"visit_id": visit.id, **held_of(alert, events).json()}


def listed(actor: Actor, facility: str | None, after: int) -> dict[str, Any]:
    """Running visits with an open alert, and what each waits for. Raises Refusal 403."""
    actor.must(Act.VISITS_READ)
    if facility is not None:
        actor.must_be_of(facility, Act.VISITS_READ)
    db = tables.driver()
    rows = waiting(db, actor.facility or facility, after, PAGE + 1)
    shown = rows[:PAGE]
    patients = names_of(actor, [row.person for row in shown])
    with db.transaction():
        record(actor, "review.list", "visits", detail={"visits": len(shown)})
        each = ((subject_of(row.person), {"visit": row.visit}) for row in shown)
        record_each(actor, "review.read", each)
    return {
        "visits": [
            {
                "visit_id": row.visit,
                "person": row.person,
                "person_name": patients.get(row.person),
                "facility": row.facility,
                **row.held.json(),
            }
            for row in shown
        ],
        "after": shown[-1].number if len(rows) > PAGE else None,
    }


def emergencies(actor: Actor, facility: str | None, after: int) -> dict[str, Any]:
    """Emergencies that passed, in their order, each with who reviewed it and when. Raises Refusal 403."""
    actor.must(Act.VISITS_READ)
    if facility is not None:
        actor.must_be_of(facility, Act.VISITS_READ)
    db = tables.driver()
    rows = passed(db, actor.facility or facility, after, PAGE + 1)
    shown = rows[:PAGE]
    patients = names_of(actor, [row.person for row in shown])
    keys = [row.event.actor for row in shown]
    keys += [row.reviewed.actor for row in shown if row.reviewed is not None]
    names = called(keys)
    with db.transaction():
        record(actor, "review.emergencies", "visits", detail={"visits": len(shown)})
        each = ((subject_of(row.person), {"visit": row.visit}) for row in shown)
        record_each(actor, "review.read", each)
    return {
        "emergencies": [
            {
                "visit_id": row.visit,
                "person": row.person,
                "person_name": patients.get(row.person),
                "facility": row.facility,
                **_said(row.event, names),
                "figures": row.event.says,
                "reviewed": None if row.reviewed is None else _said(row.reviewed, names),
            }
            for row in shown
        ],
        "after": shown[-1].event.id if len(rows) > PAGE else None,
    }


def unreviewed(actor: Actor, limit: int) -> list[Passed]:
    """Emergencies that passed and nobody has reviewed, the oldest first; a hospital's own. Raises Refusal 403."""
    actor.must(Act.VISITS_READ)
    db = tables.driver()
    with db.transaction():
        found = passed(db, actor.facility, 0, limit, unreviewed=True)
        record(actor, "review.unreviewed", "visits", detail={"visits": len(found)})
        each = ((subject_of(one.person), {"visit": one.visit}) for one in found)
        record_each(actor, "review.read", each)
    return found


def _said(one: Event, names: Mapping[str, str]) -> dict[str, Any]:
    name = names.get(one.actor, one.actor)
    return {"at": told(one.at), "by": one.actor, "name": name, "reason": one.reason}
