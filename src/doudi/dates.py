"""Days, moments and spans. Every span is [from, to); the day of a moment is the day in China.

Nothing here asks the clock: a day is always passed in.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Span:
    """The days from `start` on, to the day before `end`; an `end` of None stays open."""

    start: date
    end: date | None

    def covers(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)

    def overlaps(self, other: "Span") -> bool:
        """Whether some day lies in both."""
        return (self.end is None or other.start < self.end) and (
            other.end is None or self.start < other.end
        )

    def __str__(self) -> str:
        last = "起" if self.end is None else f"至 {self.end - timedelta(days=1)}"
        return f"{self.start} {last}"


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """A point in time as a bill gives it: a day alone is that day's first moment in China's time."""

    instant: datetime
    day: date
    day_alone: bool

    @classmethod
    def of_day(cls, day: date) -> "Moment":
        return cls(datetime.combine(day, time(), CHINA), day, True)

    @classmethod
    def of_instant(cls, instant: datetime) -> "Moment":
        assert instant.tzinfo is not None, "a moment has an offset"
        return cls(instant, instant.astimezone(CHINA).date(), False)

    def precedes(self, other: "Moment") -> bool:
        """True when this is surely earlier; where one of the two is a day alone, days are compared."""
        if self.day_alone or other.day_alone:
            return self.day < other.day
        return self.instant < other.instant

    def __str__(self) -> str:
        return str(self.day) if self.day_alone else self.instant.isoformat()


def age_on(birth: date, day: date) -> int:
    """Whole years on that day: reached on the birthday; who was born on 29 February, on 1 March.

    >>> age_on(date(2001, 2, 28), date(2019, 2, 28)), age_on(date(2000, 2, 29), date(2018, 2, 28))
    (18, 17)
    """
    before_birthday = day.month * 32 + day.day < birth.month * 32 + birth.day
    return day.year - birth.year - before_birthday


def benefit_year(day: date, starts: tuple[int, int]) -> int:
    """The benefit year that a day belongs to, named by the calendar year in which it starts."""
    return day.year - ((day.month, day.day) < starts)
