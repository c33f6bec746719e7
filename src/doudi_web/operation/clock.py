"""Whether the machine's clock can be trusted, as far as that is known without asking anybody outside.

The kernel says whether something disciplines its clock, and by how much it may be wrong. Whoever sets it forward or
back is noticed beside the clock that only goes on: the difference of the two jumps.
"""

import ctypes
import json
import logging
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from doudi_web.tenancy.clock import real_now, told

JUMP_SECONDS = 2.0
"""What is more than this between two looks was set, not corrected: correcting is slower by far."""

_RECENT = timedelta(days=7)
_KEPT = 20
_UNSYNCHRONISED, _ERROR = 0x40, 5  # STA_UNSYNC, TIME_ERROR
_log = logging.getLogger("doudi.clock")


@dataclass(frozen=True, slots=True)
class Kernel:
    """What the kernel knows of its clock; None where it does not say."""

    synchronised: bool | None
    error_seconds: float | None
    """By how much it may be wrong at most."""


def kernel() -> Kernel:
    """Ask the kernel (adjtimex, reading alone)."""
    try:
        state = ctypes.create_string_buffer(512)
        result = ctypes.CDLL(None, use_errno=True).adjtimex(state)
    except (OSError, AttributeError):  # another system than Linux
        return Kernel(None, None)
    if result < 0:
        return Kernel(None, None)
    return told_by(result, state.raw)


def told_by(result: int, raw: bytes) -> Kernel:
    """What an answer of adjtimex says: microseconds of error, and a bit where nothing disciplines the clock."""
    _, _, _, most, _, status = struct.unpack_from("@illlli", raw)
    is_lost = result == _ERROR or bool(status & _UNSYNCHRONISED)
    return Kernel(not is_lost, None if is_lost else most / 1e6)


Reading = Callable[[], float]


def _going_on() -> float:
    """The clock that nobody sets, which goes on while the machine sleeps too."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(slots=True)
class Watch:
    """Both clocks side by side."""

    wall: Reading = time.time
    going_on: Reading = _going_on
    _apart: float | None = field(default=None, init=False)

    def look(self) -> float | None:
        """By how many seconds the clock was set since the last look; None where it only went on."""
        apart = self.wall() - self.going_on()
        before, self._apart = self._apart, apart
        if before is None or abs(apart - before) <= JUMP_SECONDS:
            return None
        return round(apart - before, 3)


def keep_watching(stop: threading.Event, seconds: float) -> None:
    """Notice whoever sets the clock, log it, and keep it for the operators' page."""
    watch = Watch()
    while True:
        if (jump := watch.look()) is not None:
            _log.warning("the clock was set by %.3f seconds", jump)
            with suppress(OSError):
                note(jump)
        if stop.wait(seconds):
            return


def note(jump: float) -> None:
    """Keep a jump."""
    found = [*jumps(), {"at": told(real_now()), "seconds": jump}][-_KEPT:]
    path = _path()
    made = path.with_suffix(".new")
    made.write_text(json.dumps(found), encoding="utf-8")
    made.replace(path)


def jumps() -> list[dict[str, Any]]:
    """Those that are kept, the oldest first."""
    try:
        return json.loads(_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []


def recent() -> list[dict[str, Any]]:
    """Those of the last week, and what a clock that was set back now calls the future."""
    since = real_now() - _RECENT
    return [one for one in jumps() if datetime.fromisoformat(one["at"]) >= since]


def _path() -> Path:
    return Path(settings.DATA) / "clock.json"
