"""A forecast is the mean of whole weeks, its band holds four ends of five, and it says nothing it cannot know."""

import random
from datetime import date, timedelta

import pytest

from doudi_web.indicators.forecast import forecast

TODAY = date(2019, 12, 3)


def _days(amounts: list[int], until: date = TODAY) -> dict[date, int]:
    """Amounts of the days before a day, the last first."""
    return {until - timedelta(days=n + 1): amount for n, amount in enumerate(amounts)}


def test_even_spending_goes_on_evenly_and_has_no_band() -> None:
    made = forecast(2019, _days([100_00] * 336), TODAY)
    assert made is not None
    assert (made.weeks, made.per_week, made.spent) == (13, 700_00, 33_600_00)
    assert made.end == made.least == made.most == 33_600_00 + 29 * 100_00
    assert made.runs_out(33_600_00 + 10 * 100_00) == date(2019, 12, 13)
    assert made.runs_out(33_600_00 + 29 * 100_00) is None
    assert made.runs_out(1) == TODAY


def test_weeks_that_differ_make_a_band_by_hand() -> None:
    weeks = [700 if n % 2 else 1400 for n in range(13)]
    made = forecast(
        2019, _days([week if day == 0 else 0 for week in weeks for day in range(7)]), TODAY
    )
    assert made is not None
    assert made.per_week == (7 * 1400 + 6 * 700) // 13 == 1076
    assert made.spread == 363  # the root of (7 × 324² + 6 × 376²) ÷ 12, cut off
    # four weeks and a day: 4.142 weeks, √(4.142 + 4.142² ÷ 13) = 2.337; 1.356 × 363 × 2.337 = 1,150
    middle = made.spent + 1076 * 29 // 7
    assert (made.end, made.most - made.end) == (middle, 1150)
    assert made.least == middle - 1150


@pytest.mark.parametrize("today", [date(2018, 12, 31), date(2020, 1, 1), date(2019, 2, 11)])
def test_another_year_or_a_young_one_is_not_forecast(today: date) -> None:
    assert forecast(2019, {date(2019, 1, 2): 5}, today) is None


def test_the_first_whole_weeks_are_enough() -> None:
    assert forecast(2019, {}, date(2019, 2, 12)) is not None


def test_the_band_holds_about_four_ends_of_five() -> None:
    chance, held = random.Random(1), 0
    for _ in range(1_000):
        amounts = [int(chance.gauss(10_000, 2_500)) for _ in range(91)]
        made = forecast(2019, _days(amounts), TODAY)
        assert made is not None
        end = made.spent + sum(int(chance.gauss(10_000, 2_500)) for _ in range(29))
        held += made.least <= end <= made.most
    assert 760 <= held <= 850
