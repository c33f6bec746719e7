"""Where a patient lies, who treats them, when they are to go home: written by hospital systems and offices."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from doudi_web.audit_log.actions import record, subject_of
from doudi_web.settlement import tables
from doudi_web.settlement.running import found
from doudi_web.tenancy.clock import now, told, told_or_none
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

Driver = psycopg.Connection[tables.Row]

_READ = """
SELECT t.ward, t.bed, t.doctor, t.planned_discharge, t.version, t.changed, t.changed_by
FROM wards_stay t JOIN settlement_visit v ON v.id = t.visit_id WHERE v.visit = %s AND v.facility = %s
"""
_WRITE = """
INSERT INTO wards_stay (visit_id, ward, bed, doctor, planned_discharge, version, changed, changed_by)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (visit_id) DO UPDATE SET ward = EXCLUDED.ward, bed = EXCLUDED.bed, doctor = EXCLUDED.doctor,
  planned_discharge = EXCLUDED.planned_discharge, version = EXCLUDED.version, changed = EXCLUDED.changed,
  changed_by = EXCLUDED.changed_by
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of a stay; what is empty is not known."""

    ward: str = ""
    bed: str = ""
    doctor: str = ""
    planned_discharge: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Stood:
    """A stay as it stands, which version, since when, by whom."""

    said: Said
    version: int
    changed: datetime
    by: str


def say(
    actor: Actor, visit_id: str, said: Said, facility: str | None, version: int | None = None
) -> dict[str, Any]:
    """Write where the patient lies, in the place of what was said before; the same again changes nothing.

    `version`, where told, is the one that was looked at. Raises Refusal 403, 404, 409 (the visit is settled;
    somebody else has said otherwise since).
    """
    actor.must(Act.VISITS_WRITE)
    db = tables.driver()
    with db.transaction():
        visit = found(db, actor, Act.VISITS_WRITE, visit_id, facility, locked=True)
        settlement = tables.settlement_of(db, visit.facility, visit.id)
        if settlement is not None:
            raise Refusal.of(409, "S493", visit_id, visit=visit_id, settlement=settlement)
        stood = _read(db, visit.id, visit.facility)
        now_at = 0 if stood is None else stood.version
        if version is not None and version != now_at:
            by, at = ("—", "—") if stood is None else (stood.by, told(stood.changed))
            raise Refusal.of(409, "S610", visit_id, visit=visit_id, by=by, at=at)
        is_new = stood is None or stood.said != said
        if is_new:
            db.execute(
                _WRITE,
                [visit.number, said.ward, said.bed, said.doctor, said.planned_discharge, now_at + 1, now(),
                 actor.key],
            )  # fmt: skip
        record(
            actor,
            "visits.stay",
            subject_of(visit.person),
            detail={"visit": visit.id, "new": is_new},
        )
        return {"visit_id": visit.id, **_told(_read(db, visit.id, visit.facility))}


def stay_seen(actor: Actor, visit_id: str, facility: str | None) -> dict[str, Any]:
    """Where a visit's patient lies, for who is about to change it; empty, of version 0, where nobody has said.

    Raises Refusal 403, 404, 409.
    """
    actor.must(Act.VISITS_WRITE)
    db = tables.driver()
    visit = found(db, actor, Act.VISITS_WRITE, visit_id, facility)
    stood = _read(db, visit.id, visit.facility)
    record(actor, "visits.read", subject_of(visit.person), detail={"visit": visit.id})
    empty = {
        "ward": "",
        "bed": "",
        "doctor": "",
        "planned_discharge": None,
        "version": 0,
        "changed": None,
    }
    return {**empty, **({} if stood is None else {**_told(stood), "by": stood.by})}


def stay_of(facility: str, visit_id: str) -> dict[str, Any] | None:
    """Where a visit's patient lies; None where nobody said. Whoever reads the visit records it."""
    stood = _read(tables.driver(), visit_id, facility)
    return None if stood is None else _told(stood)


def _read(db: Driver, visit: str, facility: str) -> _Stood | None:
    row = db.execute(_READ, [visit, facility]).fetchone()
    if row is None:
        return None
    *said, version, changed, by = row
    return _Stood(Said(*said), version, changed, by)


def _told(stood: _Stood | None) -> dict[str, Any]:
    assert stood is not None, "it has been written"
    said = stood.said
    return {
        "ward": said.ward,
        "bed": said.bed,
        "doctor": said.doctor,
        "planned_discharge": told_or_none(said.planned_discharge),
        "version": stood.version,
        "changed": told(stood.changed),
    }
