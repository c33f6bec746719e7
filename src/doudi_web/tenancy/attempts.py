"""Who fails to log in too often waits: five times in a quarter of an hour, of one user name or from one address.

A try is counted before the password is looked at, so that many at once are not more than five.
"""

import hashlib
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from doudi.dates import CHINA
from doudi_web.tenancy.clock import real_now
from doudi_web.tenancy.models import Attempts
from doudi_web.tenancy.refusals import Refusal

LIMIT = 5
SPAN = timedelta(minutes=15)

_COUNT = """
INSERT INTO tenancy_attempts AS a (key, failures, at) VALUES (%(key)s, 1, %(now)s)
ON CONFLICT (key) DO UPDATE SET
  failures = CASE WHEN a.at <= %(since)s OR a.at > %(now)s THEN 1 ELSE a.failures + 1 END,
  at = CASE WHEN a.at <= %(since)s OR a.at > %(now)s OR a.failures + 1 = %(limit)s THEN %(now)s ELSE a.at END
RETURNING failures, at
"""
"""The span runs from the first failure; with the last that is allowed it begins anew."""


def key_of(kind: str, name: str) -> bytes:
    """Under what failures are kept: neither user names nor addresses can be read there."""
    return hashlib.sha256(f"{kind}:{name.casefold()}".encode()).digest()


def count(username: str, address: str) -> None:
    """Count one try. Raises Refusal 429 where there were too many, whoever has that user name or nobody."""
    for kind, name, limit in (
        ("address", address, settings.LOGIN_FAILURES_OF_ADDRESS),
        ("account", username, LIMIT),
    ):
        at = real_now()
        asked = {"key": key_of(kind, name), "now": at, "since": at - SPAN, "limit": limit}
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, asked)
            failures, last = cursor.fetchone() or (1, at)
        if failures > limit:
            raise _wait(last + SPAN)


def _wait(until: datetime) -> Refusal:
    return Refusal.of(429, "S471", "username", until=f"{until.astimezone(CHINA):%H:%M}")


def succeeded(username: str, address: str) -> None:
    """Who got in has failed no more; of the address only this try is taken back."""
    Attempts.objects.filter(key=key_of("account", username)).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tenancy_attempts SET failures = failures - 1 WHERE key = %s AND failures > 0",
            [key_of("address", address)],
        )
    Attempts.objects.filter(at__lt=real_now() - timedelta(days=1)).delete()


def forget(username: str) -> None:
    """The failures of a user name, as its password is reset."""
    Attempts.objects.filter(key=key_of("account", username)).delete()
