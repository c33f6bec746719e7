"""An installation: a data folder, a database with its tables, the packs that came with the program in force."""

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from doudi.errors import Faulty, fault
from doudi.packs.load import Files
from doudi_web.site import database
from doudi_web.site.found import look
from doudi_web.site.secrets import AT_START, OF_PERSONS, Secrets
from doudi_web.tenancy.clock import real_now
from doudi_web.tenancy.demo_clock import demo_clock

RESTORING = "restoring"
"""Stands in a folder that is being restored: until it is gone, nothing there may be opened."""

_MIGRATING = 0x646F756469  # the lock under which one process migrates and the others wait


def open_installation(
    data: Path, url: str | None = None, *, demo_day: date | None = None, new: bool = True
) -> str:
    """Make this process one of the installation's: its database runs, Django knows it. Returns the URL.

    `new`: where there is none it is begun; otherwise that is refused.

    With `demo_day` it is a demonstration of that day; one that is a demonstration already stays it, whoever opens
    it. Raises Faulty, before anything is written, where the folder's keys are not the database's, and where a
    demonstration is asked for and the data is somebody's; where there must be an installation and is none.
    """
    where = url or str(data)
    if (data / RESTORING).exists():
        raise Faulty([fault("S574", str(data))])
    if not new and url is None and not (data / "postgres").is_dir():
        raise Faulty([fault("S511", where)])
    at = url or database.start(data)
    found = look(at)
    if not new and not found.is_installed:
        raise Faulty([fault("S511", where)])
    needed = [*(AT_START if found.is_installed else ()), *(OF_PERSONS if found.has_sealed else ())]
    if faults := Secrets(data).differing(found.checks, needed):
        raise Faulty(faults)
    if demo_day is not None and found.demo_day is None and found.is_used:
        raise Faulty([fault("S506", where)])
    data.mkdir(mode=0o755, parents=True, exist_ok=True)
    day = found.demo_day or demo_day
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "doudi_web.site.settings",
        "DOUDI_DATA": str(data.absolute()),
        "DOUDI_DATABASE": at,
        "DOUDI_DEMO": demo_clock(day, found.last, real_now()).text() if day else "",
    }
    django.setup()
    return at


def migrate(packs: Mapping[str, Files]) -> None:
    """Bring the tables up to date, put packs in force where none is yet; the database knows its keys and its day.

    Raises Faulty where another folder's keys were there first.
    """
    from doudi_web.policy.actions import install_packs
    from doudi_web.policy.rules import generation
    from doudi_web.tenancy.demonstration import keep_day
    from doudi_web.tenancy.who import KEEPER

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATING])
    try:
        call_command("migrate", verbosity=0, interactive=False)
        _keep_checks()
        keep_day()
        if generation() == 0:
            install_packs(KEEPER, packs)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATING])


def _keep_checks() -> None:
    """Make what keys are missing, and keep the check value of every one. Raises Faulty."""
    from doudi_web.tenancy.keys import keep_check
    from doudi_web.tenancy.models import KeyCheck

    kept = Secrets(settings.DATA)
    for name, size in {**AT_START, **OF_PERSONS}.items():
        kept.get(name, size)
    if not all(keep_check(name, kept.kept(name)) for name in kept.names()):
        checks = {one.name: bytes(one.value) for one in KeyCheck.objects.all()}
        raise Faulty(kept.differing(checks))
