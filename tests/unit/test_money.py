"""Whole fen: every rounding against exact fractions, texts, and what is too fine to hold."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from doudi.money import FEN_LIMIT, Rounding, divide, percent, scaled, yuan, yuan_for_people
from effort import MANY
from plain import rounded

NUMERATORS = st.one_of(st.integers(-50, 50), st.integers(-(10**30), 10**30))
DENOMINATORS = st.one_of(st.integers(1, 8), st.integers(1, 10**15))


# Catches a floor for a truncation, a tie that goes the other way, a division by way of floats.
@pytest.mark.parametrize("rounding", list(Rounding))
@MANY
@given(a=NUMERATORS, b=DENOMINATORS)
@example(a=2 * 10**20 + 1, b=2)
@example(a=-(2 * 10**20 + 3), b=2)
@example(a=10**30 + 1, b=3)
def test_a_division_is_the_exact_fraction_rounded_once(a: int, b: int, rounding: Rounding) -> None:
    assert divide(a, b, rounding) == rounded(Fraction(a, b), rounding)


@pytest.mark.parametrize(
    ("rounding", "halves"),
    [
        (Rounding.HALF_UP, [-2, -1, 0, 1, 2, 3]),
        (Rounding.HALF_AWAY, [-3, -2, -1, 1, 2, 3]),
        (Rounding.HALF_EVEN, [-2, -2, 0, 0, 2, 2]),
        (Rounding.DOWN, [-3, -2, -1, 0, 1, 2]),
        (Rounding.UP, [-2, -1, 0, 1, 2, 3]),
    ],
)
def test_ties_go_where_the_rounding_says(rounding: Rounding, halves: list[int]) -> None:
    """-2.5, -1.5, -0.5, 0.5, 1.5, 2.5"""
    assert [divide(n, 2, rounding) for n in (-5, -3, -1, 1, 3, 5)] == halves


# Catches a rounding that does not mirror: a refund would not take its line back.
@MANY
@given(NUMERATORS, DENOMINATORS)
def test_half_away_and_half_even_mirror(a: int, b: int) -> None:
    for rounding in (Rounding.HALF_AWAY, Rounding.HALF_EVEN):
        assert divide(-a, b, rounding) == -divide(a, b, rounding)


@MANY
@given(NUMERATORS, DENOMINATORS, st.sampled_from(list(Rounding)))
def test_a_rounding_is_less_than_a_whole_off_and_leaves_whole_numbers(
    a: int, b: int, rounding: Rounding
) -> None:
    assert abs(divide(a, b, rounding) - Fraction(a, b)) < 1
    assert divide(a * b, b, rounding) == a


@pytest.mark.parametrize("denominator", [0, -1])
def test_nothing_is_divided_by_zero_or_less(denominator: int) -> None:
    for rounding in Rounding:
        with pytest.raises(AssertionError):
            divide(1, denominator, rounding)


@MANY
@given(st.integers(-FEN_LIMIT, FEN_LIMIT))
def test_the_text_of_an_amount_reads_back_as_the_amount(fen: int) -> None:
    assert Decimal(yuan(fen)) * 100 == fen
    shown = yuan_for_people(fen).replace(",", "").replace("−", "-")
    assert Decimal(shown) * 100 == fen


def test_people_read_grouped_thousands_and_a_true_minus() -> None:
    assert yuan_for_people(-1_234_567_89) == "−1,234,567.89"
    assert [yuan_for_people(n) for n in (0, 7, 100, 99_999)] == ["0.00", "0.07", "1.00", "999.99"]


@pytest.mark.parametrize(
    ("numerator", "denominator", "text"),
    [
        (1, 1, "100%"), (0, 7, "0%"), (1, 3, "33.3333%"), (2, 3, "66.6667%"), (1, 10**8, "0%"),
        (5, 10**7, "0.0001%"), (333_333, 10**6, "33.3333%"), (10, 1, "1000%"), (-1, 200, "−0.5%"),
    ],
)  # fmt: skip
def test_a_rate_reads_as_a_percentage_without_idle_zeros(
    numerator: int, denominator: int, text: str
) -> None:
    assert percent(numerator, denominator) == text


@MANY
@given(st.decimals(allow_nan=True, allow_infinity=True), st.sampled_from([1, 100, 10**6]))
def test_what_is_finer_than_the_scale_or_no_number_is_not_held(value: Decimal, scale: int) -> None:
    found = scaled(value, scale)
    if value.is_finite() and value.adjusted() <= 20 and Fraction(value) * scale % 1 == 0:
        assert found == Fraction(value) * scale
    else:
        assert found is None


@pytest.mark.parametrize("text", ["NaN", "sNaN", "Infinity", "-Infinity", "1e30", "0.001"])
def test_hostile_numbers_are_not_held(text: str) -> None:
    assert scaled(Decimal(text), 100) is None
