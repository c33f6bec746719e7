"""`python -m benchmarks.growth`: what the service takes with 10⁴, 10⁵ and 10⁶ settled visits in its database.

A lab year of some hundred persons is settled through the service, one of them seen a hundred times more, and copied
in bulk (see `copies`). At each size the same is asked as by `benchmarks.service`, of persons by chance. Writes
build/bench-growth.json. It takes about a quarter of an hour and 10 GB of disk.
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, overload

from benchmarks.bills import Json, bills_of
from benchmarks.copies import Copying
from benchmarks.figures import Figure, show, write
from benchmarks.load import Request, flat_out
from benchmarks.service import PACKAGES, SEED, Side, costs
from benchmarks.serving import Service, service
from doudi_lab import County, Tokens, county, fill

SIZES = (10**4, 10**5, 10**6)
PERSONS, VISITS_PER_PERSON, OFTEN = 230, 4.0, 100
SECONDS, PACED_SECONDS = 8.0, 30.0


class Persons(Sequence[Json]):
    """The persons of a county and of its copies, as bills state them; none is made before it is asked for."""

    def __init__(self, made: County, copies: int) -> None:
        self._first = [person.on_bill() for person in made.persons]
        self._copies = copies

    def __len__(self) -> int:
        return len(self._first) * self._copies

    @overload
    def __getitem__(self, number: int) -> Json: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Json]: ...
    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return [self[n] for n in range(*number.indices(len(self)))]
        copy, of = divmod(number, len(self._first))
        person = self._first[of]
        return {**person, "id": f"{person['id']}~{copy}"} if copy else person


def main() -> int:
    """Fill, measure, fill on; print and write. A wrong answer stops the run."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="doudi-growth-") as folder:
        Path(folder).chmod(0o755)  # the database's own user goes through it
        with service(Path(folder) / "data") as running:
            tokens = Tokens(
                running.token("district_admin"), running.token("system_client", "--backdate")
            )
            assert tokens.register is not None
            assert tokens.settle is not None
            made = first_year(running, tokens)
            copying = Copying(running.database)
            for size in SIZES:
                start = time.perf_counter()
                copies = copying.copy_until(size)
                sealed(running)
                print(f"{size:,} visits: filled in {time.perf_counter() - start:.0f} s", flush=True)
                found = at_size(running, tokens, made, copies, copying.visits * copies)
                show(found)
                figures += found
    write("bench-growth.json", figures, PACKAGES, {"seed": SEED})
    return 0


def first_year(running: Service, tokens: Tokens) -> County:
    """A lab county's people, settled through the service; one of them is seen a hundred times more."""
    made = county(SEED, PERSONS, "500113", 2019, visits_per_person=VISITS_PER_PERSON)
    filled = fill(made, f"http://127.0.0.1:{running.port}", tokens)
    assert set(filled.statuses) == {201}, filled
    often = bills_of(made, [made.persons[0].on_bill()], SEED).settlements("often")
    flat_out(running.port, str(tokens.settle), islice(often, OFTEN), 600.0)
    return made


def sealed(running: Service) -> None:
    """Wait until the service has sealed all that was filled in."""
    left = "SELECT (SELECT count(*) FROM settlement_posting) - (SELECT count(posting) FROM settlement_node)"
    while running.rows(left)[0][0]:
        time.sleep(1.0)


def at_size(
    running: Service, tokens: Tokens, made: County, copies: int, visits: int
) -> list[Figure]:
    """What the service takes at this size."""
    token, run = str(tokens.settle), f"at{visits}"
    bills = bills_of(made, Persons(made, copies), SEED)
    settle = Side(running.port, running.pid, token, bills.settlements(run))
    settle.warm()
    logged = wal(running)
    settle.turn(running.data, SECONDS)
    logged = (wal(running) - logged) / settle.rate.count
    steady = settle.paced(PACED_SECONDS)
    asked = {
        "pre-checks a second, amounts alone": bills.prechecks(run, effects=False),
        "pre-checks a second, with marginal effects": bills.prechecks(run, effects=True),
        "a person's sums read, a second": bills.sums(run),
        "settlements read, a second": bills.answers(run, visits),
    }
    looked = {
        goal: flat_out(running.port, token, asked[goal], SECONDS / 2).per_second for goal in asked
    }
    seal = iter([Request("POST", "/api/v1/ledger/seal", b"{}", 200)])
    sealing = flat_out(running.port, str(tokens.register), seal, 600.0)
    ((size,),) = running.rows("SELECT pg_database_size(current_database())")
    there = f", with {visits:,} visits"
    return [
        Figure(f"settlements a second{there}", settle.rate.per_second, "/s"),
        Figure("  at 50 a second, half wait at most", steady.p50, "ms"),
        Figure("  at 50 a second, 99 of 100 wait at most", steady.p99, "ms"),
        *costs(settle),
        Figure("  written ahead for one", logged / 1000, "kB"),
        *(Figure(goal + there, one, "/s") for goal, one in looked.items()),
        Figure(f"a look at all postings for the sealer{there}", sealing.p50, "ms"),
        Figure(f"the database{there}", size / 10**9, "GB"),
    ]


def wal(running: Service) -> int:
    """How many bytes PostgreSQL has written ahead until now."""
    ((written,),) = running.rows("SELECT pg_current_wal_lsn() - '0/0'")
    return int(written)


if __name__ == "__main__":
    sys.exit(main())
