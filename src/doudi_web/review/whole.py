"""Everything that a page shows of one visit's pre-check, looked at in one go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from doudi.errors import Fault, Faulty
from doudi.finding import Finding
from doudi_web.audit_log.actions import record, subject_of
from doudi_web.review import looks
from doudi_web.review.alerts import Alert, alerts_of, as_found
from doudi_web.review.causes import Cause, cause_of
from doudi_web.review.change import Change
from doudi_web.review.events import Event, events_of
from doudi_web.review.held import Held, held_of
from doudi_web.review.patients import Patient, patient_of
from doudi_web.review.versions import version_of
from doudi_web.review.what_if import Worked, worked_out
from doudi_web.settlement import tables
from doudi_web.settlement.looking import Looked
from doudi_web.settlement.running import Visit, found
from doudi_web.tenancy.named import called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor


@dataclass(frozen=True, slots=True)
class Whole:
    """A visit with what was found, what happened, what is to be done, and a change that is tried on it.

    Of a settled visit nothing is looked at (`looked`, `finding` None); of one with faults neither.
    """

    visit: Visit
    patient: Patient
    settlement: int | None
    looked: Looked | None
    finding: Finding | None
    cause: Cause | None
    faults: Sequence[Fault]
    alerts: Sequence[Alert]
    events: Sequence[Event]
    names: Mapping[str, str]
    held: Held
    version: str
    worked: Worked | None
    not_worked: Sequence[Fault]


def whole(actor: Actor, visit_id: str, facility: str | None, change: Change | None = None) -> Whole:
    """All of it; what is wrong with bill or change is told beside it. Raises Refusal 403, 404, 409."""
    actor.must(Act.VISITS_READ)
    db = tables.driver()
    visit = found(db, actor, Act.VISITS_READ, visit_id, facility)
    settlement = tables.settlement_of(db, visit.facility, visit.id)
    looked: Looked | None = None
    finding: Finding | None = None
    faults: Sequence[Fault] = ()
    if settlement is None:
        try:
            looked = looks.look(actor, visit)
            finding = looked.finding()
        except (Refusal, Faulty) as refused:
            looked, faults = None, refused.faults
    cause = None if looked is None else cause_of(looked)
    alerts, events = alerts_of(db, visit.number), events_of(db, [visit.number])[visit.number]
    worked, not_worked = None, ()
    if looked is not None and change is not None:
        try:
            worked = worked_out(actor, visit, change)
        except Refusal as refused:
            not_worked = refused.faults
    current = next((a for a in alerts if a.closed is None), None)
    if looked is not None:
        current = as_found(current, visit, cause)
    record(actor, "review.read", subject_of(visit.person), detail={"visit": visit.id})
    return Whole(
        visit=visit,
        patient=patient_of(db, actor, visit.person),
        settlement=settlement,
        looked=looked,
        finding=finding,
        cause=cause,
        faults=faults,
        alerts=alerts,
        events=events,
        names=called([e.actor for e in events]),
        held=held_of(current, events),
        version=str(version_of(visit, events, cause)),
        worked=worked,
        not_worked=not_worked,
    )
