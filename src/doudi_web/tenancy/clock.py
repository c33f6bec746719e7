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
