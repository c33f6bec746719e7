"""A standing settlement as a fact: who finally pays what of it by the ledger, and what it is told apart by."""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, LiteralString

import psycopg

from doudi.dates import CHINA
from doudi_web.clearing.figures import rate_of
from doudi_web.exchange.facts import main_diagnosis
from doudi_web.policy.rules import generation, rules
from doudi_web.settlement import tables
from doudi_web.settlement.replaying import fen
from doudi_web.settlement.since import COLLECT

INPATIENT = ("inpatient",)
CHRONIC = ("chronic_outpatient", "major_outpatient")
TARGETS: Mapping[str, int] = {**dict.fromkeys(INPATIENT, 10), **dict.fromkeys(CHRONIC, 20)}
"""At most so many of a hundred the patient is to pay, by the kind of visit: the district's targets of 2019."""
UNKNOWN, INSIDE, REFERRED, ELSEWHERE = range(4)
"""Where a visit was: as seen from the district in which its person is registered."""
NO_DISEASE, NO_TOWNSHIP = "-", "000"
_GROUP = 3  # signs of a diagnosis that name its category (ICD-10: I10, J44, …)


@dataclass(frozen=True, slots=True)
class Fact:
    """A row of `models.Fact`."""

    settlement: int
    day: date
    month: int
    facility: str
    township: str
    district: str
    kind: str
    standing: str
    place: int
    disease: str
    total: int
    patient: int
    hospital: int
    waits: int
    funds: int
    floor: int
    measured: int | None
    allowed: int | None
    exceeded: bool
    over: bool
    share: int
    paid: str
    rate: str | None
    borne: int


COLUMNS: tuple[LiteralString, ...] = tuple(f.name for f in fields(Fact))  # pyright: ignore[reportAssignmentType]  # names of this file

LIVES: LiteralString = """
LEFT JOIN register_person p ON p.id = s.person AND p.withdrawn IS NULL
LEFT JOIN register_household h ON h.code = p.household_id
"""
"""Where the person of a settlement `s` lives, as the register has it now."""
TOWNSHIP: LiteralString = "left(coalesce(p.village_id, h.village_id, p.district_id || '000'), 9)"

_READ: LiteralString = f"""
SELECT s.id, s.settled, s.facility, s.result, s.evidence, {TOWNSHIP}, p.district_id, f.district, {COLLECT},
  (SELECT json_agg(json_build_array(e.account, e.amount)) FROM settlement_posting q
   JOIN settlement_entry e ON e.posting = q.id WHERE q.settlement = s.id AND q.kind IN ('settle', 'relief'))
FROM settlement_settlement s {LIVES} LEFT JOIN tenancy_facility f ON f.code = s.facility
WHERE s.id = ANY(%s) AND NOT EXISTS (
  SELECT 1 FROM settlement_posting r WHERE r.settlement = s.id AND r.kind = 'reverse')
"""


def facts_of(db: "psycopg.Connection[tables.Row]", settlements: Sequence[int]) -> list[Fact]:
    """Those of these settlements that stand, as facts."""
    nobody = ordinary()
    return [_fact(row, nobody) for row in db.execute(_READ, [list(settlements)])]


def ordinary() -> frozenset[str]:
    """The codes of standings that are none: whom no installed pack counts among the poor."""
    shelf = rules(generation()).shelf
    found = (
        dimension.otherwise
        for head in shelf.heads
        for dimension in shelf.pack(head.id).dimensions.values()
        if dimension.of == "person.standings"
    )
    return frozenset({"", *(code for code in found if code)})


def _fact(row: tables.Row, nobody: frozenset[str]) -> Fact:
    (number, settled, facility, result, evidence, township, district, stands, collect, entries) = (
        row
    )
    day = settled.astimezone(CHINA).date()
    borne = _borne(entries or ())
    waits = 0 if collect is None else fen(collect)
    patient = borne.patient - waits
    told: Mapping[str, Any] = {} if result is None else json.loads(result)
    found = {} if evidence is None else json.loads(zlib.decompress(evidence))
    kind, control = told.get("kind") or "", told.get("control")
    standing = told.get("standing") or ""
    bill: Mapping[str, Any] = found.get("bill") or {}
    known: Mapping[str, Any] = found.get("register") or {}
    of = district or _district(known.get("person")) or _district(bill.get("person")) or ""
    there = _district(known.get("facility")) or _district(bill.get("facility")) or stands or ""
    return Fact(
        number, day, day.year * 100 + day.month, facility, township or of + NO_TOWNSHIP, of, kind,
        "" if standing in nobody else standing, _place(bill, of, there) if kind else UNKNOWN, _disease(bill),
        borne.total, patient, borne.hospital, waits, sum(borne.funds.values()), borne.funds.get("floor", 0),
        None if control is None else fen(control["measured"]), None if control is None else fen(control["limit"]),
        control is not None and control["status"] == "exceeded",
        kind in TARGETS and patient * 100 > TARGETS[kind] * borne.total,
        patient * 10_000 // borne.total if borne.total else 0,
        json.dumps({fund: amount for fund, amount in sorted(borne.funds.items()) if amount}),
        *_controlled(told),
    )  # fmt: skip


def _controlled(told: Mapping[str, Any]) -> tuple[str | None, int]:
    """The rate of control and what the hospital bore as answered: no rate where control does not apply, an empty
    one where nothing tells it. As a recount of the period reads it: `clearing.figures`."""
    control = told.get("control")
    if control is None or not control["applies"]:
        return None, 0
    steps = [step for step in told["explanation"] if step["layer"] == "control"]
    rate = rate_of(steps[0]["values"] if steps else [], fen(told["total"]), fen(control["limit"]))
    return "" if rate is None else str(rate), fen(told["hospital"])


@dataclass(frozen=True, slots=True)
class _Borne:
    total: int
    funds: Mapping[str, int]
    hospital: int
    patient: int


def _borne(entries: Iterable[tuple[str, int]]) -> _Borne:
    """Who bears how much of a settlement, by its entries and those of what others bear for the patient."""
    total = hospital = patient = 0
    funds: dict[str, int] = {}
    for account, amount in entries:
        kind, _, name = account.partition(":")
        match kind:
            case "clearing":
                total -= amount
            case "fund":
                funds[name] = funds.get(name, 0) + amount
            case "hospital":
                hospital += amount
            case _:
                patient += amount
    return _Borne(total, funds, hospital, patient)


def _district(of: Any) -> str:
    return str(of.get("district") or "") if isinstance(of, Mapping) else ""


def _place(bill: Mapping[str, Any], of: str, there: str) -> int:
    """In the person's own district, referred out of it, or elsewhere; unknown where either is."""
    if not of or not there:
        return UNKNOWN
    if of == there:
        return INSIDE
    return REFERRED if bill.get("referred") else ELSEWHERE


def _disease(bill: Mapping[str, Any]) -> str:
    main = main_diagnosis(bill)
    code = "" if main is None else str(main.get("code") or "").strip().upper()
    return code[:_GROUP] or NO_DISEASE
