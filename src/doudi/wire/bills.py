"""Bills → claims: files opened, shapes checked, lines completed, what a bill says held against itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast

from pydantic import ValidationError

from doudi.catalogue import Catalogue
from doudi.claim import Claim, Facility, Person, Standing
from doudi.dates import Moment, Span
from doudi.errors import Fault, Faulty, fault
from doudi.source_text import (
    JSON_LIMIT_MB,
    YAML_LIMIT_MB,
    Document,
    Path,
    Value,
    decode,
    read_json,
    read_yaml,
)  # fmt: skip
from doudi.wire import bill_form as form
from doudi.wire.bill_faults import bill_form_faults
from doudi.wire.lines import complete_lines


@dataclass(frozen=True, slots=True)
class Held:
    """A bill that could not be settled, as far as it can be read: whose, when, and its faults."""

    visit_id: str | None
    person_id: str | None
    settled: Moment | None
    sequence: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Brought:
    """What a file brought: claims that can be settled, and bills that cannot."""

    claims: tuple[Claim, ...]
    held: tuple[Held, ...]


def read_document(name: str, content: bytes) -> Document:
    """A bill file's value: YAML by its ending, else JSON. Raises Faulty."""
    if name.lower().endswith((".yaml", ".yml")):
        return read_yaml(name, decode(name, content, limit_mb=YAML_LIMIT_MB))
    return read_json(name, decode(name, content, limit_mb=JSON_LIMIT_MB))


def read_bills(document: Document, catalogue: Catalogue) -> Brought:
    """The claims of a document that holds one bill or `{"bills": [...]}`. Raises Faulty where it is neither."""
    read = [read_bill_or_held(document, path, bill, catalogue) for path, bill in _bills(document)]
    return Brought(
        tuple(claim for claim, _ in read if claim is not None),
        tuple(held for _, held in read if held is not None),
    )


def read_bill_or_held(
    document: Document, path: Path, bill: Value, catalogue: Catalogue
) -> tuple[Claim | None, Held | None]:
    """One bill as a claim, or as a Held with its faults."""
    try:
        return read_bill(document, path, bill, catalogue), None
    except Faulty as error:
        return None, _held(bill, error.faults)


def read_bill(document: Document, path: Path, bill: Value, catalogue: Catalogue) -> Claim:
    """One bill as a claim. Raises Faulty with everything that is wrong with it."""
    try:
        stated = form.Bill.model_validate(bill)
    except ValidationError as error:
        raise Faulty(bill_form_faults(document, path, error)) from error
    faults = _date_faults(document, path, stated)
    lines, remarks, found = complete_lines(document, path, stated, catalogue)
    faults += found
    if faults:
        raise Faulty(faults)
    given = dict(stated.given or {})
    met = given.pop("deductible_met", None)
    return Claim(
        visit_id=stated.visit_id,
        episode_id=stated.episode_id or stated.visit_id,
        sequence=stated.sequence or 0,
        person=_person(stated.person),
        facility=Facility(
            stated.facility.code,
            stated.facility.level,
            stated.facility.district,
            stated.facility.attributes or {},
        ),
        kind=stated.kind,
        admitted=stated.admitted,
        discharged=stated.discharged,
        settled=stated.settled,
        referred=stated.referred,
        major_disease=bool(stated.major_disease),
        lines=lines,
        given=given,
        given_deductible_met=met,
        awaiting=tuple(stated.awaiting or ()),
        excess_approved=(stated.attributes or {}).get("excess_approved") == "true",
        attributes=stated.attributes or {},
        remarks=remarks,
        where=document.where(path) if path else document.where(("visit_id",)).split(" ")[0],
    )


def _bills(document: Document) -> list[tuple[Path, Value]]:
    value = document.value
    if isinstance(value, dict):
        whole = cast("dict[str, Value]", value)
        bills = whole.get("bills")
        if isinstance(bills, list):
            unknown = sorted(set(whole) - {"bills"})
            if unknown:
                raise Faulty(
                    fault("F202", document.where((key,)), key=key, near="") for key in unknown
                )
            return [(("bills", n), bill) for n, bill in enumerate(cast("list[Value]", bills))]
        if "bills" not in whole and ("lines" in whole or "visit_id" in whole):
            return [((), value)]
    raise Faulty([fault("F109", document.name)])


def _person(stated: form.PersonForm) -> Person:
    return Person(
        stated.id,
        stated.birth_date,
        stated.insurance_tier,
        stated.district,
        tuple(Standing(s.code, Span(s.start, s.end)) for s in stated.standings),
        stated.attributes or {},
    )


def _date_faults(document: Document, path: Path, stated: form.Bill) -> list[Fault]:
    """Dates that a stay needs, and dates in the wrong order."""
    faults: list[Fault] = []
    if stated.kind == "inpatient" and stated.admitted is None:
        where = document.where((*path, "admitted"))
        faults.append(fault("F201", where, key="admitted", expected="入院日期"))
    dates = [
        ("admitted", "入院日期", stated.admitted),
        ("discharged", "出院日期", stated.discharged),
        ("settled", "结算日期", stated.settled),
    ]
    known = [(key, title, moment) for key, title, moment in dates if moment is not None]
    for n, (_, earlier, first) in enumerate(known):
        for key, later, second in known[n + 1 :]:
            if second.precedes(first):
                where = document.where((*path, key))
                faults.append(_order(where, earlier, first, later, second))
    day = stated.settled.day
    if stated.person.birth_date > day:
        where = document.where((*path, "person", "birth_date"))
        faults.append(_order(where, "出生日期", stated.person.birth_date, "结算日期", day))
    for n, standing in enumerate(stated.person.standings):
        if standing.end is not None and standing.end < standing.start:
            where = document.where((*path, "person", "standings", n, "to"))
            faults.append(_order(where, "身份起始日", standing.start, "截止日", standing.end))
    return faults


def _order(
    where: str, earlier: str, first: date | Moment, later: str, second: date | Moment
) -> Fault:
    return fault(
        "F302", where, earlier=earlier, earlier_value=first, later=later, later_value=second
    )


def _held(bill: Value, faults: tuple[Fault, ...]) -> Held:
    """What can be read of a faulty bill, so that later visits can name it."""
    stated: Mapping[str, Value] = cast("dict[str, Value]", bill) if isinstance(bill, dict) else {}
    person = stated.get("person")
    person_id = cast("dict[str, Value]", person).get("id") if isinstance(person, dict) else None
    visit_id, sequence = stated.get("visit_id"), stated.get("sequence")
    try:
        settled = form.moment_of(stated.get("settled"))
    except ValueError:
        settled = None
    return Held(
        visit_id if isinstance(visit_id, str) else None,
        str(person_id) if isinstance(person_id, str | int) else None,
        settled,
        sequence if isinstance(sequence, int) else 0,
        faults,
    )
