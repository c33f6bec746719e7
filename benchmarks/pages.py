"""`python -m benchmarks.pages`: how long each page of the desk takes with a million settled visits in the database.

The demonstration is started and filled, and its year copied in bulk until there are a million visits (`copies`),
each with its running bill that was closed (`streams`); then each page is asked for by somebody who has logged in,
again and again. The first byte of an answer comes when the page is made: what is measured is the time until then.
Writes build/bench-pages.json. It takes about ten minutes and 10 GB of disk.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg

from benchmarks.addresses import NOT_LOOKED_AT, OFFICE, PAGES, PARTS, filled, things
from benchmarks.copies import Copying
from benchmarks.figures import Figure, show, write
from benchmarks.resealing import reseal
from benchmarks.seat import Seat
from benchmarks.serving import Service, demonstration
from benchmarks.streams import stream

VISITS, ASKED, LIMIT = 1_000_000, 20, 200.0
_SECONDS = 120  # for the service to look at a ward that was just filled


def main() -> int:
    """Fill, ask, print and write. A page that is not there stops the run."""
    with tempfile.TemporaryDirectory(prefix="doudi-pages-") as folder:
        Path(folder).chmod(0o755)  # the database's own user goes through it
        with demonstration(Path(folder) / "data") as (running, passwords):
            seat = Seat(running.port)
            seat.log_in(OFFICE, passwords[OFFICE])
            addresses = _addresses(running)
            small = dict(_each(seat, addresses))
            start = time.perf_counter()
            copies = Copying(running.database).copy_until(VISITS)
            reseal(running, copies)
            stream(running.database)
            print(f"{VISITS:,} visits: filled in {time.perf_counter() - start:.0f} s", flush=True)
            large = dict(_each(seat, addresses))
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


def _addresses(running: Service) -> dict[str, str]:
    with psycopg.connect(running.database, autocommit=True) as database:
        until = time.monotonic() + _SECONDS
        while database.execute(NOT_LOOKED_AT).fetchone() != (0,):
            assert time.monotonic() < until, "the ward was not looked at"
            time.sleep(0.2)
        found = things(lambda sql, *values: database.execute(sql, values).fetchall())  # pyright: ignore[reportArgumentType]
    return {name: filled(address, found) for name, address in (PAGES | PARTS).items()}


def _each(seat: Seat, addresses: Mapping[str, str]) -> Iterator[tuple[str, tuple[float, float]]]:
    for name, address in addresses.items():
        times: list[float] = []
        for _ in range(ASKED):
            status, content, first = seat.get(address)
            wanted = 403 if name == "person-why" else 200  # who asks is told to say why first
            assert status == wanted, (address, status, content[:2000].decode())
            times.append(first)
        yield name, (statistics.median(times), statistics.quantiles(times, n=20)[-1])


if __name__ == "__main__":
    sys.exit(main())
