"""The data as a backup has it, in the place of what is there."""

import os
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from doudi_setup import driving
from doudi_setup.layout import RESTORE, SWAP, Home, sync

_STOP_SECONDS = 60

SWAPPED = ("postgres", "secrets")
"""What a backup holds of a data folder; whatever else is there stays."""


def put_back(home: Home, version: str, under: dict[str, Any]) -> None:
    """Restore a backup by the release that made it, then put it in the place of what is there. May be begun again.

    What it takes the place of stays until all is done. Raises Failed.
    """
    restored = home.root / "restored"
    if under["step"] != SWAP:
        shutil.rmtree(restored, ignore_errors=True)
        home.step({**under, "step": RESTORE})
        asked = ("--passphrase-file", under["passphrase_file"])
        driving.run(home, version, "restore", under["backup"], "--data", str(restored), *asked)
        home.step({**under, "step": SWAP})
    swap(home.data, restored, home.root / "replaced")


def swap(data: Path, restored: Path, replaced: Path) -> None:
    """Each part is the old one or the new one; done again after a kill it ends the same."""
    replaced.mkdir(mode=0o700, exist_ok=True)
    _stop_database(data / "postgres")
    for name in SWAPPED:
        new, place, aside = restored / name, data / name, replaced / name
        if not new.exists():
            continue  # it is in its place already
        if place.exists():
            if aside.exists():
                shutil.rmtree(aside)
            place.rename(aside)
        new.rename(place)
    for folder in (data, replaced):
        sync(folder)


def _stop_database(folder: Path) -> None:
    """A database that runs on there, though nobody uses it any more, ends before its files are moved."""
    with suppress(OSError, ValueError, IndexError):
        noted = int((folder / "postmaster.pid").read_text().split()[0])
        process = Path(f"/proc/{noted}")
        if (process / "cwd").readlink() != folder.resolve():
            return  # the number is another program's by now
        os.kill(noted, signal.SIGINT)
        until = time.monotonic() + _STOP_SECONDS
        while process.exists() and time.monotonic() < until:
            time.sleep(0.05)


def tidy(home: Home) -> None:
    """Take away what a swap left, once it is not needed any more."""
    for name in ("restored", "replaced"):
        shutil.rmtree(home.root / name, ignore_errors=True)
