"""Restoring: a backup becomes a new data folder, which is there whole or not at all."""

import fcntl
import glob
import os
import secrets as chance
import shutil
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from doudi.errors import Fault, Faulty, fault
from doudi_web.settlement.heads import Head, kept_head
from doudi_web.site import database, postgres_tools
from doudi_web.site.archive import Archive, Key, Tick, opened
from doudi_web.site.found import look
from doudi_web.site.installation import RESTORING
from doudi_web.site.kept import DATABASE, LAST, SECRETS, counted, shown, sync_folder
from doudi_web.site.postgres_tools import Connection
from doudi_web.site.secrets import AT_START, OF_PERSONS, Secrets


def restore(path: Path, data: Path, passphrase: str, tick: Tick) -> Mapping[str, Any]:
    """Make a data folder of a backup; what its manifest says. Raises Faulty, and then there is no folder.

    The whole file is read first; only what is whole is written.
    """
    _must_be_empty(data)
    with opened(path) as found:
        key = found.unlock(passphrase)
        found.check(tick)
        _clear(data)
        begun = data.parent / f".{data.name}.{chance.token_hex(4)}.part"
        try:
            with _held(begun) as mark:
                _fill(found, key, begun)
                database.stop(begun)
                mark.unlink()
                begun.rename(data)
                sync_folder(data.parent)
        except OSError as error:
            raise Faulty([fault("F135", str(data), reason=error.strerror or "原因不明")]) from error
        finally:
            if begun.is_dir():
                database.stop(begun)
                shutil.rmtree(begun, ignore_errors=True)
        return shown(found)


@contextmanager
def _held(begun: Path) -> Generator[Path]:
    """A folder that is being filled, and the mark in it that is locked as long as this process lives."""
    begun.mkdir(mode=0o755, parents=True)
    mark = begun / RESTORING
    with mark.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield mark


def _clear(data: Path) -> None:
    """Take away what restores to the same place have left that were killed."""
    for left in data.parent.glob(f".{glob.escape(data.name)}.*.part"):
        with suppress(OSError), (left / RESTORING).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            database.end(left)
            shutil.rmtree(left, ignore_errors=True)


def _must_be_empty(data: Path) -> None:
    """Nothing is written over. Raises Faulty."""
    if data.is_symlink() or (data.exists() and (not data.is_dir() or any(data.iterdir()))):
        raise Faulty([fault("S572", str(data))])


def _fill(found: Archive, key: Key, folder: Path) -> None:
    """Keys, then the database, then whether they fit and the database is what the manifest says. Raises Faulty."""
    _put_keys(b"".join(found.chunks(SECRETS, key)).decode(), folder / "secrets")
    url = _started(folder)
    with database.connect(url) as db:
        postgres_tools.load(db, found.chunks(DATABASE, key))
        if faults := _differing(db, found.manifest):
            raise Faulty(faults)
    there = look(url)
    needed = [*AT_START, *(OF_PERSONS if there.has_sealed else ())]
    if faults := Secrets(folder).differing(there.checks, needed):
        raise Faulty(faults)


def _started(folder: Path) -> str:
    """The folder's database runs; its URL. Raises Faulty: its own user may not enter there, or the disk is full."""
    try:
        return database.start(folder)
    except (OSError, subprocess.SubprocessError) as error:
        text = getattr(error, "strerror", None) or type(error).__name__
        told = fault("S575", str(folder), tool="postgres", text=text)
        raise Faulty([told]) from error


def _put_keys(told: str, folder: Path) -> None:
    folder.mkdir(mode=0o700)
    for name, value in (line.split() for line in told.splitlines()):
        handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(bytes.fromhex(value))
            file.flush()
            os.fsync(file.fileno())
    sync_folder(folder)


def _differing(db: Connection, manifest: Mapping[str, Any]) -> list[Fault]:
    """Tables with another number of rows, and a head that is not the one of the backup."""
    there, wanted = counted(db), dict[str, int](manifest["rows"])
    told = [
        fault("S579", name, what=name, found=there.get(name, 0), wanted=wanted.get(name, 0))
        for name in sorted({*there, *wanted})
        if there.get(name) != wanted.get(name)
    ]
    row = db.execute(LAST).fetchone()
    kept = kept_head(manifest["head"])
    if (None if row is None else Head(*row).said) != (None if kept is None else kept.head.said):
        told.append(
            fault("S579", "settlement_seal", what="封头", found="另一个", wanted="备份里的")
        )
    return told
