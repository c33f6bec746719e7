"""Where things are on the machine: releases side by side, the one in use by a link, the data outside of them.

ROOT/releases/0.1.0/env        a release: its own Python environment
ROOT/releases/0.1.0/release.json   written last: without it the release is not there
ROOT/current -> releases/0.1.0
ROOT/bin/doudi                 the command of the release in use
ROOT/data                      the data folder
ROOT/backups                   what upgrades made
ROOT/history.json              what was installed, upgraded, rolled back, and when
ROOT/upgrade.json              stands while an upgrade or a rollback is under way
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RELEASE = "release.json"

BACKUP, MIGRATE, SWITCH, RESTORE, SWAP = "备份", "更新表结构", "换上新版本", "恢复备份", "换回数据"
"""The steps of an upgrade and of the way back, as upgrade.json names them."""


@dataclass(frozen=True, slots=True)
class Release:
    """What a release says of itself: its version, and the machine and Python that it is for."""

    version: str
    platform: str
    python: str
    libc: str
    """The oldest C library (glibc) that its wheels run with."""

    @classmethod
    def read(cls, folder: Path) -> "Release":
        """The release of an unpacked archive, or of a folder of releases."""
        stated = json.loads((folder / RELEASE).read_text(encoding="utf-8"))
        return cls(*(stated[key] for key in ("version", "platform", "python", "libc")))

    def text(self) -> str:
        """As it is kept in a file."""
        return json.dumps(asdict(self), indent=1)


def order_of(version: str) -> tuple[int, ...]:
    """Versions in their order.

    >>> order_of("0.9.1") < order_of("0.10.0")
    True
    """
    return tuple(int("".join(c for c in part if c.isdigit()) or 0) for part in version.split("."))


@dataclass(frozen=True, slots=True)
class Home:
    """A place in which releases are installed."""

    root: Path

    @property
    def current(self) -> Path:
        """The link to the release in use."""
        return self.root / "current"

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.root / "data"

    @property
    def backups(self) -> Path:
        """What upgrades and rollbacks kept."""
        return self.root / "backups"

    def release(self, version: str) -> Path:
        """The folder of a release."""
        return self.root / "releases" / version

    def command(self, version: str) -> Path:
        """The command of a release."""
        return self.release(version) / "env" / "bin" / "doudi"

    def is_there(self, version: str) -> bool:
        """Whether a release was installed to its end."""
        return (self.release(version) / RELEASE).is_file()

    def versions(self) -> list[str]:
        """The releases that are there, the oldest first."""
        found = (self.root / "releases").glob(f"*/{RELEASE}")
        return sorted((path.parent.name for path in found), key=order_of)

    def in_use(self) -> str | None:
        """The version in use."""
        return self.current.resolve().name if self.current.is_symlink() else None

    def switch(self, version: str) -> None:
        """Use that release from now on: the link is the one or the other, never none."""
        made = self.root / ".current.new"
        made.unlink(missing_ok=True)
        made.symlink_to(Path("releases") / version)
        made.replace(self.current)
        sync(self.root)

    def history(self) -> list[dict[str, Any]]:
        """What was done here, the oldest first."""
        try:
            return json.loads((self.root / "history.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []

    def note(self, done: str, **more: Any) -> None:
        """Add to the history."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        write(self.root / "history.json", [*self.history(), {"at": at, "done": done, **more}])

    def under_way(self) -> dict[str, Any] | None:
        """What an upgrade or a rollback that has not ended was doing."""
        try:
            return json.loads((self.root / "upgrade.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None

    def step(self, told: Mapping[str, Any] | None) -> None:
        """Write down what is being done before it is done; None where nothing is any more."""
        path = self.root / "upgrade.json"
        if told is None:
            path.unlink(missing_ok=True)
            sync(self.root)
        else:
            write(path, told)


def write(path: Path, told: object) -> None:
    """A file of JSON, whole or as it was."""
    made = path.with_name(f".{path.name}.new")
    with made.open("w", encoding="utf-8") as file:
        json.dump(told, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    made.replace(path)
    sync(path.parent)


def sync(folder: Path) -> None:
    """That a name stands in a folder is on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
