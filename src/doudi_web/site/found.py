"""What a database holds before this process joins it: asked without Django, which is not set up yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg

from doudi_web.site import database

_TABLES = """
SELECT name FROM unnest(ARRAY['django_migrations', 'tenancy_demonstration', 'settlement_posting',
  'settlement_seal', 'register_person', 'tenancy_keycheck', 'tenancy_account', 'tenancy_facility',
  'settlement_visit', 'settlement_quarantined']) AS asked(name) WHERE to_regclass(name) IS NOT NULL
"""
_OF_PEOPLE = (
    "register_person", "settlement_posting", "tenancy_account", "tenancy_facility", "settlement_visit",
    "settlement_quarantined",
)  # fmt: skip
_USED = "SELECT EXISTS (SELECT 1 FROM {})"
_SEALED = """
SELECT EXISTS (SELECT 1 FROM register_person WHERE coalesce(name, id_number, phone) IS NOT NULL)
"""
_LAST = {
    "settlement_posting": "SELECT posted FROM settlement_posting ORDER BY id DESC LIMIT 1",
    "settlement_seal": "SELECT sealed FROM settlement_seal ORDER BY size DESC LIMIT 1",
}


@dataclass(frozen=True, slots=True)
class Found:
    """What a database holds."""

    is_installed: bool
    """Whether it has tables of ours."""
    is_used: bool
    """Whether anybody has an account, or anything was registered, opened, refused or posted."""
    demo_day: date | None
    """The day of the demonstration that it is."""
    last: datetime | None
    """The last moment that the ledger keeps."""
    checks: Mapping[str, bytes]
    """Check values of its installation's keys, by name; none where the database is new or of an older version."""
    has_sealed: bool
    """Whether something that says who somebody is was sealed."""


def look(url: str) -> Found:
    """What the database at that address holds; nothing is written."""
    with database.connect(url) as db:
        tables = {row[0] for row in db.execute(_TABLES)}
        used = [_first(db, _USED.format(table)) for table in _OF_PEOPLE if table in tables]
        moments = [_first(db, asked) for table, asked in _LAST.items() if table in tables]
        day, checks, sealed = None, dict[str, bytes](), False
        if "tenancy_demonstration" in tables:
            day = _first(db, "SELECT day FROM tenancy_demonstration")
        if "tenancy_keycheck" in tables:
            checks = dict(db.execute("SELECT name, value FROM tenancy_keycheck").fetchall())
        if "register_person" in tables:
            sealed = _first(db, _SEALED)
    last = max((moment for moment in moments if moment), default=None)
    return Found("django_migrations" in tables, any(used), day, last, checks, sealed)


def _first(db: "psycopg.Connection[tuple[Any, ...]]", asked: str) -> Any:
    row = db.execute(asked.encode()).fetchone()
    return None if row is None else row[0]
