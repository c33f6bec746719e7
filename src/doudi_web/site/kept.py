"""What backing up and restoring share: the pass-phrase, looking at a backup, counting what a database holds.

The application need not be set up for it: who restores has no database yet.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from psycopg import sql

from doudi.errors import Faulty, fault
from doudi_web.site.archive import Archive, Tick, opened
from doudi_web.site.postgres_tools import Connection

PASSPHRASE_FILE = "DOUDI_BACKUP_PASSPHRASE_FILE"
"""Names the file in which the pass-phrase of backups is, for who is not asked."""

DATABASE, SECRETS = "database", "secrets"
_SHORTEST = 12

_TABLES = """
SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY 1
"""
LAST = "SELECT size, root, before, sealed, digest, signature FROM settlement_seal ORDER BY size DESC LIMIT 1"
"""The head that stands."""


def passphrase_in(file: Path | None) -> str:
    """The pass-phrase in a file: its first line. Raises Faulty where there is none, or it is too short."""
    if file is None:
        raise Faulty([fault("S576", PASSPHRASE_FILE, shortest=_SHORTEST)])
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "不是 UTF-8 的文字"
        raise Faulty([fault("F101", str(file), reason=reason)]) from error
    return long_enough(lines[0] if lines else "", str(file))


def long_enough(passphrase: str, where: str) -> str:
    """The pass-phrase. Raises Faulty where it is too short to be one."""
    if len(passphrase) < _SHORTEST:
        raise Faulty([fault("S576", where, shortest=_SHORTEST)])
    return passphrase


def check(path: Path, tick: Tick, passphrase: str | None = None) -> Mapping[str, Any]:
    """Every byte of a backup is as it was written; what its manifest says. Raises Faulty.

    With the pass-phrase also that it was made under it, and that the keys in it can be read.
    """
    with opened(path) as found:
        found.check(tick)
        if passphrase is not None:
            list(found.chunks(SECRETS, found.unlock(passphrase)))
        return shown(found)


def shown(found: Archive) -> Mapping[str, Any]:
    """What a manifest says, without the digests of its blocks."""
    parts = [
        {key: one[key] for key in ("name", "offset", "size", "digest")}
        | {"blocks": len(one["blocks"])}
        for one in found.manifest["parts"]
    ]
    return {**found.manifest, "parts": parts, "bytes": found.size}


def counted(db: Connection) -> dict[str, int]:
    """How many rows each table has."""
    found: dict[str, int] = {}
    for (table,) in db.execute(_TABLES).fetchall():
        row = db.execute(
            sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
        ).fetchone()
        found[table] = 0 if row is None else int(row[0])
    return found


def sync_folder(folder: Path) -> None:
    """That a name stands in a folder is on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
