"""The clock of a demonstration: it stays on one day of the past, and never goes back."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from doudi.dates import CHINA


@dataclass(frozen=True, slots=True)
class DemoClock:
    """At `began`, a real moment, the demonstration's clock stood at `stood`; it has gone on since.

    Every process of a service has the same two, so that none is behind another.
    """

    stood: datetime
    began: datetime

    @property
    def day(self) -> date:
        """The day that does not end."""
        return self.stood.date()

    def at(self, real: datetime) -> datetime:
        """What it says at a real moment: it goes on to the last moment of its day and stands still there."""
        end = datetime.combine(self.day, time.max, self.stood.tzinfo)
        return min(self.stood + max(real - self.began, timedelta()), end)

    def text(self) -> str:
        """As it is handed on to other processes."""
        return f"{self.stood.isoformat()}/{self.began.isoformat()}"


def demo_clock(day: date, last: datetime | None, real: datetime) -> DemoClock:
    """The clock that begins now: the day's, at this time of day, but not before the last moment that is kept."""
    real = real.astimezone(CHINA)
    stood = real.replace(year=day.year, month=day.month, day=day.day)
    return DemoClock(stood if last is None else max(stood, last.astimezone(CHINA)), real)


def of_text(text: str) -> DemoClock | None:
    """The clock that was handed on; none where the text is empty."""
    stood, _, began = text.partition("/")
    return DemoClock(datetime.fromisoformat(stood), datetime.fromisoformat(began)) if text else None
