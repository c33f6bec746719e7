"""Room on the disks that the service writes to: told early, and no new write taken before the database breaks."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import Lock

from django.conf import settings

from doudi.errors import Fault, fault

_KEPT_SECONDS = 1.0
_MB = 2**20


class Level(StrEnum):
    """How things are."""

    FINE = "fine"
    LOW = "low"
    """Somebody makes room soon: all goes on."""
    FULL = "full"
    """No new write is taken; reading goes on."""


@dataclass(frozen=True, slots=True)
class Disk:
    """What stands on a disk, and how much of it is free."""

    name: str
    title: str
    total: int
    free: int

    @property
    def level(self) -> Level:
        """By what is free for who is not the administrator."""
        if self.free < settings.SPACE_LEAST:
            return Level.FULL
        return Level.LOW if self.free < settings.SPACE_WARNED else Level.FINE


_lock = Lock()
_kept: dict[str, tuple[float, tuple[Disk, ...]]] = {}


def disks() -> tuple[Disk, ...]:
    """The data, the database's log of writes where that is elsewhere, the backups. As they were a second ago."""
    with _lock:
        at, found = _kept.get("disks", (-_KEPT_SECONDS, ()))
        if time.monotonic() - at >= _KEPT_SECONDS:
            found = tuple(_measured())
            _kept["disks"] = (time.monotonic(), found)
        return found


def forget() -> None:
    """Measure anew when next asked."""
    _kept.clear()


def _measured() -> Sequence[Disk]:
    places = (
        ("data", "数据", Path(settings.DATA)),
        ("wal", "数据库的日志", Path(settings.DATA) / "postgres" / "pg_wal"),
        ("backups", "备份", Path(settings.BACKUPS)),
    )
    return [Disk(name, title, *room) for name, title, path in places if (room := room_at(path))]


def room_at(path: Path) -> tuple[int, int] | None:
    """Bytes of the disk on which a folder is, or will be, and how many are free; None where that cannot be told."""
    there = path
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        found = os.statvfs(there)
    except OSError:
        return None
    return found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize


def level() -> Level:
    """How the disks are on which the database writes: the worst of them."""
    found = [one.level for one in disks() if one.name != "backups"]
    return next((one for one in (Level.FULL, Level.LOW) if one in found), Level.FINE)


def full() -> Fault | None:
    """Why no new write is taken; None where there is room."""
    least = settings.SPACE_LEAST
    for one in disks():
        if one.name != "backups" and one.level is Level.FULL:
            return fault("S764", one.name, what=one.title, free=size(one.free), least=size(least))
    return None


def short_for(need: int, act: str, name: str = "backups") -> Fault | None:
    """Why something large is not begun: behind it less than the least would be left; None where there is room."""
    for one in disks():
        if one.name == name and one.free - need < settings.SPACE_LEAST:
            wanted = size(need + settings.SPACE_LEAST)
            return fault("S765", one.name, act=act, need=wanted, free=size(one.free))
    return None


def size(count: int) -> str:
    """
    >>> size(3 * 2**29), size(3 * 2**19), size(42 * 2**30)
    ('1.5 GB', '1 MB', '42.0 GB')
    """
    return f"{count / 2**30:,.1f} GB" if count >= 2**30 else f"{count // _MB:,} MB"
