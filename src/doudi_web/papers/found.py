"""A settlement as a paper tells it: its answer as it stands, its bill, its person, what proves it, whom to ring."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, LiteralString

from doudi.dates import CHINA
from doudi_web.exchange.facts import (
    PERSON,
    PERSON_JOINS,
    PERSON_WIDTH,
    Facts,
    address_of,
    main_diagnosis,
    person_of,
)
from doudi_web.papers.models import Contact
from doudi_web.papers.words import cut
from doudi_web.register import sealing
from doudi_web.register.file import Doctor, doctor_of
from doudi_web.settlement import tables
from doudi_web.settlement.since import SINCE, as_it_stands
from doudi_web.tenancy.models import Facility
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

HIDDEN = "**"
_STATES: LiteralString = """
  SELECT st.name FROM register_facilitystate st WHERE st.facility_id = s.facility AND st.superseded IS NULL
"""
_ONE: LiteralString = f"""
SELECT s.id, s.visit, s.person, s.facility, s.settled, s.year, s.result, s.evidence, g.commitment, g.reason,
  g.posted, u.reason, u.posted,
  coalesce(({_STATES} AND (st.valid_from IS NULL OR st.valid_from <= (s.settled AT TIME ZONE 'Asia/Shanghai')::date)
    ORDER BY st.valid_from DESC NULLS LAST, st.id DESC LIMIT 1), f.name),
  {PERSON}, {SINCE}
FROM settlement_settlement s
JOIN settlement_posting g ON g.settlement = s.id AND g.kind = 'settle'
LEFT JOIN settlement_posting u ON u.settlement = s.id AND u.kind = 'reverse'
LEFT JOIN tenancy_facility f ON f.code = s.facility
{PERSON_JOINS}
WHERE s.id = %s
"""


@dataclass(frozen=True, slots=True)
class Ring:
    """Whom to ring about a paper, and where they sit."""

    place: str
    phone: str


@dataclass(frozen=True, slots=True)
class Found:
    """A settlement, and all that its papers say of it."""

    facts: Facts
    told: dict[str, Any]
    """The answer as it stands."""
    code: str
    """The posting's commitment in the sealed ledger: what the inclusion proof begins with."""
    reason: str
    """Why it was settled anew, where it was."""
    reversed_because: str
    reversed_at: datetime | None
    posted: datetime
    """When it was undone and when it was posted, in China."""
    doctor: Doctor | None
    office: Ring | None
    district: Ring | None


def settlement(actor: Actor, act: Act, number: int) -> Found:
    """A settlement of the actor's hospital. Raises Refusal 403, 404, 410."""
    actor.must(act)
    row = tables.driver().execute(_ONE, [number]).fetchone()
    if row is None:
        raise Refusal.of(404, "S406", str(number))
    (
        _, visit, person, facility, settled, year, result, evidence, commitment, reason, posted, because, undone,
        name, *rest,
    ) = row  # fmt: skip
    actor.must_be_of(facility, act)
    if result is None:
        raise Refusal.of(410, "S466", str(number), settlement=number)
    known, told = json.loads(zlib.decompress(evidence)), as_it_stands(result, *rest[PERSON_WIDTH:])
    level = (known.get("register", {}).get("facility") or {}).get("level")
    facts = Facts(
        number, visit, person, facility, name, settled.astimezone(CHINA).date(), year, told, known["bill"],
        None if level is None else str(level), person_of(person, rest[:PERSON_WIDTH]), told.get("collect"),
    )  # fmt: skip
    return Found(
        facts, told, bytes(commitment).hex(), reason or "", because or "",
        None if undone is None else undone.astimezone(CHINA), posted.astimezone(CHINA), doctor_of(person),
        ring(facility), ring(""),
    )  # fmt: skip


def masked(found: Found) -> Found:
    """The same with the name masked, and of where somebody lives the township alone."""
    person = found.facts.person
    if person is None:
        return found
    name = None if person.name is None else sealing.masked_name(person.name)
    hidden = None if person.village_name is None else HIDDEN
    known = replace(person, name=name, village=None, village_name=hidden)
    return replace(found, facts=replace(found.facts, person=known))


@dataclass(frozen=True, slots=True)
class Patient:
    """Somebody at a hospital, by name; None whom the register does not know."""

    name: str | None
    address: str
    hospital: str


_PATIENT: LiteralString = f"""
SELECT {PERSON}, f.name
FROM (SELECT %s::text AS person, %s::text AS facility) s
LEFT JOIN tenancy_facility f ON f.code = s.facility
{PERSON_JOINS}
"""


def patient_of(person: str, facility: str) -> Patient:
    """Who lies in a hospital, as its papers name them. The caller has asked whether they may."""
    row = tables.driver().execute(_PATIENT, [person, facility]).fetchone()
    assert row is not None
    found = person_of(person, row[:PERSON_WIDTH])
    if found is None:
        return Patient(None, "", row[PERSON_WIDTH] or facility)
    return Patient(found.name, address_of(found) or "", row[PERSON_WIDTH] or facility)


def ill(bill: Mapping[str, Any]) -> str:
    """What somebody has, as papers write it: the main diagnosis, empty where the bill has none."""
    main = main_diagnosis(bill)
    return cut(str((main or {}).get("name") or ""), 60)


def ring(facility: str) -> Ring | None:
    """Whom to ring at a hospital, or at the district; None where nobody has said it."""
    found = Contact.objects.filter(facility=facility).order_by("-id").first()
    return None if found is None else Ring(found.place, found.phone)


def hospital_name(facility: str) -> str:
    """A hospital's name as it is now; its code where nobody has registered it."""
    name = Facility.objects.filter(pk=facility).values_list("name", flat=True).first()
    return name or facility
