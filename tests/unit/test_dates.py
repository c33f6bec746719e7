"""Days in China, spans without their end, ages by birthday, benefit years by their start."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doudi.dates import CHINA, Moment, Span, age_on, benefit_year
from effort import MANY

DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))
INSTANTS = st.integers(-60 * 10**15, 200 * 10**15 // 3).map(
    lambda n: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=n // 30)
)
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))


@pytest.mark.parametrize(
    ("birth", "day", "age"),
    [
        (date(2000, 2, 29), date(2018, 2, 28), 17),
        (date(2000, 2, 29), date(2018, 3, 1), 18),
        (date(2000, 2, 29), date(2020, 2, 28), 19),
        (date(2000, 2, 29), date(2020, 2, 29), 20),
        (date(2001, 3, 1), date(2019, 2, 28), 17),
        (date(2001, 2, 28), date(2019, 2, 28), 18),
        (date(2001, 12, 31), date(2019, 12, 30), 17),
        (date(2001, 12, 31), date(2019, 12, 31), 18),
        (date(2001, 1, 31), date(2019, 2, 1), 18),
        (date(2019, 6, 13), date(2019, 6, 13), 0),
    ],
)
def test_an_age_is_reached_on_the_birthday(birth: date, day: date, age: int) -> None:
    assert age_on(birth, day) == age


# Catches a comparison of day and month that is wrong at the end of a month.
@MANY
@given(DAYS, st.integers(0, 44_000))
def test_an_age_rises_by_one_a_year_and_never_falls(birth: date, after: int) -> None:
    day = min(birth + timedelta(days=after), date(2199, 12, 30))
    today, tomorrow = age_on(birth, day), age_on(birth, day + timedelta(days=1))
    assert tomorrow - today in (0, 1)
    birthdays = sum(
        (date(y, 3, 1) if (birth.month, birth.day) == (2, 29) and not _leap(y) else
         birth.replace(year=y)) <= day
        for y in range(birth.year + 1, day.year + 1)
    )  # fmt: skip
    assert today == birthdays


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


@MANY
@given(DAYS, st.one_of(st.none(), st.integers(0, 400)), DAYS)
def test_a_span_holds_its_start_and_not_its_end(start: date, days: int | None, day: date) -> None:
    end = None if days is None else start + timedelta(days=days)
    span = Span(start, end)
    assert span.covers(start) == (days != 0)
    assert not span.covers(start - timedelta(days=1))
    if end is None:
        assert span.covers(day) == (day >= start)
    else:
        assert not span.covers(end)
        assert sum(span.covers(start + timedelta(days=n)) for n in range(401)) == days


def test_a_span_says_its_last_day() -> None:
    assert str(Span(date(2019, 1, 1), date(2020, 1, 1))) == "2019-01-01 至 2019-12-31"
    assert str(Span(date(2019, 1, 1), None)) == "2019-01-01 起"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2018-12-31T15:59:59+00:00", date(2018, 12, 31)),
        ("2018-12-31T16:00:00+00:00", date(2019, 1, 1)),
        ("2019-01-01T00:30:00+09:00", date(2018, 12, 31)),
        ("2018-12-31T10:59:59-05:00", date(2018, 12, 31)),
        ("2018-12-31T11:00:00-05:00", date(2019, 1, 1)),
        ("2020-01-01T06:00:00+14:00", date(2020, 1, 1)),
        ("2020-01-01T05:59:59.999999+14:00", date(2019, 12, 31)),
        ("2019-03-01T00:00:00+08:00", date(2019, 3, 1)),
    ],
)
def test_the_day_of_a_moment_is_the_day_in_china(text: str, day: date) -> None:
    assert Moment.of_instant(datetime.fromisoformat(text)).day == day


# Catches an order by what the clocks showed instead of by what happened first.
@MANY
@given(INSTANTS, OFFSETS, OFFSETS)
def test_an_instant_is_the_same_in_every_offset(
    instant: datetime, a: timezone, b: timezone
) -> None:
    one, other = (Moment.of_instant(instant.astimezone(offset)) for offset in (a, b))
    assert (one.instant, one.day) == (other.instant, other.day)
    assert not one.precedes(other)
    assert not other.precedes(one)
    later = Moment.of_instant((instant + timedelta(microseconds=1)).astimezone(b))
    assert one.precedes(later)


def test_a_day_alone_is_its_first_moment_in_china_and_precedes_no_moment_of_that_day() -> None:
    day = Moment.of_day(date(2019, 6, 13))
    first = Moment.of_instant(datetime(2019, 6, 13, tzinfo=CHINA))
    noon = Moment.of_instant(datetime(2019, 6, 13, 12, tzinfo=CHINA))
    assert day.instant == first.instant
    assert not day.precedes(noon)
    assert not noon.precedes(day)
    assert first.precedes(noon)
    assert Moment.of_day(date(2019, 6, 12)).precedes(noon)
    assert noon.precedes(Moment.of_day(date(2019, 6, 14)))
    assert (str(day), str(noon)) == ("2019-06-13", "2019-06-13T12:00:00+08:00")


def test_a_moment_has_an_offset() -> None:
    with pytest.raises(AssertionError):
        Moment.of_instant(datetime(2019, 6, 13))  # noqa: DTZ001


@MANY
@given(DAYS, st.integers(1, 12), st.integers(1, 28))
def test_a_benefit_year_starts_on_its_day_and_is_named_by_it(
    day: date, month: int, first: int
) -> None:
    year = benefit_year(day, (month, first))
    assert date(year, month, first) <= day < date(year + 1, month, first)
