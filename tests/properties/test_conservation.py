"""Nothing is lost and nobody pays what is not there: on bills of Banan and of generated packs."""

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banan import PACK, claims_of, settled
from doudi.adjudication import Adjudication
from doudi.claim import Claim
from effort import FEW, PACKS
from oracle.generate import generate
from plain import codes_of, read_plainly
from properties.years import Year, banan_years, generated_years

YEARS = pytest.mark.parametrize(
    "years", [banan_years(), generated_years()], ids=["Banan", "generated packs"]
)


def _conserves(claim: Claim, settlement: Adjudication) -> None:
    s = settlement
    parts = (s.out_of_catalogue, s.over_ceiling, s.first_self_pay, s.in_scope)
    assert sum(line.amount for line in claim.lines) == s.total == sum(parts)
    assert s.total == sum(s.payments.values()) + s.hospital + s.patient
    for line, row in zip(claim.lines, s.lines, strict=True):
        own = (row.out_of_catalogue, row.over_ceiling, row.first_self_pay, row.in_scope)
        assert (row.id, sum(own)) == (line.id, line.amount)


# Catches a layer's payment left out of the sum (an unshown layer that paid), an amount taken twice, a
# rounding difference that falls to nobody: the bill's own line amounts are summed here anew.
@YEARS
@PACKS
@given(data=st.data())
def test_payers_and_parts_add_up_to_what_the_lines_charge(
    years: st.SearchStrategy[Year], data: st.DataObject
) -> None:
    for claim, settlement in data.draw(years).pairs:
        _conserves(claim, settlement)


# Catches a base that falls below zero or exceeds what is left, a negative deductible, bands that pay
# back, an excess larger than what is left.
@YEARS
@PACKS
@given(data=st.data())
def test_no_payer_is_negative(years: st.SearchStrategy[Year], data: st.DataObject) -> None:
    for _, s in data.draw(years).pairs:
        assert min(*s.payments.values(), s.hospital, s.patient, s.deductible_met) >= 0


# Catches a limit rounded up, a floor that pays less than what is above the limit, one for who has none.
@given(banan_years())
def test_the_poor_patient_bears_at_most_the_share_of_the_total(year: Year) -> None:
    for claim, s in year.pairs:
        codes = codes_of(PACK, claim)
        shares = {"inpatient": 10, "chronic_outpatient": 20, "major_outpatient": 20}
        applies = codes["standing"] != "ordinary" and codes["place"] != "unreferred"
        if not applies or claim.kind not in shares:
            assert s.payments["floor"] == 0
            assert s.patient_limit is None
        else:
            limit = floor(Fraction(s.total * shares[claim.kind], 100))
            assert s.patient <= limit == s.patient_limit
            assert s.payments["floor"] == 0 or s.patient == limit


# The same on generated packs, whose limits are read plainly.
@PACKS
@given(generated_years())
def test_where_the_floor_applies_the_patient_bears_at_most_its_limit(year: Year) -> None:
    for (_, s), plain in zip(year.pairs, read_plainly(year.pack, year.claims), strict=True):
        assert s.patient_limit == plain.patient_limit
        if plain.patient_limit is not None:
            assert s.patient <= plain.patient_limit
            assert s.payments["floor"] == 0 or s.patient == plain.patient_limit


# Catches a cap compared with the wrong running sum, one forgotten, one applied before the rounding, given
# amounts that do not count: the caps stand here as the rules' text has them.
@given(banan_years())
def test_each_fund_pays_at_most_what_its_yearly_cap_leaves(year: Year) -> None:
    for claim, s in year.pairs:
        for layer, running_sum, cap in _caps(claim):
            if layer not in claim.given and cap is not None:
                before = s.accumulators[running_sum][0]
                assert s.payments[layer] <= max(cap - before, 0)


def _caps(claim: Claim) -> list[tuple[str, str, int | None]]:
    codes = codes_of(PACK, claim)
    tier_1, standing = codes["tier"] == "tier_1", codes["standing"]
    poor = standing != "ordinary"
    basic = {
        "inpatient": ("basic_paid", 80_000_00 if tier_1 else 120_000_00),
        "major_outpatient": ("basic_paid", 80_000_00 if tier_1 else 120_000_00),
        "chronic_outpatient": ("chronic_paid", 1_000_00),
        "outpatient": ("outpatient_paid", 300_00 if tier_1 else 500_00),
    }[claim.kind]
    major = claim.kind == "major_outpatient" or (claim.kind == "inpatient" and claim.major_disease)
    aid = ("assistance_major_paid", 100_000_00) if major else ("assistance_ordinary_paid", 6_000_00)
    without = standing == "destitute"
    return [
        ("basic", *basic),
        ("critical_illness", "critical_illness_paid", None if poor else 200_000_00),
        ("medical_assistance", aid[0], None if without else aid[1] if poor else 0),
    ]


# The same on generated packs; what each cap leaves is read plainly.
@PACKS
@given(generated_years())
def test_a_computed_payment_is_at_most_what_its_cap_leaves(year: Year) -> None:
    for (claim, s), plain in zip(year.pairs, read_plainly(year.pack, year.claims), strict=True):
        for layer, applied in plain.applied.items():
            if layer not in claim.given and applied.headroom is not None:
                assert s.payments.get(layer, 0) <= applied.headroom


# Catches what only bills as hospitals write them bring: prices of six decimals, inherited terms, given
# amounts beside computed ones, several persons at once.
@FEW
@given(st.integers(0, 10**9))
def test_bills_of_many_shapes_conserve(seed: int) -> None:
    read = claims_of(*generate(seed, 4))
    for claim, settlement in zip(read, settled(PACK, read), strict=True):
        _conserves(claim, settlement)
