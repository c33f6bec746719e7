"""An installation: a data folder, a database with its tables, the packs that came with the program in force."""

import os
from collections.abc import Mapping
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connection

from doudi.packs.load import Files
from doudi_web.site import database

_MIGRATING = 0x646F756469  # the lock under which one process migrates and the others wait


def open_installation(data: Path, url: str | None = None, *, demo_day: str = "") -> str:
    """Make this process one of the installation's: its database runs, Django knows it. Returns the URL."""
    data.mkdir(mode=0o755, parents=True, exist_ok=True)
    found = url or database.start(data)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "doudi_web.site.settings",
        "DOUDI_DATA": str(data.absolute()),
        "DOUDI_DATABASE": found,
        "DOUDI_DEMO_DAY": demo_day,
    }
    django.setup()
    return found


def migrate(packs: Mapping[str, Files]) -> None:
    """Bring the tables up to date, and put packs in force where none is yet."""
    from doudi_web.policy.actions import install_packs
    from doudi_web.policy.rules import generation
    from doudi_web.tenancy.who import KEEPER

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATING])
    try:
        call_command("migrate", verbosity=0, interactive=False)
        if generation() == 0:
            install_packs(KEEPER, packs)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATING])
