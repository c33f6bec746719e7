"""Tests of the oracle itself: cases worked by hand from the rules' text, and properties.

Unless said otherwise a case is 甲 only, level 二, in the district, tier_1, an adult.
"""

from __future__ import annotations

import copy
import random
from collections import defaultdict
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from . import banan_2019 as rules
from .banan_2019 import settle
from .generate import LESS_CERTAIN, PLANTS, VALID, generate, generate_faulty

Bill = dict[str, Any]


# --------------------------------------------------------------------------------------- helpers


def line(amount: str, cls: str = "甲", line_id: str = "L1", **more: Any) -> Bill:
    """A line of quantity 1."""
    keys = {"id": line_id, "code": "C1", "class": cls, "quantity": "1", "unit_price": amount}
    return {**keys, "amount": amount, **more}


def refund(of: str, quantity: str, price: str, amount: str, **more: Any) -> Bill:
    keys = {"id": "R1", "code": "C1", "quantity": quantity, "unit_price": price, "amount": amount}
    return {**keys, "refunds": of, **more}


def standing(code: str, start: str = "2018-01-01", end: str | None = None) -> Bill:
    return {"code": code, "from": start, "to": end}


def bill(*lines: Bill, visit_id: str = "v1", day: str = "2019-03-01", **more: Any) -> Bill:
    """Keys of person and facility may be given by name; `poor` is one standing throughout."""
    poor = more.pop("poor", None)
    person = {
        "id": more.pop("person", "p1"),
        "birth_date": more.pop("birth", "1970-01-01"),
        "insurance_tier": more.pop("tier", "tier_1"),
        "standings": more.pop("standings", [standing(poor)] if poor else []),
        "district": "500113",
    }
    facility = {
        "code": "H1",
        "level": more.pop("level", 2),
        "district": more.pop("place", "500113"),
    }
    keys: Bill = {"kind": "inpatient", "referred": False, "major_disease": False, "settled": day}
    if more.get("kind", "inpatient") == "inpatient":
        keys.update(admitted=day[:10], discharged=day[:10])
    keys.update(visit_id=visit_id, person=person, facility=facility, lines=list(lines))
    return {**keys, **more}


def settle_all(*bills: Bill, history: Bill | None = None) -> list[Bill]:
    result = settle(list(bills), history)
    assert result["faults"] == {}
    return [result["settlements"][b["visit_id"]] for b in bills]


def one(*lines: Bill, **more: Any) -> Bill:
    return settle_all(bill(*lines, **more))[0]


def basics(*bills: Bill) -> list[str]:
    return [s["payments"]["basic"] for s in settle_all(*bills)]


def paid(settlement: Bill) -> tuple[str, str, str, str]:
    payments = settlement["payments"]
    return tuple(payments[name] for name in rules.ALWAYS_SHOWN)


def faults_of(*bills: Bill) -> dict[str, list[str]]:
    return settle(list(bills))["faults"]


def is_fault(*lines: Bill, **more: Any) -> bool:
    return "v1" in faults_of(bill(*lines, **more))


# ----------------------------------------------------------------------------- the reported case


def test_reported_case() -> None:
    s = one(line("2539.50"), poor="registered_poor")
    # (2539.50 - 300) x 70 % = 1567.65; 60 % x 971.85 = 583.11; own 388.74; limit 253.95
    assert paid(s) == ("1567.65", "0.00", "583.11", "134.79")
    assert (s["patient"], s["hospital"], s["deductible_met"]) == ("253.95", "0.00", "300.00")
    assert s["control"] == {
        "applies": True,
        "share": "0.0000",
        "limit": "253.95",
        "excess": "0.00",
        "status": "within",
    }
    assert list(s["accumulators"]) == list(rules.ACCUMULATORS)
    assert s["accumulators"]["after_basic"] == {"before": "0.00", "after": "971.85"}
    assert s["accumulators"]["assistance_ordinary_paid"]["after"] == "583.11"
    assert s["held_by"] == s["differs"] == []
    assert s["provisional"] is None


# ------------------------------------------------------------------------------------------ who


def test_most_favourable_standing() -> None:
    # 700 x 70 % = 490; 特困 takes the 510 that are left
    both = [standing("registered_poor"), standing("destitute"), standing("dibao")]
    assert paid(one(line("1000.00"), standings=both)) == ("490.00", "0.00", "510.00", "0.00")
    # 低保 before 建卡: 510 x 70 % = 357; 153 left, limit 100, floor 53
    both = [standing("registered_poor"), standing("dibao")]
    assert paid(one(line("1000.00"), standings=both)) == ("490.00", "0.00", "357.00", "53.00")


@pytest.mark.parametrize(
    ("start", "end", "basic"),
    [
        ("2019-03-01", None, "490.00"),  # from its first day: 700 x 70 %
        ("2019-03-02", None, "420.00"),  # not before: 700 x 60 %
        ("2018-01-01", "2019-03-02", "490.00"),  # the day before its end
        ("2018-01-01", "2019-03-01", "420.00"),  # not on its end
    ],
)
def test_days_of_a_standing(start: str, end: str | None, basic: str) -> None:
    s = one(line("1000.00"), standings=[standing("dibao", start, end)])
    assert s["payments"]["basic"] == basic


@pytest.mark.parametrize(
    ("day", "basic"),
    [
        ("2019-02-28", "455.00"),  # 17: 700 x 65 %
        ("2019-03-01", "420.00"),  # 18 on the birthday: 700 x 60 %
        ("2019-02-28T15:59:59Z", "455.00"),  # 23:59:59 of 28 February in China
        ("2019-02-28T16:00:00Z", "420.00"),  # the first moment of 1 March in China
        ("2019-03-01T00:30:00+09:00", "455.00"),  # 23:30 of 28 February in China
    ],
)
def test_eighteen(day: str, basic: str) -> None:
    stay = {"admitted": "2019-02-01", "discharged": "2019-02-20"}
    s = one(line("1000.00"), day=day, birth="2001-03-01", **stay)
    assert s["payments"]["basic"] == basic


def test_born_on_29_february() -> None:
    person = rules.Person("p", date(2000, 2, 29), "tier_1", ())
    assert person.age_on(date(2018, 2, 28)) == 17
    assert person.age_on(date(2018, 3, 1)) == 18


def test_benefit_year_in_chinas_time() -> None:
    stay = {"admitted": "2018-12-01", "discharged": "2018-12-20"}
    assert is_fault(line("1.00"), day="2018-12-31T15:59:59Z", **stay)
    assert not is_fault(line("1.00"), day="2018-12-31T16:00:00Z", **stay)
    assert not is_fault(line("1.00"), day="2020-01-01T00:59:59+09:00", **stay)
    assert is_fault(line("1.00"), day="2019-12-31T16:00:00Z", **stay)


def test_change_within_the_year() -> None:
    """The visit's own cap; nothing is paid again. Outpatient, level 一: 60 %."""
    visits = [
        bill(line("750.00"), visit_id="a", day="2019-01-05", tier="tier_2"),  # 450 of 500
        bill(line("100.00"), visit_id="b", day="2019-02-05", tier="tier_1"),  # 300 - 450 < 0
        bill(line("100.00"), visit_id="c", day="2019-03-05", tier="tier_2"),  # 60, 50 are left
        bill(line("100.00"), visit_id="d", day="2019-04-05", tier="tier_2"),  # nothing is left
    ]
    for visit in visits:
        visit["kind"] = "outpatient"
        visit["facility"]["level"] = 1
    assert basics(*visits) == ["450.00", "0.00", "50.00", "0.00"]


# ---------------------------------------------------------------------------------------- lines


def parts(settlement: Bill, line_id: str | None = None) -> tuple[str, ...]:
    source = settlement
    if line_id is not None:
        source = next(item for item in settlement["lines"] if item["id"] == line_id)
    return tuple(source[name] for name in rules.PARTS)


SHAPES = {"quantity": "3", "unit_price": "10.005", "amount": "30.02", "price_ceiling": "8"}


def test_over_ceiling_then_first_self_pay() -> None:
    # 3 x 10.005 = 30.015 -> 30.02; over 2.005 x 3 = 6.015 -> 6.02;
    # first (30.02 - 6.02) x 10 % = 2.40; in scope 21.60
    s = one({**line("0.00", "乙"), **SHAPES, "first_self_pay_rate": "0.1"})
    assert parts(s) == parts(s, "L1") == ("0.00", "6.02", "2.40", "21.60")
    # 甲 with a ceiling: no first self-pay
    assert parts(one({**line("0.00"), **SHAPES})) == ("0.00", "6.02", "0.00", "24.00")
    # 丙 whatever its ceiling
    assert parts(one({**line("0.00", "丙"), **SHAPES})) == ("30.02", "0.00", "0.00", "0.00")
    # a ceiling at or above the price: nothing is over
    assert parts(one(line("5.00", price_ceiling="5"))) == ("0.00", "0.00", "0.00", "5.00")
    # a ceiling of 0: all is over
    assert parts(one(line("5.00", price_ceiling="0"))) == ("0.00", "5.00", "0.00", "0.00")


def test_ties_go_away_from_zero_and_a_full_refund_mirrors() -> None:
    # 0.5 x 0.21 = 0.105 -> 0.11; x 0.5 = 0.055 -> 0.06; in scope 0.05
    half = {"quantity": "0.5", "unit_price": "0.21", "amount": "0.11"}
    first = {**line("0.00", "乙"), **half, "first_self_pay_rate": "0.5"}
    back = refund("L1", "-0.5", "0.21", "-0.11")
    s = one(first, back)
    assert parts(s, "L1") == ("0.00", "0.00", "0.06", "0.05")
    assert parts(s, "R1") == ("0.00", "0.00", "-0.06", "-0.05")
    assert (s["total"], s["control"]["share"], s["patient"]) == ("0.00", "0.0000", "0.00")


def test_refund_inherits_or_brings_its_own() -> None:
    lines = [{**line("0.00", "乙"), **SHAPES, "first_self_pay_rate": "0.1"}]
    # 1 of 3: 10.005 -> 10.01; over 2.005 -> 2.01; first 8.00 x 10 % = 0.80; 7.20
    s = one(*lines, refund("L1", "-1", "10.005", "-10.01"))
    assert parts(s, "R1") == ("0.00", "-2.01", "-0.80", "-7.20")
    assert parts(s) == ("0.00", "4.01", "1.60", "14.40")
    # its own rate: 8.00 x 20 % = 1.60
    s = one(*lines, refund("L1", "-1", "10.005", "-10.01", first_self_pay_rate="0.2"))
    assert parts(s, "R1") == ("0.00", "-2.01", "-1.60", "-6.40")
    # its own parts
    own = dict(zip(rules.PARTS, ("0.00", "0.00", "-1.00", "-9.01"), strict=True))
    s = one(*lines, refund("L1", "-1", "10.005", "-10.01", parts=own))
    assert parts(s) == ("0.00", "6.02", "1.40", "12.59")
    # a refund may stand before its line
    s = one(refund("L1", "-1", "10.005", "-10.01"), *lines)
    assert parts(s) == ("0.00", "4.01", "1.60", "14.40")


def test_parts_are_used_as_they_are() -> None:
    own = dict(zip(rules.PARTS, ("1.00", "2.00", "3.00", "4.00"), strict=True))
    given = line("10.00", parts=own)
    del given["class"]
    assert parts(one(given)) == ("1.00", "2.00", "3.00", "4.00")
    # with parts an amount that is not the product is no fault
    assert parts(one({**given, "unit_price": "10.01"})) == ("1.00", "2.00", "3.00", "4.00")
    assert is_fault({**given, "parts": {**own, "in_scope": "4.01"}})


def test_faulty_lines() -> None:
    assert is_fault(line("1.00", first_self_pay_rate="0.1"))  # 甲 with a rate
    assert not is_fault(line("1.00", first_self_pay_rate="0"))
    assert is_fault(line("1.00", "乙"))  # 乙 without one
    assert is_fault({**line("1.00"), "amount": "1.01"})
    assert is_fault({**line("1.00"), "quantity": "-1", "amount": "-1.00"})
    two = {**line("2.00"), "quantity": "2", "unit_price": "1.00"}
    assert not is_fault(two, refund("L1", "-2", "1.00", "-2.00"))
    assert is_fault(two, refund("L1", "-3", "0.10", "-0.30"))  # more than its quantity
    assert is_fault(two, refund("L1", "-1", "2.01", "-2.01"))  # more than its amount
    second = refund("R1", "-1", "1.00", "-1.00", id="R2")
    assert is_fault(two, refund("L1", "-1", "1.00", "-1.00"), second)  # a refund of a refund
    # each part of the net is judged: 丙 refunded as 甲
    own = dict(zip(rules.PARTS, ("0.00", "0.00", "0.00", "-1.00"), strict=True))
    assert is_fault(line("1.00", "丙"), refund("L1", "-1", "1.00", "-1.00", parts=own))


# ---------------------------------------------------------------------- points, factor, layer 1


@pytest.mark.parametrize(
    ("level", "tier", "child", "poor", "place", "referred", "basic"),
    [
        # the rate on a base of 10,000 (the deductible is added to the bill)
        (1, "tier_1", False, None, "500113", False, "8000.00"),
        (2, "tier_1", False, None, "500113", False, "6000.00"),
        (3, "tier_1", False, None, "500113", False, "4000.00"),
        (1, "tier_2", False, None, "500113", False, "8500.00"),
        (2, "tier_2", False, None, "500113", False, "6500.00"),
        (3, "tier_2", False, None, "500113", False, "4500.00"),
        (2, "tier_1", True, None, "500113", False, "6500.00"),  # +5
        (2, "tier_1", False, "dibao", "500113", False, "7000.00"),  # +10
        (3, "tier_1", False, "dibao", "500113", False, "4000.00"),  # not at level 三
        (1, "tier_2", True, "dibao", "500113", False, "10000.00"),  # 85 + 5 + 10 = 100
        (2, "tier_1", False, None, "500113", True, "6000.00"),  # referred means nothing here
        (2, "tier_1", False, None, "510100", True, "5400.00"),  # 60 x 90 %
        (2, "tier_1", False, None, "510100", False, "4200.00"),  # 60 x 70 %
        (1, "tier_1", True, "dibao", "510100", True, "7650.00"),  # (80 + 5) x 90 %, no +10
        (1, "tier_1", True, "dibao", "510100", False, "5950.00"),  # (80 + 5) x 70 %
    ],
)
def test_rates(
    *, level: int, tier: str, child: bool, poor: str | None, place: str, referred: bool, basic: str
) -> None:
    amount = rules.yuan(10_000_00 + rules.DEDUCTIBLE[level])
    person = {"tier": tier, "poor": poor, "birth": "2010-01-01" if child else "1970-01-01"}
    s = one(line(amount), level=level, place=place, referred=referred, **person)
    assert s["payments"]["basic"] == basic
    assert s["deductible_met"] == rules.yuan(rules.DEDUCTIBLE[level])


@pytest.mark.parametrize(
    ("level", "place", "referred", "basic"),
    [
        (1, "500113", False, "60.00"),
        (2, "500113", False, "40.00"),
        (3, "500113", False, "0.00"),
        (1, "510100", True, "54.00"),
        (1, "510100", False, "42.00"),
    ],
)
def test_ordinary_outpatient(level: int, place: str, referred: bool, basic: str) -> None:
    """No points for who is poor or under 18; the factor applies; the other layers do not."""
    s = one(
        line("100.00"),
        line("60.00", "丙", "L2"),
        kind="outpatient",
        level=level,
        place=place,
        referred=referred,
        poor="destitute",
        birth="2010-01-01",
    )
    assert paid(s) == (basic, "0.00", "0.00", "0.00")
    assert (s["hospital"], s["control"]["applies"]) == ("0.00", False)
    # shown nonetheless: 60 of 160 is 0.375
    assert (s["control"]["share"], s["control"]["status"]) == ("0.3750", "exceeded")
    assert (s["control"]["limit"], s["control"]["excess"]) == ("16.00", "44.00")
    moved = [name for name, a in s["accumulators"].items() if a["before"] != a["after"]]
    assert moved == (["outpatient_paid"] if basic != "0.00" else [])


def test_chronic() -> None:
    """No deductible, the same rates with points and factor, at most 1,000 a year."""
    chronic = {"kind": "chronic_outpatient"}
    assert one(line("1000.00"), **chronic)["payments"]["basic"] == "600.00"
    s = one(line("1000.00"), **chronic, place="510100", referred=True, birth="2010-01-01")
    assert s["payments"]["basic"] == "585.00"  # (60 + 5) x 90 %
    visits = [bill(line("1000.00"), visit_id=v, **chronic) for v in "abc"]
    assert basics(*visits) == ["600.00", "400.00", "0.00"]


# ----------------------------------------------------------------------------------- deductibles


def test_one_deductible_of_a_stay() -> None:
    # 200: all of it is met; 500: the other 100, 400 x 60 % = 240
    visits = [
        bill(line("200.00"), visit_id="a", episode_id="E"),
        bill(line("500.00"), visit_id="b", episode_id="E"),
        bill(line("500.00"), visit_id="c"),  # another stay: 300, 200 x 60 % = 120
    ]
    met = [s["deductible_met"] for s in settle_all(*visits)]
    assert (basics(*visits), met) == (["0.00", "240.00", "120.00"], ["200.00", "100.00", "300.00"])


def test_stay_named_by_the_first_visit() -> None:
    visits = [
        bill(line("200.00"), visit_id="a"),
        bill(line("500.00"), visit_id="b", episode_id="a"),
    ]
    assert basics(*visits) == ["0.00", "240.00"]


def test_stay_over_levels() -> None:
    # level 二 meets 300; level 三 has 800 - 300 = 500 left: (1000 - 500) x 40 % = 200;
    # 800 are met by then, level 一 has nothing left: 100 x 80 % = 80
    visits = [
        bill(line("1000.00"), visit_id="a", episode_id="E"),
        bill(line("1000.00"), visit_id="b", episode_id="E", level=3),
        bill(line("100.00"), visit_id="c", episode_id="E", level=1),
    ]
    assert basics(*visits) == ["420.00", "200.00", "80.00"]


def test_yearly_deductible_of_major() -> None:
    # 250 at level 二 are met; level 一: 100 - 250 < 0; level 三: 800 - 250 = 550
    major = {"kind": "major_outpatient"}
    visits = [
        bill(line("250.00"), visit_id="a", **major),
        bill(line("100.00"), visit_id="b", level=1, **major),
        bill(line("1000.00"), visit_id="c", level=3, **major),
    ]
    first, second, third = settle_all(*visits)
    assert [s["deductible_met"] for s in (first, second, third)] == ["250.00", "0.00", "550.00"]
    assert basics(*visits) == ["0.00", "80.00", "180.00"]
    assert third["accumulators"]["major_deductible_met"] == {"before": "250.00", "after": "800.00"}


def test_a_stay_and_a_course_share_nothing() -> None:
    visits = [
        bill(line("1000.00"), visit_id="a", episode_id="E"),
        bill(line("1000.00"), visit_id="b", episode_id="E", kind="major_outpatient"),
    ]
    assert [s["deductible_met"] for s in settle_all(*visits)] == ["300.00", "300.00"]


def test_given_deductible_counts_as_met() -> None:
    # given 50 met: 250 are left for the next of the stay, (1000 - 250) x 60 % = 450
    given = {"basic": "100.00", "deductible_met": "50.00"}
    visits = [
        bill(line("1000.00"), visit_id="a", episode_id="E", given=given),
        bill(line("1000.00"), visit_id="b", episode_id="E"),
    ]
    first, second = settle_all(*visits)
    assert (first["deductible_met"], second["deductible_met"]) == ("50.00", "250.00")
    assert second["payments"]["basic"] == "450.00"
    # without it the formula's 300 count
    visits[0]["given"] = {"basic": "100.00"}
    first, second = settle_all(*visits)
    assert (first["deductible_met"], second["payments"]["basic"]) == ("300.00", "600.00")


def test_control_and_floor_judge_each_settlement_of_a_stay() -> None:
    # 低保: 200: nothing by basic; 200 x 70 % = 140; limit 20; floor 40
    # 500: (500 - 100) x 70 % = 280; 220 x 70 % = 154; limit 50; floor 16
    visits = [
        bill(line("200.00"), visit_id="a", episode_id="E", poor="dibao"),
        bill(line("500.00"), visit_id="b", episode_id="E", poor="dibao"),
    ]
    first, second = settle_all(*visits)
    assert paid(first) == ("0.00", "0.00", "140.00", "40.00")
    assert paid(second) == ("280.00", "0.00", "154.00", "16.00")


# ------------------------------------------------------------------------------------- rounding


def test_half_up_before_the_cap() -> None:
    # 0.10 x 45 % = 0.045 -> 0.05
    s = one(line("0.10"), kind="chronic_outpatient", level=3, tier="tier_2")
    assert s["payments"]["basic"] == "0.05"


def test_critical_illness_telescopes() -> None:
    # F(13608.01) = 0.006 -> 0.01; F(13608.02) = 0.012 -> 0.01; F(13608.03) = 0.018 -> 0.02
    nothing = {"given": {"basic": "0.00"}, "kind": "chronic_outpatient"}
    visits = [
        bill(line("13608.01"), visit_id="a", **nothing),
        bill(line("0.01"), visit_id="b", **nothing),
        bill(line("0.01"), visit_id="c", **nothing),
    ]
    critical = [s["payments"]["critical_illness"] for s in settle_all(*visits)]
    assert critical == ["0.01", "0.00", "0.01"]


def test_critical_illness_under_the_visits_own_parameters() -> None:
    # ordinary: 10,000 is below 13,608. Poor from March: F(11,000) - F(10,000), both of the poor:
    # 4,196 x 65 % = 2,727.40; 3,196 x 65 % = 2,077.40; 650.00. Nothing is made good.
    nothing = {"given": {"basic": "0.00"}}
    poor = {"standings": [standing("dibao", "2019-03-01")]}
    visits = [
        bill(line("10000.00"), visit_id="a", day="2019-02-01", **poor, **nothing),
        bill(line("1000.00"), visit_id="b", day="2019-03-01", **poor, **nothing),
    ]
    critical = [s["payments"]["critical_illness"] for s in settle_all(*visits)]
    assert critical == ["0.00", "650.00"]


def test_given_critical_changes_no_later_step() -> None:
    # 20,000: F = 6,392 x 60 % = 3,835.20, given 1.00; then 1,000 x 60 % = 600 all the same
    visits = [
        bill(line("20000.00"), visit_id="a", given={"basic": "0.00", "critical_illness": "1.00"}),
        bill(line("1000.00"), visit_id="b", given={"basic": "0.00"}),
    ]
    first, second = settle_all(*visits)
    assert first["differs"] == ["basic", "critical_illness"]
    assert second["payments"]["critical_illness"] == "600.00"
    assert second["accumulators"]["critical_illness_paid"] == {"before": "1.00", "after": "601.00"}


# ------------------------------------------------------------------------------------------ caps


def test_basic_cap_of_inpatient_and_major_together() -> None:
    # 79,900 are given. Level 三: (1050 - 800) x 40 % = 100, just the cap; then nothing.
    visits = [
        bill(line("100000.00"), visit_id="a", given={"basic": "79900.00"}),
        bill(line("1050.00"), visit_id="b", level=3, kind="major_outpatient"),
        bill(line("1050.00"), visit_id="c", level=3),
        # chronic has a cap of its own
        bill(line("1000.00"), visit_id="d", kind="chronic_outpatient"),
        # tier_2 from now on: 120,000
        bill(line("1100.00"), visit_id="e", tier="tier_2"),  # 800 x 65 %
    ]
    assert basics(*visits)[1:] == ["100.00", "0.00", "600.00", "520.00"]
    visits[1] = bill(line("1050.03"), visit_id="b", level=3)  # 100.012 -> 100.01 -> 100
    assert basics(*visits)[1:] == ["100.00", "0.00", "600.00", "520.00"]


def test_basic_cap_of_tier_2() -> None:
    # 119,900 are given. Level 三: (1050 - 800) x 45 % = 112.50, 100 are left
    visits = [
        bill(line("200000.00"), visit_id="a", tier="tier_2", given={"basic": "119900.00"}),
        bill(line("1050.00"), visit_id="b", tier="tier_2", level=3),
    ]
    assert basics(*visits)[1] == "100.00"


def test_critical_cap_and_what_was_paid_without_one() -> None:
    nothing = {"given": {"basic": "0.00"}}
    # ordinary: (400,000 - 13,608) x 60 % = 231,835.20 -> 200,000; later 0
    visits = [
        bill(line("400000.00"), visit_id="a", **nothing),
        bill(line("1000.00"), visit_id="b", **nothing),
    ]
    critical = [s["payments"]["critical_illness"] for s in settle_all(*visits)]
    assert critical == ["200000.00", "0.00"]
    # poor until March: (400,000 - 6,804) x 65 % = 255,577.40 counts for the ordinary visit,
    # which gets 0, and does not bind the poor one after it: 1,000 x 65 %
    spans = [standing("dibao", "2018-01-01", "2019-03-01"), standing("dibao", "2019-05-01")]
    visits = [
        bill(line("400000.00"), visit_id="a", day="2019-02-01", standings=spans, **nothing),
        bill(line("1000.00"), visit_id="b", day="2019-04-01", standings=spans, **nothing),
        bill(line("1000.00"), visit_id="c", day="2019-05-01", standings=spans, **nothing),
    ]
    critical = [s["payments"]["critical_illness"] for s in settle_all(*visits)]
    assert critical == ["255577.40", "0.00", "650.00"]


# ------------------------------------------------------------------------------------ assistance


@pytest.mark.parametrize(
    ("kind", "major_disease", "name"),
    [
        ("inpatient", False, "assistance_ordinary_paid"),
        ("inpatient", True, "assistance_major_paid"),
        ("major_outpatient", False, "assistance_major_paid"),
        ("major_outpatient", True, "assistance_major_paid"),
        ("chronic_outpatient", False, "assistance_ordinary_paid"),
        ("chronic_outpatient", True, "assistance_ordinary_paid"),
    ],
)
def test_assistance_class(kind: str, major_disease: bool, name: str) -> None:
    s = one(line("1000.00"), kind=kind, major_disease=major_disease, poor="dibao")
    changed = [n for n in s["accumulators"] if n.startswith("assistance")]
    changed = [n for n in changed if s["accumulators"][n]["after"] != "0.00"]
    assert changed == [name]


def test_assistance_limits() -> None:
    # critical (20,000 - 6,804) x 65 % = 8,577.40; 11,422.60 x 70 % = 7,995.82 -> 6,000
    nothing = {"given": {"basic": "0.00"}}
    s = one(line("20000.00"), poor="dibao", **nothing)
    assert paid(s)[1:3] == ("8577.40", "6000.00")
    # the major class has room: 7,995.82
    s = one(line("20000.00"), poor="dibao", major_disease=True, **nothing)
    assert paid(s)[2] == "7995.82"
    # 特困: all of it; it counts, so that a later 低保 visit gets nothing
    spans = [standing("destitute", "2018-01-01", "2019-03-01"), standing("dibao", "2019-03-01")]
    visits = [
        bill(line("20000.00"), visit_id="a", day="2019-02-01", standings=spans, **nothing),
        bill(line("1000.00"), visit_id="b", day="2019-03-01", standings=spans, **nothing),
    ]
    assert [paid(s)[2] for s in settle_all(*visits)] == ["11422.60", "0.00"]
    # ordinary: none
    assert paid(one(line("20000.00"), **nothing))[2] == "0.00"
    # the major class: 150,000 x 70 % = 105,000 -> 100,000
    nothing["given"]["critical_illness"] = "0.00"
    s = one(line("150000.00"), poor="dibao", kind="major_outpatient", **nothing)
    assert paid(s)[2] == "100000.00"


# ------------------------------------------------------------------------------ control and floor


@pytest.mark.parametrize(
    ("own", "rest", "limit", "excess", "share", "status"),
    [
        # 100.05: the limit 10.005 is rounded down; approaching from 8.00
        ("7.99", "92.06", "10.00", "0.00", "0.0799", "within"),
        ("8.00", "92.05", "10.00", "0.00", "0.0800", "approaching"),
        ("10.00", "90.05", "10.00", "0.00", "0.1000", "approaching"),
        ("10.01", "90.04", "10.00", "0.01", "0.1000", "exceeded"),  # 0.100049...
        # 0.09: the limit is 0, so never approaching
        ("0.00", "0.09", "0.00", "0.00", "0.0000", "within"),
        ("0.01", "0.08", "0.00", "0.01", "0.1111", "exceeded"),
        # 0.19: the limit is 0.01, 80 % of it 0.008
        ("0.01", "0.18", "0.01", "0.00", "0.0526", "approaching"),
        ("2.00", "1.00", "0.30", "1.70", "0.6667", "exceeded"),  # half up
    ],
)
def test_control_status(
    *, own: str, rest: str, limit: str, excess: str, share: str, status: str
) -> None:
    control = one(line(own, "丙"), line(rest, line_id="L2"))["control"]
    assert control == {
        "applies": False,  # not poor: shown all the same
        "share": share,
        "limit": limit,
        "excess": excess,
        "status": status,
    }


def test_hospital_bears_the_excess() -> None:
    # 1000 with 300 丙. (700 - 300) x 70 % = 280; 420 x 70 % = 294; left 426;
    # hospital 300 - 100 = 200; left 226; floor 126; patient 100
    lines = [line("700.00"), line("300.00", "丙", "L2")]
    s = one(*lines, poor="dibao")
    assert paid(s) == ("280.00", "0.00", "294.00", "126.00")
    assert (s["hospital"], s["patient"]) == ("200.00", "100.00")
    # consent does not leave the measure
    lines[1]["consent"] = True
    assert one(*lines, poor="dibao")["hospital"] == "200.00"
    # ordinary: nothing moves. 400 x 60 % = 240
    s = one(*lines)
    assert (s["hospital"], s["patient"], s["control"]["excess"]) == ("0.00", "760.00", "200.00")


def test_what_is_over_the_ceiling_is_measured_first_self_pay_is_not() -> None:
    lines = [
        line("150.00", price_ceiling="100.00"),
        line("100.00", "乙", "L2", first_self_pay_rate="1"),
        line("50.00", "丙", "L3"),
        line("700.00", line_id="L4"),
    ]
    s = one(*lines)
    assert (s["out_of_catalogue"], s["over_ceiling"]) == ("50.00", "50.00")
    assert (s["control"]["share"], s["control"]["status"]) == ("0.1000", "approaching")


def test_hospital_bears_at_most_what_is_left() -> None:
    # 特困: 280 + 420, fund 250: 50 are left of 1000, though the excess is 200
    lines = [line("700.00"), line("300.00", "丙", "L2")]
    s = one(*lines, poor="destitute", given={"other_aid": "250.00"})
    assert (s["hospital"], s["patient"], s["payments"]["floor"]) == ("50.00", "0.00", "0.00")
    assert s["payments"]["other_aid"] == "250.00"
    assert "targeted_insurance" not in s["payments"]


@pytest.mark.parametrize(
    ("kind", "place", "referred", "hospital", "floor"),
    [
        # inpatient, in the district: see above
        ("inpatient", "500113", False, "200.00", "126.00"),
        # referred out: 400 x 60 % x 90 % = 216; 484 x 70 % = 338.80; left 445.20 - 100
        ("inpatient", "510100", True, "0.00", "345.20"),
        # out without referral: no floor
        ("inpatient", "510100", False, "0.00", "0.00"),
        # chronic: 700 x 70 % = 490; 210 x 70 % = 147; left 363 - 200 = 163, below 20 % = 200
        ("chronic_outpatient", "500113", False, "200.00", "0.00"),
        # major: 280 + 294; left 226 after the hospital; limit 200
        ("major_outpatient", "500113", False, "200.00", "26.00"),
    ],
)
def test_where_control_and_floor_apply(
    kind: str, place: str, referred: bool, hospital: str, floor: str
) -> None:
    lines = [line("700.00"), line("300.00", "丙", "L2")]
    s = one(*lines, kind=kind, place=place, referred=referred, poor="dibao")
    assert (s["hospital"], s["payments"]["floor"]) == (hospital, floor)
    assert s["control"]["applies"] == (place == "500113")


def test_floor_limit_is_rounded_down() -> None:
    # 100.09, 300 not reached: 100.09 x 60 % = 60.054 -> 60.05; left 40.04; limit 10.00
    s = one(line("100.09"), poor="registered_poor")
    assert (s["payments"]["floor"], s["patient"]) == ("30.04", "10.00")


# ------------------------------------------------------------------------- order, faults, held_by


def test_order_by_moment_then_sequence_then_text() -> None:
    """Who comes first meets the stay's deductible of 300 (all visits are of 300)."""

    def first(*keys: Bill) -> str:
        visits = [bill(line("300.00"), episode_id="E", **key) for key in keys]
        for visit in visits:
            visit.update(admitted="2019-02-01", discharged="2019-02-02")
        met = [s for s in settle_all(*visits) if s["deductible_met"] == "300.00"]
        assert len(met) == 1
        return met[0]["visit_id"]

    # as text "10" is before "9"
    assert first({"visit_id": "9"}, {"visit_id": "10"}) == "10"
    assert first({"visit_id": "a"}, {"visit_id": "B"}) == "B"
    # no sequence is 0
    assert first({"visit_id": "a", "sequence": 1}, {"visit_id": "b"}) == "b"
    assert first({"visit_id": "a"}, {"visit_id": "b", "sequence": -1}) == "b"
    # a date alone is its first moment in China's time; one moment in three writings
    assert first({"visit_id": "b", "day": "2019-02-28T16:00:00Z"}, {"visit_id": "a"}) == "a"
    same = {"visit_id": "a", "day": "2019-03-01T01:00:00+09:00", "sequence": 2}
    assert first(same, {"visit_id": "b", "sequence": 1}) == "b"
    # by moment, not by text
    early, late = "2019-03-01T12:00:00+08:00", "2019-03-01T05:00:00Z"
    assert first({"visit_id": "b", "day": early}, {"visit_id": "a", "day": late}) == "b"


def test_a_faulty_visit_adds_nothing_and_is_named_later() -> None:
    visits = [
        bill(line("1000.00"), visit_id="before", day="2019-01-05"),
        bill(line("1000.00", "乙"), visit_id="bad", day="2019-02-05"),
        bill(line("1000.00"), visit_id="after", day="2019-03-05"),
        bill(line("1000.00"), visit_id="worse", day="2019-03-06", given={"floor": "1.00"}),
        bill(line("1000.00"), visit_id="last", day="2019-03-07"),
        bill(line("1000.00"), visit_id="else", day="2019-03-07", person="p2"),
    ]
    result = settle(visits)
    assert set(result["faults"]) == {"bad", "worse"}
    held = {visit_id: s["held_by"] for visit_id, s in result["settlements"].items()}
    assert held == {"before": [], "after": ["bad"], "last": ["bad", "worse"], "else": []}
    last = result["settlements"]["last"]["accumulators"]["basic_paid"]
    assert last == {"before": "840.00", "after": "1260.00"}  # 420 each


def test_a_fault_of_another_year_holds_nothing() -> None:
    visits = [
        bill(line("1.00"), visit_id="old", day="2018-12-31"),
        bill(line("1.00"), visit_id="new"),
    ]
    result = settle(visits)
    assert list(result["faults"]) == ["old"]
    assert result["settlements"]["new"]["held_by"] == []


def test_a_given_amount_above_its_base_holds_too() -> None:
    # the base of the second depends on what the first computes
    visits = [
        bill(line("1000.00"), visit_id="a", given={"critical_illness": "580.01"}),
        bill(line("1000.00"), visit_id="b"),
    ]
    # basic 420, so that the base of critical illness is 580
    result = settle(visits)
    assert list(result["faults"]) == ["a"]
    assert result["settlements"]["b"]["held_by"] == ["a"]
    visits[0]["given"]["critical_illness"] = "580.00"
    assert settle(visits)["faults"] == {}


# --------------------------------------------------------------------------------- given, awaited


def test_given_is_what_the_layers_below_start_from() -> None:
    # 建卡, 2539.50; basic given 1500 (computed 1567.65): 1039.50 x 60 % = 623.70; left 415.80
    s = one(line("2539.50"), poor="registered_poor", given={"basic": "1500.00"})
    assert paid(s) == ("1500.00", "0.00", "623.70", "161.85")
    assert s["differs"] == ["basic"]
    assert s["accumulators"]["after_basic"]["after"] == "1039.50"
    s = one(line("2539.50"), poor="registered_poor", given={"basic": "1567.65"})
    assert s["differs"] == []


def test_beside_a_given_basic_stands_the_formulas_deductible() -> None:
    # computed (1000 - 300) x 60 % = 420, whatever is said to be met
    given = {"basic": "420.00", "deductible_met": "0.00"}
    assert one(line("1000.00"), given=given)["differs"] == []


@pytest.mark.parametrize(
    ("given", "poor", "kind", "fault"),
    [
        ({"basic": "900.00"}, None, "inpatient", False),
        ({"basic": "900.01"}, None, "inpatient", True),
        ({"basic": "-0.01"}, None, "inpatient", True),
        ({"basic": "400.00", "critical_illness": "500.00"}, None, "inpatient", False),
        ({"basic": "400.00", "critical_illness": "500.01"}, None, "inpatient", True),
        ({"basic": "400.00", "medical_assistance": "500.00"}, "dibao", "inpatient", False),
        ({"basic": "400.00", "medical_assistance": "500.01"}, "dibao", "inpatient", True),
        ({"basic": "400.00", "medical_assistance": "0.01"}, None, "inpatient", True),
        ({"basic": "400.00", "medical_assistance": "0.00"}, None, "inpatient", False),
        ({"critical_illness": "0.00"}, "dibao", "outpatient", False),
        ({"critical_illness": "0.01"}, "dibao", "outpatient", True),
        ({"medical_assistance": "0.01"}, "dibao", "outpatient", True),
        # layer 4 starts from the total: 1000 - 400 = 600
        ({"basic": "400.00", "other_aid": "600.00"}, None, "inpatient", False),
        ({"basic": "400.00", "other_aid": "600.01"}, None, "inpatient", True),
        (
            {"basic": "400.00", "other_aid": "500.00", "targeted_insurance": "100.01"},
            None,
            "inpatient",
            True,
        ),
        ({"basic": "400.00", "other_aid": "600.00"}, None, "outpatient", False),
        ({"basic": "0.00", "deductible_met": "900.00"}, None, "inpatient", False),
        ({"basic": "0.00", "deductible_met": "900.01"}, None, "inpatient", True),
        ({"deductible_met": "1.00"}, None, "inpatient", True),
        ({"floor": "0.00"}, "dibao", "inpatient", True),
    ],
)
def test_bases(given: Bill, poor: str | None, kind: str, fault: bool) -> None:
    lines = [line("900.00"), line("100.00", "丙", "L2")]
    assert is_fault(*lines, given=given, poor=poor, kind=kind) == fault


def test_awaiting() -> None:
    s = one(line("1000.00"), awaiting=["basic"])
    assert (s["provisional"], s["payments"]["basic"]) == ("platform", "420.00")
    assert one(line("1000.00"), awaiting=[])["provisional"] is None
    assert is_fault(line("1000.00"), awaiting=["basic"], given={"basic": "1.00"})


# ---------------------------------------------------------------------------------------- history


def test_bills_of_the_history_add_but_are_not_returned() -> None:
    old = bill(line("250.00"), visit_id="old", day="2019-01-05", kind="major_outpatient")
    new = bill(line("1000.00"), visit_id="new", kind="major_outpatient")
    result = settle([new], {"bills": [old]})
    assert list(result["settlements"]) == ["new"]
    assert result["settlements"]["new"]["deductible_met"] == "50.00"


def test_an_opening_holds_what_the_bills_of_the_history_added() -> None:
    old = bill(line("1000.00"), visit_id="old", day="2019-01-05")  # basic 420, after 580
    news = [bill(line("1000.00"), visit_id=v, day="2019-03-05") for v in "ab"]
    opening = {"person": "p1", "year": 2019, "name": "basic_paid", "amount": "5000.00"}
    other_year = {**opening, "year": 2018, "name": "after_basic"}
    history = {"bills": [old], "accumulators": [opening, other_year]}
    first, second = settle_all(*news, history=history)
    assert first["accumulators"]["basic_paid"] == {"before": "5000.00", "after": "5420.00"}
    assert second["accumulators"]["basic_paid"] == {"before": "5420.00", "after": "5840.00"}
    assert first["accumulators"]["after_basic"] == {"before": "580.00", "after": "1160.00"}


# ------------------------------------------------------------------------------- generated bills


def fen(text: str) -> int:
    return int(text.replace(".", ""))


@pytest.fixture(scope="module")
def generated() -> tuple[list[Bill], dict[str, Any]]:
    bills = generate(20190101, 500)
    return bills, settle(bills)


def test_generated_bills_are_sound(generated: tuple[list[Bill], dict[str, Any]]) -> None:
    bills, result = generated
    assert result["faults"] == {}
    assert len(result["settlements"]) == len(bills) == len({b["visit_id"] for b in bills})


def test_conservation(generated: tuple[list[Bill], dict[str, Any]]) -> None:
    for s in generated[1]["settlements"].values():
        payments = [fen(p) for p in s["payments"].values()]
        assert min(*payments, fen(s["hospital"]), fen(s["patient"])) >= 0
        assert fen(s["total"]) == sum(payments) + fen(s["hospital"]) + fen(s["patient"])
        assert fen(s["total"]) == sum(fen(s[name]) for name in rules.PARTS)
        for name in rules.PARTS:
            assert fen(s[name]) == sum(fen(item[name]) for item in s["lines"])


def test_accumulators_are_a_chain(generated: tuple[list[Bill], dict[str, Any]]) -> None:
    bills, result = generated
    people = defaultdict(list)
    for b in bills:
        people[b["person"]["id"]].append(rules.read_entry(b))
    for entries in people.values():
        last = dict.fromkeys(rules.ACCUMULATORS, "0.00")
        for entry in sorted(entries, key=lambda e: e.key):
            sums = result["settlements"][entry.visit_id]["accumulators"]
            assert {name: v["before"] for name, v in sums.items()} == last
            last = {name: v["after"] for name, v in sums.items()}


def test_closed_form_of_critical_illness(generated: tuple[list[Bill], dict[str, Any]]) -> None:
    """Where standing is the same all year and nothing is given, the year pays F(its total)."""
    bills, result = generated
    people = defaultdict(list)
    for b in bills:
        people[b["person"]["id"]].append(b)
    seen = 0
    for own in people.values():
        visits = [rules.read_entry(b).visit for b in own]
        poor = {v.poor for v in visits}
        if len(poor) != 1 or any("critical_illness" in v.given for v in visits):
            continue
        sums = [result["settlements"][v.visit_id]["accumulators"] for v in visits]
        running = max(fen(s["after_basic"]["after"]) for s in sums)
        total = max(fen(s["critical_illness_paid"]["after"]) for s in sums)
        threshold, rate = (680400, Fraction(65, 100)) if True in poor else (1360800, Fraction(3, 5))
        formula = rules.half_up(max(running - threshold, 0) * rate)
        assert total == (formula if True in poor else min(formula, 20_000_000))
        seen += total > 0
    assert seen > 20


def test_the_order_in_the_file_does_not_matter(
    generated: tuple[list[Bill], dict[str, Any]],
) -> None:
    bills, result = generated
    shuffled = list(bills)
    random.Random(5).shuffle(shuffled)
    before = copy.deepcopy(shuffled)
    assert settle(shuffled) == result
    assert shuffled == before


def test_generator_is_deterministic() -> None:
    assert generate(3, 20) == generate(3, 20)
    assert generate(3, 20) != generate(4, 20)
    assert generate_faulty(3, 20) == generate_faulty(3, 20)


def test_corners_are_reached(generated: tuple[list[Bill], dict[str, Any]]) -> None:
    bills, result = generated
    corners: set[str] = set()
    for b in bills:
        s = result["settlements"][b["visit_id"]]
        corners |= {b["kind"], s["control"]["status"], *s["differs"], *s["payments"]}
        corners |= {f"given {name}" for name in b.get("given", {})}
        corners |= {f"line {key}" for item in b["lines"] for key in item}
        for name, cap in CAPS:
            before, after = (fen(s["accumulators"][name][key]) for key in ("before", "after"))
            if before < cap * 100 <= after:
                corners.add(f"{name} {cap}")
        corners |= {"zero"} if s["total"] == "0.00" else set()
        corners |= {"hospital"} if s["hospital"] != "0.00" else set()
        corners |= {"other year as written"} if b["settled"][:4] != "2019" else set()
    wanted = {*rules.KINDS, "within", "approaching", "exceeded", *rules.GIVABLE, "floor", "zero"}
    wanted |= {f"given {name}" for name in (*rules.GIVABLE, "deductible_met")}
    wanted |= {f"line {key}" for key in rules.LINE_NEEDS | rules.LINE_MAY - {"attributes"}}
    wanted |= {f"{name} {cap}" for name, cap in CAPS} | {"hospital", "other year as written"}
    assert wanted <= corners


CAPS = (
    ("basic_paid", 80_000),
    ("basic_paid", 120_000),
    ("chronic_paid", 1_000),
    ("outpatient_paid", 300),
    ("outpatient_paid", 500),
    ("after_basic", 6_804),
    ("after_basic", 13_608),
    ("critical_illness_paid", 200_000),
    ("assistance_ordinary_paid", 6_000),
    ("assistance_major_paid", 100_000),
)


# ------------------------------------------------------------------------------- planted faults


def test_every_planted_fault_is_found() -> None:
    made = generate_faulty(11, 3 * len(PLANTS))
    result = settle([b for b, _ in made])
    planted = {b["visit_id"]: name for b, name in made if name != VALID}
    assert set(planted.values()) == set(PLANTS)
    assert {v: planted[v] for v in planted if v not in result["faults"]} == {}
    assert {v: f for v, f in result["faults"].items() if v not in planted} == {}
    assert set(PLANTS) >= LESS_CERTAIN


def test_sound_bills_are_held_by_the_faulty_one_before_them() -> None:
    made = generate_faulty(12, 2 * len(PLANTS))
    result = settle([b for b, _ in made])
    people = defaultdict(list)
    for b, name in made:
        people[b["person"]["id"]].append((b, name))
    held = 0
    for group in people.values():
        bad = next((b, name) for b, name in group if name != VALID)
        for b, name in group:
            if name != VALID:
                continue
            expected = []
            if (b["settled"], b["visit_id"]) > ("2019-06-13", bad[0]["visit_id"]):
                expected = [bad[0]["visit_id"]]
            if bad[1].startswith(("settled_in_2018", "settled_in_2020")):
                expected = []
            assert result["settlements"][b["visit_id"]]["held_by"] == expected
            held += len(expected)
    assert held > 20


def test_a_bill_that_is_no_object_is_a_fault() -> None:
    assert "#0" in settle([[]])["faults"]
    assert "#1" in settle([bill(line("1.00")), {"kind": "inpatient"}])["faults"]
