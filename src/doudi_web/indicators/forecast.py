"""What a fund will have spent by the end of its year: how it is reckoned is said with it.

By whole weeks: the mean of the last weeks goes on to the end of the year. The band is where four of five such ends
lie, where weeks to come differ from one another as the last ones did, and the mean is as unsure as so few make it
(Student's t of the sum of the weeks to come). No season and no trend is assumed; the page says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import isqrt

WEEKS, LEAST = 13, 6
"""Weeks that are looked back upon, and fewer than which nothing is forecast."""
_T = {5: 1476, 6: 1440, 7: 1415, 8: 1397, 9: 1383, 10: 1372, 11: 1363, 12: 1356}
"""Student's t below which nine of ten lie, in thousandths, by degrees of freedom: four of five lie between ±t."""
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Forecast:
    """What will be spent by the end of the year, and between what and what with four chances of five; fen.

    `weeks` whole weeks until `until` (that day not counted) came to `per_week` each, in the mean; `runs_out` is the
    first day on which the budget would be spent, with the earliest and the latest of the band.
    """

    year: int
    spent: int
    until: date
    weeks: int
    per_week: int
    end: int
    least: int
    most: int
    spread: int

    def at(self, day: date) -> tuple[int, int, int]:
        """What will be spent by the end of a day: middle, least, most."""
        days = max((day - self.until).days + 1, 0)
        middle = self.spent + self.per_week * days // _WEEK
        band = _band(self.spread, self.weeks, days)
        return middle, max(middle - band, self.spent), middle + band

    def runs_out(self, budget: int) -> date | None:
        """The first day by whose end the budget would be spent; None: not in this year, or before it began."""
        return self._first(budget, 0)

    def runs_out_early(self, budget: int) -> date | None:
        """The same at the upper edge of the band."""
        return self._first(budget, 2)

    def runs_out_late(self, budget: int) -> date | None:
        """The same at the lower edge."""
        return self._first(budget, 1)

    def _first(self, budget: int, edge: int) -> date | None:
        day, last = self.until, date(self.year, 12, 31)
        while day <= last:
            if self.at(day)[edge] > budget:
                return day
            day += timedelta(days=1)
        return None


def forecast(year: int, by_day: Mapping[date, int], today: date) -> Forecast | None:
    """The forecast as of the morning of a day; None where the year is over, has not begun, or is too young."""
    if today.year != year:
        return None
    first = date(year, 1, 1)
    whole = min((today - first).days // _WEEK, WEEKS)
    if whole < LEAST:
        return None
    weeks = [
        sum(
            by_day.get(today - timedelta(days=_WEEK * back + day), 0) for day in range(1, _WEEK + 1)
        )
        for back in range(whole)
    ]
    spent = sum(amount for day, amount in by_day.items() if day < today and day.year == year)
    mean = sum(weeks) // whole
    spread = isqrt(sum((week - mean) ** 2 for week in weeks) // (whole - 1))
    made = Forecast(year, spent, today, whole, mean, 0, 0, 0, spread)
    end, least, most = made.at(date(year, 12, 31))
    return Forecast(year, spent, today, whole, mean, end, least, most, spread)


def _band(spread: int, weeks: int, days: int) -> int:
    """Half the width of the band so many days on: t × s × √(k + k² ÷ n) for k weeks to come."""
    to_come = days * 1000 // _WEEK  # thousandths of weeks
    variance = to_come * 1000 + to_come * to_come // weeks
    return _T[weeks - 1] * spread * isqrt(variance) // 1_000_000
