"""A visit as a review looks at it: found, locked where it will be written, settled as if it were now."""

from dataclasses import dataclass

import psycopg

from doudi.errors import Faulty
from doudi.source_text import Document, Value
from doudi_web.review import versions
from doudi_web.review.alerts import Alert, noticed, open_alerts
from doudi_web.review.causes import cause_of
from doudi_web.review.events import Event, events_of
from doudi_web.review.held import Held, held_of
from doudi_web.settlement import looking, tables
from doudi_web.settlement.asked import keys_of
from doudi_web.settlement.looking import Looked
from doudi_web.settlement.running import Visit, bill_of, found
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

Driver = psycopg.Connection[tables.Row]


@dataclass(frozen=True, slots=True)
class Locked:
    """A running visit in the hands of who writes: nobody else does until the transaction ends."""

    visit: Visit
    looked: Looked
    alert: Alert | None
    events: list[Event]

    @property
    def held(self) -> Held:
        """How it stands."""
        return held_of(self.alert, self.events)


def unsettled(
    db: Driver, actor: Actor, act: Act, visit_id: str, facility: str | None, *, locked: bool = False
) -> Visit:
    """A running visit of the actor's hospital. Raises Refusal 403, 404, 409 (it is settled)."""
    visit = found(db, actor, act, visit_id, facility, locked=locked)
    settlement = tables.settlement_of(db, visit.facility, visit.id)
    if settlement is not None:
        raise Refusal.of(409, "S493", visit_id, visit=visit_id, settlement=settlement)
    return visit


def look(actor: Actor, visit: Visit, bill: dict[str, Value] | None = None) -> Looked:
    """What the visit's bill, or another bill of it, comes to now. Raises Refusal 422 with the bill's faults."""
    bill = bill_of(visit) if bill is None else bill
    try:
        return looking.looked(actor, Document("visit", bill), bill, keys_of(bill), action=None)
    except Faulty as refused:
        raise Refusal(422, refused.faults) from refused


def locked(
    db: Driver, actor: Actor, act: Act, visit_id: str, facility: str | None, version: str
) -> Locked:
    """The visit for who writes to it, as they have seen it, with its alert brought up to now.

    In a transaction. Raises Refusal 403, 404, 409 (settled; changed in the meantime), 422 (faults of the bill).
    """
    visit = unsettled(db, actor, act, visit_id, facility, locked=True)
    looked = look(actor, visit)
    events = events_of(db, [visit.number])[visit.number]
    versions.must_be(db, version, visit, events, cause_of(looked))
    alert, _ = noticed(db, visit, looked, counted=False)
    return Locked(visit, looked, alert, events)


def standing(db: Driver, visit: Visit) -> tuple[Alert | None, list[Event]]:
    """The open alert of a visit and its events, as they are written."""
    events = events_of(db, [visit.number])[visit.number]
    return open_alerts(db, [visit.number]).get(visit.number), events
