"""A person's file (人员档案): who they are, what was ever known of them since when, who lives with them, and the
card with the family doctor's number."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from doudi.dates import Span
from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.register import selectors
from doudi_web.register.models import Fact, Person
from doudi_web.register.planning import opened_detail
from doudi_web.register.sealing import masked_name, opened
from doudi_web.register.words import word
from doudi_web.tenancy.clock import now, told, told_or_none
from doudi_web.tenancy.models import Facility
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import OF_FACILITY, Act
from doudi_web.tenancy.who import Actor, Visited

Json = dict[str, Any]
MEMBERS = 50
"""Members of a household in one file."""


def file_of(
    actor: Actor, number: str, *, reason: str, visited: Visited, request_id: str = ""
) -> Json:
    """A person masked, every fact that was ever known, and the household. Raises Refusal 403, 404.

    Who treats or settles reads the whole name. A hospital sees of the household whom it has seen, and how many it
    has not.
    """
    actor.must(Act.PERSONS_READ)
    actor.must_know(number, reason, visited)
    found = selectors.in_sight_one(actor, number)
    facts = {fact.pk: fact for fact in Fact.objects.filter(person_id=number).order_by("id")}
    home = _household(actor, found, visited)
    doctors = {fact.code for fact in facts.values() if fact.kind == "doctor"}
    facilities = dict(Facility.objects.filter(code__in=doctors).values_list("code", "name"))
    with transaction.atomic():
        record(actor, "persons.read", subject_of(number), reason=reason, request_id=request_id)
        each = ((subject_of(one["id"]), {"by": ["household"]}) for one in home["members"])
        record_each(actor, "persons.read", each, request_id=request_id)
    return {
        "person": _told(actor, found, selectors.known(facts, now()), visited),
        "place": _place(found),
        "facilities": facilities,
        "facts": [_fact(fact) for fact in facts.values() if fact.kind in ("standing", "tier", "disease", "doctor")],
        "household": home,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Doctor:
    """A family doctor: name, where (empty where nobody has said it), number."""

    name: str
    place: str
    phone: str


def doctor_of(person: str) -> Doctor | None:
    """The family doctor of today, the last that was stated."""
    today = now().date()
    for fact in Fact.objects.filter(person=person, kind="doctor", superseded=None).order_by("-id"):
        if Span(fact.valid_from, fact.valid_to).covers(today):
            detail = opened_detail(fact)
            place = Facility.objects.filter(pk=fact.code).values_list("name", flat=True).first()
            return Doctor(detail.get("name") or "", place or "", detail.get("phone") or "")
    return None


@dataclass(frozen=True, slots=True)
class Card:
    """What stands on the card for who cannot read: who, their doctor, and what the code dials."""

    id: str
    name: str | None
    address: str
    standings: tuple[str, ...]
    doctor: Doctor

    @property
    def dials(self) -> str:
        """The doctor's number as a telephone takes it.

        >>> Card("P", None, "", (), Doctor("罗", "", "023-0000-0119（白天）")).dials
        'tel:02300000119'
        """
        digits = (c for c in self.doctor.phone if c == "+" or (c.isascii() and c.isdigit()))
        return "tel:" + "".join(digits)

    def json(self) -> Json:
        """As answers tell it."""
        doctor = self.doctor
        return {
            "id": self.id, "name": self.name, "address": self.address, "standings": list(self.standings),
            "doctor": doctor.name, "phone": doctor.phone, "facility": doctor.place or None, "dials": self.dials,
        }  # fmt: skip


def card_of(actor: Actor, number: str, *, reason: str, request_id: str = "") -> Card:
    """The card of somebody whom the actor may see. Raises Refusal 403, 404, 409, 422.

    The name stands on it in full: whoever makes one says why, and that is in the log as an unmasking.
    """
    actor.must(Act.CARDS_PRINT)
    if not reason.strip():
        expected = "给谁：患者本人，还是照顾他的家人"
        raise Refusal.of(422, "F201", "reason", key="reason", expected=expected)
    found = selectors.in_sight_one(actor, number)
    doctor = doctor_of(number)
    if doctor is None or not doctor.phone:
        raise Refusal.of(409, "S670", number)
    with transaction.atomic():
        record(actor, "persons.unmask", subject_of(number), reason=reason, request_id=request_id)
        held = _standings([number]).get(number, [])
    return Card(
        number,
        None if found.name is None else opened(found.name, f"{number}.name"),
        address_of(found),
        tuple(word("standing", code) for code in held),
        doctor,
    )


def _told(actor: Actor, one: Person, facts: Sequence[Fact], visited: Visited) -> Json:
    """A person masked; by the whole name for who treats or settles them, since two marks are safer than one."""
    made = selectors.told_of(one, facts, masked=True)
    if one.name is None or actor.role not in OF_FACILITY or actor.facility is None:
        return made
    if one.pk not in visited(actor.facility, [one.pk]):
        return made
    return {**made, "name": opened(one.name, f"{one.pk}.name")}


def _household(actor: Actor, of: Person, visited: Visited) -> Json:
    """Who else lives with somebody: the first whom the actor may see, how many `more` of them there are, and how
    many are `unseen`, since they never were at the actor's hospital."""
    others = [] if of.household_id is None else _others(actor, of)
    seen = None if actor.facility is None else visited(actor.facility, others)
    may = others if seen is None else [one for one in others if one in seen]
    listed = may[:MEMBERS]
    rows, held = Person.objects.in_bulk(listed), _standings(listed)
    return {
        "code": of.household_id,
        "members": [_member(rows[one], held.get(one, [])) for one in listed],
        "unseen": len(others) - len(may),
        "more": len(may) - len(listed),
    }


def _others(actor: Actor, of: Person) -> list[str]:
    """The rest of a household as far as the actor's township goes, the oldest first."""
    found = selectors.in_sight(actor).filter(household_id=of.household_id).exclude(pk=of.pk)
    return list(found.order_by("birth_date", "pk").values_list("pk", flat=True))


def _standings(persons: Sequence[str]) -> dict[str, list[str]]:
    """The standings that persons have today."""
    held: dict[str, list[str]] = {}
    today = now().date()
    facts = Fact.objects.filter(person__in=persons, kind="standing", superseded=None)
    for fact in facts.order_by("id"):
        if Span(fact.valid_from, fact.valid_to).covers(today):
            held.setdefault(fact.person_id, []).append(fact.code)
    return held


def _member(one: Person, standings: Sequence[str]) -> Json:
    name = None if one.name is None else masked_name(opened(one.name, f"{one.pk}.name"))
    return {
        "id": one.pk,
        "name": name,
        "sex": one.sex or None,
        "birth_date": one.birth_date.isoformat(),
        "standings": list(standings),
        "died": None if one.died is None else one.died.isoformat(),
    }


def _place(one: Person) -> Json:
    """Where somebody lives, by name."""
    village = one.village
    township = None if village is None else village.township
    return {
        "village": None if village is None else village.name,
        "township": None if township is None else township.name,
        "district": one.district.name,
    }


def address_of(one: Person) -> str:
    """Township and village by name, as papers write them: the own, else the household's."""
    village = one.village
    if village is None and one.household is not None:
        village = one.household.village
    if village is None:
        return ""
    named = (village.township, village)
    return "".join(place.name for place in named if place.name != place.code)


def whole_name(one: Person) -> str:
    """The name in full; whoever tells it has recorded why."""
    return "" if one.name is None else opened(one.name, f"{one.pk}.name")


def _fact(fact: Fact) -> Json:
    """When a fact was valid, when it was known, and until when it was thought to be so."""
    return {
        "kind": fact.kind,
        "code": fact.code,
        "from": fact.valid_from.isoformat(),
        "to": None if fact.valid_to is None else fact.valid_to.isoformat(),
        "known": told(fact.known),
        "superseded": told_or_none(fact.superseded),
    }
