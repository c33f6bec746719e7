"""What the register tells: to whom, masked or not, and what it knew at a moment. Every telling is recorded."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from doudi.dates import Span
from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.register import sealing
from doudi_web.register.changes import DAYS
from doudi_web.register.models import Fact, Person
from doudi_web.register.planning import opened_detail
from doudi_web.register.reading import identity_number
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act, Role
from doudi_web.tenancy.who import Actor, Visited

Json = dict[str, Any]
FOUND_LIMIT = 100


def facts_known(person: str, at: datetime) -> list[Fact]:
    """What the register knew of a person at a moment.

    A fact is known from when the register learned of it until it was superseded, or until what took its place
    was known, where the register wrote that down only later.
    """
    return known({f.pk: f for f in Fact.objects.filter(person_id=person).order_by("id")}, at)


def known(facts: Mapping[int, Fact], at: datetime) -> list[Fact]:
    """Of all facts of a person, by number, those that the register knew at a moment."""
    return [
        fact
        for fact in facts.values()
        if fact.known <= at and all(at < end for end in _ends(fact, facts))
    ]


def _ends(fact: Fact, facts: Mapping[int, Fact]) -> Iterator[datetime]:
    """When a fact was superseded, and when each that came in its place was known."""
    if fact.superseded is not None:
        yield fact.superseded
    while fact.replaced_by_id is not None:
        fact = facts[fact.replaced_by_id]
        yield fact.known


def person(
    actor: Actor,
    number: str,
    *,
    visited: Visited,
    unmask: bool = False,
    reason: str = "",
    at: datetime | None = None,
    request_id: str = "",
) -> Json:
    """A person by the exact id; unmasked for a stated reason; as known at a moment. Raises Refusal 403, 404.

    A hospital sees whom it has seen; anybody else, also before the first visit, for a stated reason.
    """
    actor.must(Act.PERSONS_READ)
    if unmask:
        actor.must(Act.PERSONS_UNMASK)
    actor.must_know(number, reason, visited)
    found = in_sight_one(actor, number)
    with transaction.atomic():
        action = "persons.unmask" if unmask else "persons.read"
        record(actor, action, subject_of(number), reason=reason, request_id=request_id)
        facts = facts_known(number, at or now())
    return told_of(found, facts, masked=not unmask)


def in_sight_one(actor: Actor, number: str) -> Person:
    """Somebody whom the actor may see, with where they live. Raises Refusal 403, 404."""
    seen = in_sight(actor).select_related(
        "village__township", "district", "household__village__township"
    )
    found = seen.filter(pk=number).first() if number.isprintable() else None
    if found is None:
        raise Refusal.of(404, "S430", number)
    return found


def persons(
    actor: Actor,
    *,
    name: str = "",
    id_number: str = "",
    township: str = "",
    ids: Sequence[str] | None = None,
    after: str = "",
    visited: Visited,
    request_id: str = "",
) -> Json:
    """Persons by name, identity number, township or ids, masked; a page of them in the order of their ids.

    A hospital finds whom it has seen, and anybody whose number it knows; a township officer the township's own.
    A client of no hospital finds by number alone. A number finds its owner and, where she is a mother, her newborns
    who have none yet.
    """
    actor.must(Act.PERSONS_READ)
    if township and actor.role is Role.TOWNSHIP_OFFICER and township != actor.township:
        raise Refusal.of(403, "S431", township, township=township)
    if actor.role is Role.SYSTEM_CLIENT and actor.facility is None and not id_number:
        raise Refusal.of(403, "S446", actor.key)
    asked = in_sight(actor).filter(pk__gt=after)
    if id_number:
        asked = asked.filter(_of_number(id_number))
    if name:
        asked = asked.filter(name_digest=sealing.digest("name", name.strip()))
    if ids is not None:
        asked = asked.filter(pk__in=ids)
    if township:
        asked = asked.filter(_of_township(township))
    if actor.facility is not None and not id_number:
        found, more = _seen(asked, actor.facility, visited)
    else:
        rows = list(asked.order_by("pk")[: FOUND_LIMIT + 1])
        found, more = rows[:FOUND_LIMIT], len(rows) > FOUND_LIMIT
    by = [k for k, v in (("name", name), ("id_number", id_number), ("township", township)) if v]
    by += [] if ids is None else ["visit"]
    facts: dict[str, list[Fact]] = {}
    for fact in Fact.objects.filter(person__in=[p.pk for p in found], superseded=None).order_by(
        "id"
    ):
        facts.setdefault(fact.person_id, []).append(fact)
    with transaction.atomic():
        record(
            actor,
            "persons.search",
            "persons",
            request_id=request_id,
            detail={"by": by, "found": len(found)},
        )
        each = ((subject_of(one.pk), {"by": by}) for one in found)
        record_each(actor, "persons.read", each, request_id=request_id)
    told = [told_of(one, facts.get(one.pk, []), masked=True) for one in found]
    return {"persons": told, "after": found[-1].pk if more and found else None}


def _seen(asked: "QuerySet[Person]", facility: str, visited: Visited) -> tuple[list[Person], bool]:
    """The first of those asked for who were at the hospital."""
    found: list[Person] = []
    last = ""
    while True:
        batch = list(asked.filter(pk__gt=last).order_by("pk")[:1_000])
        if not batch:
            return found, False
        seen = visited(facility, [one.pk for one in batch])
        found += [one for one in batch if one.pk in seen]
        if len(found) > FOUND_LIMIT:
            return found[:FOUND_LIMIT], True
        last = batch[-1].pk


def _of_number(id_number: str) -> Q:
    try:
        number = identity_number(id_number)
    except ValueError:
        return Q(pk__in=[])
    digest = sealing.digest("id_number", number)
    return Q(id_digest=digest) | Q(id_digest=None, mother__id_digest=digest)


def in_sight(actor: Actor) -> "QuerySet[Person]":
    """Whom the actor may see at all. Raises Refusal 403 for a township officer without a township."""
    known = Person.objects.filter(withdrawn=None)
    if actor.role is not Role.TOWNSHIP_OFFICER:
        return known
    if actor.township is None:
        raise Refusal.of(403, "S431", actor.key, township="没有写明")
    return known.filter(_of_township(actor.township))


def _of_township(code: str) -> Q:
    """Who lives there: by the own village, or by the household's where the person has none."""
    return Q(village__township=code) | Q(village=None, household__village__township=code)


def told_of(one: Person, facts: Iterable[Fact], *, masked: bool) -> Json:
    """A person as the register tells it: with names for keys as a statement has them."""
    by_kind: dict[str, list[Fact]] = {}
    for fact in facts:
        by_kind.setdefault(fact.kind, []).append(fact)
    doctors = [(f, opened_detail(f)) for f in by_kind.get("doctor", ())]
    plans = [opened_detail(f)["text"] for f in by_kind.get("plan", ())]
    tiers = by_kind.get("tier", [])
    today = now().date()
    tier_now = [f.code for f in tiers if Span(f.valid_from, f.valid_to).covers(today)]
    return {
        "id": one.pk,
        "name": _shown(one, "name", sealing.masked_name, masked=masked),
        "id_number": _shown(one, "id_number", sealing.masked_number, masked=masked),
        "phone": _shown(one, "phone", sealing.masked_phone, masked=masked),
        "masked": masked,
        "sex": one.sex or None,
        "ethnicity": one.ethnicity or None,
        "birth_date": one.birth_date.isoformat(),
        "district": one.district_id,
        "village": one.village_id,
        "household": one.household_id,
        "mother": one.mother_id,
        "insurance_tier": tier_now[-1] if tier_now else None,
        "tiers": [{"tier": f.code, **_span(f)} for f in tiers],
        "standings": [
            {"code": f.code, **_span(f), "known": told(f.known)}
            for f in by_kind.get("standing", ())
        ],
        "diseases": [{"code": f.code, **_span(f)} for f in by_kind.get("disease", ())],
        "doctors": [
            {"name": d["name"], "phone": d["phone"], "facility": f.code or None, **_span(f)}
            for f, d in doctors
        ],
        "plan": plans[-1] if plans else None,
        **{
            kind: by_kind[kind][-1].valid_from.isoformat() if kind in by_kind else None
            for kind in DAYS
        },
        "attributes": one.attributes,
    }


def _shown(one: Person, column: str, mask: Callable[[str], str], *, masked: bool) -> str | None:
    sealed = getattr(one, column)
    if sealed is None:
        return None
    text = sealing.opened(sealed, f"{one.pk}.{column}")
    return mask(text) if masked else text


def _span(fact: Fact) -> dict[str, str | None]:
    return {
        "from": fact.valid_from.isoformat(),
        "to": None if fact.valid_to is None else fact.valid_to.isoformat(),
    }
