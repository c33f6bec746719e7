"""Trying a backup: restored beside the data, its ledger verified, taken away again. What came of it is recorded."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from doudi.errors import Faulty, fault
from doudi_web.audit_log.actions import record
from doudi_web.operation import backups, space
from doudi_web.runs.worker import Progress
from doudi_web.site import kept
from doudi_web.site.restore import restore
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor

_VERIFY_SECONDS = 6 * 3600


def restore_test(asked: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """The newest backup in the folder of backups. Raises Faulty: there is none, it is damaged, its ledger does not
    hold, or there is no room."""
    folder = Path(settings.BACKUPS)
    named = os.environ.get(kept.PASSPHRASE_FILE, "")
    passphrase = kept.passphrase_in(Path(named) if named else None)
    found = sorted(folder.glob("doudi-*.backup"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise Faulty([fault("F101", str(folder), reason="还没有备份")])
    if told := space.short_for(2 * database_size(), "试恢复"):
        raise Faulty([told])
    path, place = found[-1], folder / f".try-{asked['run']}"
    for left in folder.glob(".try-*"):
        shutil.rmtree(left, ignore_errors=True)  # of one that was killed
    place.mkdir(mode=0o755)
    folder.chmod(0o711)  # the database's own user passes through, and sees nothing
    try:
        manifest = restore(path, place / "data", passphrase, progress)
        ledger = _verified(place / "data")
    finally:
        shutil.rmtree(place, ignore_errors=True)
        folder.chmod(0o700)
    rows, head = dict(manifest["rows"]), manifest["head"]
    told = {
        "file": path.name, "made": manifest["made"], "rows": sum(rows.values()), "holds": ledger["holds"],
        "sealed": None if head is None else head["size"],
    }  # fmt: skip
    actor = Actor(asked["asked_by"], Role(asked["role"]))
    record(actor, backups.TRIED, backups.SUBJECT, reason=asked["reason"], detail=told)
    return told


def _verified(data: Path) -> dict[str, Any]:
    """What the command says of the ledger of a restored folder. Raises Faulty where it does not hold."""
    words = [
        str(Path(sys.executable).with_name("doudi")),
        "ledger",
        "verify",
        "--data",
        str(data),
        "--json",
    ]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("DOUDI_", "DJANGO_"))}
    ran = subprocess.run(
        words, capture_output=True, check=False, timeout=_VERIFY_SECONDS, env=environment
    )
    try:
        said = json.loads(ran.stdout)
    except ValueError:
        said = {}
    if ran.returncode or not said.get("holds"):
        codes = sorted({one["code"] for one in said.get("faults", [])})
        text = "台账不完好：" + "、".join(codes) if codes else "台账核对没有做完"
        raise Faulty([fault("S575", "ledger verify", tool="ledger verify", text=text)])
    return said


def database_size() -> int:
    """Bytes of the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        row = cursor.fetchone()
    return 0 if row is None else int(row[0])
