"""Imports: looked at first, confirmed, undone. A file with one fault writes nothing."""

import json
import zlib
from datetime import date, datetime
from typing import Any, cast

from doudi.errors import Faulty
from doudi.source_text import JSON_LIMIT_MB, Document, decode, read_json
from doudi.wire import sheets
from doudi.wire.columns import shipped
from doudi.wire.records import table_document
from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.register import learned, sealing
from doudi_web.register.actions import (
    BYTES,
    DATES,
    apply,
    confirm_row,
    new_import,
    save_persons,
    writing,
)
from doudi_web.register.models import Fact, Import, Person
from doudi_web.register.planning import Plan, planned
from doudi_web.register.tables import is_roll, roll_of, table_of_roll
from doudi_web.tenancy.clock import now, told, told_or_none
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

Json = dict[str, Any]


def look(actor: Actor, name: str, content: bytes) -> Json:
    """What a file would do to the register; nothing is written. Raises Refusal with every fault."""
    actor.must(Act.PERSONS_WRITE)
    try:
        plan, _ = _planned(name, content, now())
    except Faulty as error:
        raise Refusal(422, error.faults) from error
    _record(actor, "imports.look", None, plan, "")
    return {"id": None, **_told(plan)}


def preview(actor: Actor, name: str, content: bytes, request_id: str = "") -> Json:
    """The same, and the file is kept, sealed, to be confirmed under a number."""
    actor.must(Act.PERSONS_WRITE)
    if not (0 < len(name) <= 200 and name.isprintable()):
        expected = "文件名，不超过 200 字，没有看不见的字符"
        raise Refusal.of(422, "F203", "name", value=name, expected=expected)
    with writing() as at:
        plan, kind = _planned(name, content, at)
        came = new_import(actor, kind, name, content, plan, at)
        _record(actor, "imports.preview", came, plan, request_id)
    return {"id": came.pk, **_told(plan)}


def write(
    actor: Actor, name: str, content: bytes, request_id: str = "", seen: str | None = None
) -> Json:
    """Look and confirm in one: for who has looked already; `seen` is the digest of the plan that was looked at.

    Raises Refusal: 409 where the register changed since.
    """
    actor.must(Act.PERSONS_WRITE)
    with writing() as at:
        plan, kind = _planned(name, content, at)
        if seen is not None and plan.digest() != seen:
            raise Refusal.of(409, "S443", "register")
        came = new_import(actor, kind, name, content, plan, at)
        return _confirmed(actor, came, plan, at, request_id)


def confirm(actor: Actor, number: int, request_id: str = "") -> Json:
    """Write what was looked at. Raises Refusal: 404, 409 where it was written before, or the register changed."""
    actor.must(Act.PERSONS_WRITE)
    with writing() as at:
        came = _find(number)
        if came.confirmed is not None:
            raise Refusal.of(409, "S442", str(number), number=number, state="已经写入过")
        content = zlib.decompress(sealing.opened_bytes(came.content or b"", f"import.{number}"))
        plan, _ = _planned(came.name, content, at)
        if plan.digest() != came.changes["digest"]:
            raise Refusal.of(409, "S443", str(number))
        return _confirmed(actor, came, plan, at, request_id)


def undo(actor: Actor, number: int, request_id: str = "") -> Json:
    """Make the register say again what it said before an import: by new facts, never by deletion.

    Raises Refusal: 404, 409 where it was not written, is undone, or persons of it were changed since.
    """
    actor.must(Act.PERSONS_WRITE)
    with writing() as at:
        came = _find(number)
        if came.kind == "undo" or came.confirmed is None or came.undone is not None:
            state = (
                "是一次撤回" if came.kind == "undo"
                else "还没有写入" if came.confirmed is None
                else "已经撤回过"
            )  # fmt: skip
            raise Refusal.of(409, "S442", str(number), number=number, state=state)
        before: dict[str, Json] = json.loads(
            zlib.decompress(sealing.opened_bytes(came.before or b"", f"import.{number}.before"))
        )
        persons = Person.objects.in_bulk(list(before))
        later = sorted(pk for pk, person in persons.items() if person.changed_by_id != number)
        if later:
            shown = "、".join(later[:10]) + ("等" if len(later) > 10 else "")
            raise Refusal.of(409, "S444", str(number), count=len(later), persons=shown)
        for pk, was in before.items():
            _restore(persons[pk], was, at)
        save_persons(list(persons.values()))
        _restore_facts(before, at)
        learned.note(before)
        counts = {"restored": len(before), "withdrawn": sum(was["new"] for was in before.values())}
        Import.objects.create(
            at=at, actor=actor.key, kind="undo", name=str(number), confirmed=at, changes={"counts": counts}
        )  # fmt: skip
        came.undone = at
        came.save(update_fields=["undone"])
        record(actor, "imports.undo", f"import:{number}", request_id=request_id, detail=counts)
    return {"id": number, **counts}


def imports(actor: Actor, limit: int = 100) -> list[Json]:
    """The last imports: when, by whom, what they did, and whether they stand."""
    actor.must(Act.PERSONS_WRITE)
    record(actor, "imports.read", "imports")
    return [
        {
            "id": one.pk,
            "at": told(one.at),
            "actor": one.actor,
            "kind": one.kind,
            "name": one.name,
            **cast("Json", one.changes["counts"]),
            "confirmed": told_or_none(one.confirmed),
            "undone": told_or_none(one.undone),
        }
        for one in Import.objects.order_by("-id").defer("content", "before")[:limit]
    ]


def divisions_document(name: str, content: bytes) -> Document:
    """A file of divisions: JSON, CSV or XLSX. Raises Faulty."""
    if is_roll(name, content):
        table = table_document(
            name, sheets.read(name, content), shipped("divisions"), "divisions", ""
        )
        return Document(name, {"divisions": table.value["divisions"]}, table.places)
    return read_json(name, decode(name, content, limit_mb=JSON_LIMIT_MB))


def _planned(name: str, content: bytes, at: datetime) -> tuple[Plan, str]:
    """A table's rows add standings; JSON states persons in full. Raises Faulty."""
    if is_roll(name, content):
        table = table_of_roll(name, content)
        return planned(roll_of(table), at, adds=True, unused=table.unused), "rows"
    document = read_json(name, decode(name, content, limit_mb=JSON_LIMIT_MB))
    return planned(document, at, adds=False), "persons"


def _confirmed(actor: Actor, came: Import, plan: Plan, at: datetime, request_id: str) -> Json:
    apply(plan, came, at)
    confirm_row(came, at)
    _record(actor, "imports.confirm", came, plan, request_id)
    return {"id": came.pk, **_told(plan)}


def _told(plan: Plan) -> Json:
    """What a plan does, as answers tell it; a column of which nothing is written is said."""
    return {**plan.counts(), "first": plan.told(), "unused": list(plan.unused)}


def _record(actor: Actor, action: str, came: Import | None, plan: Plan, request_id: str) -> None:
    """Who looked at an import or wrote it, and of whom that told what the register knew already."""
    number = None if came is None else came.pk
    subject = "imports" if number is None else f"import:{number}"
    record(actor, action, subject, request_id=request_id, detail=plan.counts())
    known = [subject_of(one["id"]) for one in plan.told() if not one["new"]]
    each = ((one, {"import": number}) for one in known)
    record_each(actor, "persons.read", each, request_id=request_id)


def _find(number: int) -> Import:
    came = Import.objects.filter(pk=number).first()
    if came is None:
        raise Refusal.of(404, "S441", str(number))
    return came


def _restore(person: Person, was: Json, at: datetime) -> None:
    """A person's own columns as before; who was new is not known any more."""
    for column, value in was["columns"].items():
        setattr(person, column, _unstored(column, value))
    if was["new"]:
        person.withdrawn = at
        person.id_digest = person.name_digest = None


def _restore_facts(before: dict[str, Json], at: datetime) -> None:
    """Facts that were superseded are said again, what was new is superseded."""
    again = Fact.objects.filter(pk__in=[pk for was in before.values() for pk in was["superseded"]])
    Fact.objects.bulk_create(
        [
            Fact(
                person_id=f.person_id, kind=f.kind, code=f.code, valid_from=f.valid_from, valid_to=f.valid_to,
                known=at, recorded=at, detail=f.detail,
            )
            for f in again.order_by("id")
        ],
        batch_size=1_000,
    )  # fmt: skip
    inserted = [pk for was in before.values() for pk in was["inserted"]]
    Fact.objects.filter(pk__in=inserted, superseded=None).update(superseded=at)


def _unstored(column: str, value: Any) -> Any:
    if value is None:
        return None
    if column in BYTES:
        return bytes.fromhex(value)
    return date.fromisoformat(value) if column in DATES else value
