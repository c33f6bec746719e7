"""The demonstration as `doudi serve --demo` starts it: its hospital, its accounts, its door."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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


@contextmanager
def demonstration(folder: Path) -> Iterator[Demo]:
    """A demonstration in a folder of its own, stopped at the end."""
    served = Served(folder / "demo", options=("--demo",))
    served.start()
    try:
        until = time.monotonic() + _SECONDS
        while _FILLED not in served.log():
            assert time.monotonic() < until, served.log()[-3000:]
            time.sleep(0.2)
        accounts = re.findall(r"(demo\.[a-z-]+)\s+(\S+)", served.log())
        yield Demo(served, dict(accounts))
    finally:
        served.stop()
