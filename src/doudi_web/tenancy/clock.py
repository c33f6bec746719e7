"""The server's clock. In the demonstration the day stands still and only the time of day goes on."""

from datetime import date, datetime

from django.conf import settings

from doudi.dates import CHINA


def now() -> datetime:
    """This moment in China, to the microsecond."""
    at = datetime.now(CHINA)
    if settings.DEMO_DAY:
        day = date.fromisoformat(settings.DEMO_DAY)
        at = at.replace(year=day.year, month=day.month, day=day.day)
    return at


def told(at: datetime) -> str:
    """A moment as answers and faults tell it: on the clock of China, whatever zone a connection reads it in."""
    return at.astimezone(CHINA).isoformat()


def told_or_none(at: datetime | None) -> str | None:
    """A moment, where there is one."""
    return None if at is None else told(at)
