"""`python -m benchmarks.engine`: the engine beside its peers, in one run; writes build/bench.json."""

import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import precheck, workload
from benchmarks.figures import Figure, show, write
from benchmarks.peers import plain_banan
from benchmarks.peers.openfisca_banan import OpenFiscaPeer
from benchmarks.peers.selfcheck import interleaved
from benchmarks.peers.zen_banan import ZenPeer
from doudi.adjudicate import NOTHING_TOLD, adjudicate
from doudi.claim import Claim
from doudi.compile import compile_policy
from doudi.ledger.accumulators import Book
from doudi.packs.load import load
from doudi.running import Running
from doudi.settle import Shelf
from doudi.wire.pack_folder import PackFolder

PACK = "cn/500000/500113/2019"
PACKS = Path(__file__).parents[1] / "packs"
COMPARED = (
    "deductible_met",
    "basic",
    "critical_illness",
    "medical_assistance",
    "hospital",
    "floor",
    "patient",
)
ROUNDS = 7
NO_PARTS = (0, 0, 0, 0)


def main() -> int:
    """Measure, compare results, print, write; 1 where an exact peer disagrees with the engine."""
    folder = PackFolder(PACKS)
    shelf = Shelf(folder.find, folder.heads()[0], PACK)
    running = shelf.policy(PACK, workload.DAY)
    visits = workload.visits(2_000, seed=2019)
    differing = _compare(running, visits[:500])
    figures = [
        *_cascade(running, visits),
        *_bills(running, visits),
        *_explained(running, visits),
        *_prechecked(running),
        *_compiling(folder),
    ]
    show(figures)
    print("rows that differ, of 500:", ", ".join(f"{n} {d}" for n, d in differing.items()))
    packages = ("doudi", "zen-engine", "OpenFisca-Core")
    write("bench.json", figures, packages, {"differing_rows_of_500": differing})
    return 1 if differing["plain"] or differing["zen-engine"] else 0


def _ours(running: Running, visit: dict[str, Any], claim: Claim) -> dict[str, int]:
    """The engine's amounts for a peer's visit, its accumulators as the visit brings them."""
    before = [visit["accumulators"][a.name] for a in running.accumulators]
    parts = running.parts(claim.lines)
    return running.settle(claim, running.situator.situate(claim), parts, before)


def _compare(running: Running, visits: list[dict[str, Any]]) -> dict[str, int]:
    """Rows on which each peer differs from the engine."""
    zen, openfisca = ZenPeer(), OpenFiscaPeer()
    differing = {"plain": 0, "zen-engine": 0, "OpenFisca": 0}
    for number, visit in enumerate(visits):
        amounts = _ours(running, visit, workload.claim(visit, number))
        ours = {name: amounts[name] for name in COMPARED}
        for name, theirs in (
            ("plain", plain_banan.settle(visit)),
            ("zen-engine", zen.settle(visit)),
            ("OpenFisca", openfisca.settle(visit)),
        ):
            differing[name] += theirs != ours
    return differing


def _cascade(running: Running, visits: list[dict[str, Any]]) -> list[Figure]:
    """The cascade alone: from typed nouns, decomposed, to every amount; no trace. All on the same visits."""
    some = visits[:200]
    rows = [
        (claim, running.situator.situate(claim), running.parts(claim.lines),
         tuple(visit["accumulators"][a.name] for a in running.accumulators), running.given(claim))
        for visit, claim in ((v, workload.claim(v, n)) for n, v in enumerate(some))
    ]  # fmt: skip
    special = running.special

    def ours() -> None:
        for claim, situation, parts, before, given in rows:
            special(claim, situation).function(parts, before, situation.age, given, NO_PARTS)

    zen, openfisca = ZenPeer(), OpenFiscaPeer()
    seconds = interleaved(
        {
            "doudi": ours,
            "plain": _each(plain_banan.settle, some),
            "zen-engine": _each(zen.settle, some),
            "OpenFisca": _each(openfisca.settle, some),
            "OpenFisca, vectorised over 2,000": lambda: openfisca.settle_many(visits),
        },
        ROUNDS,
    )
    vectorised = seconds.pop("OpenFisca, vectorised over 2,000") / len(visits)
    per_visit = {name: s / len(some) * 1e6 for name, s in seconds.items()}
    own = per_visit.pop("doudi")
    against = {name: taken / own for name, taken in per_visit.items()}
    against["OpenFisca, vectorised over 2,000"] = vectorised * 1e6 / own
    return [Figure("one visit, cascade only", own, "µs", 1.5, against)]


def _bills(running: Running, visits: list[dict[str, Any]]) -> list[Figure]:
    """A 30-line bill: from the claim to every amount of every line and layer; no trace."""
    rng = random.Random(30)
    claims = [
        workload.claim(v, n, workload.bill_lines(rng, 30)) for n, v in enumerate(visits[:500])
    ]
    before = (0,) * len(running.accumulators)

    def ours() -> None:
        for claim in claims:
            parts = running.parts(claim.lines)
            situation = running.situator.situate(claim)
            function = running.special(claim, situation).function
            function(parts, before, situation.age, running.given(claim), running.consented(claim))

    def lines() -> None:
        for claim in claims:
            running.parts(claim.lines)

    def each_line() -> None:
        for claim in claims:
            running.parts_of_each(claim.lines)

    def situations() -> None:
        for claim in claims:
            running.situator.situate(claim)

    ours()
    seconds = interleaved(
        {"all": ours, "lines": lines, "each": each_line, "situations": situations}, ROUNDS
    )
    per_bill = {name: s / len(claims) * 1e6 for name, s in seconds.items()}
    return [
        Figure("a 30-line bill with decomposition", per_bill["all"], "µs", 10),
        Figure("  of which the parts of 30 lines", per_bill["lines"], "µs", None),
        Figure("  beside it: the parts of each line for the print", per_bill["each"], "µs", None),
        Figure("  of which standing, age and place", per_bill["situations"], "µs", None),
    ]


def _explained(running: Running, visits: list[dict[str, Any]]) -> list[Figure]:
    """The same bill with trace, warnings and the sentence behind every layer."""
    rng = random.Random(30)
    claims = [
        workload.claim(v, n, workload.bill_lines(rng, 30)) for n, v in enumerate(visits[:100])
    ]
    book = Book()

    def ours() -> None:
        for claim in claims:
            adjudicate(running, claim, book, NOTHING_TOLD)

    ours()
    seconds = interleaved({"doudi": ours}, ROUNDS)["doudi"] / len(claims)
    return [Figure("a 30-line bill with trace and explanation", seconds * 1e3, "ms", 1.0)]


def _prechecked(running: Running) -> list[Figure]:
    """A running bill of sixty lines before it is charged."""
    taken = precheck.seconds(running)
    return [
        Figure(
            "pre-check of a 60-line bill, settled and explained", taken["whole"] * 1e3, "ms", 5.0
        ),
        Figure("  of which effects, alternatives, what fits", taken["looking"] * 1e3, "ms", None),
    ]


def _compiling(folder: PackFolder) -> list[Figure]:
    """Compiling a loaded pack; loading it from its files; the first visit of a new kind."""
    pack = load(PACK, folder.find)
    policy = compile_policy(pack, workload.DAY)
    first = workload.claim(workload.visits(1, seed=1)[0], 0)

    def fresh() -> None:
        running = Running(policy)
        situation = running.situator.situate(first)
        before = (0,) * len(running.accumulators)
        running.settle(first, situation, running.parts(first.lines), before)

    seconds = interleaved(
        {
            "compile": lambda: compile_policy(pack, workload.DAY),
            "load": lambda: load(PACK, folder.find),
            "first": fresh,
        },
        ROUNDS,
    )
    return [
        Figure("compile a loaded pack", seconds["compile"] * 1e3, "ms", 50),
        Figure("load it from its files", seconds["load"] * 1e3, "ms", None),
        Figure("make its functions and settle a first visit", seconds["first"] * 1e3, "ms", None),
    ]


def _each(
    settle: Callable[[dict[str, Any]], object], visits: Sequence[dict[str, Any]]
) -> Callable[[], None]:
    def run() -> None:
        for visit in visits:
            settle(visit)

    return run


if __name__ == "__main__":
    sys.exit(main())
