"""What a row of an export can be made of: facts of a settlement, its bill, its person and its hospital.

A fact that nobody knows is None; it is never made up. Amounts are fen.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any, LiteralString

from doudi.dates import age_on
from doudi.wire.bill_form import moment_of
from doudi_web.register import sealing

Known = str | int | date | None


class Kind(Enum):
    """What a fact is: how it is written, and whether it can be added."""

    TEXT = "text"
    WHOLE = "whole"
    AMOUNT = "amount"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as the register has them now."""

    name: str | None
    id_number: str | None
    sex: str
    ethnicity: str
    birth_date: date
    village: str | None
    village_name: str | None
    township_name: str | None
    attributes: Mapping[str, Any]


PERSON_JOINS: LiteralString = """
  LEFT JOIN register_person p ON p.id = s.person AND p.withdrawn IS NULL
  LEFT JOIN register_household h ON h.code = p.household_id
  LEFT JOIN tenancy_village v ON v.code = coalesce(p.village_id, h.village_id)
  LEFT JOIN tenancy_township t ON t.code = v.township_id
"""
"""SQL: the person of `s` as the register has them now, and where they live."""

PERSON: LiteralString = """
  p.id IS NOT NULL, p.name, p.id_number, p.sex, p.ethnicity, p.birth_date, p.attributes::json,
  v.code, v.name, t.code, t.name"""
"""SQL: what of PERSON_JOINS `person_of` takes."""
PERSON_WIDTH = 11
"""Columns of PERSON."""


def person_of(number: str, row: Sequence[Any]) -> Person | None:
    """Somebody as PERSON tells of them, the name and the number opened; None whom the register does not know."""
    (
        is_known,
        name,
        id_number,
        sex,
        ethnicity,
        birth,
        attributes,
        village,
        v_name,
        t_code,
        t_name,
    ) = row
    if not is_known:
        return None
    return Person(
        _opened(name, f"{number}.name"), _opened(id_number, f"{number}.id_number"), sex, ethnicity, birth,
        village, None if v_name == village else v_name, None if t_name == t_code else t_name, attributes,
    )  # fmt: skip


def _opened(sealed: bytes | None, place: str) -> str | None:
    return None if sealed is None else sealing.opened(sealed, place)


@dataclass(frozen=True, slots=True)
class Facts:
    """A settled visit with what is known of it; the person is None where the register does not know them."""

    settlement: int
    visit: str
    person_id: str
    facility: str
    facility_name: str | None
    settled: date
    year: int
    result: Mapping[str, Any]
    bill: Mapping[str, Any]
    level: str | None
    person: Person | None
    collect: str | None = None
    """What a poor patient would be asked for in addition, and nobody has decided."""

    def admitted(self) -> date | None:
        """The day of admission in China."""
        return day_of(self.bill.get("admitted"))

    def discharged(self) -> date | None:
        """The day of discharge in China."""
        return day_of(self.bill.get("discharged"))


Fact = Callable[[Facts], Known]


def day_of(stated: Any) -> date | None:
    """The day in China of what a bill states."""
    if stated is None:
        return None
    text = str(stated)
    return date.fromisoformat(text) if len(text) == 10 else moment_of(text).day


def fen(text: Any) -> int | None:
    """An amount as an answer writes it, always with two places."""
    return None if text is None else int(str(text).replace(".", ""))


def _of_person(take: Callable[[Person], Known]) -> Fact:
    return lambda facts: None if facts.person is None else take(facts.person)


def _age(facts: Facts) -> int | None:
    person = facts.person
    return None if person is None else age_on(person.birth_date, facts.settled)


def address_of(person: Person) -> str | None:
    """Township and village by name."""
    names = [name for name in (person.township_name, person.village_name) if name]
    return "".join(names) or None


def _days(facts: Facts) -> int | None:
    """Days of a stay: the last is not counted, of a stay within a day that one is."""
    first, last = facts.admitted(), facts.discharged()
    return None if first is None or last is None else max((last - first).days, 1)


def _year_of(take: Callable[[Facts], date | None]) -> Fact:
    def year(facts: Facts) -> int | None:
        day = take(facts)
        return None if day is None else day.year

    return year


def main_diagnosis(bill: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The diagnosis that a bill names as its main one, else the first; None where it has none."""
    listed = bill.get("diagnoses") or []
    return next((one for one in listed if one.get("main")), listed[0] if listed else None)


def _diagnosis(key: str) -> Fact:
    def told(facts: Facts) -> str | None:
        main = main_diagnosis(facts.bill)
        return None if main is None else str(main[key])

    return told


def _amount(name: str) -> Fact:
    return lambda facts: fen(facts.result.get(name))


def _payment(layer: str) -> Fact:
    return lambda facts: fen(facts.result.get("payments", {}).get(layer, "0.00"))


FACTS: dict[str, tuple[Kind, Fact]] = {
    "settlement": (Kind.TEXT, lambda f: str(f.settlement)),
    "visit": (Kind.TEXT, lambda f: f.visit),
    "episode": (Kind.TEXT, lambda f: f.result.get("episode_id")),
    "kind": (Kind.TEXT, lambda f: f.result.get("kind")),
    "standing": (
        Kind.TEXT,
        lambda f: (f.result.get("standing") or "ordinary") if f.result else None,
    ),
    "admitted": (Kind.DAY, Facts.admitted),
    "discharged": (Kind.DAY, Facts.discharged),
    "settled": (Kind.DAY, lambda f: f.settled),
    "days": (Kind.WHOLE, _days),
    "benefit_year": (Kind.WHOLE, lambda f: f.year),
    "admitted_year": (Kind.WHOLE, _year_of(Facts.admitted)),
    "discharged_year": (Kind.WHOLE, _year_of(Facts.discharged)),
    "settled_year": (Kind.WHOLE, lambda f: f.settled.year),
    "diagnosis.code": (Kind.TEXT, _diagnosis("code")),
    "diagnosis.name": (Kind.TEXT, _diagnosis("name")),
    "facility.code": (Kind.TEXT, lambda f: f.facility),
    "facility.name": (Kind.TEXT, lambda f: f.facility_name),
    "facility.level": (Kind.TEXT, lambda f: f.level),
    "person.id": (Kind.TEXT, lambda f: f.person_id),
    "person.id_number": (Kind.TEXT, _of_person(lambda p: p.id_number)),
    "person.name": (Kind.TEXT, _of_person(lambda p: p.name)),
    "person.sex": (Kind.TEXT, _of_person(lambda p: p.sex or None)),
    "person.ethnicity": (Kind.TEXT, _of_person(lambda p: p.ethnicity or None)),
    "person.birth_date": (Kind.DAY, _of_person(lambda p: p.birth_date)),
    "person.age": (Kind.WHOLE, _age),
    "person.village": (Kind.TEXT, _of_person(lambda p: p.village)),
    "person.village_name": (Kind.TEXT, _of_person(lambda p: p.village_name)),
    "person.address": (Kind.TEXT, _of_person(address_of)),
    "total": (Kind.AMOUNT, _amount("total")),
    "out_of_catalogue": (Kind.AMOUNT, _amount("out_of_catalogue")),
    "over_ceiling": (Kind.AMOUNT, _amount("over_ceiling")),
    "first_self_pay": (Kind.AMOUNT, _amount("first_self_pay")),
    "in_scope": (Kind.AMOUNT, _amount("in_scope")),
    "deductible_met": (Kind.AMOUNT, _amount("deductible_met")),
    "hospital": (Kind.AMOUNT, _amount("hospital")),
    "patient": (Kind.AMOUNT, _amount("patient")),
}  # fmt: skip
"""Every fact by its name, beside those of FAMILIES."""

REST = "payments.rest"
"""What all layers paid that the profile does not name."""

_OWNERS = ("bill", "facility", "person")


def _attributes(owner: str, facts: Facts) -> Mapping[str, Any]:
    """What is said besides of a bill or of its hospital, as the bill has it; of its person, as the register has."""
    if owner == "person":
        return {} if facts.person is None else facts.person.attributes
    stated = facts.bill if owner == "bill" else facts.bill.get("facility") or {}
    return stated.get("attributes") or {}


def _attribute(owner: str, name: str) -> Fact:
    def told(facts: Facts) -> str | None:
        value = _attributes(owner, facts).get(name)
        if isinstance(value, bool):
            return "true" if value else "false"
        return None if value is None else str(value)

    return told


def fact(name: str) -> tuple[Kind, Fact] | None:
    """The fact of that name: one of FACTS, `payments.LAYER`, or an attribute of bill, facility or person."""
    if name in FACTS:
        return FACTS[name]
    first, _, rest = name.partition(".")
    if first == "payments" and rest:
        return Kind.AMOUNT, _payment(rest)
    if first in _OWNERS and rest.startswith("attributes.") and rest != "attributes.":
        return Kind.TEXT, _attribute(first, rest.removeprefix("attributes."))
    return None


def rest_of_payments(named: frozenset[str]) -> Fact:
    """What the layers paid that are not among the named ones."""

    def told(facts: Facts) -> int:
        payments = facts.result.get("payments", {})
        return sum(fen(amount) or 0 for layer, amount in payments.items() if layer not in named)

    return told
