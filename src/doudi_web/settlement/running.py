"""Running visits as they are read: the bill that has come together, what it comes to."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from operator import itemgetter
from typing import Any, TypeVar, cast

import psycopg

from doudi.dates import CHINA
from doudi.errors import Fault, Faulty
from doudi.finding import Finding, badness
from doudi.money import share_text, yuan
from doudi.source_text import Document, Value
from doudi.wire.settlements import fault_json
from doudi_web.audit_log.actions import record, subject_of
from doudi_web.settlement import looking, tables
from doudi_web.settlement.asked import canonical, keys_of, mapping
from doudi_web.settlement.assessing import Ready
from doudi_web.tenancy.clock import told, told_or_none
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

Driver = psycopg.Connection[tables.Row]
Taken = TypeVar("Taken")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a running bill, and when it came and went."""

    id: str
    content: Mapping[str, Value]
    added: datetime
    withdrawn: datetime | None


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit with all its lines, withdrawn ones among them. `number` is ours, `id` its hospital's.

    `moved` counts what was done to it.
    """

    number: int
    id: str
    facility: str
    person: str
    header: Mapping[str, Value]
    opened: datetime
    discharged: datetime | None
    moved: int
    lines: Sequence[Line]


_VISIT = """
SELECT id, visit, facility, person, header::json, opened, discharged, moved FROM settlement_visit WHERE """
_LINES = """
SELECT visit_id, line, content::json, added, withdrawn FROM settlement_feeline WHERE visit_id = ANY(%s) ORDER BY id
"""


def found(
    db: Driver, actor: Actor, act: Act, visit_id: str, facility: str | None, *, locked: bool = False
) -> Visit:
    """A visit of the actor's hospital as it stands; locked, nobody else writes to it until the transaction ends.

    Who belongs to no hospital may say which one: two may use one number. Raises Refusal 403, 404, 409.
    """
    if facility is not None:
        actor.must_be_of(facility, act)
    of = actor.facility or facility
    rows = db.execute(
        f"{_VISIT}visit = %s AND (%s::text IS NULL OR facility = %s)"
        f" ORDER BY facility{' FOR UPDATE' if locked else ''}",
        [visit_id, of, of],
    ).fetchall()
    if not rows:
        raise Refusal.of(404, "S490", visit_id, visit=visit_id)
    if len(rows) > 1:
        hospitals = "、".join(row[2] for row in rows)
        raise Refusal.of(409, "S536", visit_id, visit=visit_id, facilities=hospitals)
    return _with_lines(db, rows)[0]


def of_numbers(db: Driver, numbers: Sequence[int]) -> list[Visit]:
    """Running visits by our numbers, in their order."""
    rows = db.execute(f"{_VISIT}settled IS NULL AND id = ANY(%s) ORDER BY id", [list(numbers)])
    return _with_lines(db, rows.fetchall())


def bill_of(visit: Visit) -> dict[str, Value]:
    """The bill that has come together: the header, the discharge, the lines that stand.

    A discharge at midnight is one of which only the day was told.
    """
    bill = {**visit.header, "lines": [dict(x.content) for x in visit.lines if x.withdrawn is None]}
    if visit.discharged is not None and bill.get("discharged") is None:
        at = visit.discharged.astimezone(CHINA)
        bill["discharged"] = (at.date() if at.time() == time() else at).isoformat()
    return bill


def version_of(visit: Visit) -> str:
    """What tells a running bill from what it was: another one as soon as a line comes or goes, or the discharge."""
    return hashlib.sha256(canonical(bill_of(visit)).encode()).hexdigest()[:16]


def with_platform(bill: Mapping[str, Value], said: Mapping[str, Value]) -> dict[str, Value]:
    """A running bill with what the platform has said by now: `given`, layer by layer, and what is still `awaiting`.

    >>> with_platform({"given": {"basic": "1.00"}, "awaiting": ["floor"]}, {"given": {"floor": "2.00"}})
    {'given': {'basic': '1.00', 'floor': '2.00'}, 'awaiting': []}
    """
    made = dict(bill)
    stated = said.get("given")
    if stated is not None:
        made["given"] = (
            {**mapping(bill.get("given")), **mapping(stated)}
            if isinstance(stated, dict)
            else stated
        )
    if "awaiting" in said:
        made["awaiting"] = said["awaiting"]
    elif isinstance(stated, dict) and isinstance(bill.get("awaiting"), list):
        made["awaiting"] = [
            one for one in cast("list[Value]", bill["awaiting"]) if one not in stated
        ]
    return made


def one(actor: Actor, visit_id: str, facility: str | None) -> dict[str, Any]:
    """A visit with its lines and what they come to now. A settled one names its settlement.

    Raises Refusal 403, 404. Faults of the bill are told beside it: the visit can be seen all the same.
    """
    actor.must(Act.VISITS_READ)
    db = tables.driver()
    visit = found(db, actor, Act.VISITS_READ, visit_id, facility)
    settlement = tables.settlement_of(db, visit.facility, visit.id)
    made: dict[str, Any] = {
        "visit_id": visit.id,
        "facility": visit.facility,
        "person": visit.person,
        "opened": told(visit.opened),
        "discharged": told_or_none(visit.discharged),
        "settlement_id": None if settlement is None else str(settlement),
        "version": version_of(visit),
        "header": visit.header,
        "lines": [_line(line) for line in visit.lines],
        "finding": None,
        "faults": [],
    }
    if settlement is None:
        try:
            made["finding"] = _looked(actor, visit, None).json(effects=True)
        except (Faulty, Refusal) as refused:
            made["faults"] = [fault_json(f) for f in refused.faults]
    record(actor, "visits.read", subject_of(visit.person), detail={"visit": visit.id})
    return made


def precheck(actor: Actor, visit_id: str, facility: str | None, *, effects: bool) -> dict[str, Any]:
    """What the running bill comes to, and what each line does. Raises Refusal 403, 404, 409, 422."""
    return _prechecked(actor, visit_id, facility, lambda seen: seen.json(effects=effects))


def finding(actor: Actor, visit_id: str, facility: str | None) -> Finding:
    """The same as it is found, in fen. Raises Refusal 403, 404, 409, 422."""
    return _prechecked(actor, visit_id, facility, looking.Looked.finding)


def _prechecked(
    actor: Actor, visit_id: str, facility: str | None, take: Callable[[looking.Looked], Taken]
) -> Taken:
    actor.must(Act.PRECHECK)
    visit = unsettled(actor, visit_id, facility)
    try:
        return take(_looked(actor, visit, "visits.precheck"))
    except Faulty as refused:
        raise Refusal(422, refused.faults) from refused


def presettle(actor: Actor, visit_id: str, facility: str | None) -> dict[str, Any]:
    """What settling now would give, with the faults that settling would have. Only who looked is written."""
    actor.must(Act.PRECHECK)
    visit = unsettled(actor, visit_id, facility)
    try:
        made = ready_of(actor, bill_of(visit))
        return made.json(made.settled())
    except Faulty as refused:
        raise Refusal(422, refused.faults) from refused


def ready_of(actor: Actor, bill: dict[str, Value]) -> Ready:
    """A visit's bill made ready to be settled now. Raises Faulty."""
    return looking.standing(
        actor, Document("visit", bill), bill, keys_of(bill), running_bill=False, action="visits.presettle"
    )  # fmt: skip


def looked_at(db: Driver, actor: Actor, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """What these running visits come to now, the worst first: over the limit by most, then close to it; what cannot
    be looked at for its faults at the head, since nobody knows how bad it is. Whoever shows them records it."""
    ranked: list[tuple[tuple[int, int, int, str], dict[str, Any]]] = []
    for visit in of_numbers(db, numbers):
        try:
            found = _looked(actor, visit, None).amounts()
            ranked.append((badness(found), _row(visit, found)))
        except (Faulty, Refusal) as refused:
            ranked.append(((-1, 0, 0, visit.id), _row_of_faults(visit, refused.faults)))
    return [row for _, row in sorted(ranked, key=itemgetter(0))]


def unsettled(actor: Actor, visit_id: str, facility: str | None) -> Visit:
    """A visit that is looked at before it is settled. Raises Refusal 403, 404, 409."""
    db = tables.driver()
    visit = found(db, actor, Act.PRECHECK, visit_id, facility)
    settlement = tables.settlement_of(db, visit.facility, visit.id)
    if settlement is not None:
        raise Refusal.of(409, "S493", visit_id, visit=visit_id, settlement=settlement)
    return visit


def _looked(actor: Actor, visit: Visit, action: str | None) -> looking.Looked:
    bill = bill_of(visit)
    return looking.looked(actor, Document("visit", bill), bill, keys_of(bill), action=action)


def _with_lines(db: Driver, rows: Sequence[tables.Row]) -> list[Visit]:
    lines: dict[int, list[Line]] = {row[0]: [] for row in rows}
    if rows:
        for visit, *line in db.execute(_LINES, [list(lines)]):
            lines[visit].append(Line(*line))
    return [Visit(*row, lines=lines[row[0]]) for row in rows]


def _line(line: Line) -> dict[str, Any]:
    return {
        "content": line.content,
        "added": told(line.added),
        "withdrawn": told_or_none(line.withdrawn),
    }


def _row(visit: Visit, found: Finding) -> dict[str, Any]:
    """A running visit in a line."""
    a = found.adjudication
    control = a.control
    return {
        **_head(visit),
        "status": None if control is None else control.status,
        "share": None if control is None else share_text(control.share),
        "room": None if found.room is None else yuan(found.room),
        "excess": None if control is None else yuan(control.excess),
        "total": yuan(a.total),
        "patient": yuan(a.patient),
        "floor": yuan(a.payments.get("floor", 0)),
        "hospital": yuan(a.hospital),
        "faults": [],
    }


def _row_of_faults(visit: Visit, faults: Sequence[Fault]) -> dict[str, Any]:
    none = cast(
        "dict[str, Any]",
        dict.fromkeys(("share", "room", "excess", "total", "patient", "floor", "hospital")),
    )
    return {**_head(visit), "status": "faulty", **none, "faults": [fault_json(f) for f in faults]}


def _head(visit: Visit) -> dict[str, Any]:
    return {
        "visit_id": visit.id,
        "person": visit.person,
        "facility": visit.facility,
        "opened": told(visit.opened),
        "discharged": told_or_none(visit.discharged),
    }
