"""Oracle for the rules of 巴南 2019 (Banan 2019), written from their text alone.

It shares no code with the engine that it judges. Money is held in whole fen (int), rates,
quantities and unit prices are Fractions; there is no float anywhere.

    settle(bills, history=None) -> {"settlements": {visit_id: {...}}, "faults": {visit_id: [...]}}

Interpretations taken where the text leaves a choice
----------------------------------------------------
Reading a bill
 1. Keys that the contract prints without "?" are required (`given` is called optional in words).
    An optional key whose value is null counts as absent. Any key that the contract does not name
    is a fault; what stands inside `attributes` is not looked at.
 2. Money, rates, quantities and prices are decimal strings ("-12.30"); a JSON number is a fault.
    `amount`, `parts` and `given` are whole fen; a finer figure is a fault.
 3. Inpatient needs admitted, discharged and settled; the three outpatient kinds need settled
    alone. admitted <= discharged <= settled, as far as present: two date-times are compared as
    moments; where one of the two is a date alone, their days in China's time are compared.
    Born after the day of settlement, or a standing whose `to` is before its `from`, is out of
    order too; `to` equal to `from` is a standing of no day.
 4. Which pack a bill belongs to is not asked: everything is judged as 巴南 2019. A district is
    any text.
 5. There is no catalogue here: a line needs a class of its own, of the line it refunds, or parts.
Lines
 6. With `parts` neither class, rate, ceiling nor quantity x price decide anything; 甲 with a rate
    other than 0 stays a fault, 乙 without a rate does not. Parts of a single line may have any
    sign; only their sum, and the visit's net parts, are judged.
 7. A rate or a ceiling on a 丙 line is not used. Rates are 0 to 1; ceilings and unit prices are
    at least 0. A 乙 line with rate 0 is a 乙 line.
 8. Class, rate and ceiling of a refund are inherited one by one. The refunded line may stand
    later in the list. A refund has a negative quantity; zero or more is a fault, as is
    an unknown line, another refund, or itself as the line that is refunded.
 9. "Refunds that together exceed quantity or amount" compares the sums of magnitudes with the
    line's quantity, and with its amount.
Order and faults
10. Every bill that bears a visit_id used twice in a run is a fault. A bill of the history whose
    visit_id is also in the run is left out (the visit is being settled anew).
11. A faulty bill has its place in the order if person, visit_id and `settled` can be read and
    `settled` lies in 2019 (an unreadable sequence counts 0). Otherwise it holds no visit. A faulty
    bill of the history holds as one of the run does, but is not returned among the faults.
12. A stay is (person, episode_id); without episode_id it is named by the visit_id, so another bill
    may join it by naming that visit_id. Only inpatient settlements share it.
13. Settlements of one stay at different levels: as for the yearly deductible, each takes what is
    left of its own level's figure after all that the stay's earlier settlements met.
Layers
14. deductible_met on a chronic or an ordinary outpatient bill is accepted within its range and
    shown; it enters no accumulator.
15. The amount computed beside a given one uses the formula's own deductible, the accumulators as
    they stand, and what the layers above really paid. `differs` looks at layers 1 to 3 only:
    the funds of layer 4 have no formula.
16. Layer 4 may be given on an ordinary outpatient bill: only layers 2, 3, 5, 6 leave it out.
17. `awaiting` may name layers 1 to 4 (a fund that is awaited stands at 0); `control` and `floor`
    are always computed, so that awaiting or giving them is a fault. An empty list awaits nothing.
18. control.applies says whether the excess would move (poor, one of the three kinds, in the
    district), even when there is no excess.
History
19. An opening accumulator is the value from which the year starts; bills of the history then see
    it and add nothing to that name; bills of the run add. Other names, and stays, they do add to.
    Openings of other years are ignored. Two openings of one person, year and name: ValueError.
    `settlements` in the history are not supported (NotImplementedError).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from fractions import Fraction
from itertools import pairwise
from math import floor
from typing import Any

# --------------------------------------------------------------------------- the rules' figures

YEAR = 2019
DISTRICT = "500113"
CHINA = timezone(timedelta(hours=8))

INPATIENT, CHRONIC = "inpatient", "chronic_outpatient"
MAJOR, OUTPATIENT = "major_outpatient", "outpatient"
KINDS = (INPATIENT, CHRONIC, MAJOR, OUTPATIENT)
TIERS = ("tier_1", "tier_2")
STANDINGS = ("destitute", "dibao", "registered_poor")  # the most favourable first
CLASSES = ("甲", "乙", "丙")
LEVELS = (1, 2, 3)

DEDUCTIBLE = {1: 100_00, 2: 300_00, 3: 800_00}
POINTS = {"tier_1": {1: 80, 2: 60, 3: 40}, "tier_2": {1: 85, 2: 65, 3: 45}}
OUTPATIENT_POINTS = {1: 60, 2: 40, 3: 0}
BASIC_CAP = {"tier_1": 80_000_00, "tier_2": 120_000_00}
OUTPATIENT_CAP = {"tier_1": 300_00, "tier_2": 500_00}
CHRONIC_CAP = 1_000_00
CRITICAL_CAP = 200_000_00
ASSISTANCE_POINTS = {"destitute": 100, "dibao": 70, "registered_poor": 60}
ASSISTANCE_CAP = {"assistance_ordinary_paid": 6_000_00, "assistance_major_paid": 100_000_00}

FUNDS = ("health_poverty_fund", "targeted_insurance", "other_aid")
GIVABLE = ("basic", "critical_illness", "medical_assistance", *FUNDS)
ALWAYS_SHOWN = ("basic", "critical_illness", "medical_assistance", "floor")
ACCUMULATORS = (
    "basic_paid",
    "chronic_paid",
    "outpatient_paid",
    "major_deductible_met",
    "after_basic",
    "critical_illness_paid",
    "assistance_ordinary_paid",
    "assistance_major_paid",
)

# ------------------------------------------------------------------------------- the bill's keys

PARTS = ("out_of_catalogue", "over_ceiling", "first_self_pay", "in_scope")
BILL_NEEDS = {"visit_id", "person", "facility", "kind", "settled", "referred", "major_disease"}
BILL_NEEDS |= {"lines"}
BILL_MAY = {"episode_id", "sequence", "admitted", "discharged", "given", "awaiting", "attributes"}
PERSON_NEEDS = {"id", "birth_date", "insurance_tier", "standings"}
PERSON_MAY = {"id_number", "district", "attributes"}
STANDING_NEEDS, STANDING_MAY = {"code", "from"}, {"to", "known"}
FACILITY_NEEDS, FACILITY_MAY = {"code", "level", "district"}, {"attributes"}
LINE_NEEDS = {"id", "code", "quantity", "unit_price", "amount"}
LINE_MAY = {"name", "date", "class", "first_self_pay_rate", "price_ceiling", "refunds"}
LINE_MAY |= {"consent", "parts", "attributes"}

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?.*")


class Fault(Exception):
    """Why a bill cannot be settled."""


# ------------------------------------------------------------------------------------ arithmetic


def half_up(x: Fraction) -> int:
    """To a whole number, a half goes up."""
    return floor(x + Fraction(1, 2))


def half_away(x: Fraction) -> int:
    """To a whole number, a half goes away from zero."""
    return half_up(x) if x >= 0 else -half_up(-x)


def percent(points: int) -> Fraction:
    return Fraction(points, 100)


def yuan(fen: int) -> str:
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def to_cap(amount: int, cap: int | None, paid: int) -> int:
    """What a fund pays of an amount when it has paid so much already; None is no cap."""
    return amount if cap is None else min(amount, max(cap - paid, 0))


# ---------------------------------------------------------------------------------------- values


def read_decimal(value: Any, what: str) -> Fraction:
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise Fault(f"{what}: not a decimal string")
    return Fraction(value)


def read_fen(value: Any, what: str) -> int:
    fen = read_decimal(value, what) * 100
    if fen.denominator != 1:
        raise Fault(f"{what}: finer than a fen")
    return int(fen)


def read_text(value: Any, what: str) -> str:
    if not isinstance(value, str) or not value:
        raise Fault(f"{what}: not a text")
    return value


def read_bool(value: Any, what: str) -> bool:
    if not isinstance(value, bool):
        raise Fault(f"{what}: not true or false")
    return value


def read_code(value: Any, codes: tuple[Any, ...], what: str) -> Any:
    if isinstance(value, bool) or not any(type(c) is type(value) and c == value for c in codes):
        raise Fault(f"{what}: unknown code {value!r}")
    return value


def read_day(value: Any, what: str) -> date:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise Fault(f"{what}: not a date")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Fault(f"{what}: no such date") from None


@dataclass(frozen=True)
class Moment:
    """A date (its first moment in China's time) or a date-time."""

    at: datetime
    day: date  # in China's time
    has_time: bool


def read_moment(value: Any, what: str) -> Moment:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        day = read_day(value, what)
        return Moment(datetime(day.year, day.month, day.day, tzinfo=CHINA), day, False)
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise Fault(f"{what}: no such date-time") from None
    if at.tzinfo is None:
        raise Fault(f"{what}: date-time without offset")
    return Moment(at, at.astimezone(CHINA).date(), True)


def is_after(a: Moment, b: Moment) -> bool:
    return a.at > b.at if a.has_time and b.has_time else a.day > b.day


def check_keys(value: Any, needs: set[str], may: set[str], what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Fault(f"{what}: not an object")
    for key in value:
        if key not in needs and key not in may:
            raise Fault(f"{what}: unknown key {key!r}")
    for key in sorted(needs):
        if key not in value:
            raise Fault(f"{what}: {key} is missing")
    return value


# ----------------------------------------------------------------------------------------- lines


@dataclass(frozen=True)
class Parts:
    """The four parts of a line or a visit, in fen."""

    out_of_catalogue: int = 0
    over_ceiling: int = 0
    first_self_pay: int = 0
    in_scope: int = 0

    @property
    def total(self) -> int:
        return self.out_of_catalogue + self.over_ceiling + self.first_self_pay + self.in_scope

    @property
    def measured(self) -> int:
        """What control measures."""
        return self.out_of_catalogue + self.over_ceiling

    def __add__(self, other: Parts) -> Parts:
        return Parts(*(getattr(self, name) + getattr(other, name) for name in PARTS))


@dataclass(frozen=True)
class Line:
    """A line as it stands on the bill; None where it brings nothing."""

    id: str
    quantity: Fraction
    unit_price: Fraction
    amount: int
    cls: str | None
    rate: Fraction | None
    ceiling: Fraction | None
    refunds: str | None
    parts: Parts | None


def read_parts(raw: Any, amount: int, what: str) -> Parts:
    check_keys(raw, set(PARTS), set(), f"{what} parts")
    parts = Parts(*(read_fen(raw[name], f"{what} {name}") for name in PARTS))
    if parts.total != amount:
        raise Fault(f"{what}: parts do not add up to the amount")
    return parts


def read_rate(raw: dict[str, Any], what: str) -> Fraction | None:
    if raw.get("first_self_pay_rate") is None:
        return None
    rate = read_decimal(raw["first_self_pay_rate"], f"{what} first_self_pay_rate")
    if not 0 <= rate <= 1:
        raise Fault(f"{what}: first_self_pay_rate is not between 0 and 1")
    return rate


def read_ceiling(raw: dict[str, Any], what: str) -> Fraction | None:
    if raw.get("price_ceiling") is None:
        return None
    ceiling = read_decimal(raw["price_ceiling"], f"{what} price_ceiling")
    if ceiling < 0:
        raise Fault(f"{what}: price_ceiling is negative")
    return ceiling


def check_line_extras(raw: dict[str, Any], what: str) -> None:
    read_text(raw["code"], f"{what} code")
    if raw.get("date") is not None:
        read_moment(raw["date"], f"{what} date")
    if raw.get("consent") is not None:
        read_bool(raw["consent"], f"{what} consent")


def read_line(raw: Any) -> Line:
    check_keys(raw, LINE_NEEDS, LINE_MAY, "line")
    line_id = read_text(raw["id"], "line id")
    what = f"line {line_id}"
    check_line_extras(raw, what)
    cls = raw.get("class")
    amount = read_fen(raw["amount"], f"{what} amount")
    refunds = raw.get("refunds")
    line = Line(
        id=line_id,
        quantity=read_decimal(raw["quantity"], f"{what} quantity"),
        unit_price=read_decimal(raw["unit_price"], f"{what} unit_price"),
        amount=amount,
        cls=None if cls is None else read_code(cls, CLASSES, f"{what} class"),
        rate=read_rate(raw, what),
        ceiling=read_ceiling(raw, what),
        refunds=None if refunds is None else read_text(refunds, f"{what} refunds"),
        parts=None if raw.get("parts") is None else read_parts(raw["parts"], amount, what),
    )
    check_amount(line)
    check_sign(line)
    return line


def check_amount(line: Line) -> None:
    """amount = round(quantity x unit_price, 2), half away from zero; with parts not asked."""
    if line.unit_price < 0:
        raise Fault(f"line {line.id}: negative unit_price")
    exact = line.quantity * line.unit_price * 100
    if line.parts is None and line.amount != half_away(exact):
        raise Fault(f"line {line.id}: amount is not quantity x unit_price")


def check_sign(line: Line) -> None:
    if line.refunds is None and (line.quantity < 0 or line.amount < 0):
        raise Fault(f"line {line.id}: negative without refunds")
    if line.refunds is not None and (line.quantity >= 0 or line.amount > 0):
        raise Fault(f"line {line.id}: a refund that is not negative")


def check_unique(lines: list[Line]) -> dict[str, Line]:
    by_id: dict[str, Line] = {}
    for line in lines:
        if line.id in by_id:
            raise Fault(f"line {line.id}: duplicate line id")
        by_id[line.id] = line
    return by_id


def check_refunds(lines: list[Line], by_id: dict[str, Line]) -> None:
    """Refunds name a line that is no refund, and stay within its quantity and amount."""
    quantity: dict[str, Fraction] = defaultdict(Fraction)
    amount: dict[str, int] = defaultdict(int)
    for line in lines:
        if line.refunds is None:
            continue
        if line.refunds not in by_id:
            raise Fault(f"line {line.id}: refunds an unknown line")
        if by_id[line.refunds].refunds is not None:
            raise Fault(f"line {line.id}: refund of a refund")
        quantity[line.refunds] -= line.quantity
        amount[line.refunds] -= line.amount
    for line_id, together in quantity.items():
        if together > by_id[line_id].quantity:
            raise Fault(f"line {line_id}: refunds exceed its quantity")
        if amount[line_id] > by_id[line_id].amount:
            raise Fault(f"line {line_id}: refunds exceed its amount")


def first_of(own: Any, other: Any) -> Any:
    return other if own is None else own


def decompose(line: Line, refunded: Line | None) -> Parts:
    cls, rate, ceiling = line.cls, line.rate, line.ceiling
    if refunded is not None:
        cls = first_of(cls, refunded.cls)
        rate = first_of(rate, refunded.rate)
        ceiling = first_of(ceiling, refunded.ceiling)
    if cls == "甲" and rate is not None and rate != 0:
        raise Fault(f"line {line.id}: 甲 with a rate")
    if line.parts is not None:
        return line.parts
    if cls is None:
        raise Fault(f"line {line.id}: no class")
    if cls == "丙":
        return Parts(out_of_catalogue=line.amount)
    if cls == "乙" and rate is None:
        raise Fault(f"line {line.id}: 乙 without a rate")
    return split(line, rate or Fraction(0), ceiling)


def split(line: Line, rate: Fraction, ceiling: Fraction | None) -> Parts:
    """甲 and 乙: over the ceiling first, then the first self-pay of what is left."""
    over = 0
    if ceiling is not None and line.unit_price > ceiling:
        over = half_away((line.unit_price - ceiling) * line.quantity * 100)
        over = min(over, line.amount) if line.amount >= 0 else max(over, line.amount)
    first = half_away((line.amount - over) * rate)
    return Parts(0, over, first, line.amount - over - first)


def read_lines(raw: Any, faults: list[str]) -> list[tuple[str, Parts]]:
    if not isinstance(raw, list):
        raise Fault("lines: not a list")
    before = len(faults)
    lines = [line for item in raw if (line := attempt(faults, read_line, item)) is not None]
    if len(faults) > before:
        return []
    by_id = check_unique(lines)
    check_refunds(lines, by_id)
    split_lines = []
    for line in lines:
        refunded = None if line.refunds is None else by_id[line.refunds]
        split_lines.append((line.id, decompose(line, refunded)))
    return split_lines


def net_of(lines: list[tuple[str, Parts]]) -> Parts:
    net = sum((parts for _, parts in lines), Parts())
    if net.total < 0:
        raise Fault("the visit's net total is negative")
    for name in PARTS:
        if getattr(net, name) < 0:
            raise Fault(f"the visit's net {name} is negative")
    return net


# ----------------------------------------------------------------------------- person, place, day


@dataclass(frozen=True)
class Person:
    id: str
    birth: date
    tier: str
    standings: tuple[tuple[str, date, date | None], ...]

    def standing_on(self, day: date) -> str | None:
        """The most favourable standing of the day; None is ordinary."""
        valid = {code for code, start, end in self.standings if holds(start, end, day)}
        return next((code for code in STANDINGS if code in valid), None)

    def age_on(self, day: date) -> int:
        """Full years; born on 29 February, a year is full on 1 March of a common year."""
        had_birthday = (day.month, day.day) >= (self.birth.month, self.birth.day)
        return day.year - self.birth.year - (0 if had_birthday else 1)


def holds(start: date, end: date | None, day: date) -> bool:
    return start <= day and (end is None or day < end)


def read_standing(raw: Any) -> tuple[str, date, date | None]:
    check_keys(raw, STANDING_NEEDS, STANDING_MAY, "standing")
    code = read_code(raw["code"], STANDINGS, "standing")
    start = read_day(raw["from"], "standing from")
    end = None if raw.get("to") is None else read_day(raw["to"], "standing to")
    if raw.get("known") is not None:
        read_moment(raw["known"], "standing known")
    if end is not None and end < start:
        raise Fault("standing: ends before it starts")
    return code, start, end


def read_person(raw: Any) -> Person:
    check_keys(raw, PERSON_NEEDS, PERSON_MAY, "person")
    if not isinstance(raw["standings"], list):
        raise Fault("standings: not a list")
    return Person(
        id=read_text(raw["id"], "person id"),
        birth=read_day(raw["birth_date"], "birth_date"),
        tier=read_code(raw["insurance_tier"], TIERS, "insurance_tier"),
        standings=tuple(read_standing(item) for item in raw["standings"]),
    )


def read_facility(raw: Any) -> tuple[int, str]:
    check_keys(raw, FACILITY_NEEDS, FACILITY_MAY, "facility")
    read_text(raw["code"], "facility code")
    level = read_code(raw["level"], LEVELS, "facility level")
    return level, read_text(raw["district"], "facility district")


def read_settled(bill: dict[str, Any]) -> Moment:
    settled = read_moment(bill["settled"], "settled")
    if settled.day.year != YEAR:
        raise Fault("settled outside 2019")
    return settled


def check_stay(bill: dict[str, Any]) -> None:
    """admitted, discharged, settled: present where needed, and in order."""
    moments = []
    for name in ("admitted", "discharged", "settled"):
        if bill.get(name) is not None:
            moments.append((name, read_moment(bill[name], name)))
        elif bill["kind"] == INPATIENT:
            raise Fault(f"{name} is missing")
    for (name, one), (later_name, later) in pairwise(moments):
        if is_after(one, later):
            raise Fault(f"{later_name} is before {name}")


def read_sequence(bill: dict[str, Any]) -> int:
    sequence = bill.get("sequence")
    if sequence is None:
        return 0
    if isinstance(sequence, bool) or not isinstance(sequence, int):
        raise Fault("sequence: not an integer")
    return sequence


# -------------------------------------------------------------------------------- given, awaiting


def read_given(bill: dict[str, Any]) -> dict[str, int]:
    raw = bill.get("given")
    if raw is None:
        return {}
    if isinstance(raw, dict):
        for layer in ("floor", "control"):
            if layer in raw:
                raise Fault(f"given: {layer} is always computed")
    check_keys(raw, set(), {*GIVABLE, "deductible_met"}, "given")
    given = {name: read_fen(value, f"given {name}") for name, value in raw.items()}
    for name, amount in given.items():
        if amount < 0:
            raise Fault(f"given {name} is negative")
    if "deductible_met" in given and "basic" not in given:
        raise Fault("given deductible_met without basic")
    return given


def read_awaiting(bill: dict[str, Any]) -> list[str]:
    raw = bill.get("awaiting")
    if raw is None:
        return []
    if not isinstance(raw, list):
        raise Fault("awaiting: not a list")
    given = bill["given"] if isinstance(bill.get("given"), dict) else {}
    for layer in raw:
        read_code(layer, GIVABLE, "awaiting")
        if layer in given:
            raise Fault(f"awaiting {layer}, which is also given")
    return raw


# ------------------------------------------------------------------------------------- the visit


@dataclass(frozen=True)
class Visit:
    """A bill without static fault, with all that depends on its day worked out."""

    visit_id: str
    person_id: str
    stay: str
    kind: str
    level: int
    tier: str
    standing: str | None
    minor: bool
    in_district: bool
    referred: bool
    major_disease: bool
    lines: list[tuple[str, Parts]]
    net: Parts
    given: dict[str, int]
    awaiting: list[str]

    @property
    def poor(self) -> bool:
        return self.standing is not None


@dataclass
class Entry:
    """A bill, its place in the order (if it has one), and the visit or the faults."""

    visit_id: str
    person_id: str | None = None
    key: tuple[datetime, int, str] | None = None
    visit: Visit | None = None
    faults: list[str] = field(default_factory=list)
    past: bool = False  # from the history


def attempt(faults: list[str], read: Callable[..., Any], *args: Any) -> Any:
    """The value read, or None with its fault noted."""
    try:
        return read(*args)
    except Fault as fault:
        faults.append(str(fault))
        return None


def read_entry(bill: Any, index: int = 0, past: bool = False) -> Entry:
    visit_id = bill.get("visit_id") if isinstance(bill, dict) else None
    known = isinstance(visit_id, str) and visit_id != ""
    entry = Entry(visit_id if known else f"#{index}", past=past)
    if attempt(entry.faults, check_keys, bill, BILL_NEEDS, BILL_MAY, "bill") is None:
        if known:
            place(bill, entry)
        return entry
    entry.visit = read_visit(bill, entry.faults)
    if known:
        place(bill, entry)
    if entry.faults:
        entry.visit = None
    return entry


def place(bill: dict[str, Any], entry: Entry) -> None:
    """Person and order of a bill, as far as they can be read in spite of any faults."""
    person = bill.get("person")
    person_id = person.get("id") if isinstance(person, dict) else None
    ignored: list[str] = []
    settled = attempt(ignored, read_settled, bill) if "settled" in bill else None
    if settled is None or not isinstance(person_id, str) or not person_id:
        return
    entry.person_id = person_id
    entry.key = (settled.at, attempt(ignored, read_sequence, bill) or 0, entry.visit_id)


def read_visit(bill: dict[str, Any], faults: list[str]) -> Visit | None:
    attempt(faults, read_text, bill["visit_id"], "visit_id")
    person = attempt(faults, read_person, bill["person"])
    facility = attempt(faults, read_facility, bill["facility"])
    attempt(faults, read_code, bill["kind"], KINDS, "kind")
    settled = attempt(faults, read_settled, bill)
    if settled is not None:
        attempt(faults, check_stay, bill)
    attempt(faults, read_sequence, bill)
    attempt(faults, read_bool, bill["referred"], "referred")
    attempt(faults, read_bool, bill["major_disease"], "major_disease")
    lines = attempt(faults, read_lines, bill["lines"], faults)
    net = None if lines is None else attempt(faults, net_of, lines)
    given = attempt(faults, read_given, bill)
    attempt(faults, read_awaiting, bill)
    if person is not None and settled is not None and person.birth > settled.day:
        faults.append("born after the day of settlement")
    if bill.get("episode_id") is not None:
        attempt(faults, read_text, bill["episode_id"], "episode_id")
    if faults:
        return None
    return make_visit(
        bill, person=person, facility=facility, day=settled.day, lines=lines, net=net, given=given
    )


def make_visit(
    bill: dict[str, Any],
    *,
    person: Person,
    facility: tuple[int, str],
    day: date,
    lines: list[tuple[str, Parts]],
    net: Parts,
    given: dict[str, int],
) -> Visit:
    level, district = facility
    return Visit(
        visit_id=bill["visit_id"],
        person_id=person.id,
        stay=first_of(bill.get("episode_id"), bill["visit_id"]),
        kind=bill["kind"],
        level=level,
        tier=person.tier,
        standing=person.standing_on(day),
        minor=person.age_on(day) < 18,
        in_district=district == DISTRICT,
        referred=bill["referred"],
        major_disease=bill["major_disease"],
        lines=lines,
        net=net,
        given=given,
        awaiting=read_awaiting(bill),
    )


# ---------------------------------------------------------------------------- the benefit year


@dataclass
class Year:
    """A person's sums of the benefit year. The stays' deductibles are kept apart."""

    sums: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ACCUMULATORS, 0))
    stays: dict[str, int] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)  # names that the history's openings brought

    def add(self, visit: Visit, outcome: Outcome, past: bool = False) -> None:
        for name, amount in outcome.adds.items():
            if not (past and name in self.opened):
                self.sums[name] += amount
        if visit.kind == INPATIENT:
            self.stays[visit.stay] = self.stays.get(visit.stay, 0) + outcome.deductible_met


@dataclass
class Outcome:
    """One visit settled, in fen."""

    deductible_met: int
    payments: dict[str, int]
    hospital: int
    patient: int
    control: dict[str, Any]
    differs: list[str]
    adds: dict[str, int]


# -------------------------------------------------------------------------------- layer 1, basic


def basic_rate(visit: Visit) -> Fraction:
    if visit.kind == OUTPATIENT:
        points = OUTPATIENT_POINTS[visit.level]
    else:
        points = POINTS[visit.tier][visit.level]
        if visit.minor:
            points += 5
        if visit.poor and visit.in_district and visit.level in (1, 2):
            points += 10
    return min(percent(points) * place_factor(visit), Fraction(1))


def place_factor(visit: Visit) -> Fraction:
    if visit.in_district:
        return Fraction(1)
    return percent(90) if visit.referred else percent(70)


def formula_deductible(visit: Visit, year: Year) -> int:
    """What the formula would take of this visit: what is left, at most the in-scope amount."""
    if visit.kind == INPATIENT:
        met = year.stays.get(visit.stay, 0)
    elif visit.kind == MAJOR:
        met = year.sums["major_deductible_met"]
    else:
        return 0
    return min(max(DEDUCTIBLE[visit.level] - met, 0), visit.net.in_scope)


def basic_account(visit: Visit) -> tuple[str, int]:
    """The accumulator that the basic payment enters, and its cap."""
    if visit.kind == CHRONIC:
        return "chronic_paid", CHRONIC_CAP
    if visit.kind == OUTPATIENT:
        return "outpatient_paid", OUTPATIENT_CAP[visit.tier]
    return "basic_paid", BASIC_CAP[visit.tier]


def computed_basic(visit: Visit, year: Year) -> int:
    base = visit.net.in_scope - formula_deductible(visit, year)
    name, cap = basic_account(visit)
    return to_cap(half_up(base * basic_rate(visit)), cap, year.sums[name])


# --------------------------------------------------------------------- layer 2, critical illness


def critical_total(running: int, poor: bool) -> int:
    """F(x): what critical illness pays, in all, of a running total x."""
    threshold = 6_804_00 if poor else 13_608_00
    return half_up(max(running - threshold, 0) * percent(65 if poor else 60))


def computed_critical(visit: Visit, year: Year, after_basic: int) -> int:
    if visit.kind == OUTPATIENT:
        return 0
    before = year.sums["after_basic"]
    step = critical_total(before + after_basic, visit.poor) - critical_total(before, visit.poor)
    return to_cap(step, None if visit.poor else CRITICAL_CAP, year.sums["critical_illness_paid"])


# ------------------------------------------------------------------- layer 3, medical assistance


def assistance_account(visit: Visit) -> str:
    if visit.kind == MAJOR or (visit.kind == INPATIENT and visit.major_disease):
        return "assistance_major_paid"
    return "assistance_ordinary_paid"


def computed_assistance(visit: Visit, year: Year, base: int) -> int:
    if visit.kind == OUTPATIENT or visit.standing is None:
        return 0
    amount = half_up(base * percent(ASSISTANCE_POINTS[visit.standing]))
    name = assistance_account(visit)
    cap = None if visit.standing == "destitute" else ASSISTANCE_CAP[name]
    return to_cap(amount, cap, year.sums[name])


# ------------------------------------------------------------------------- layer 5 and 6


def judge_control(visit: Visit) -> dict[str, Any]:
    total, measured = visit.net.total, visit.net.measured
    limit = total // 10
    if measured > limit:
        status = "exceeded"
    elif limit != 0 and measured * 100 >= limit * 80:
        status = "approaching"
    else:
        status = "within"
    applies = visit.poor and visit.in_district and visit.kind != OUTPATIENT
    share = half_up(Fraction(measured, total) * 10_000) if total else 0
    return {
        "applies": applies,
        "share": f"{share // 10_000}.{share % 10_000:04d}",
        "limit": limit,
        "excess": max(measured - limit, 0),
        "status": status,
    }


def floor_payment(visit: Visit, left: int) -> int:
    """What the floor fund pays of what the patient would still bear."""
    if not visit.poor or visit.kind == OUTPATIENT:
        return 0
    if not (visit.in_district or visit.referred):
        return 0
    limit = visit.net.total // (10 if visit.kind == INPATIENT else 5)
    return max(left - limit, 0)


# ------------------------------------------------------------------------------------ the cascade


def given_or(visit: Visit, layer: str, computed: int, base: int, differs: list[str]) -> int:
    """The layer's payment: given (within its base) or computed; a difference is noted."""
    if layer not in visit.given:
        return computed
    amount = visit.given[layer]
    if amount > base:
        raise Fault(f"given {layer} is above its base")
    if layer not in FUNDS and amount != computed:
        differs.append(layer)
    return amount


def what_counts_as_met(visit: Visit, year: Year) -> int:
    met = visit.given.get("deductible_met", formula_deductible(visit, year))
    if met > visit.net.in_scope:
        raise Fault("given deductible_met is above the in-scope amount")
    return met


def pay_layers(visit: Visit, year: Year, differs: list[str]) -> dict[str, int]:
    """Layers 1 to 4."""
    scope = visit.net.in_scope
    basic = given_or(visit, "basic", computed_basic(visit, year), scope, differs)
    left = scope - basic
    base = 0 if visit.kind == OUTPATIENT else left
    computed = computed_critical(visit, year, left)
    critical = given_or(visit, "critical_illness", computed, base, differs)
    base = left - critical if visit.kind != OUTPATIENT and visit.poor else 0
    computed = computed_assistance(visit, year, left - critical)
    assistance = given_or(visit, "medical_assistance", computed, base, differs)
    paid = {"basic": basic, "critical_illness": critical, "medical_assistance": assistance}
    for fund in FUNDS:
        paid[fund] = given_or(visit, fund, 0, visit.net.total - sum(paid.values()), differs)
    return paid


def additions(visit: Visit, met: int, paid: dict[str, int]) -> dict[str, int]:
    """What the visit adds to the accumulators."""
    adds = {basic_account(visit)[0]: paid["basic"]}
    if visit.kind == MAJOR:
        adds["major_deductible_met"] = met
    if visit.kind != OUTPATIENT:
        adds["after_basic"] = visit.net.in_scope - paid["basic"]
        adds["critical_illness_paid"] = paid["critical_illness"]
        adds[assistance_account(visit)] = paid["medical_assistance"]
    return adds


def settle_visit(visit: Visit, year: Year) -> Outcome:
    """Settle one visit under the year's sums as they stand; changes nothing."""
    differs: list[str] = []
    met = what_counts_as_met(visit, year)
    paid = pay_layers(visit, year, differs)
    adds = additions(visit, met, paid)
    left = visit.net.total - sum(paid.values())
    control = judge_control(visit)
    hospital = min(control["excess"], left) if control["applies"] else 0
    paid["floor"] = floor_payment(visit, left - hospital)
    patient = left - hospital - paid["floor"]
    return Outcome(met, paid, hospital, patient, control, differs, adds)


# ------------------------------------------------------------------------------------- in and out


def print_parts(parts: Parts) -> dict[str, str]:
    return {name: yuan(getattr(parts, name)) for name in PARTS}


def print_payments(payments: dict[str, int]) -> dict[str, str]:
    return {k: yuan(v) for k, v in payments.items() if k in ALWAYS_SHOWN or v != 0}


def print_accumulators(before: dict[str, int], after: dict[str, int]) -> dict[str, Any]:
    return {
        name: {"before": yuan(before[name]), "after": yuan(after[name])} for name in ACCUMULATORS
    }


def print_settlement(
    visit: Visit, outcome: Outcome, before: dict[str, int], after: dict[str, int], held: list[str]
) -> dict[str, Any]:
    control = dict(outcome.control)
    control["limit"], control["excess"] = yuan(control["limit"]), yuan(control["excess"])
    return {
        "visit_id": visit.visit_id,
        "total": yuan(visit.net.total),
        **print_parts(visit.net),
        "deductible_met": yuan(outcome.deductible_met),
        "payments": print_payments(outcome.payments),
        "hospital": yuan(outcome.hospital),
        "patient": yuan(outcome.patient),
        "control": control,
        "lines": [{"id": line_id, **print_parts(parts)} for line_id, parts in visit.lines],
        "accumulators": print_accumulators(before, after),
        "held_by": held,
        "differs": outcome.differs,
        "provisional": "platform" if visit.awaiting else None,
    }


def settle_person(entries: list[Entry], year: Year, settlements: dict[str, Any]) -> None:
    """Settle one person's bills, which stand in order."""
    held: list[str] = []
    for entry in entries:
        outcome = None
        if entry.visit is not None:
            outcome = attempt(entry.faults, settle_visit, entry.visit, year)
        if entry.visit is None or outcome is None:
            if entry.visit_id not in held:
                held.append(entry.visit_id)
            continue
        before = dict(year.sums)
        year.add(entry.visit, outcome, entry.past)
        if not entry.past:
            settlements[entry.visit_id] = print_settlement(
                entry.visit, outcome, before, year.sums, list(held)
            )


def read_opening(item: Any) -> tuple[str, str, int] | None:
    """(person, name, fen) of an accumulator of the history; None if of another year."""
    if int(item["year"]) != YEAR:
        return None
    if item["name"] not in ACCUMULATORS:
        raise ValueError(f"unknown accumulator {item['name']!r}")
    return item["person"], item["name"], read_fen(item["amount"], "accumulator")


def read_openings(history: dict[str, Any]) -> dict[str, dict[str, int]]:
    openings: dict[str, dict[str, int]] = {}
    for item in history.get("accumulators") or []:
        opening = read_opening(item)
        if opening is None:
            continue
        person, name, amount = opening
        own = openings.setdefault(person, {})
        if name in own:
            raise ValueError(f"two openings of {name} for {person}")
        own[name] = amount
    return openings


def open_year(opening: dict[str, int]) -> Year:
    year = Year(opened=set(opening))
    year.sums.update(opening)
    return year


def mark_duplicates(entries: list[Entry]) -> None:
    count = Counter(entry.visit_id for entry in entries)
    for entry in entries:
        if count[entry.visit_id] > 1:
            entry.faults.append("duplicate visit_id")
            entry.visit = None


def read_all(bills: list[Any], history: dict[str, Any]) -> tuple[list[Entry], list[Entry]]:
    """The run's entries, and the history's without the visits that the run settles anew."""
    run = [read_entry(bill, i) for i, bill in enumerate(bills)]
    mark_duplicates(run)
    in_run = {entry.visit_id for entry in run}
    past = [read_entry(bill, i, past=True) for i, bill in enumerate(history.get("bills") or [])]
    past = [entry for entry in past if entry.visit_id not in in_run]
    mark_duplicates(past)
    return run, past


def settle(bills: list[dict], history: dict | None = None) -> dict:
    """Settle the bills of any number of persons; see the head of this file."""
    history = history or {}
    if history.get("settlements"):
        raise NotImplementedError("settlements in the history")
    run, past = read_all(bills, history)
    openings = read_openings(history)
    people: dict[str, list[Entry]] = {}
    for entry in run + past:
        if entry.person_id is not None and entry.key is not None:
            people.setdefault(entry.person_id, []).append(entry)
    settlements: dict[str, Any] = {}
    for person_id, entries in people.items():
        entries.sort(key=lambda entry: entry.key)
        settle_person(entries, open_year(openings.get(person_id, {})), settlements)
    faults: dict[str, list[str]] = {}
    for entry in run:
        if entry.faults:
            faults.setdefault(entry.visit_id, []).extend(entry.faults)
    return {"settlements": settlements, "faults": faults}
