"""Compare the peers on random visits: ``python -m benchmarks.peers.selfcheck``.

Prints, for each peer, how many rows differ from the plain function, the largest difference in fen,
and microseconds a visit. Ends with 1 when ZEN differs or the reported case does not come out.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from time import perf_counter
from typing import Any

from benchmarks.peers import plain_banan
from benchmarks.peers.openfisca_banan import OpenFiscaPeer
from benchmarks.peers.zen_banan import ZenPeer

Visit = dict[str, Any]
Settlement = dict[str, int]

ACCUMULATORS = {
    "basic_paid": 13_000_000,
    "chronic_paid": 110_000,
    "outpatient_paid": 55_000,
    "major_deductible_met": 80_000,
    "after_basic": 5_000_000,
    "critical_illness_paid": 21_000_000,
    "assistance_ordinary_paid": 650_000,
    "assistance_major_paid": 10_500_000,
    "stay_deductible_met": 80_000,
}

REPORTED: Visit = {
    "level": 2,
    "tier": "tier_1",
    "kind": "inpatient",
    "place": "in_district",
    "standing": "registered_poor",
    "age": 40,
    "major_disease": False,
    "out_of_catalogue": 0,
    "over_ceiling": 0,
    "first_self_pay": 0,
    "in_scope": 253_950,
    "total": 253_950,
    "accumulators": dict.fromkeys(ACCUMULATORS, 0),
}
REPORTED_RESULT: Settlement = {
    "deductible_met": 30_000,
    "basic": 156_765,
    "critical_illness": 0,
    "medical_assistance": 58_311,
    "hospital": 0,
    "floor": 13_479,
    "patient": 25_395,
}


def random_visit(rng: random.Random) -> Visit:
    """One visit in range: small and large bills, a fresh or a far-gone year."""
    total = int(10 ** rng.uniform(2, 7.3))  # 1 yuan to 200,000 yuan, evenly by magnitude
    out_of_catalogue = int(total * rng.random() * 0.3) if rng.random() < 0.6 else 0
    over_ceiling = int(total * rng.random() * 0.1) if rng.random() < 0.3 else 0
    first_self_pay = int(total * rng.random() * 0.2) if rng.random() < 0.5 else 0
    fresh = rng.random() < 0.3
    return {
        "level": rng.choice((1, 2, 3)),
        "tier": rng.choice(("tier_1", "tier_2")),
        "kind": rng.choice(
            ("inpatient", "inpatient", "chronic_outpatient", "major_outpatient", "outpatient")
        ),
        "place": rng.choice(("in_district", "in_district", "referred", "unreferred")),
        "standing": rng.choice(("destitute", "dibao", "registered_poor", "ordinary")),
        "age": rng.randrange(0, 100),
        "major_disease": rng.random() < 0.3,
        "out_of_catalogue": out_of_catalogue,
        "over_ceiling": over_ceiling,
        "first_self_pay": first_self_pay,
        "in_scope": total - out_of_catalogue - over_ceiling - first_self_pay,
        "total": total,
        "accumulators": {
            name: 0 if fresh or rng.random() < 0.3 else rng.randint(0, top)
            for name, top in ACCUMULATORS.items()
        },
    }


def differences(rows: list[Settlement], right: list[Settlement]) -> tuple[int, int]:
    """Rows that differ from the right ones, and the largest difference of any amount in fen."""
    worst = [
        max(abs(row[name] - value) for name, value in good.items())
        for row, good in zip(rows, right, strict=True)
    ]
    return sum(1 for gap in worst if gap), max(worst)


def interleaved(runs: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each run, the runs taking turns so that a slow moment meets all.

    A run shorter than 50 ms is repeated within its turn until it is about that long.
    """
    repeats: dict[str, int] = {}
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for name, run in runs.items():
        start = perf_counter()
        run()
        repeats[name] = max(1, round(0.05 / (perf_counter() - start)))
    gc.disable()
    try:
        for _ in range(rounds):
            for name, run in runs.items():
                start = perf_counter()
                for _ in range(repeats[name]):
                    run()
                seconds[name].append((perf_counter() - start) / repeats[name])
                gc.collect()
    finally:
        gc.enable()
    return {name: statistics.median(taken) for name, taken in seconds.items()}


def main(argv: list[str] | None = None) -> int:
    """Run the comparison; 0 when ZEN agrees on every row and the reported case comes out."""
    parser = argparse.ArgumentParser(description="Compare the peers with the plain function.")
    parser.add_argument("--visits", type=int, default=500)
    parser.add_argument("--seed", type=int, default=2019)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(argv)

    zen, openfisca = ZenPeer(), OpenFiscaPeer()
    faults = 0
    for name, settle in (
        ("plain", plain_banan.settle),
        ("zen", zen.settle),
        ("openfisca", openfisca.settle),
    ):
        if settle(REPORTED) != REPORTED_RESULT:
            print(f"reported case, {name}: {settle(REPORTED)}")
            faults += 1

    rng = random.Random(options.seed)
    visits = [random_visit(rng) for _ in range(options.visits)]
    right = [plain_banan.settle(visit) for visit in visits]
    runs: dict[str, Callable[[], list[Settlement]]] = {
        "plain": lambda: [plain_banan.settle(visit) for visit in visits],
        "zen": lambda: [zen.settle(visit) for visit in visits],
        "openfisca, one a simulation": lambda: [openfisca.settle(visit) for visit in visits],
        "openfisca, all in one": lambda: openfisca.settle_many(visits),
    }
    found = {name: differences(run(), right) for name, run in runs.items()}
    times = interleaved(runs, options.rounds)

    print(
        f"zen-engine {version('zen-engine')}, OpenFisca-Core {version('OpenFisca-Core')},"
        f" numpy {version('numpy')}, Python {sys.version.split()[0]};"
        f" {options.visits} visits, seed {options.seed}"
    )
    print(f"{'peer':<28} {'rows that differ':>17} {'largest, fen':>13} {'µs a visit':>11} {'x':>7}")
    for name, (rows, worst) in found.items():
        micro = times[name] / options.visits * 1e6
        ratio = times[name] / times["plain"]
        print(f"{name:<28} {rows:>17} {worst:>13} {micro:>11.2f} {ratio:>7.1f}")
    if found["zen"][0]:
        faults += 1
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
