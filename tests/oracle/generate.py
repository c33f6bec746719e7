"""Bills for 巴南 2019 that reach the corners of its rules; deterministic by seed.

    generate(seed, persons)   -> valid bills of many persons, in no order
    generate_faulty(seed, n)  -> (bill, name of the planted fault); the name is VALID ("") for the
                                 sound bills that share a person with a faulty one

Given amounts are drawn within their base, which the oracle works out in the order of the year.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from fractions import Fraction
from typing import Any

from . import banan_2019 as rules

Bill = dict[str, Any]
Random = random.Random

VALID = ""
FIRST_DAY, LAST_DAY = date(2019, 1, 1), date(2019, 12, 31)
HOME = rules.DISTRICT
AWAY = ("500112", "510100", "500114")
OFFSETS = ("+08:00", "Z", "+00:00", "-05:00", "+09:00", "+14:00", "-12:00", "+05:30")
RATES = ("0.05", "0.1", "0.10", "0.155", "0.2", "0.3333", "0.5", "1", "0", "0.015", "0.0001")
STANDING_LIST = list(rules.STANDINGS)


# -------------------------------------------------------------------------------- small helpers


def chance(rng: Random, percent: int) -> bool:
    return rng.randrange(100) < percent


def pick(rng: Random, weighted: dict[Any, int]) -> Any:
    return rng.choices(list(weighted), list(weighted.values()))[0]


def scaled(n: int, places: int) -> str:
    """n / 10**places as a decimal string."""
    if places == 0:
        return str(n)
    digits = str(abs(n)).rjust(places + 1, "0")
    return f"{'-' if n < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def days_on(day: date, n: int) -> date:
    return day + timedelta(days=n)


def within_year(day: date) -> date:
    return min(max(day, FIRST_DAY), LAST_DAY)


def random_day(rng: Random, first: date = FIRST_DAY, last: date = LAST_DAY) -> date:
    return days_on(first, rng.randint(0, max((last - first).days, 0)))


def clip(n: int, top: int) -> int:
    return min(max(n, 0), top)


def shares(rng: Random, total: int, n: int) -> list[int]:
    """The total in n parts, some of them often 0."""
    cuts = sorted(rng.choice((0, total, rng.randint(0, total))) for _ in range(n - 1))
    return [b - a for a, b in zip([0, *cuts], [*cuts, total], strict=True)]


# ----------------------------------------------------------------------------------------- lines


@dataclass(frozen=True)
class Priced:
    """quantity and unit price as whole numbers with their places."""

    quantity: int
    quantity_places: int
    price: int
    price_places: int

    def amount(self, quantity: int | None = None) -> int:
        """In fen, half away from zero, for the quantity or another one of the same places."""
        q = self.quantity if quantity is None else quantity
        exact = Fraction(q * self.price * 100, 10 ** (self.quantity_places + self.price_places))
        return rules.half_away(exact)

    def keys(self, quantity: int | None = None) -> Bill:
        q = self.quantity if quantity is None else quantity
        return {
            "quantity": scaled(q, self.quantity_places),
            "unit_price": scaled(self.price, self.price_places),
            "amount": rules.yuan(self.amount(q)),
        }


def price_for(rng: Random, fen: int) -> Priced:
    """A quantity and a price whose product is about that many fen."""
    shape = pick(rng, {"one": 45, "whole": 30, "decimal": 20, "tie": 5})
    if shape == "one":
        return Priced(1, 0, fen, 2)
    if shape == "tie":  # half a unit at an odd number of fen: the amount ends in half a fen
        return Priced(5, 1, 2 * fen + 1, 2)
    places = 0 if shape == "whole" else rng.randint(1, 4)
    quantity = rng.randint(2, 30) if places == 0 else rng.randint(1, 20 * 10**places)
    price_places = rng.randint(2, 6)
    price = rules.half_up(Fraction(fen * 10 ** (price_places + places), 100 * quantity))
    return Priced(quantity, places, price, price_places)


def ceiling_for(rng: Random, priced: Priced) -> str:
    price = priced.price
    place = pick(rng, {"below": 50, "at": 15, "above": 15, "just_below": 15, "zero": 5})
    value = {
        "below": rng.randint(0, price),
        "at": price,
        "above": price + rng.randint(1, 1 + price),
        "just_below": max(price - 1, 0),
        "zero": 0,
    }[place]
    return scaled(value, priced.price_places)


@dataclass
class Draft:
    """The lines of a bill while they are made; priced remembers the numbers by line id."""

    lines: list[Bill] = field(default_factory=list)
    priced: dict[str, Priced] = field(default_factory=dict)

    def add(self, priced: Priced, **more: Any) -> Bill:
        line_id = f"L{len(self.lines) + 1}"
        line = {"id": line_id, "code": f"C{len(self.lines) % 7 + 1:03d}", **priced.keys(), **more}
        self.lines.append(line)
        self.priced[line_id] = priced
        return line


def class_keys(rng: Random, cls: str, priced: Priced) -> Bill:
    keys: Bill = {"class": cls}
    if cls == "乙":
        keys["first_self_pay_rate"] = rng.choice(RATES)
    elif cls == "甲" and chance(rng, 15):
        keys["first_self_pay_rate"] = rng.choice(("0", "0.00"))
    if chance(rng, 40 if cls == "乙" else 20):
        keys["price_ceiling"] = ceiling_for(rng, priced)
    if chance(rng, 30 if cls == "丙" else 5):
        keys["consent"] = True
    return keys


def add_line(rng: Random, draft: Draft, fen: int) -> None:
    priced = price_for(rng, fen)
    cls = pick(rng, {"甲": 45, "乙": 30, "丙": 10, "parts": 12, "none": 3})
    if cls == "none":
        line = draft.add(Priced(0, 0, priced.price, priced.price_places), **{"class": "甲"})
    elif cls == "parts":
        line = add_parts_line(rng, draft, priced)
    else:
        line = draft.add(priced, **class_keys(rng, cls, priced))
    if chance(rng, 10):
        line["date"] = "2019-02-28"
    if chance(rng, 20):
        line["name"] = "某项目"


def add_parts_line(rng: Random, draft: Draft, priced: Priced) -> Bill:
    """A line that brings the platform's own parts; its amount may be off the product."""
    line = draft.add(priced)
    if chance(rng, 30):
        line.update(class_keys(rng, rng.choice(rules.CLASSES), priced))
    amount = priced.amount()
    if chance(rng, 15):
        amount = max(amount + rng.randint(-5, 5), 0)
    line["amount"] = rules.yuan(amount)
    values = shares(rng, amount, 4)
    rng.shuffle(values)
    line["parts"] = {name: rules.yuan(v) for name, v in zip(rules.PARTS, values, strict=True)}
    return line


def lines_of(rng: Random, fen: int) -> Draft:
    draft = Draft()
    for share in shares(rng, fen, rng.choice((1, 1, 2, 3, 4, 6))):
        add_line(rng, draft, share)
    return draft


def edge_lines(rng: Random, fen: int) -> Draft:
    """Lines whose measured amount lies on an edge of control, to the fen."""
    limit = fen // 10
    near = -(-limit * 8 // 10)  # the least amount that is at least 80 % of the limit
    edge = rng.choice((limit, near, fen * 8 // 100, fen * 10 // 100, fen, 0))
    measured = clip(edge + rng.choice((-1, 0, 0, 1, 2)), fen)
    over, self_paid = shares(rng, measured, 2)
    in_scope = rng.randint(0, fen - measured)
    draft = Draft()
    draft.add(Priced(1, 0, self_paid, 2), **{"class": "丙"})
    draft.add(
        Priced(1, 0, over + in_scope, 2),
        **{"class": "甲", "price_ceiling": rules.yuan(in_scope)},
    )
    rate = rng.choice(RATES)
    rest = Priced(1, 0, fen - measured - in_scope, 2)
    draft.add(rest, **{"class": "乙", "first_self_pay_rate": rate})
    return draft


# --------------------------------------------------------------------------------------- refunds


def mirrored(rng: Random, line: Bill, amount: int) -> Bill:
    """Own parts for a refund of so many fen (positive), within the parts of its line."""
    raw = rules.read_line(line)
    parts = rules.decompose(raw, None)
    left = amount
    own: dict[str, int] = dict.fromkeys(rules.PARTS, 0)
    names = list(rules.PARTS)
    rng.shuffle(names)
    for name in names:
        own[name] = min(getattr(parts, name), left)
        left -= own[name]
    return {name: rules.yuan(-own[name]) for name in rules.PARTS}


def add_refund(rng: Random, draft: Draft, line: Bill, quantity: int) -> None:
    """Refund so much (positive, in the line's own places) of the line."""
    priced = draft.priced[line["id"]]
    if chance(rng, 10):  # at a lower price
        priced = Priced(
            priced.quantity,
            priced.quantity_places,
            rng.randint(0, priced.price),
            priced.price_places,
        )
    refund = draft.add(priced, refunds=line["id"])
    amount = min(priced.amount(quantity), rules.read_fen(line["amount"], "amount"))
    refund.update(priced.keys(-quantity))
    if ("parts" in line and "class" not in line) or chance(rng, 15):
        refund["amount"] = rules.yuan(-amount)
        refund["parts"] = mirrored(rng, line, amount)
    elif chance(rng, 30):  # says again what it would inherit
        for key in ("class", "first_self_pay_rate", "price_ceiling"):
            if key in line:
                refund[key] = line[key]
    elif line.get("class") == "乙" and chance(rng, 10):  # brings another rate
        refund["first_self_pay_rate"] = rng.choice(RATES)


def refunded_once(rng: Random, draft: Draft, line: Bill) -> None:
    quantity = draft.priced[line["id"]].quantity
    if quantity == 0:
        return
    how = pick(rng, {"full": 30, "partial": 45, "twice": 25})
    if how == "full":
        add_refund(rng, draft, line, quantity)
    else:
        first = rng.randint(1, quantity)
        add_refund(rng, draft, line, first)
        if how == "twice" and quantity > first:
            add_refund(rng, draft, line, rng.randint(1, quantity - first))


def sound(lines: list[Bill]) -> bool:
    faults: list[str] = []
    read = rules.attempt(faults, rules.read_lines, lines, faults)
    if read is not None:
        rules.attempt(faults, rules.net_of, read)
    return not faults


def with_refunds(rng: Random, draft: Draft, everything: bool) -> list[Bill]:
    """Refund some lines; lines that would not be sound so are left without refunds."""
    plain = list(draft.lines)
    chosen = plain if everything else rng.sample(plain, min(len(plain), rng.randint(1, 2)))
    for line in chosen:
        if everything:
            quantity = draft.priced[line["id"]].quantity
            if quantity > 0:
                add_refund(rng, draft, line, quantity)
        else:
            refunded_once(rng, draft, line)
    lines = list(draft.lines)
    if chance(rng, 25):
        rng.shuffle(lines)
    return lines if sound(lines) else plain


# --------------------------------------------------------------------------------------- persons


@dataclass
class Plan:
    """What the bills of one person have in common."""

    pid: str
    birth: date
    standings: list[Bill]
    tier: str
    tier_change: date | None
    theme: str
    anchors: list[date]


def birth_for(rng: Random) -> date:
    profile = pick(rng, {"adult": 45, "turns_18": 20, "child": 15, "leap": 8, "newborn": 12})
    if profile == "adult":
        return random_day(rng, date(1930, 1, 1), date(2000, 12, 31))
    if profile == "turns_18":
        return random_day(rng, date(2001, 1, 1), date(2001, 12, 31))
    if profile == "child":
        return random_day(rng, date(2002, 1, 1), date(2018, 12, 31))
    if profile == "leap":
        return date(rng.choice((1996, 2000, 2004, 2016)), 2, 29)
    return random_day(rng, FIRST_DAY, date(2019, 11, 30))


def standing(code: str, start: date, end: date | None) -> Bill:
    return {
        "code": code,
        "from": start.isoformat(),
        "to": None if end is None else end.isoformat(),
    }


def standings_for(rng: Random) -> list[Bill]:
    profile = pick(rng, {"none": 30, "always": 30, "within": 20, "several": 12, "switch": 8})
    old = date(2015, 1, 1)
    if profile == "none":
        return []
    if profile == "always":
        end = rng.choice((None, None, date(2020, 1, 1), date(2025, 6, 1)))
        return [standing(rng.choice(STANDING_LIST), old, end)]
    if profile == "switch":
        day, (one, other) = random_day(rng), rng.sample(STANDING_LIST, 2)
        return [standing(one, old, day), standing(other, day, None)]
    made = [one_interval(rng) for _ in range(1 if profile == "within" else rng.randint(2, 4))]
    if chance(rng, 20):
        made[0]["known"] = random_day(rng).isoformat()
    return made


def one_interval(rng: Random) -> Bill:
    start = rng.choice((date(2015, 1, 1), random_day(rng)))
    end = rng.choice((None, random_day(rng, days_on(start, 1), date(2020, 6, 1))))
    return standing(rng.choice(STANDING_LIST), start, end)


THEMES: dict[str, dict[str, Any]] = {
    "mixed": {"weight": 17, "kinds": rules.KINDS, "fen": ((1, 100_00), (100_00, 30_000_00))},
    "basic_cap": {
        "weight": 9,
        "kinds": (rules.INPATIENT, rules.MAJOR, rules.INPATIENT, rules.CHRONIC),
        "fen": ((30_000_00, 250_000_00),),
    },
    "critical_cap": {
        "weight": 8,
        "kinds": (rules.INPATIENT, rules.MAJOR),
        "fen": ((200_000_00, 900_000_00), (1_00, 50_000_00)),
    },
    "assistance": {
        "weight": 12,
        "kinds": (rules.INPATIENT, rules.CHRONIC, rules.MAJOR),
        "fen": ((2_000_00, 60_000_00), (100_000_00, 300_000_00)),
    },
    "major_assistance": {
        "weight": 6,
        "kinds": (rules.MAJOR, rules.MAJOR, rules.INPATIENT),
        "fen": ((200_000_00, 600_000_00),),
    },
    "chronic": {"weight": 8, "kinds": (rules.CHRONIC,), "fen": ((100_00, 3_000_00),)},
    "outpatient": {"weight": 8, "kinds": (rules.OUTPATIENT,), "fen": ((10_00, 1_500_00),)},
    "stay": {
        "weight": 10,
        "kinds": (rules.INPATIENT, rules.INPATIENT, rules.INPATIENT, rules.MAJOR),
        "fen": ((10_00, 600_00), (100_00, 5_000_00)),
    },
    "major": {"weight": 6, "kinds": (rules.MAJOR,), "fen": ((10_00, 900_00),)},
    "control": {"weight": 8, "kinds": rules.KINDS, "fen": ((1, 300), (10_00, 20_000_00))},
    "tiny": {"weight": 5, "kinds": rules.KINDS, "fen": ((1, 19),)},
    "moment": {"weight": 4, "kinds": rules.KINDS, "fen": ((100_00, 30_000_00),)},
}


def plan_for(rng: Random, pid: str) -> Plan:
    theme = pick(rng, {name: spec["weight"] for name, spec in THEMES.items()})
    birth, standings = birth_for(rng), standings_for(rng)
    if theme in ("assistance", "major_assistance", "control") and not standings:
        standings = [standing(rng.choice(STANDING_LIST), date(2016, 3, 1), None)]
    if theme == "critical_cap" and chance(rng, 60):
        standings = []
    change = random_day(rng) if chance(rng, 15) else None
    anchors = [FIRST_DAY, LAST_DAY]
    anchors += [change] if change else []
    for item in standings:
        anchors += [date.fromisoformat(item[key]) for key in ("from", "to") if item[key]]
    if birth.year == 2001:
        anchors += [birth.replace(year=2019)] * 3
    if birth.year == 2019:
        anchors += [birth] * 2
    tier = rng.choice(rules.TIERS)
    return Plan(pid, birth, standings, tier, change, theme, anchors)


def tier_on(plan: Plan, day: date) -> str:
    if plan.tier_change is None or day < plan.tier_change:
        return plan.tier
    return next(tier for tier in rules.TIERS if tier != plan.tier)


def person_keys(rng: Random, plan: Plan, day: date) -> Bill:
    person = {
        "id": plan.pid,
        "birth_date": plan.birth.isoformat(),
        "insurance_tier": tier_on(plan, day),
        "district": HOME,
        "standings": copy.deepcopy(plan.standings),
    }
    if chance(rng, 5):
        person["id_number"] = "TEST-ONLY"
    return person


# --------------------------------------------------------------------------------------- moments


def write_moment(rng: Random, day: date, second: int | None) -> str:
    """A moment of China's day in one of its writings; None is a date alone."""
    if second is None or (second == 0 and chance(rng, 40)):
        return day.isoformat()
    at = datetime.combine(day, time(), rules.CHINA) + timedelta(seconds=second)
    offset = rng.choice(OFFSETS)
    spec = "minutes" if second % 60 == 0 and chance(rng, 15) else "seconds"
    if offset == "Z":
        return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=spec) + "Z"
    return at.astimezone(zone_of(offset)).isoformat(timespec=spec)


def zone_of(offset: str) -> timezone:
    minutes = int(offset[1:3]) * 60 + int(offset[4:6])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def moment_for(rng: Random, plan: Plan) -> tuple[date, int | None]:
    day = (
        days_on(rng.choice(plan.anchors), rng.choice((-1, 0, 0, 1)))
        if chance(rng, 50)
        else random_day(rng)
    )
    day = max(within_year(day), plan.birth)
    shape = pick(rng, {"date": 50, "first": 10, "last": 10, "night": 15, "any": 15})
    second = {
        "date": None,
        "first": 0,
        "last": 86_399,
        "night": rng.randrange(0, 7 * 3600),
        "any": rng.randrange(0, 86_400),
    }[shape]
    return day, second


def moments_for(rng: Random, plan: Plan, n: int) -> list[tuple[date, int | None]]:
    """Moments of n visits, some of the same day, some the same moment."""
    again = 80 if plan.theme == "moment" else 22
    moments: list[tuple[date, int | None]] = []
    for _ in range(n):
        if moments and chance(rng, again):
            day, second = rng.choice(moments)
            same = chance(rng, 65)
            moments.append((day, (second or 0) if same else rng.choice((None, 0, 43_200))))
        else:
            moments.append(moment_for(rng, plan))
    return moments


def stay_days(rng: Random, plan: Plan, day: date) -> Bill:
    """admitted and discharged before (or on) the day of settlement, in any writing."""
    admitted = max(days_on(day, -rng.choice((0, 0, 1, 3, 10, 40))), min(plan.birth, day))
    discharged = random_day(rng, admitted, day)
    keys = {}
    for name, own, later in (("admitted", admitted, discharged), ("discharged", discharged, day)):
        second = rng.randrange(86_400) if own < later and chance(rng, 30) else None
        keys[name] = write_moment(rng, own, second)
    return keys


# ----------------------------------------------------------------------------------------- bills


def bill_lines(rng: Random, plan: Plan) -> list[Bill]:
    if chance(rng, 2):
        return []
    low, high = rng.choice(THEMES[plan.theme]["fen"])
    fen = rng.randint(low, high)
    if plan.theme == "control" or chance(rng, 8):
        return edge_lines(rng, fen).lines
    draft = lines_of(rng, fen)
    if chance(rng, 25):
        return with_refunds(rng, draft, everything=chance(rng, 12))
    return draft.lines


def episode_for(rng: Random, plan: Plan, kind: str, earlier: list[str]) -> str | None:
    """A stay of the person's; sometimes named by the visit_id of another of the bills."""
    if kind not in (rules.INPATIENT, rules.MAJOR):
        return None
    if not chance(rng, 75 if plan.theme == "stay" else 15):
        return None
    if earlier and chance(rng, 30):
        return rng.choice(earlier)
    return f"{plan.pid}-E{rng.randint(1, 2)}"


def bill_for(
    rng: Random, plan: Plan, visit_id: str, moment: tuple[date, int | None], earlier: list[str]
) -> Bill:
    day, second = moment
    kind = rng.choice(THEMES[plan.theme]["kinds"])
    district = HOME if chance(rng, 65) else rng.choice(AWAY)
    level = rng.choice(rules.LEVELS)
    bill: Bill = {
        "visit_id": visit_id,
        "person": person_keys(rng, plan, day),
        "facility": {"code": f"H{district}{level}", "level": level, "district": district},
        "kind": kind,
        "settled": write_moment(rng, day, second),
        "referred": chance(rng, 45),
        "major_disease": chance(rng, 30),
        "lines": bill_lines(rng, plan),
    }
    if kind == rules.INPATIENT or chance(rng, 15):
        bill.update(stay_days(rng, plan, day))
    if chance(rng, 40):
        bill["sequence"] = rng.choice((0, 0, 1, 2, 3, 10, -1))
    episode = episode_for(rng, plan, kind, earlier)
    if episode is not None:
        bill["episode_id"] = episode
    return bill


def visit_ids(rng: Random, pid: str, n: int) -> list[str]:
    """Ids whose order as text is neither that of their numbers nor that of time."""
    numbers = rng.sample((*range(1, 13), *range(95, 125)), n)
    return [f"{pid}-{rng.choice(('', '', '', 'a', 'B'))}{number}" for number in numbers]


# ----------------------------------------------------------------------------------------- given


def draw_amount(rng: Random, base: int, computed: int, room: int) -> int:
    """An amount from 0 to the base; also just at what the formula or the cap would leave."""
    choices = {"zero": 15, "base": 15, "computed": 25, "beside": 10, "room": 15, "any": 20}
    shape = pick(rng, choices)
    value = {
        "zero": 0,
        "base": base,
        "computed": computed,
        "beside": computed + rng.choice((-1, 1)),
        "room": room + rng.choice((-1, 0, 1)),
        "any": rng.randint(0, base),
    }[shape]
    return clip(value, base)


def base_of(visit: rules.Visit, payments: dict[str, int], layer: str) -> int:
    """How much may be given for the layer, after what the layers above pay."""
    above = sum(payments[name] for name in rules.GIVABLE[: rules.GIVABLE.index(layer)])
    if layer in rules.FUNDS:
        return visit.net.total - above
    if layer != "basic" and visit.kind == rules.OUTPATIENT:
        return 0
    if layer == "medical_assistance" and not visit.poor:
        return 0
    return visit.net.in_scope - above


def room_of(visit: rules.Visit, year: rules.Year, layer: str) -> int:
    """What is left of the layer's cap."""
    if layer == "basic":
        name, cap = rules.basic_account(visit)
    elif layer == "critical_illness":
        name, cap = "critical_illness_paid", rules.CRITICAL_CAP
    elif layer == "medical_assistance":
        name = rules.assistance_account(visit)
        cap = rules.ASSISTANCE_CAP[name]
    else:
        return 0
    return cap - year.sums[name]


def settled_so_far(bill: Bill, year: rules.Year) -> tuple[rules.Visit, rules.Outcome]:
    visit = rules.read_entry(bill).visit
    if visit is None:
        raise AssertionError(f"{bill['visit_id']}: {rules.read_entry(bill).faults}")
    return visit, rules.settle_visit(visit, year)


def give_deductible(rng: Random, visit: rules.Visit, formula: int) -> str | None:
    usual = visit.kind in (rules.INPATIENT, rules.MAJOR)
    if not chance(rng, 50 if usual else 8):
        return None
    scope = visit.net.in_scope
    figure = rules.DEDUCTIBLE[visit.level]
    return rules.yuan(clip(rng.choice((formula, 0, scope, figure, rng.randint(0, scope))), scope))


def add_given(rng: Random, bill: Bill, year: rules.Year) -> None:
    """Give some layers of the bill, each within the base that the layers above leave."""
    wish = {"basic": 70, "critical_illness": 55, "medical_assistance": 50}
    given: dict[str, str] = {}
    bill["given"] = given
    for layer in rules.GIVABLE:
        if not chance(rng, wish.get(layer, 18)):
            continue
        visit, outcome = settled_so_far(bill, year)
        base = base_of(visit, outcome.payments, layer)
        amount = draw_amount(rng, base, outcome.payments[layer], room_of(visit, year, layer))
        given[layer] = rules.yuan(amount)
        if layer == "basic":
            met = give_deductible(rng, visit, outcome.deductible_met)
            if met is not None:
                given["deductible_met"] = met


def finish(rng: Random, bills: list[Bill]) -> None:
    """Go through a person's bills in order and add given amounts and what is awaited."""
    bills = sorted(bills, key=lambda bill: rules.read_entry(bill).key)
    year = rules.Year()
    for bill in bills:
        if chance(rng, 35):
            add_given(rng, bill, year)
        if chance(rng, 8):
            open_layers = [x for x in rules.GIVABLE[:3] if x not in bill.get("given", {})]
            bill["awaiting"] = rng.sample(open_layers, rng.randint(0, len(open_layers)))
        visit, outcome = settled_so_far(bill, year)
        year.add(visit, outcome)


def person_bills(rng: Random, pid: str) -> list[Bill]:
    plan = plan_for(rng, pid)
    n = rng.randint(1, 8)
    earlier: list[str] = []
    bills = []
    moments = moments_for(rng, plan, n)
    for visit_id, moment in zip(visit_ids(rng, pid, n), moments, strict=True):
        bills.append(bill_for(rng, plan, visit_id, moment, earlier))
        earlier.append(visit_id)
    finish(rng, bills)
    return bills


def generate(seed: int, persons: int) -> list[Bill]:
    """Valid bills of so many persons (1 to 8 each), in no order."""
    rng = random.Random(seed)
    bills: list[Bill] = []
    for i in range(persons):
        bills.extend(person_bills(rng, f"s{seed}p{i:05d}"))
    rng.shuffle(bills)
    return bills


# ---------------------------------------------------------------------------------------- faults


def plain_bill(rng: Random, pid: str, visit_id: str, day: date, poor: bool) -> Bill:
    """A sound inpatient bill with four lines: 甲, 乙, 丙 and one with parts."""
    draft = Draft()
    draft.add(Priced(2, 0, rng.randint(200_00, 3_000_00), 2), **{"class": "甲"})
    priced = Priced(15, 1, rng.randint(100_00, 900_00), 2)
    draft.add(priced, **{"class": "乙", "first_self_pay_rate": "0.1"})
    draft.add(Priced(1, 0, rng.randint(1_00, 90_00), 2), **{"class": "丙"})
    line = draft.add(Priced(1, 0, 50_00, 2))
    line["parts"] = dict(zip(rules.PARTS, ("10.00", "5.00", "0.00", "35.00"), strict=True))
    standings = [standing("dibao", date(2018, 1, 1), None)] if poor else []
    return {
        "visit_id": visit_id,
        "person": {
            "id": pid,
            "birth_date": "1970-05-17",
            "insurance_tier": "tier_1",
            "district": HOME,
            "standings": standings,
        },
        "facility": {"code": "H2", "level": 2, "district": HOME},
        "kind": rules.INPATIENT,
        "admitted": days_on(day, -6).isoformat(),
        "discharged": days_on(day, -1).isoformat(),
        "settled": day.isoformat(),
        "referred": False,
        "major_disease": False,
        "lines": draft.lines,
    }


def put(*path_and_value: Any) -> Callable[[Bill], None]:
    """A plant that sets the value at a path."""
    *path, last, value = path_and_value

    def plant(bill: Bill) -> None:
        target: Any = bill
        for key in path:
            target = target[key]
        target[last] = copy.deepcopy(value)

    return plant


def drop(*path: Any) -> Callable[[Bill], None]:
    def plant(bill: Bill) -> None:
        target: Any = bill
        for key in path[:-1]:
            target = target[key]
        del target[path[-1]]

    return plant


def refund_of(
    line_id: str, quantity: str, price: str, amount: str, **more: Any
) -> Callable[[Bill], None]:
    def plant(bill: Bill) -> None:
        numbers = {"quantity": quantity, "unit_price": price, "amount": amount}
        bill["lines"].append({"id": "R1", "code": "C001", "refunds": line_id, **numbers, **more})

    return plant


def off_amount(bill: Bill) -> None:
    line = bill["lines"][0]
    line["amount"] = rules.yuan(rules.read_fen(line["amount"], "amount") + 1)


def net_scope(bill: Bill) -> int:
    return rules.net_of(rules.read_lines(bill["lines"], [])).in_scope


def net_total(bill: Bill) -> int:
    return rules.net_of(rules.read_lines(bill["lines"], [])).total


def give_rest(layer: str, above: dict[str, int], base: Callable[[Bill], int]) -> Any:
    """Give the layers above, then one fen more than the base leaves for this one."""

    def plant(bill: Bill) -> None:
        rest = base(bill) - sum(above.values())
        bill["given"] = {name: rules.yuan(amount) for name, amount in above.items()}
        bill["given"][layer] = rules.yuan(rest + 1)

    return plant


def deductible_above(bill: Bill) -> None:
    bill["given"] = {"basic": "1.00", "deductible_met": rules.yuan(net_scope(bill) + 1)}


def ordinary_given_assistance(bill: Bill) -> None:
    bill["person"]["standings"] = []
    bill["given"] = {"basic": "1.00", "critical_illness": "0.00", "medical_assistance": "0.01"}


def outpatient_given(layer: str) -> Callable[[Bill], None]:
    def plant(bill: Bill) -> None:
        bill["kind"] = rules.OUTPATIENT
        bill["given"] = {layer: "0.01"}

    return plant


def refund_twice(bill: Bill) -> None:
    price = bill["lines"][0]["unit_price"]
    refund_of("L1", "-1", price, f"-{price}")(bill)
    bill["lines"].append({**bill["lines"][-1], "id": "R2", "refunds": "R1"})


def refund_too_much(bill: Bill) -> None:
    """Two refunds that are sound one by one: 1 and 2 of a quantity of 2, at a low price."""
    refund_of("L1", "-1", "0.01", "-0.01")(bill)
    second = {"id": "R2", "quantity": "-2", "amount": "-0.02"}
    bill["lines"].append({**bill["lines"][-1], **second})


def refund_too_dear(bill: Bill) -> None:
    amount = rules.read_fen(bill["lines"][0]["amount"], "amount") + 1
    refund_of("L1", "-1", rules.yuan(amount), rules.yuan(-amount))(bill)


def negative_line(bill: Bill) -> None:
    refund_of("L1", "-1", "1.00", "-1.00", **{"class": "甲"})(bill)
    del bill["lines"][-1]["refunds"]


def own_parts(**parts: str) -> Bill:
    return {name: parts.get(name, "0.00") for name in rules.PARTS}


def same_line_id(bill: Bill) -> None:
    bill["lines"][1]["id"] = bill["lines"][0]["id"]


def admitted_after_settled(bill: Bill) -> None:
    bill["kind"] = rules.CHRONIC
    bill["admitted"] = "2019-06-14"
    del bill["discharged"]


PLANTS: dict[str, Callable[[Bill], None]] = {
    # codes and keys
    "unknown_kind": put("kind", "daycare"),
    "unknown_level": put("facility", "level", 4),
    "unknown_tier": put("person", "insurance_tier", "tier_3"),
    "unknown_standing": put("person", "standings", 0, "code", "rich"),
    "unknown_class": put("lines", 0, "class", "丁"),
    "unknown_key_bill": put("kindd", "inpatient"),
    "unknown_key_person": put("person", "birthdate", "1970-05-17"),
    "unknown_key_standing": put("person", "standings", 0, "until", "2019-12-31"),
    "unknown_key_facility": put("facility", "grade", 2),
    "unknown_key_line": put("lines", 0, "ceiling", "1.00"),
    "unknown_key_parts": put("lines", 3, "parts", "other", "0.00"),
    "unknown_key_given": put("given", {"commercial": "1.00"}),
    "unknown_awaiting": put("awaiting", ["commercial"]),
    "missing_kind": drop("kind"),
    "missing_birth_date": drop("person", "birth_date"),
    "missing_level": drop("facility", "level"),
    "missing_part": drop("lines", 3, "parts", "over_ceiling"),
    # numbers
    "amount_off_by_a_fen": off_amount,
    "amount_no_number": put("lines", 0, "amount", "12,50"),
    "quantity_no_number": put("lines", 0, "quantity", "two"),
    "parts_do_not_add_up": put("lines", 3, "parts", "in_scope", "35.01"),
    "class_a_with_rate": put("lines", 0, "first_self_pay_rate", "0.1"),
    "class_b_without_rate": drop("lines", 1, "first_self_pay_rate"),
    "no_class": drop("lines", 0, "class"),
    "rate_above_one": put("lines", 1, "first_self_pay_rate", "1.5"),
    "rate_negative": put("lines", 1, "first_self_pay_rate", "-0.1"),
    "ceiling_negative": put("lines", 1, "price_ceiling", "-1"),
    # dates
    "discharged_before_admitted": put("admitted", "2019-06-13"),
    "settled_before_admitted": admitted_after_settled,
    "settled_before_discharged": put("discharged", "2019-06-14"),
    "settled_in_2018": put("settled", "2018-12-31"),
    "settled_in_2020": put("settled", "2020-01-01"),
    "settled_in_2018_by_offset": put("settled", "2019-01-01T00:30:00+09:00"),
    "settled_in_2020_by_offset": put("settled", "2019-12-31T16:00:00Z"),
    "settled_without_offset": put("settled", "2019-06-13T10:00:00"),
    "admitted_without_offset": put("admitted", "2019-06-01T10:00:00"),
    "no_such_day": put("admitted", "2019-02-29"),
    "born_after_settled": put("person", "birth_date", "2019-06-14"),
    "standing_ends_before_it_starts": put("person", "standings", 0, "to", "2017-12-31"),
    # refunds and signs
    "negative_without_refunds": negative_line,
    "refund_of_unknown_line": refund_of("L9", "-1", "1.00", "-1.00", **{"class": "甲"}),
    "refund_of_refund": refund_twice,
    "refund_exceeds_quantity": refund_too_much,
    "refund_exceeds_amount": refund_too_dear,
    "refund_positive": refund_of("L1", "1", "1.00", "1.00"),
    "refund_parts_do_not_add_up": refund_of(
        "L1", "-1", "1.00", "-1.00", parts=own_parts(in_scope="-0.99")
    ),
    "net_part_negative": refund_of(
        "L1", "-1", "99.99", "-99.99", parts=own_parts(over_ceiling="-99.99")
    ),
    "duplicate_line_id": same_line_id,
    # given and awaited
    "given_basic_above_base": give_rest("basic", {}, net_scope),
    "given_critical_above_base": give_rest("critical_illness", {"basic": 10_00}, net_scope),
    "given_assistance_above_base": give_rest(
        "medical_assistance", {"basic": 10_00, "critical_illness": 5_00}, net_scope
    ),
    "given_assistance_to_ordinary": ordinary_given_assistance,
    "given_critical_for_outpatient": outpatient_given("critical_illness"),
    "given_assistance_for_outpatient": outpatient_given("medical_assistance"),
    "given_fund_above_base": give_rest(
        "health_poverty_fund",
        {"basic": 10_00, "critical_illness": 5_00, "medical_assistance": 1_00},
        net_total,
    ),
    "given_later_fund_above_base": give_rest(
        "other_aid",
        {
            "basic": 10_00,
            "critical_illness": 0,
            "medical_assistance": 0,
            "health_poverty_fund": 2_00,
            "targeted_insurance": 3_00,
        },
        net_total,
    ),
    "given_basic_negative": put("given", {"basic": "-0.01"}),
    "given_critical_negative": put("given", {"critical_illness": "-0.01"}),
    "given_assistance_negative": put("given", {"medical_assistance": "-0.01"}),
    "given_fund_negative": put("given", {"other_aid": "-0.01"}),
    "given_floor": put("given", {"floor": "1.00"}),
    "given_floor_zero": put("given", {"floor": "0.00"}),
    "given_control": put("given", {"control": "1.00"}),
    "deductible_without_basic": put("given", {"deductible_met": "1.00"}),
    "deductible_above_scope": deductible_above,
    "deductible_negative": put("given", {"basic": "1.00", "deductible_met": "-0.01"}),
    "awaiting_what_is_given": lambda bill: bill.update(
        given={"basic": "1.00"}, awaiting=["critical_illness", "basic"]
    ),
    "awaiting_floor": put("awaiting", ["floor"]),
    # between bills
    "duplicate_visit_id": lambda _bill: None,  # the twin comes with its group
}

# Faults that the text covers only in general words: an engine may see these otherwise.
LESS_CERTAIN = frozenset(
    {
        "settled_before_discharged",
        "born_after_settled",
        "standing_ends_before_it_starts",
        "refund_positive",
        "rate_above_one",
        "rate_negative",
        "ceiling_negative",
        "given_floor_zero",
        "awaiting_floor",
    }
)
FAULTY_DAY = date(2019, 6, 13)


def faulty_group(rng: Random, name: str, pid: str) -> list[tuple[Bill, str]]:
    """A faulty bill and none to three sound ones of the same person, before and after it."""
    bill = plain_bill(rng, pid, f"{pid}-x", FAULTY_DAY, poor=True)
    PLANTS[name](bill)
    group = [(bill, name)]
    if name == "duplicate_visit_id":
        twin = plain_bill(rng, pid, f"{pid}-x", days_on(FAULTY_DAY, 3), poor=True)
        group.append((twin, name))
    if name == "settled_without_offset":  # has no place in the order: nobody shares its person
        return group
    for i in range(rng.randint(0, 3)):
        day = days_on(FAULTY_DAY, rng.choice((-40, -1, 0, 10, 60, 150)))
        visit_id = f"{pid}-{rng.choice('vz')}{i}"  # on the same day before or after "-x"
        group.append((plain_bill(rng, pid, visit_id, day, poor=True), VALID))
    return group


def generate_faulty(seed: int, n: int) -> list[tuple[Bill, str]]:
    """n persons, each with one planted fault (all faults in turn), and their sound bills.

    A sound bill has the name VALID. The fault "duplicate_visit_id" is planted in two bills.
    """
    rng = random.Random(seed)
    names = list(PLANTS)
    made: list[tuple[Bill, str]] = []
    for i in range(n):
        made.extend(faulty_group(rng, names[i % len(names)], f"f{seed}p{i:04d}"))
    rng.shuffle(made)
    return made
