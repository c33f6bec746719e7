"""Banan 2019 written by hand: one plain Python function over whole fen, no framework.

This is the hand-made limit that a framework is measured against: nothing but look-ups, whole-number
arithmetic and comparisons, written out where a call of ``min`` or ``max`` would cost more. The
rules and figures are those of the pack ``500113/2019``; every layer is computed, none is given.
"""

from __future__ import annotations

from typing import Any

# Percent.
BASIC_RATE = {"tier_1": {1: 80, 2: 60, 3: 40}, "tier_2": {1: 85, 2: 65, 3: 45}}
OUTPATIENT_RATE = {1: 60, 2: 40, 3: 0}
PLACE_FACTOR = {"in_district": 100, "referred": 90, "unreferred": 70}
ASSISTANCE_RATE = {"destitute": 100, "dibao": 70, "registered_poor": 60}
CRITICAL_RATE, CRITICAL_RATE_POOR = 60, 65

# Fen.
DEDUCTIBLE = {1: 100_00, 2: 300_00, 3: 800_00}
BASIC_CAP = {"tier_1": 80_000_00, "tier_2": 120_000_00}
OUTPATIENT_CAP = {"tier_1": 300_00, "tier_2": 500_00}
CHRONIC_CAP = 1_000_00
CRITICAL_THRESHOLD, CRITICAL_THRESHOLD_POOR = 13_608_00, 6_804_00
CRITICAL_CAP = 200_000_00
ASSISTANCE_CAP_ORDINARY, ASSISTANCE_CAP_MAJOR = 6_000_00, 100_000_00


def settle(visit: dict[str, Any]) -> dict[str, int]:
    """Settle one visit: what each layer, the hospital and the patient pay."""
    kind = visit["kind"]
    if kind == "outpatient":
        return _outpatient(visit)
    level = visit["level"]
    tier = visit["tier"]
    place = visit["place"]
    in_scope = visit["in_scope"]
    paid = visit["accumulators"]
    poor = visit["standing"] != "ordinary"

    # 1 Basic. The points go before the factor; 85 + 5 + 10 is the most, so no rate passes 100 %.
    rate = BASIC_RATE[tier][level]
    if visit["age"] < 18:
        rate += 5
    if poor and level < 3 and place == "in_district":
        rate += 10
    if kind == "chronic_outpatient":
        deductible = 0
        room = CHRONIC_CAP - paid["chronic_paid"]
    else:
        met = paid["stay_deductible_met" if kind == "inpatient" else "major_deductible_met"]
        deductible = DEDUCTIBLE[level] - met
        if deductible < 0:
            deductible = 0
        elif deductible > in_scope:
            deductible = in_scope
        room = BASIC_CAP[tier] - paid["basic_paid"]
    basic = ((in_scope - deductible) * rate * PLACE_FACTOR[place] + 5_000) // 10_000
    if basic > room:
        basic = room if room > 0 else 0
    own = in_scope - basic

    # 2 Critical illness: what the year's running own share earns after this visit, less before it.
    critical = 0
    before = paid["after_basic"] - (CRITICAL_THRESHOLD_POOR if poor else CRITICAL_THRESHOLD)
    if before + own > 0:
        rate = CRITICAL_RATE_POOR if poor else CRITICAL_RATE
        critical = ((before + own) * rate + 50) // 100
        if before > 0:
            critical -= (before * rate + 50) // 100
        if not poor:
            room = CRITICAL_CAP - paid["critical_illness_paid"]
            if critical > room:
                critical = room if room > 0 else 0

    left = visit["total"] - basic - critical
    if poor:
        assistance = _assistance(visit, kind, own - critical, paid)
        hospital, floor = _protection(visit, kind, place, left - assistance)
        left -= assistance + hospital + floor
    else:
        assistance = hospital = floor = 0
    return {
        "deductible_met": deductible,
        "basic": basic,
        "critical_illness": critical,
        "medical_assistance": assistance,
        "hospital": hospital,
        "floor": floor,
        "patient": left,
    }


def _outpatient(visit: dict[str, Any]) -> dict[str, int]:
    """Ordinary outpatient: basic alone, no points, no deductible, no layer below."""
    rate = OUTPATIENT_RATE[visit["level"]] * PLACE_FACTOR[visit["place"]]
    basic = (visit["in_scope"] * rate + 5_000) // 10_000
    room = OUTPATIENT_CAP[visit["tier"]] - visit["accumulators"]["outpatient_paid"]
    if basic > room:
        basic = room if room > 0 else 0
    return {
        "deductible_met": 0,
        "basic": basic,
        "critical_illness": 0,
        "medical_assistance": 0,
        "hospital": 0,
        "floor": 0,
        "patient": visit["total"] - basic,
    }


def _assistance(visit: dict[str, Any], kind: str, base: int, paid: dict[str, int]) -> int:
    """3 Medical assistance of the poor: two classes, each with a limit; 特困 without limit."""
    standing = visit["standing"]
    amount = (base * ASSISTANCE_RATE[standing] + 50) // 100
    if standing == "destitute":
        return amount
    if kind == "major_outpatient" or (kind == "inpatient" and visit["major_disease"]):
        room = ASSISTANCE_CAP_MAJOR - paid["assistance_major_paid"]
    else:
        room = ASSISTANCE_CAP_ORDINARY - paid["assistance_ordinary_paid"]
    if amount > room:
        return room if room > 0 else 0
    return amount


def _protection(visit: dict[str, Any], kind: str, place: str, left: int) -> tuple[int, int]:
    """5 Control and 6 floor of the poor: what the hospital bears, what the floor fund pays."""
    if place == "unreferred":
        return 0, 0
    total = visit["total"]
    hospital = 0
    if place == "in_district":
        excess = visit["out_of_catalogue"] + visit["over_ceiling"] - total // 10
        if excess > 0:
            hospital = excess if excess < left else left
            left -= hospital
    floor = left - total // (10 if kind == "inpatient" else 5)
    return hospital, floor if floor > 0 else 0
