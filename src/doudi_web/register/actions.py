"""Writing the register: one transaction, one writer at a time, every change undoable and in the audit log."""

import json
import zlib
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from doudi.errors import Faulty, fault
from doudi.source_text import Document
from doudi.wire.identity_numbers import has_identity_number
from doudi_web.audit_log.actions import record
from doudi_web.register import facilities, learned, sealing
from doudi_web.register.divisions import made_divisions
from doudi_web.register.models import Fact, Household, Import, Person
from doudi_web.register.person_form import FacilityForm
from doudi_web.register.planning import PersonChange, Plan, planned, sealed_detail
from doudi_web.register.reading import raise_any, read_list
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

_WRITING = 0x72656769  # the lock under which the register has one writer

NAMED = 100  # facilities that a row of the log names
BYTES = ("name", "name_digest", "id_number", "id_digest", "phone")
DATES = ("birth_date", "died", "moved_out")
KEPT = (
    *BYTES, *DATES, "sex", "ethnicity", "district_id", "village_id", "household_id", "mother_id", "attributes",
    "changed_by_id",
)  # fmt: skip
"""The columns of a person that a statement may change."""


@contextmanager
def writing() -> Generator[datetime]:
    """A transaction that is the only one to write the register; its moment. Faults inside are a refusal."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_WRITING])
            yield now()
    except Faulty as error:
        raise Refusal(422, error.faults) from error


def write_persons(
    actor: Actor, document: Document, content: bytes, request_id: str = ""
) -> dict[str, Any]:
    """Register persons: `{persons: [person…]}`. Nothing is written where one has a fault. Raises Refusal."""
    actor.must(Act.PERSONS_WRITE)
    with writing() as at:
        plan = planned(document, at, adds=False)
        counts, number = plan.counts(), None
        if plan.changes:
            came = new_import(actor, "persons", document.name, content, plan, at)
            apply(plan, came, at)
            confirm_row(came, at)
            number = came.pk
        detail = {**counts, "import": number}
        record(actor, "persons.write", "persons", request_id=request_id, detail=detail)
    return counts


def write_facilities(actor: Actor, document: Document, request_id: str = "") -> dict[str, int]:
    """Hospitals and clinics: `{facilities: [{code, name, level, district, from?}]}`. Raises Refusal with every
    fault."""
    actor.must(Act.FACILITIES_WRITE)
    counts = {"created": 0, "changed": 0, "unchanged": 0}
    changed: list[str] = []
    with writing() as at:
        read, faults = read_list(document, "facilities", FacilityForm)
        seen: set[str] = set()
        for path, one in read:
            if one.code in seen:
                where = document.where((*path, "code"))
                faults.append(fault("S434", where, what="医疗机构编码", who=one.code))
            seen.add(one.code)
        raise_any(faults)
        for _, one in read:
            became = facilities.register(one, at)
            counts[became] += 1
            if became == "changed":
                changed.append(one.code)
        detail = {**counts, "codes": changed[:NAMED]}
        record(actor, "facilities.write", "facilities", request_id=request_id, detail=detail)
    return counts


def new_import(
    actor: Actor, kind: str, name: str, content: bytes, plan: Plan, at: datetime
) -> Import:
    """An import as it came; what it holds is sealed."""
    name = "".join(c for c in name if c.isprintable())
    if has_identity_number(name):
        raise Refusal.of(422, "F209", "name")
    came = Import.objects.create(
        at=at, actor=actor.key, kind=kind, name=name[:200],
        changes={"counts": plan.counts(), "first": plan.told(), "digest": plan.digest()},
    )  # fmt: skip
    came.content = sealing.seal_bytes(zlib.compress(content), f"import.{came.pk}")
    came.save(update_fields=["content"])
    return came


def confirm_row(came: Import, at: datetime) -> None:
    """Say that an import was written."""
    came.confirmed = at
    came.save(update_fields=["confirmed", "changes", "before"])


def apply(plan: Plan, came: Import, at: datetime) -> None:
    """Write what a plan says, and keep in the import what was there before."""
    ones = [change.one for change in plan.changes]
    made_divisions([o.district for o in ones], [o.village for o in ones if o.village is not None])
    Household.objects.bulk_create(
        [
            Household(code=code, village_id=village)
            for code, village in {o.household: o.village for o in ones if o.household}.items()
        ],
        ignore_conflicts=True,
    )
    before = {change.one.id: _before(change) for change in plan.changes}
    _write_persons(plan.changes, came)
    learned.note(before)
    inserted = _write_facts(plan.changes, at)
    for fact in inserted:
        before[fact.person_id]["inserted"].append(fact.pk)
    came.before = sealing.seal_bytes(
        zlib.compress(json.dumps(before).encode()), f"import.{came.pk}.before"
    )


def _before(change: PersonChange) -> dict[str, Any]:
    """What a person was: the columns that change, which are sealed where they must be, and facts by number."""
    held = change.person
    columns = {} if held is None else {key: stored(getattr(held, key)) for key in KEPT}
    return {
        "new": change.is_new,
        "columns": columns,
        "superseded": [h.pk for h in change.facts.superseded],
        "inserted": [],
    }


def stored(value: Any) -> Any:
    """A column's value as JSON holds it."""
    match value:
        case bytes() | memoryview():
            return bytes(value).hex()
        case date():
            return value.isoformat()
        case _:
            return value


def _write_persons(changes: Sequence[PersonChange], came: Import) -> None:
    number = sealing.newest()
    created: list[Person] = []
    changed: list[Person] = []
    mothers: list[Person] = []
    for change in changes:
        person = change.person or Person(id=change.one.id)
        if person.withdrawn is not None:  # what an undone import said is not said any more
            for column in KEPT:
                field = Person._meta.get_field(column.removesuffix("_id"))
                setattr(person, column, field.get_default())
        for column, value in columns_of(change.one.id, change.fields, number).items():
            setattr(person, column, value)
        person.withdrawn = None
        person.changed_by_id = came.pk
        if change.person is not None:
            changed.append(person)
            continue
        if person.mother_id is not None:  # she may stand below in the same document
            mothers.append(Person(id=person.pk, mother_id=person.mother_id))
            person.mother_id = None
        created.append(person)
    Person.objects.bulk_create(created, batch_size=1_000)
    Person.objects.bulk_update(mothers, ["mother"], batch_size=1_000)
    save_persons(changed)


def save_persons(persons: Sequence[Person]) -> None:
    """Persons who are there already, as they now are: one statement for many."""
    Person.objects.bulk_create(
        persons, batch_size=1_000, update_conflicts=True, unique_fields=["id"],
        update_fields=[*(column.removesuffix("_id") for column in KEPT), "withdrawn"],
    )  # fmt: skip


def columns_of(person: str, fields: Mapping[str, Any], number: int) -> dict[str, Any]:
    """What is stored of the keys that a statement changes: sealed under the key of that number."""
    found: dict[str, Any] = {}
    for key, value in fields.items():
        match key:
            case "name":
                found["name"] = sealing.seal(value, f"{person}.name", number)
                found["name_digest"] = sealing.digest("name", value)
            case "id_number":
                found["id_number"] = sealing.seal(value, f"{person}.id_number", number)
                found["id_digest"] = sealing.digest("id_number", value)
            case "phone":
                found["phone"] = sealing.seal(value, f"{person}.phone", number)
            case "district" | "village" | "household" | "mother":
                found[f"{key}_id"] = value
            case _:
                found[key] = value
    return found


def _write_facts(changes: Sequence[PersonChange], at: datetime) -> list[Fact]:
    """New facts in, facts that no longer hold superseded, each pointing at what took its place."""
    number = sealing.newest()
    made: list[Fact] = []
    replacing: dict[int, Fact] = {}
    gone: list[int] = []
    for change in changes:
        gone += [h.pk for h in change.facts.superseded]
        for said, replaced in change.facts.inserted:
            start = said.start
            if start is None:
                goes_on = replaced is not None and said.kind == "disease"
                start = replaced.start if replaced is not None and goes_on else at.date()
            fact = Fact(
                person_id=change.one.id, kind=said.kind, code=said.code, valid_from=start, valid_to=said.end,
                known=said.known or at, recorded=at, detail=sealed_detail(change.one.id, said, number),
            )  # fmt: skip
            made.append(fact)
            if replaced is not None:
                replacing[replaced.pk] = fact
    Fact.objects.bulk_create(made, batch_size=1_000)
    Fact.objects.filter(pk__in=gone).update(superseded=at)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE register_fact f SET replaced_by_id = n.new"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS n(old, new) WHERE f.id = n.old",
            [list(replacing), [fact.pk for fact in replacing.values()]],
        )
    return made
