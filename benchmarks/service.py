"""`python -m benchmarks.service`: the service under load, beside a bare endpoint of the same server, in one run.

Clients, server and PostgreSQL share the machine's cores. Bills have thirty lines, of registered persons. A rate is
that of the median round; settlements count when they are answered 201 and their rows stand in the database, whose
commits wait for the disk. Writes build/bench-service.json.
"""

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import median

import psycopg

from benchmarks.bills import Bills, bills_of
from benchmarks.figures import Figure, show, write
from benchmarks.load import Rate, Request, flat_out, paced
from benchmarks.serving import KINDS, Service, bare, cpu_seconds, service
from doudi_lab import Tokens, county, fill
from doudi_web.site.database import of_url

PACKAGES = ("doudi", "Django", "granian", "psycopg")
PERSONS, SEED = 2_000, 2019
FILLED = 1_000  # visits before anything is measured: on tables of a page or two the database reads them whole
ROUNDS, SECONDS = 3, 8.0
PACED, PACED_SECONDS, BARE_PACED_SECONDS = 50, 60.0, 20.0


@dataclass(slots=True)
class Side:
    """One thing that is asked for round after round: of whom, what, and what came of it."""

    port: int
    pid: int
    token: str
    requests: Iterator[Request]
    answered: int = 0
    rounds: list[Rate] = field(default_factory=list[Rate])
    cpu: Counter[str] = field(default_factory=Counter[str])

    def warm(self, count: int = 300) -> None:
        """Let processes load what they load at their first requests."""
        self.answered += flat_out(self.port, self.token, islice(self.requests, count), 600.0).count

    def turn(self, data: Path, seconds: float) -> None:
        """One round more."""
        before = cpu_seconds(self.pid, data)
        found = flat_out(self.port, self.token, self.requests, seconds)
        self.answered += found.count
        self.rounds.append(found)
        self.cpu.update(cpu_seconds(self.pid, data))
        self.cpu.subtract(before)

    def paced(self, seconds: float) -> Rate:
        """As a district's peak comes: fifty a second on average, by chance."""
        found = paced(self.port, self.token, self.requests, PACED, seconds, SEED)
        self.answered += found.count
        return found

    @property
    def rate(self) -> Rate:
        """The median round."""
        return sorted(self.rounds, key=lambda r: r.per_second)[len(self.rounds) // 2]

    def cpu_of_one(self, *kinds: str) -> float:
        """Milliseconds of CPU that one request cost these kinds of processes."""
        return sum(self.cpu[k] for k in kinds) * 1000 / sum(r.count for r in self.rounds)


def main() -> int:
    """Measure, print, write. A goal that is missed is only printed; an answer that is wrong stops the run."""
    with tempfile.TemporaryDirectory(prefix="doudi-bench-") as folder:
        Path(folder).chmod(0o755)  # the database's own user goes through it
        with service(Path(folder) / "data") as running:
            bills = people(running, PERSONS)
            token = running.token("system_client", "--backdate")
            settle = Side(running.port, running.pid, token, bills.settlements("settle"))
            settle.warm(FILLED)
            running.analyse()
            kept = Path(folder) / "sample.json"
            kept.write_text(json.dumps(sample(running), ensure_ascii=False), encoding="utf-8")
            with bare(running, kept) as (port, pid):
                by_hand = Side(port, pid, "", bills.settlements("bare"))
                figures = measured(running, bills, settle, by_hand)
    show(figures)
    write("bench-service.json", figures, PACKAGES, {"seed": SEED})
    return 0


def people(running: Service, persons: int) -> Bills:
    """Register a lab county's people and hospitals; bills of theirs."""
    made = county(SEED, persons, "500113", 2019)
    fill(made, f"http://127.0.0.1:{running.port}", Tokens(running.token("district_admin"), None))
    return bills_of(made, [person.on_bill() for person in made.persons], SEED)


def measured(running: Service, bills: Bills, settle: Side, by_hand: Side) -> list[Figure]:
    """All figures: in rounds that take turns, so that a slow moment meets all; then at a steady rate."""
    looks = {
        effects: Side(
            running.port, running.pid, settle.token, bills.prechecks("look", effects=effects)
        )
        for effects in (False, True)
    }
    sides = [(settle, SECONDS), (by_hand, SECONDS), *((s, SECONDS / 2) for s in looks.values())]
    for side in (by_hand, *looks.values()):
        side.warm()
    for _ in range(ROUNDS):
        for side, seconds in sides:
            side.turn(running.data, seconds)
    steady, steady_by_hand = settle.paced(PACED_SECONDS), by_hand.paced(BARE_PACED_SECONDS)
    must_be_durable(running, settle)
    return [
        *_settled(settle, by_hand),
        Figure(
            "at 50 settlements a second, 99 of 100 wait at most", steady.p99, "ms", 50,
            {"bare endpoint": steady_by_hand.p99 / steady.p99},
        ),
        Figure(
            "  half wait at most", steady.p50, "ms", None,
            {"bare endpoint": steady_by_hand.p50 / steady.p50},
        ),
        *_looked(looks[False], "pre-checks a second, amounts alone", 500),
        *_looked(looks[True], "pre-checks a second, with marginal effects", 150),
    ]  # fmt: skip


def _settled(settle: Side, by_hand: Side) -> list[Figure]:
    """Rates side by side, and what one settlement costs each kind of process."""
    share = median(
        o.per_second / t.per_second for o, t in zip(settle.rounds, by_hand.rounds, strict=True)
    )
    return [
        Figure("settlements a second, durable", settle.rate.per_second, "/s", 300, at_least=True),
        Figure("  beside the bare endpoint", share * 100, "%", 50, at_least=True),
        Figure("  eight clients at once, half wait at most", settle.rate.p50, "ms"),
        Figure("  99 of 100 wait at most", settle.rate.p99, "ms"),
        *costs(settle),
        Figure("the bare endpoint, answers a second", by_hand.rate.per_second, "/s"),
        *costs(by_hand),
    ]


def _looked(side: Side, goal: str, least: float) -> list[Figure]:
    return [
        Figure(goal, side.rate.per_second, "/s", least, at_least=True),
        Figure("  99 of 100 wait at most", side.rate.p99, "ms"),
        *costs(side),
    ]


def costs(side: Side) -> list[Figure]:
    """The CPU of one request, by who spends it."""
    shares = (("all processes", KINDS), *((kind, (kind,)) for kind in KINDS))
    return [
        Figure(f"  CPU of one: {name}", side.cpu_of_one(*kinds), "ms") for name, kinds in shares
    ]


def must_be_durable(running: Service, settle: Side) -> None:
    """Each settlement that was answered stands in the database once; the service's commits wait for the disk."""
    session = of_url(running.database)["OPTIONS"]["options"]
    with psycopg.connect(running.database, options=session) as database:
        settings = database.execute(
            "SELECT current_setting('fsync'), current_setting('synchronous_commit')"
        ).fetchone()
        stands = database.execute(
            "SELECT count(*) FROM settlement_settlement WHERE visit LIKE 'settle-%'"
        ).fetchone()
    assert (settings, stands) == (("on", "on"), (settle.answered,)), (settings, stands)


def sample(running: Service) -> list[dict[str, object]]:
    """What the last real settlements wrote: answers, evidence, entries and sums."""
    found = running.rows(
        "SELECT s.result, s.evidence,"
        " (SELECT json_agg(json_build_array(account, amount)) FROM settlement_entry WHERE posting = p.id),"
        " (SELECT json_agg(json_build_array(year, name, amount)) FROM settlement_accumulatorentry"
        "   WHERE posting = p.id)"
        " FROM settlement_settlement s JOIN settlement_posting p ON p.settlement = s.id ORDER BY s.id DESC LIMIT 50"
    )
    return [
        {
            "result": result,
            "evidence": bytes(evidence).hex(),
            "entries": entries,
            "sums": sums or [],
        }
        for result, evidence, entries, sums in found
    ]


if __name__ == "__main__":
    sys.exit(main())
