"""Periods: a month, a quarter or a year, by the day in China."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time

from doudi.dates import CHINA

_WRITTEN = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?:(?P<month>0[1-9]|1[0-2])|Q(?P<quarter>[1-4])))?", re.ASCII
)
EXPECTED = "月、季或年：2026-11、2026-Q4、2026"


@dataclass(frozen=True, slots=True)
class Period:
    """`months` months of a year from `first` on."""

    year: int
    first: int
    months: int

    def __str__(self) -> str:
        match self.months:
            case 1:
                return f"{self.year:04d}-{self.first:02d}"
            case 3:
                return f"{self.year:04d}-Q{self.first // 3 + 1}"
            case _:
                return f"{self.year:04d}"

    @property
    def start(self) -> datetime:
        """Its first moment."""
        return datetime.combine(date(self.year, self.first, 1), time(), CHINA)

    @property
    def end(self) -> datetime:
        """The first moment behind it."""
        years, month = divmod(self.first - 1 + self.months, 12)
        return datetime.combine(date(self.year + years, month + 1, 1), time(), CHINA)

    def inner(self) -> "tuple[Period, ...]":
        """The periods that lie within it, itself among them."""
        return tuple(one for one in _periods(self.year) if self._holds(one))

    def outer(self) -> "tuple[Period, ...]":
        """The periods in which it lies, without itself."""
        return tuple(one for one in _periods(self.year) if one != self and one._holds(self))

    def _holds(self, other: "Period") -> bool:
        return self.first <= other.first and other.first + other.months <= self.first + self.months


def _periods(year: int) -> "tuple[Period, ...]":
    months = tuple(Period(year, month, 1) for month in range(1, 13))
    return (*months, *(Period(year, month, 3) for month in (1, 4, 7, 10)), Period(year, 1, 12))


def period_of(text: str) -> Period | None:
    """The period that a text names; None where it names none.

    >>> [str(period_of(text)) for text in ("2026-11", "2026-Q4", "2026", "2026-13", "1800")]
    ['2026-11', '2026-Q4', '2026', 'None', 'None']
    >>> [str(one) for one in Period(2026, 10, 3).inner()], [str(one) for one in Period(2026, 11, 1).outer()]
    (['2026-10', '2026-11', '2026-12', '2026-Q4'], ['2026-Q4', '2026'])
    """
    found = _WRITTEN.fullmatch(text)
    if found is None or not 1900 < int(found["year"]) < 2200:
        return None
    year = int(found["year"])
    if found["month"]:
        return Period(year, int(found["month"]), 1)
    return (
        Period(year, int(found["quarter"]) * 3 - 2, 3) if found["quarter"] else Period(year, 1, 12)
    )


def month_of(day: date) -> Period:
    """The month in which a day lies."""
    return Period(day.year, day.month, 1)
