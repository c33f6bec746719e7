"""Bills → claims: files opened, shapes checked, lines completed, what a bill says held against itself."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar, cast

from pydantic import ValidationError

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
    shown,
)  # fmt: skip
from doudi.wire import bill_form as form
from doudi.wire.bill_faults import bill_faults
from doudi.wire.identity_numbers import is_identity_number
from doudi.wire.lines import Lists, complete_lines

_T = TypeVar("_T")

BILL_LIMIT = 200_000  # in one file
LINE_LIMIT = 200_000  # in one bill
FAULTS_TOLD = 10_000  # of one file


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
    """A bill file's value: YAML or a bill a line by its ending, else JSON. Raises Faulty."""
    if name.lower().endswith((".yaml", ".yml")):
        return read_yaml(name, decode(name, content, limit_mb=YAML_LIMIT_MB))
    text = decode(name, content, limit_mb=JSON_LIMIT_MB)
    return read_json(name, _one_a_line(text) if name.lower().endswith(".jsonl") else text)


def _one_a_line(text: str) -> str:
    """Bills one a line (JSON Lines) as one JSON text in which every bill keeps its line."""
    lines = [line if line.strip() else "" for line in text.split("\n")]
    first = next((n for n, line in enumerate(lines) if line), len(lines))
    joined = (line if n <= first or not line else f",{line}" for n, line in enumerate(lines))
    return '{"bills": [' + "\n".join(joined) + "]}"


def read_bills(document: Document, lists: Lists, day: date | None = None) -> Brought:
    """The claims of a document that holds one bill or `{"bills": [...]}`. Raises Faulty where it is neither.

    `day` is the day of a pre-check: a bill without a day of settlement is looked at as if settled then, and
    lines whose class nobody knows are kept as undecided instead of being faults.
    """
    return read_each(document, _bills(document), lists, day)


def read_each(
    document: Document,
    bills: Iterable[tuple[Path, Value]],
    lists: Lists,
    day: date | None = None,
) -> Brought:
    """Every bill as a claim, or held with its faults; of very many faults only the first are told."""
    claims, held = list[Claim](), list[Held]()
    told, is_cut = 0, False
    for path, bill in bills:
        try:
            claims.append(read_bill(document, path, bill, lists, day))
        except Faulty as error:
            faults = error.faults
            if told >= FAULTS_TOLD:
                faults = () if is_cut else (fault("F111", document.where(path)),)
                is_cut = True
            told += len(faults)
            held.append(_held(bill, faults))
    return Brought(tuple(claims), tuple(held))


def read_bill(
    document: Document, path: Path, bill: Value, lists: Lists, day: date | None = None
) -> Claim:
    """One bill as a claim. Raises Faulty with everything that is wrong with it."""
    if day is not None:
        bill = _as_of(bill, day)
    lines = cast("dict[str, Value]", bill).get("lines") if isinstance(bill, dict) else None
    _not_many(document, (*path, "lines"), "费用行", lines, LINE_LIMIT)
    try:
        stated = form.Bill.model_validate(bill)
    except ValidationError as error:
        raise Faulty(bill_faults(document, path, bill)) from error
    faults = _date_faults(document, path, stated)
    if is_identity_number(stated.person.id):
        faults.append(fault("F209", document.where((*path, "person", "id"))))
    completed = complete_lines(document, path, stated, lists, keep_undecided=day is not None)
    lines = completed.lines
    drafts = {line.id for line in stated.lines if line.draft}
    faults += completed.faults
    if faults:
        raise Faulty(faults)
    given = {name: a for name, a in (stated.given or {}).items() if a is not None}
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
            _stated(stated.facility.attributes),
        ),
        kind=stated.kind,
        admitted=stated.admitted,
        discharged=stated.discharged,
        settled=stated.settled,
        referred=stated.referred,
        major_disease=bool(stated.major_disease),
        lines=tuple(line for line in lines if line.id not in drafts),
        drafts=tuple(line for line in lines if line.id in drafts),
        undecided=completed.undecided,
        given=given,
        given_deductible_met=met,
        awaiting=tuple(dict.fromkeys(stated.awaiting or ())),
        excess_approved=_stated(stated.attributes).get("excess_approved") == "true",
        attributes=_stated(stated.attributes),
        remarks=completed.remarks,
        where=document.where(path) if path else document.place(("visit_id",)),
    )


def _as_of(bill: Value, day: date) -> Value:
    """A running bill as if it were settled that day."""
    if not isinstance(bill, dict):
        return bill  # pyright: ignore[reportUnknownVariableType] - JSON of any kind
    stated = cast("dict[str, Value]", bill)
    return stated if stated.get("settled") is not None else {**stated, "settled": day.isoformat()}


def _bills(document: Document) -> list[tuple[Path, Value]]:
    value = document.value
    if isinstance(value, dict):
        whole = cast("dict[str, Value]", value)
        bills = whole.get("bills")
        _not_many(document, ("bills",), "账单", bills, BILL_LIMIT)
        if isinstance(bills, list):
            unknown = sorted(set(whole) - {"bills"})
            if unknown:
                raise Faulty(
                    fault(
                        "F202", document.where((key,)), key=shown(key), near="多张账单只放 bills。"
                    )
                    for key in unknown
                )
            return [(("bills", n), bill) for n, bill in enumerate(cast("list[Value]", bills))]
        if "bills" in whole:
            raise Faulty(
                [
                    fault(
                        "F203",
                        document.where(("bills",)),
                        value=shown(bills),
                        expected="账单的列表",
                    )
                ]
            )
        if "lines" in whole or "visit_id" in whole:
            return [((), value)]
    raise Faulty([fault("F109", document.name)])


def _not_many(document: Document, path: Path, name: str, items: Value, limit: int) -> None:
    """Raises Faulty where a list is longer than any real one."""
    count = len(cast("list[Value]", items)) if isinstance(items, list) else 0
    if count > limit:
        details = {"name": name, "count": f"{count:,}", "limit": f"{limit:,}"}
        raise Faulty([fault("F110", document.where(path), **details)])


def _stated(attributes: Mapping[str, str | None] | None) -> dict[str, str]:
    """The attributes that are there: a null is an absent one."""
    return {name: value for name, value in (attributes or {}).items() if value is not None}


def _person(stated: form.PersonForm) -> Person:
    return Person(
        stated.id,
        stated.birth_date,
        stated.insurance_tier,
        stated.district,
        tuple(Standing(s.code, Span(s.start, s.end)) for s in stated.standings),
        _stated(stated.attributes),
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
    return Held(
        _read(form.code_of, stated.get("visit_id")),
        _read(form.code_of, person_id),
        _read(form.moment_of, stated.get("settled")),
        _read(form.whole_of, stated.get("sequence")) or 0,
        faults,
    )


def _read(read: Callable[[object], _T], value: Value) -> _T | None:
    """The value as its field reads it, or None where it cannot."""
    try:
        return read(value)
    except ValueError:
        return None
