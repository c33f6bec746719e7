"""How a visit stands: what somebody must still do about it, who, and by when. Other rooms ask here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, LiteralString

import psycopg

from doudi_web.review.alerts import Alert, open_alerts
from doudi_web.review.events import Event, Kind, event_of, events_of
from doudi_web.settlement import tables
from doudi_web.settlement.replaying import fen
from doudi_web.tenancy.clock import now, told_or_none

Driver = psycopg.Connection[tables.Row]


class Need(StrEnum):
    """What is to be done next."""

    NOTHING = "nothing"
    EXPLAIN = "explain"  # the doctor says why
    APPROVE = "approve"  # the insurance office agrees, or does not
    REVIEW = "review"  # the insurance office looks at an emergency afterwards


@dataclass(frozen=True, slots=True)
class Held:
    """A visit's open alert and what came to it: each the last of its kind that still counts."""

    alert: Alert | None
    need: Need
    due: datetime | None
    explained: Event | None = None
    decided: Event | None = None
    passed: Event | None = None
    reviewed: Event | None = None
    proposed: Event | None = None

    @property
    def holds_up(self) -> bool:
        """Whether the visit waits for somebody before it goes on: an emergency does not wait."""
        return self.need in (Need.EXPLAIN, Need.APPROVE)

    @property
    def is_late(self) -> bool:
        """Whether what is to be done should have been done by now."""
        return self.due is not None and self.due < now()

    def json(self) -> dict[str, Any]:
        """How it stands, as answers tell it."""
        return {
            "need": self.need.value,
            "due": told_or_none(self.due),
            "late": self.is_late,
            "alert": None if self.alert is None else self.alert.json(),
        }


def held(db: Driver, visits: Sequence[int]) -> dict[int, Held]:
    """How each of these visits stands, by our number of the visit, in two journeys whatever their number."""
    alerts, events = open_alerts(db, visits), events_of(db, visits)
    return {number: held_of(alerts.get(number), events[number]) for number in visits}


def held_of(alert: Alert | None, events: Sequence[Event]) -> Held:
    """How a visit stands by its open alert and its events.

    An emergency is to be reviewed whatever became of its alert since.
    """
    last: dict[Kind, Event] = {}
    emergency = reviewed = proposed = None
    for one in events:
        match one.kind:
            case Kind.PASSED:
                emergency, reviewed = one, None
            case Kind.REVIEWED:
                reviewed = one
            case Kind.PROPOSED:
                proposed = one
            case Kind.CHANGED | Kind.DECLINED:
                proposed = None
            case Kind.EXPLAINED | Kind.APPROVED | Kind.REFUSED:
                if alert is not None and one.alert == alert.id:
                    last[one.kind] = one
            case Kind.CONSENTED:
                pass
    explained = last.get(Kind.EXPLAINED)
    decided = _later(last.get(Kind.APPROVED), last.get(Kind.REFUSED))
    if decided is not None and (explained is None or explained.id > decided.id):
        decided = None
    need = _need(alert, explained, decided, emergency)
    if need == Need.NOTHING and emergency is not None and reviewed is None:
        need = Need.REVIEW
    due = None if alert is None else alert.due
    if need == Need.REVIEW:
        assert emergency is not None, "what is reviewed was passed"
        due = due_of(emergency)
    due = None if need == Need.NOTHING else due
    return Held(alert, need, due, explained, decided, emergency, reviewed, proposed)


def due_of(emergency: Event) -> datetime | None:
    """By when an emergency is to be reviewed, where the pack said so as it passed."""
    hours = emergency.says["within_hours"]
    return None if hours is None else emergency.at + timedelta(hours=hours)


def _later(a: Event | None, b: Event | None) -> Event | None:
    found = [one for one in (a, b) if one is not None]
    return max(found, key=lambda one: one.id, default=None)


def _need(
    alert: Alert | None, explained: Event | None, decided: Event | None, passed: Event | None
) -> Need:
    if alert is None or not alert.is_binding or (passed is not None and passed.alert == alert.id):
        return Need.NOTHING
    if explained is None or (decided is not None and decided.kind == Kind.REFUSED):
        return Need.EXPLAIN
    if decided is not None and fen(alert.says["excess"]) > fen(decided.says["up_to"]):
        return Need.EXPLAIN  # who agreed to one excess has not agreed to a larger one
    return Need.APPROVE if alert.needs_approval and decided is None else Need.NOTHING


_OPEN = """
SELECT v.id, v.visit, v.person, v.facility FROM review_alert a JOIN settlement_visit v ON v.id = a.visit
WHERE a.closed IS NULL AND (%(facility)s::text IS NULL OR a.facility = %(facility)s) AND v.settled IS NULL
  AND a.visit > %(after)s ORDER BY a.visit LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Listed:
    """A visit in a list of what waits."""

    number: int
    visit: str
    person: str
    facility: str
    held: Held


def waiting(db: Driver, facility: str | None, after: int, limit: int) -> list[Listed]:
    """Running visits with an open alert, of one hospital or of all, in the order of our numbers."""
    rows = db.execute(_OPEN, {"facility": facility, "after": after, "limit": limit}).fetchall()
    stands = held(db, [row[0] for row in rows])
    return [Listed(*row, held=stands[row[0]]) for row in rows]


_PASSED: LiteralString = """
SELECT v.visit, v.person, v.facility, e.id, e.visit, e.alert, e.kind, e.at, e.actor, e.role, e.reason, e.says::json,
  r.id, r.visit, r.alert, r.kind, r.at, r.actor, r.role, r.reason, r.says::json
FROM {which} JOIN settlement_visit v ON v.id = e.visit
LEFT JOIN LATERAL (SELECT * FROM review_event WHERE visit = e.visit AND kind = 'reviewed' AND id > e.id
  ORDER BY id LIMIT 1) r ON true
WHERE e.kind = 'passed' AND (%(facility)s::text IS NULL OR e.facility = %(facility)s) AND e.id > %(after)s
ORDER BY e.id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Passed:
    """An emergency that passed, and who reviewed it."""

    visit: str
    person: str
    facility: str
    event: Event
    reviewed: Event | None

    @property
    def due(self) -> datetime | None:
        """By when it is to be reviewed, where the pack says so."""
        return due_of(self.event)


def passed(
    db: Driver, facility: str | None, after: int, limit: int, *, unreviewed: bool = False
) -> list[Passed]:
    """Emergencies of one hospital or of all, in their order; those alone that nobody has reviewed, where asked."""
    which: LiteralString = (
        "review_unreviewed w JOIN review_event e ON e.id = w.event"
        if unreviewed
        else "review_event e"
    )
    asked = {"facility": facility, "after": after, "limit": limit}
    rows = db.execute(_PASSED.replace("{which}", which), asked).fetchall()
    return [
        Passed(
            row[0],
            row[1],
            row[2],
            event_of(row[3:12]),
            None if row[12] is None else event_of(row[12:]),
        )
        for row in rows
    ]
