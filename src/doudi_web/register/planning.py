"""A document held against the register: who is new, who changes in what, what cannot be. Reads alone."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from doudi.errors import Fault, fault
from doudi.source_text import Document, Path
from doudi_web.register import sealing
from doudi_web.register.changes import DAYS, FactChanges, Held, Said, fact_changes, said_facts
from doudi_web.register.models import Fact, Person
from doudi_web.register.person_form import RegisteredForm
from doudi_web.register.reading import identity_number, raise_any, read_persons

T = TypeVar("T")

SHOWN = 200  # changes that a preview lists one by one
_BATCH = 5_000
_PLAIN = ("birth_date", "sex", "ethnicity", "died", "moved_out")
_LINKS = {
    "district": "district_id",
    "village": "village_id",
    "household": "household_id",
    "mother": "mother_id",
}


@dataclass(frozen=True, slots=True)
class PersonChange:
    """What happens to one person. `fields` are the keys that differ, as they were stated."""

    one: RegisteredForm
    person: Person | None
    fields: Mapping[str, Any]
    facts: FactChanges

    @property
    def is_new(self) -> bool:
        """Whether the register did not know the person."""
        return self.person is None or self.person.withdrawn is not None

    @property
    def keys(self) -> list[str]:
        """What changes, by name."""
        return sorted({*self.fields, *(_KIND_KEYS[kind] for kind in self.facts.kinds)})


_KIND_KEYS = {
    "standing": "standings", "tier": "tiers", "disease": "diseases", "doctor": "doctors", "plan": "plan",
    **{day: day for day in DAYS},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """What a document would do to the register."""

    changes: tuple[PersonChange, ...]
    unchanged: int
    unused: tuple[str, ...] = ()
    """Columns of a table of which nothing is written: nobody knows their names."""

    def counts(self) -> dict[str, int]:
        """How many are new, change, stay."""
        created = sum(change.is_new for change in self.changes)
        return {
            "created": created,
            "changed": len(self.changes) - created,
            "unchanged": self.unchanged,
        }

    def told(self) -> list[dict[str, Any]]:
        """The first changes one by one: whose, in what, and which standings and tiers begin and end."""
        return [
            {
                "id": change.one.id,
                "new": change.is_new,
                "keys": change.keys,
                "off": [
                    _span(h) for h in change.facts.superseded if h.kind in ("standing", "tier")
                ],
                "on": [
                    _span(s) for s, _ in change.facts.inserted if s.kind in ("standing", "tier")
                ],
            }
            for change in self.changes[:SHOWN]
        ]

    def digest(self) -> str:
        """Two plans that do the same to the same register have the same digest: what a person was changed by
        last stands for all that they are."""
        stated = [
            [
                c.one.id, c.is_new, None if c.person is None else c.person.changed_by_id, sorted(c.fields),
                [h.pk for h in c.facts.superseded],
                [[s.kind, s.code, str(s.start), str(s.end)] for s, _ in c.facts.inserted],
            ]
            for c in self.changes
        ]  # fmt: skip
        return hashlib.sha256(json.dumps([stated, self.unchanged]).encode()).hexdigest()


def planned(document: Document, now: datetime, *, adds: bool, unused: tuple[str, ...] = ()) -> Plan:
    """What the document would do. Raises Faulty with everything that is wrong with it.

    Who is not known any more, as the import that brought them was undone, is new: nothing of before is left.
    """
    read, faults = read_persons(document, now)
    ids = [one.id for _, one in read]
    persons = {p.pk: p for batch in _batches(ids) for p in Person.objects.filter(pk__in=batch)}
    faults += _taken(document, read)
    faults += _mothers(document, read)
    raise_any(faults)
    held = held_facts(persons)
    changes: list[PersonChange] = []
    for _, one in read:
        person = persons.get(one.id)
        facts = held.get(one.id, [])
        said = said_facts(one, facts, now.date())
        known = None if person is None or person.withdrawn is not None else person
        change = PersonChange(
            one, person, _fields(one, known), fact_changes(said, facts, adds=adds)
        )
        if change.is_new or change.keys:
            changes.append(change)
    return Plan(tuple(changes), len(read) - len(changes), unused)


def held_facts(persons: Iterable[str]) -> dict[str, list[Held]]:
    """What the register says now of each person."""
    found: dict[str, list[Held]] = defaultdict(list)
    for batch in _batches(list(persons)):
        for fact in Fact.objects.filter(person_id__in=batch, superseded=None).order_by("id"):
            found[fact.person_id].append(held_of(fact))
    return found


def held_of(fact: Fact) -> Held:
    """A row of facts with its detail opened."""
    return Held(
        fact.pk,
        fact.kind,
        fact.code,
        fact.valid_from,
        fact.valid_to,
        opened_detail(fact),
        fact.known,
    )


def opened_detail(fact: Fact) -> dict[str, str]:
    """What a fact says beside its code."""
    sealed = fact.detail.get("sealed")
    if sealed is None:
        return dict(fact.detail)
    return json.loads(sealing.opened(bytes.fromhex(sealed), f"{fact.person_id}.{fact.kind}"))


def sealed_detail(person: str, said: Said, number: int) -> dict[str, str]:
    """How it is kept: sealed, as it names a doctor or tells of somebody's illness."""
    if not said.detail:
        return {}
    text = json.dumps(dict(said.detail), ensure_ascii=False)
    return {"sealed": sealing.seal(text, f"{person}.{said.kind}", number).hex()}


def _span(fact: Held | Said) -> dict[str, str | None]:
    return {
        "code": fact.code,
        "from": None if fact.start is None else fact.start.isoformat(),
        "to": None if fact.end is None else fact.end.isoformat(),
    }


def _fields(one: RegisteredForm, person: Person | None) -> dict[str, Any]:
    """The keys that are stated and differ."""
    found: dict[str, Any] = {}
    for key in _PLAIN:
        value = getattr(one, key)
        if value is not None and (person is None or getattr(person, key) != value):
            found[key] = value
    for key, column in _LINKS.items():
        value = getattr(one, key)
        if value is not None and (person is None or getattr(person, column) != value):
            found[key] = value
    if one.name is not None and not _has(person, "name_digest", sealing.digest("name", one.name)):
        found["name"] = one.name
    if one.id_number is not None:
        number = identity_number(one.id_number)
        if not _has(person, "id_digest", sealing.digest("id_number", number)):
            found["id_number"] = number
    if one.phone is not None:
        held = None if person is None or person.phone is None else person.phone
        if held is None or sealing.opened(held, f"{one.id}.phone") != one.phone:
            found["phone"] = one.phone
    if one.attributes is not None:
        stated = {k: v for k, v in one.attributes.items() if v is not None}
        if (person is None and stated) or (person is not None and person.attributes != stated):
            found["attributes"] = stated
    return found


def _has(person: Person | None, column: str, digest: bytes) -> bool:
    held = None if person is None else getattr(person, column)
    return held is not None and bytes(held) == digest


def _taken(document: Document, read: Sequence[tuple[Path, RegisteredForm]]) -> Iterator[Fault]:
    """Identity numbers that the register has under another id."""
    numbered: dict[bytes, tuple[Path, str]] = {}
    for path, one in read:
        if one.id_number is not None:
            try:
                number = identity_number(one.id_number)
            except ValueError:  # a fault already
                continue
            numbered[sealing.digest("id_number", number)] = (path, one.id)
    for batch in _batches(list(numbered)):
        rows = Person.objects.filter(id_digest__in=batch).values_list("id", "id_digest")
        for owner, digest in rows:
            path, person = numbered[bytes(digest)]
            if owner != person:
                where = document.where((*path, "id_number"))
                yield fault("S434", where, what="身份证号", who=f"{owner}、{person}")


def _mothers(document: Document, read: Sequence[tuple[Path, RegisteredForm]]) -> Iterator[Fault]:
    """Mothers who are neither in the register nor in the document."""
    here = {one.id for _, one in read}
    asked = {one.mother for _, one in read if one.mother is not None} - here
    known = {
        pk
        for batch in _batches(sorted(asked))
        for pk in Person.objects.filter(pk__in=batch, withdrawn=None).values_list("id", flat=True)
    }
    for path, one in read:
        if one.mother in asked - known:
            yield fault("S435", document.where((*path, "mother")), mother=one.mother)


def _batches(items: list[T]) -> Iterator[list[T]]:
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]
