"""The journal of a simulation: every message before it is sent, every answer as it was told, a line each.

What is told is on the disk before anything follows from it, so a run that was stopped goes on from here, and a
hospital that lost its memory finds it here again.
"""

import json
import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from doudi_lab.hospitals.wanted import Json, Wanted


@dataclass(frozen=True, slots=True)
class Told:
    """What the service answered to a message: `said` is what counts of the answer, `asked` what counts of a
    message that the plan does not hold already."""

    act: str
    kind: str
    hospital: str
    visit: str
    person: str
    day: int
    status: int
    said: Json
    asked: Json | None = None


class OtherRun(Exception):
    """The journal is of another simulation."""


class Journal:
    """The journal in a folder; made where there is none. Raises OtherRun."""

    def __init__(self, folder: Path, wanted: Wanted) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{wanted.name}{wanted.seed}.jsonl"
        self._lock = threading.Lock()
        self.told: dict[str, Told] = {}
        self.sent: set[str] = set()
        self.counts: list[Json] = []
        self.deciding: dict[str, Json] = {}
        lines = list(_lines(self._path))
        self.is_new = not lines
        if lines and lines[0].get("begin") != wanted.json():
            raise OtherRun(str(self._path))
        for line in lines:
            self._take(line)
        self._file = self._path.open("ab")
        if lines:
            self._file.truncate(_whole(self._path))
            self._file.seek(0, os.SEEK_END)
        else:
            self._write({"begin": wanted.json()})

    def send(self, act: str) -> bool:
        """Note that a message is about to be sent; whether it is for the first time."""
        if act in self.sent:
            return False
        self._write({"sent": act}, is_sure=False)
        self.sent.add(act)
        return True

    def tell(self, told: Told) -> None:
        """Note an answer."""
        self._write({"told": asdict(told)})
        self.told[told.act] = told

    def decide(self, act: str, asked: Json) -> None:
        """Note what the clerk is about to decide: nobody could tell afterwards."""
        if act not in self.deciding:
            self._write({"decide": act, "asked": asked})
            self.deciding[act] = asked

    def count(self, what: Json) -> None:
        """Note something that only the report tells."""
        self._write({"count": what}, is_sure=False)
        self.counts.append(what)

    def of_hospital(self, hospital: str) -> list[Told]:
        """What a hospital was told, read from the disk."""
        told = (Told(**line["told"]) for line in _lines(self._path) if "told" in line)
        return [one for one in told if one.hospital == hospital]

    def close(self) -> None:
        """Write no more."""
        self._file.close()

    def _take(self, line: Json) -> None:
        if "sent" in line:
            self.sent.add(line["sent"])
        elif "decide" in line:
            self.deciding[line["decide"]] = line["asked"]
        elif "count" in line:
            self.counts.append(line["count"])
        elif "told" in line:
            told = Told(**line["told"])
            self.told[told.act] = told

    def _write(self, line: Json, *, is_sure: bool = True) -> None:
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            self._file.write(text)
            self._file.flush()
            if is_sure:
                os.fsync(self._file.fileno())


def _lines(path: Path) -> Iterator[Json]:
    """The whole lines; what was being written as the run was stopped is none."""
    if path.exists():
        for line in _complete(path.read_bytes()):
            found: Any = json.loads(line)
            yield found


def _complete(content: bytes) -> Iterable[bytes]:
    return content[: content.rfind(b"\n") + 1].splitlines()


def _whole(path: Path) -> int:
    return path.read_bytes().rfind(b"\n") + 1
