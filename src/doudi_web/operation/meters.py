"""What the service counts of its own work, for a monitor: requests by route and status, how long they took.

Every process counts for itself and leaves its counts in a file of the data folder within a second; whichever
process is asked adds them up. Nothing of what was sent is in them.
"""

import json
import os
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
SETTLING = frozenset({"api/v1/settlements", "api/v1/visits/<visit>/settle"})
_WRITE_SECONDS = 1.0


@dataclass(slots=True)
class Counts:
    """Requests by (method, route, status), and of each route how many took up to each bound and how long in all.

    A key is joined by spaces, so that it can be written as JSON.
    """

    requests: Counter[str] = field(default_factory=Counter[str])
    within: Counter[str] = field(default_factory=Counter[str])
    seconds: Counter[str] = field(default_factory=Counter[str])
    faults: Counter[str] = field(default_factory=Counter[str])
    """Answers that said that the service itself could not, by the code of their fault."""

    def add(self, other: "Counts") -> None:
        """Add another's counts to these."""
        self.requests.update(other.requests)
        self.within.update(other.within)
        self.seconds.update(other.seconds)
        self.faults.update(other.faults)

    def text(self) -> str:
        """The counts as they are kept in a file."""
        return json.dumps([self.requests, self.within, self.seconds, self.faults])

    @classmethod
    def of(cls, text: str) -> "Counts":
        """The counts of a file."""
        return cls(*(Counter(one) for one in json.loads(text)))


class Meters:
    """This process's counts, and those that the others left in the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own = Counts()
        self._lock = threading.Lock()
        self._file = ""
        self._pid = 0
        self._is_new = threading.Event()

    def record(
        self,
        method: str,
        route: str | None,
        status: int,
        seconds: float,
        codes: Iterable[str] = (),
    ) -> None:
        """Count one request."""
        name = route if route is not None else "-"
        verb = method if method in METHODS else "other"
        bound = next((str(b) for b in BOUNDS if seconds <= b), "+Inf")
        with self._lock:
            if self._pid != os.getpid():
                self._begin()
            self._own.requests[f"{verb} {name} {status}"] += 1
            self._own.faults.update(codes)
            self._own.within[f"{name} {bound}"] += 1
            self._own.seconds[name] += seconds  # pyright: ignore[reportArgumentType]  # a sum, not a count
        self._is_new.set()

    def total(self) -> Counts:
        """The counts of all processes of this installation since it was started."""
        found = Counts()
        for path in sorted(self._folder.glob("*.json")):
            if path.name != self._file:
                with suppress(OSError, ValueError, TypeError):
                    found.add(Counts.of(path.read_text(encoding="utf-8")))
        with self._lock:
            found.add(self._own)
        return found

    def _begin(self) -> None:
        """A process begins with nothing counted; a child does not count its parent's requests again."""
        self._pid = os.getpid()
        self._file = f"{self._pid}-{secrets.token_hex(4)}.json"
        self._own = Counts()
        threading.Thread(target=self._keep, args=(self._file,), daemon=True).start()

    def _keep(self, name: str) -> None:
        path = self._folder / name
        while True:
            self._is_new.wait()
            self._is_new.clear()
            with self._lock:
                text = self._own.text()
            with suppress(OSError):  # a full disk must not stop the counting
                self._folder.mkdir(parents=True, exist_ok=True)
                made = path.with_suffix(".new")
                made.write_text(text, encoding="utf-8")
                made.replace(path)
            time.sleep(_WRITE_SECONDS)


METERS = Meters(Path(settings.DATA) / "meters")
"""This process's."""


def forget(folder: Path) -> None:
    """A service that starts counts from nothing."""
    for path in folder.glob("*"):
        path.unlink(missing_ok=True)


def exposition(counts: Counts, gauges: dict[str, tuple[str, int]]) -> str:
    """Counts and gauges in the text format of Prometheus."""
    lines = [*_requests(counts), *_seconds(counts)]
    for name, help_, status in (
        ("settled", "结算成的就医", "201"),
        ("refused", "有错退回的结算", "422"),
    ):
        total = sum(counts.requests[f"POST {route} {status}"] for route in SETTLING)
        lines += [
            *_head(f"doudi_{name}_total", "counter", help_),
            f"doudi_{name}_total {total}",
        ]
    lines += [*_head("doudi_faults_total", "counter", "服务自己不能办的，按错误的代码")]
    lines += [
        f'doudi_faults_total{{code="{code}"}} {n}' for code, n in sorted(counts.faults.items())
    ]
    for name, (help_, value) in gauges.items():
        lines += [*_head(f"doudi_{name}", "gauge", help_), f"doudi_{name} {value}"]
    return "\n".join((*lines, ""))


def _requests(counts: Counts) -> Iterator[str]:
    yield from _head("doudi_requests_total", "counter", "请求，按方法、路由和状态")
    for key, count in sorted(counts.requests.items()):
        method, route, status = key.split(" ")
        labels = f'method="{method}",route="{_label(route)}",status="{status}"'
        yield f"doudi_requests_total{{{labels}}} {count}"


def _seconds(counts: Counts) -> Iterator[str]:
    name = "doudi_request_seconds"
    yield from _head(name, "histogram", "请求用时（秒），按路由")
    for route, seconds in sorted(counts.seconds.items()):
        of, so_far = f'route="{_label(route)}"', 0
        for bound in (*map(str, BOUNDS), "+Inf"):
            so_far += counts.within[f"{route} {bound}"]
            yield f'{name}_bucket{{{of},le="{bound}"}} {so_far}'
        yield f"{name}_sum{{{of}}} {seconds:.6f}"
        yield f"{name}_count{{{of}}} {so_far}"


def _head(name: str, kind: str, help_: str) -> tuple[str, str]:
    return f"# HELP {name} {help_}", f"# TYPE {name} {kind}"


def _label(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
