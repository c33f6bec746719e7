"""`python -m benchmarks.pages`: how long each page of the desk takes with a million settled visits in the database.

The demonstration is started and filled, and its year copied in bulk until there are a million visits (`copies`),
each with its running bill that was closed (`streams`). Once the service's keepers have taken them into the figures
and the alerts, each page is asked for by who works at it, again and again. The first byte of an answer comes when
the page is made: what is measured is the time until then.
Writes build/bench-pages.json. It takes about twenty minutes and 10 GB of disk.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.addresses import AUDITOR, DESKS, NOT_FOLDED, NOT_LOOKED_AT, filled, things
from benchmarks.copies import Copying
from benchmarks.figures import Figure, show, write
from benchmarks.resealing import reseal
from benchmarks.seat import Seat
from benchmarks.serving import Service, demonstration
from benchmarks.streams import stream

VISITS, ASKED, LIMIT = 1_000_000, 20, 200.0
_SECONDS = 120  # for the service to look at a ward that was just filled
_FOLD_SECONDS = 3_600  # for it to take a million visits into the figures and the alerts


def main() -> int:
    """Fill, ask, print and write. A page that is not there stops the run."""
    with tempfile.TemporaryDirectory(prefix="doudi-pages-") as folder:
        Path(folder).chmod(0o755)  # the database's own user goes through it
        with demonstration(Path(folder) / "data") as (running, passwords):
            desks = list(_desks(running, passwords))
            small = dict(_each(desks))
            start = time.perf_counter()
            copies = Copying(running.database).copy_until(VISITS)
            reseal(running, copies)
            stream(running.database)
            print(f"{VISITS:,} visits: filled in {time.perf_counter() - start:.0f} s", flush=True)
            _wait(running, NOT_FOLDED, _FOLD_SECONDS)
            running.analyse()
            print(f"taken in by the figures after {time.perf_counter() - start:.0f} s", flush=True)
            large = dict(_each(desks))
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
            drawn = list(_drawn(running, passwords[AUDITOR]))
            show(drawn)
    figures += drawn
    write("bench-pages.json", figures, (), {"visits": VISITS})
    return 0


def _desks(running: Service, passwords: Mapping[str, str]) -> Iterator[tuple[Seat, dict[str, str]]]:
    _wait(running, NOT_LOOKED_AT, _SECONDS)
    found = things(running.rows)
    for account, addresses in DESKS.items():
        seat = Seat(running.port)
        seat.log_in(account, passwords[account])
        yield seat, {name: filled(address, found) for name, address in addresses.items()}


def _wait(running: Service, left: str, seconds: float) -> None:
    """Until a statement counts nothing any more."""
    until = time.monotonic() + seconds
    while (rows := running.rows(left)) != [(0,)]:
        assert time.monotonic() < until, (left, rows)
        time.sleep(1)


def _each(
    desks: Sequence[tuple[Seat, Mapping[str, str]]],
) -> Iterator[tuple[str, tuple[float, float]]]:
    for seat, addresses in desks:
        for name, address in addresses.items():
            times: list[float] = []
            for _ in range(ASKED):
                status, content, first = seat.get(address)
                wanted = 403 if name == "person-why" else 200  # who asks is told to say why first
                assert status == wanted, (address, status, content[:2000].decode())
                times.append(first)
            yield name, (statistics.median(times), statistics.quantiles(times, n=20)[-1])


def _drawn(running: Service, password: str) -> Iterator[Figure]:
    """How long the auditor waits for a sample of one week and of two to be drawn: every visit of them is marked."""
    seat = Seat(running.port)
    seat.log_in(AUDITOR, password)
    for name, start in (("a week", "2019-11-24"), ("two weeks", "2019-11-17")):
        plan = {
            "name": name, "seed": "1", "method": "weighted", "from": start, "to": "2019-12-01", "size": "60",
            "floor_from": "1000.00", "weight-floor": "4", "do": "fix",
        }  # fmt: skip
        fixed, _ = seat.post("/desk/samples/new", plan)
        _, milliseconds = seat.post(fixed, {})
        yield Figure(f"a sample of {name} is drawn", milliseconds, "ms")


if __name__ == "__main__":
    sys.exit(main())
