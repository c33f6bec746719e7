"""`python -m benchmarks.pages`: how long each page of the desk takes with a million settled visits in the database.

The demonstration is started and filled, and its year copied in bulk until there are a million visits (`copies`);
then each page is asked for by somebody who has logged in, again and again. The first byte of an answer comes when
the page is made: what is measured is the time until then. Writes build/bench-pages.json. It takes about ten minutes
and 10 GB of disk.
"""

import http.client
import re
import statistics
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks.copies import Copying
from benchmarks.figures import Figure, show, write
from benchmarks.serving import Service, demonstration

VISITS, ASKED, LIMIT = 1_000_000, 30, 200.0
_OFFICE = "demo.insurance-office"


@dataclass
class Seat:
    """Somebody at a screen: the cookies of a session that has begun."""

    port: int
    cookies: dict[str, str]

    def get(self, path: str) -> tuple[int, bytes, float]:
        """Status, content, and milliseconds until the first byte."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        cookie = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        start = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        first = (time.perf_counter() - start) * 1000
        content = answer.read()
        self._keep(answer)
        return answer.status, content, first

    def log_in(self, username: str, password: str) -> None:
        """Through the form, as somebody does."""
        page = self.get("/desk/login")[1].decode()
        mark = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert mark is not None
        typed = {"username": username, "password": password, "csrfmiddlewaretoken": mark[1]}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        cookie = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/desk/login", urllib.parse.urlencode(typed), headers)
        answer = connection.getresponse()
        answer.read()
        self._keep(answer)
        assert answer.status == 303, answer.status

    def _keep(self, answer: http.client.HTTPResponse) -> None:
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]


def main() -> int:
    """Fill, ask, print and write. A page that is not there stops the run."""
    with tempfile.TemporaryDirectory(prefix="doudi-pages-") as folder:
        Path(folder).chmod(0o755)
        with demonstration(Path(folder) / "data") as (running, passwords):
            seat = Seat(running.port, {})
            seat.log_in(_OFFICE, passwords[_OFFICE])
            small = dict(_each(seat, _paths(running)))
            start = time.perf_counter()
            Copying(running.database).copy_until(VISITS)
            print(f"{VISITS:,} visits: filled in {time.perf_counter() - start:.0f} s", flush=True)
            large = dict(_each(seat, _paths(running)))
            figures = [
                figure
                for name in large
                for figure in (
                    Figure(f"{name}, as it was", small[name][0], "ms"),
                    Figure(f"{name}, with {VISITS:,} visits", large[name][0], "ms"),
                    Figure("  95 of 100 at most", large[name][1], "ms", LIMIT),
                )
            ]
            show(figures)
    write("bench-pages.json", figures, (), {"visits": VISITS})
    return 0


def _each(seat: Seat, paths: Mapping[str, str]) -> Iterator[tuple[str, tuple[float, float]]]:
    for name, path in paths.items():
        times: list[float] = []
        for _ in range(ASKED):
            status, content, first = seat.get(path)
            assert status == 200, (path, status, content[:2000].decode())
            times.append(first)
        yield name, (statistics.median(times), statistics.quantiles(times, n=20)[-1])


def _paths(running: Service) -> dict[str, str]:
    """Every page with something of the demonstration's hospital on it."""
    with psycopg.connect(running.database) as database:
        ((home,),) = database.execute(
            "SELECT facility_id FROM tenancy_account WHERE username = %s", [_OFFICE]
        ).fetchall()
        ((visit, person),) = database.execute(
            "SELECT visit, person FROM settlement_visit WHERE facility = %s AND settled IS NULL LIMIT 1",
            [home],
        ).fetchall()
        ((settlement,),) = database.execute(
            "SELECT max(id) FROM settlement_settlement WHERE facility = %s", [home]
        ).fetchall()
    return {"在院台": f"/desk/wards?v={visit}&p={person}&s={settlement}"}


if __name__ == "__main__":
    sys.exit(main())
