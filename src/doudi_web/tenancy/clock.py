"""The server's clock, which in a demonstration is the demonstration's."""

from datetime import datetime

from django.conf import settings

from doudi.dates import CHINA


def now() -> datetime:
    """This moment in China, to the microsecond."""
    real = real_now()
    return settings.DEMO.at(real) if settings.DEMO else real


def real_now() -> datetime:
    """This moment as it is, also in a demonstration: for what guards logins, which must not stand still."""
    return datetime.now(CHINA)


def told(at: datetime) -> str:
    """A moment as answers and faults tell it: on the clock of China, whatever zone a connection reads it in."""
    return at.astimezone(CHINA).isoformat()


def told_or_none(at: datetime | None) -> str | None:
    """A moment, where there is one."""
    return None if at is None else told(at)
