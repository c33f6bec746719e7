"""The demonstration as `doudi serve --demo` starts it: its hospital, its accounts, its door."""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.addresses import NOT_LOOKED_AT
from web.served import Served

_FILLED = "演示数据装好"
_SECONDS = 240


@dataclass
class Demo:
    """A demonstration that is filled: where it answers, and who may log in with which password."""

    served: Served
    passwords: dict[str, str]

    @property
    def base(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.served.port}"

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows read behind its back."""
        url = f"postgresql://postgres@/doudi?host={self.served.data / 'postgres'}"
        with psycopg.connect(url, autocommit=True) as database:
            return database.execute(sql, values).fetchall()


@contextmanager
def demonstration(
    folder: Path, filled: Path | None = None, environment: dict[str, str] | None = None
) -> Iterator[Demo]:
    """A demonstration in a folder of its own, stopped at the end: filled anew, or a copy of `filled`."""
    served = Served(folder / "demo", options=("--demo",), environment=environment or {})
    if filled is not None:
        subprocess.run(
            ["cp", "-a", str(filled / "demo"), str(folder)], check=True
        )  # owners and all
    served.start()
    try:
        until = time.monotonic() + _SECONDS
        while filled is None and _FILLED not in served.log():
            assert time.monotonic() < until, served.log()[-3000:]
            time.sleep(0.2)
        accounts = re.findall(r"(demo\.[a-z-]+)\s+(\S+)", served.log())
        made = Demo(served, dict(accounts))
        while made.rows(NOT_LOOKED_AT)[0][0]:
            assert time.monotonic() < until, "the ward was not looked at"
            time.sleep(0.2)
        yield made
    finally:
        served.stop()


@contextmanager
def filled_once(shared: Path) -> Iterator[Path]:
    """The folder of a filled demonstration that nobody runs: made by whoever of this run's workers comes first."""
    with _alone(shared):
        note = shared / "demonstration"
        if not note.exists():
            made = Path(tempfile.mkdtemp(prefix="doudi-demo-"))
            made.chmod(0o755)  # the database's own user goes through it
            with demonstration(made):
                pass
            note.write_text(str(made))
        using = shared / f"using-{os.getpid()}"
        using.touch()
    try:
        yield Path(note.read_text())
    finally:
        with _alone(shared):
            using.unlink()
            if not list(shared.glob("using-*")):
                shutil.rmtree(note.read_text())
                note.unlink()


@contextmanager
def _alone(shared: Path) -> Iterator[None]:
    with (shared / "demonstration.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
