"""A visit while it runs: its header, its lines as they are charged, discharge, settling what has come together."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, cast

import psycopg
import psycopg.errors
from psycopg.types.json import Jsonb
from pydantic import ValidationError

from doudi.dates import Moment
from doudi.errors import Fault, fault
from doudi.source_text import Document, Path, Value, shown
from doudi.wire import bill_form as form
from doudi.wire.bill_faults import bill_faults, form_faults
from doudi_web.audit_log.actions import record, subject_of
from doudi_web.settlement import resting, settling, tables
from doudi_web.settlement.answers import Answer
from doudi_web.settlement.asked import (
    canonical,
    is_text,
    kept,
    keys_of,
    mapping,
    message_of,
    text_of,
)
from doudi_web.settlement.entitled import with_register
from doudi_web.settlement.running import Visit, bill_of, found, version_of, with_platform
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

LINES_LIMIT = 10_000  # in one message
Driver = psycopg.Connection[tables.Row]

_OPEN = """
INSERT INTO settlement_visit (visit, facility, person, header, opened) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (facility, visit) DO NOTHING RETURNING id
"""
_MOVED = "UPDATE settlement_visit SET moved = moved + 1 WHERE id = %s"
"""Who keeps figures of the visit sees that they are old; the row is locked already."""

_WITHDRAW = """
UPDATE settlement_feeline SET withdrawn = %s WHERE visit_id = %s AND line = ANY(%s) AND withdrawn IS NULL
"""
_ADD = "INSERT INTO settlement_feeline (content, added, visit_id, line) VALUES (%s, %s, %s, %s)"
_AGAIN = """
UPDATE settlement_feeline SET id = nextval('settlement_feeline_id_seq'), content = %s, added = %s, withdrawn = NULL
WHERE visit_id = %s AND line = %s
"""
"""It stands behind all others, as what comes now does: who has seen the last number sees that something came."""


def open_visit(actor: Actor, document: Document) -> tuple[int, dict[str, Any]]:
    """Open a visit by a bill without lines: 201; the same content again 200. Raises Refusal 403, 409, 422.

    Of whom and what the register knows, the id is enough, as in every bill.
    """
    actor.must(Act.VISITS_WRITE)
    header = mapping(document.value)
    facility = text_of(mapping(header.get("facility")).get("code"))
    if facility:
        actor.must_be_of(facility, Act.VISITS_WRITE)
    db = tables.driver()
    faults = header_faults(db, document, header, facility)
    if faults:
        raise Refusal(422, faults)
    keys, header = keys_of(header), kept(header)
    values = [keys.visit, keys.facility, keys.person, _jsonb(header), now()]
    with db.transaction():
        tables.lock(db, [tables.visit_lock(keys.facility, keys.visit)])
        is_new = db.execute(_OPEN, values).fetchone() is not None
        if is_new and (done := tables.settlement_of(db, keys.facility, keys.visit)) is not None:
            raise Refusal.of(409, "S493", keys.visit, visit=keys.visit, settlement=done)
        visit = found(db, actor, Act.VISITS_WRITE, keys.visit, keys.facility)
        if canonical(visit.header) != canonical(header):
            raise Refusal.of(409, "S491", keys.visit, visit=keys.visit)
        _record(actor, "visits.open", visit, new=is_new)
    return 201 if is_new else 200, {"visit_id": keys.visit, "opened": told(visit.opened)}


def add_lines(
    actor: Actor,
    visit_id: str,
    document: Document,
    facility: str | None,
    again: Collection[str] = (),
) -> tuple[int, dict[str, Any]]:
    """Add lines to a running bill, each once: 201 where one is new, else 200.

    All or none. `again` are lines that were taken out and stand again, as they are stated now.
    Raises Refusal 403, 404, 409 (a line with other content; the visit is settled), 422.
    """
    actor.must(Act.VISITS_WRITE)
    body, faults = message_of(document, "lines")
    if faults:
        raise Refusal(422, faults)
    lines = _lines(document, body.get("lines"))
    db = tables.driver()
    with db.transaction():
        visit = _running(db, actor, visit_id, facility)
        back = {line.id for line in visit.lines if line.withdrawn and line.id in again}
        known = {line.id: line for line in visit.lines if line.id not in back}
        new: list[str] = []
        clashes: list[Fault] = []
        for line_id, line in lines:
            earlier = known.get(line_id)
            if earlier is None:
                new.append(line_id)
            elif canonical(earlier.content) != canonical(line):
                where = f"lines {line_id}"
                clashes.append(fault("S492", where, line=line_id))
        if clashes:
            raise Refusal(409, clashes)
        at, wanted = now(), set(new)
        with db.cursor() as cursor:
            rows = [(_jsonb(line), at, visit.number, i) for i, line in lines if i in wanted]
            cursor.executemany(_ADD, [row for row in rows if row[3] not in back])
            cursor.executemany(_AGAIN, [row for row in rows if row[3] in back])
        if new:
            db.execute(_MOVED, [visit.number])
        _record(actor, "visits.lines", visit, sent=len(lines), added=len(new))
    answer = {
        "added": new,
        "unchanged": [i for i, _ in lines if i in known and known[i].withdrawn is None],
        "withdrawn": [i for i, _ in lines if i in known and known[i].withdrawn is not None],
    }
    return 201 if new else 200, answer


def withdraw(actor: Actor, visit_id: str, line_id: str, facility: str | None) -> dict[str, Any]:
    """Take a line out of the running bill; it is kept. A second time changes nothing.

    Raises Refusal 403, 404, 409.
    """
    actor.must(Act.VISITS_WRITE)
    db = tables.driver()
    with db.transaction():
        visit = _running(db, actor, visit_id, facility)
        line = next((one for one in visit.lines if one.id == line_id), None)
        if line is None:
            raise Refusal.of(404, "S495", line_id, visit=visit_id, line=line_id)
        at = line.withdrawn or now()
        db.execute(_WITHDRAW, [at, visit.number, [line_id]])
        if line.withdrawn is None:
            db.execute(_MOVED, [visit.number])
        _record(actor, "visits.withdraw", visit, line=line_id)
    return {"visit_id": visit_id, "line": line_id, "withdrawn": told(at)}


def withdraw_all(
    actor: Actor, visit_id: str, line_ids: Collection[str], facility: str | None
) -> datetime:
    """Take many lines out at once; those that are out already stay as they are. When they went.

    Raises Refusal 403, 404, 409.
    """
    actor.must(Act.VISITS_WRITE)
    db = tables.driver()
    with db.transaction():
        visit, at = _running(db, actor, visit_id, facility), now()
        db.execute(_WITHDRAW, [at, visit.number, list(line_ids)])
        db.execute(_MOVED, [visit.number])
        _record(actor, "visits.withdraw", visit, lines=len(line_ids))
    return at


def take_back(actor: Actor, visit_id: str, facility: str | None) -> bool:
    """A visit that was opened by mistake: as if it never had been, while nothing rests on it; else False.

    The rooms that keep something of visits are asked, and the tables that refer to them. Raises Refusal 403, 404,
    409 where it is settled.
    """
    actor.must(Act.VISITS_WRITE)
    db = tables.driver()
    with db.transaction():
        visit = _running(db, actor, visit_id, facility)
        settled = "SELECT 1 FROM settlement_settlement WHERE visit = %s AND facility = %s LIMIT 1"
        if visit.lines or db.execute(settled, [visit.id, visit.facility]).fetchone() is not None:
            return False
        if resting.is_rested_on(db, visit.number):
            return False  # what was said of it would be of nothing
        try:
            with db.transaction():
                db.execute("DELETE FROM settlement_visit WHERE id = %s", [visit.number])
                db.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except psycopg.errors.ForeignKeyViolation:
            return False  # somebody's work stands on it
        db.execute("SET CONSTRAINTS ALL DEFERRED")
        _record(actor, "visits.take_back", visit)
    return True


def discharge(
    actor: Actor, visit_id: str, document: Document, facility: str | None
) -> dict[str, Any]:
    """The patient goes home: at a stated time, or now. The same again changes nothing.

    A visit that was opened with a discharge has that one. Raises Refusal 403, 404, 409 (another time; the visit is
    settled), 422.
    """
    actor.must(Act.VISITS_WRITE)
    body, faults = message_of(document, "discharged")
    if faults:
        raise Refusal(422, faults)
    stated = body.get("discharged")
    try:
        moment = None if stated is None else form.moment_of(stated)
    except ValueError as error:
        expected = "日期，或带时区的时间"
        quoted = shown(stated, 80)
        raise Refusal.of(422, "F203", "discharged", value=quoted, expected=expected) from error
    db = tables.driver()
    with db.transaction():
        visit = _running(db, actor, visit_id, facility)
        opened_with = visit.header.get("discharged")
        before = (
            form.moment_of(opened_with).instant if opened_with is not None else visit.discharged
        )
        if before is not None and moment is not None and moment.instant != before:
            raise Refusal.of(
                409, "S494", visit_id, visit=visit_id, stated=stated, discharged=told(before),
            )  # fmt: skip
        at = before or _not_before(visit, moment)
        if visit.discharged is None:
            db.execute(
                "UPDATE settlement_visit SET discharged = %s, moved = moved + 1 WHERE id = %s",
                [at, visit.number],
            )
        _record(actor, "visits.discharge", visit)
    return {"visit_id": visit_id, "discharged": told(at)}


def settle_visit(actor: Actor, visit_id: str, document: Document, facility: str | None) -> Answer:
    """Settle what the running bill has come to, under a message id: as a whole bill would be, with its faults.

    `given` and `awaiting` are what the platform has said by now. With a `version`, the bill that somebody looked at
    is settled, or none: 409. The owners' locks come first, as in every settlement; then nobody adds a line until
    it is done.
    """
    actor.must(Act.SETTLE)
    body, faults = message_of(document, "message_id", "version", "given", "awaiting")
    message = body.get("message_id")
    if not is_text(message, 80):
        expected = "消息号，1 至 80 字"
        faults.append(fault("F201", "message_id", key="message_id", expected=expected))
    if faults:
        raise Refusal(422, faults)
    db = tables.driver()
    visit = found(db, actor, Act.SETTLE, visit_id, facility)
    keys = keys_of(visit.header)
    refused: Refusal | None = None
    with db.transaction():
        tables.lock(db, settling.locks(keys))
        visit = found(db, actor, Act.SETTLE, visit_id, visit.facility, locked=True)
        if body.get("version") not in (None, version_of(visit)):
            raise Refusal.of(409, "S660", visit_id, visit=visit_id)
        bill = with_platform(bill_of(visit), body)
        try:
            return settling.settle(actor, Document("visit", {"message_id": message, "bill": bill}))
        except Refusal as error:
            refused = error  # what is kept of a refused bill is committed
    raise refused


def _running(db: Driver, actor: Actor, visit_id: str, facility: str | None) -> Visit:
    """The visit, locked, if it is the actor's to write and not settled. Raises Refusal 403, 404, 409."""
    visit = found(db, actor, Act.VISITS_WRITE, visit_id, facility, locked=True)
    settlement = tables.settlement_of(db, visit.facility, visit.id)
    if settlement is not None:
        raise Refusal.of(409, "S493", visit_id, visit=visit_id, settlement=settlement)
    return visit


def _record(actor: Actor, action: str, visit: Visit, **more: Any) -> None:
    record(actor, action, subject_of(visit.person), detail={"visit": visit.id, **more})


def _as_known(db: Driver, header: dict[str, Value], facility: str) -> dict[str, Value]:
    """The header with the register's person and facility in it, as it would be settled now."""
    person = text_of(mapping(header.get("person")).get("id"))
    asked = {"client": "", "message": "", "visit": "", "person": person, "facility": facility}
    stood = tables.look(db, (), asked, None)
    return with_register(header, stood.person, stood.facts, stood.facility, now()).bill


def header_faults(
    db: Driver, document: Document, header: dict[str, Value], facility: str, at: Path = ()
) -> list[Fault]:
    """A header is a bill that has no lines yet, and need not say when it is settled; `at` is its path."""
    if "lines" in header:
        near = "费用行用 POST /api/v1/visits/就诊号/lines 送。"
        return [fault("F202", document.where((*at, "lines")), key="lines", near=near)]
    known = _as_known(db, header, facility)
    bill = {"settled": now().isoformat(), **known, "lines": []}
    try:
        form.Bill.model_validate(bill)
    except ValidationError:
        return bill_faults(document, at, bill)
    return []


def _lines(document: Document, stated: Value) -> list[tuple[str, dict[str, Value]]]:
    """The lines of a message by their ids. Raises Refusal 422 with every fault."""
    if not isinstance(stated, list) or not stated:
        raise Refusal(422, [fault("F201", "lines", key="lines", expected="费用行，至少一行")])
    lines = cast("list[Value]", stated)
    if len(lines) > LINES_LIMIT:
        details = {"name": "费用行", "count": f"{len(lines):,}", "limit": f"{LINES_LIMIT:,}"}
        raise Refusal(422, [fault("F110", "lines", **details)])
    faults: list[Fault] = []
    made: dict[str, dict[str, Value]] = {}
    for number, line in enumerate(lines):
        path = ("lines", number)
        try:
            line_id = form.LineForm.model_validate(line).id
        except ValidationError as error:
            faults += form_faults(document, path, error, form.LineForm)
            continue
        if len(line_id) > 64:
            expected = "不超过 64 字的行号"
            where = document.where((*path, "id"))
            faults.append(fault("F203", where, value=line_id[:80], expected=expected))
        elif canonical(made.setdefault(line_id, line)) != canonical(line):
            faults.append(fault("S492", document.where(path), line=line_id))
    if faults:
        raise Refusal(422, faults)
    return list(made.items())


def _not_before(visit: Visit, stated: Moment | None) -> datetime:
    """When the patient went home: as stated, else now. Raises Refusal 422: before the admission."""
    moment = stated or Moment.of_instant(now())
    admitted = visit.header.get("admitted")
    first = None if admitted is None else form.moment_of(admitted)
    if first is not None and moment.precedes(first):
        raise Refusal.of(
            422, "F302", "discharged", earlier="入院日期", earlier_value=first, later="出院日期",
            later_value=moment,
        )  # fmt: skip
    return moment.instant


def _jsonb(value: Value) -> Jsonb:
    return Jsonb(value, dumps=canonical)
