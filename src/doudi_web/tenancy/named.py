"""What those are called who did something, by their keys."""

from collections.abc import Iterable

from django.db import connection

_NAMES = """
SELECT 'account:' || id, name FROM tenancy_account WHERE id = ANY(%s)
UNION ALL SELECT 'token:' || id, name FROM tenancy_token WHERE id = ANY(%s)
"""
_LONGEST = 18  # digits of a number that a table can hold


def hospitals_called(codes: Iterable[str]) -> dict[str, str]:
    """What hospitals are called, by their codes, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code, name FROM tenancy_facility WHERE code = ANY(%s)", [sorted(set(codes))]
        )
        return dict(cursor.fetchall())


def called(keys: Iterable[str]) -> dict[str, str]:
    """Names of accounts and tokens, in one query; keys of nobody who is known are left out."""
    of: dict[str, set[int]] = {"account": set(), "token": set()}
    for key in keys:
        kind, _, number = key.partition(":")
        if kind in of and number.isascii() and number.isdigit() and len(number) <= _LONGEST:
            of[kind].add(int(number))
    if not any(of.values()):
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, [sorted(of["account"]), sorted(of["token"])])
        return dict(cursor.fetchall())
