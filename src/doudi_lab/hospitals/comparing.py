"""At the end: the service's ledger, its settlements and its sums beside the record and the expectation."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from doudi.money import yuan
from doudi_lab.hospitals.acts import Act, Kind
from doudi_lab.hospitals.expectation import Expected
from doudi_lab.hospitals.journal import Told
from doudi_lab.hospitals.outcome import Difference
from doudi_lab.hospitals.record import Entries, Record, entries_as_told, fen
from doudi_lab.hospitals.wanted import Json
from doudi_lab.hospitals.wire import Line
from doudi_lab.hospitals.world import World

_PARTS = (
    "total",
    "out_of_catalogue",
    "over_ceiling",
    "first_self_pay",
    "in_scope",
    "deductible_met",
)


@dataclass(slots=True)
class Comparison:
    """Figures held against one another."""

    compared: Counter[str] = field(default_factory=Counter[str])
    differences: list[Difference] = field(default_factory=list[Difference])

    def same(self, what: str, visit: str, name: str, expected: object, says: object) -> None:
        """One figure."""
        self.compared[what] += 1
        if expected != says:
            self.differences.append(
                Difference(what, visit, f"{name} {_shown(expected)}", f"{name} {_shown(says)}")
            )


def _shown(value: object) -> str:
    return yuan(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)


def amounts_as_expected(
    comparison: Comparison, said: Mapping[str, Json], expected: Expected
) -> None:
    """Each settlement as it was told, beside what the engine alone comes to, where it does not refuse it."""
    for number, codes in expected.refused.items():
        visit = str(said[number]["visit_id"])
        comparison.same("expected", visit, "settled", codes, "settled")
    for number, made in expected.settled.items():
        told = said[number]
        visit = made.visit_id
        for name in _PARTS:
            comparison.same("expected", visit, name, getattr(made, name), fen(told[name]))
        for name in ("hospital", "patient"):
            comparison.same("expected", visit, name, getattr(made, name), fen(told[name]))
        paid = {layer: fen(amount) for layer, amount in told["payments"].items()}
        for layer in sorted({*paid, *made.payments}):
            comparison.same(
                "expected", visit, layer, made.payments.get(layer, 0), paid.get(layer, 0)
            )
        for name in ("standing", "benefit_year", "pack"):
            comparison.same("expected", visit, name, str(getattr(made, name)), str(told[name]))
        for name in ("accumulators", "episode_accumulators"):
            pairs: Mapping[str, tuple[int, int]] = getattr(made, name)
            for each, (before, after) in pairs.items():
                stated = told[name].get(each, {"before": "0.00", "after": "0.00"})
                comparison.same("sums", visit, f"{each} before", before, fen(stated["before"]))
                comparison.same("sums", visit, f"{each} after", after, fen(stated["after"]))


def asked_as_expected(comparison: Comparison, said: Mapping[str, Json], expected: Expected) -> None:
    """What a patient is asked where another settlement has taken the place of theirs: of a poor one nothing more
    without an approval of its own."""
    for number, made in expected.asked.items():
        told, visit = said[number]["asked_of_patient"], str(said[number]["visit_id"])
        comparison.same("asked", visit, "asked", made.asked, fen(told["asked"]))
        comparison.same("asked", visit, "now", made.now, fen(told["now"]))
        comparison.same("asked", visit, "state", made.state, str(told["state"]))


def presettled_as_expected(
    comparison: Comparison, acts: Mapping[str, Act], told: Sequence[Told], expected: Expected
) -> None:
    """What a look before settling promised is what the engine alone comes to, where nothing came in between."""
    for one in told:
        if one.kind != Kind.PRESETTLE or one.status != 200:
            continue
        made = expected.last.get(acts[one.act].of)
        if made is None:
            continue
        for name in ("total", "hospital", "patient"):
            comparison.same("presettled", one.visit, name, getattr(made, name), fen(one.said[name]))


def ledger_as_recorded(
    comparison: Comparison, line: Line, world: World, record: Record, visits: Mapping[str, str]
) -> None:
    """Every posting of the ledger that is ours beside the record of what was told, and each account's balance."""
    prefix = world.wanted.prefix
    postings: dict[tuple[str, str], list[Json]] = {}
    ours: set[tuple[str, str]] = set()
    for entry in _entries(line):
        key = str(entry["settlement_id"]), str(entry["kind"])
        postings.setdefault(key, []).append(entry)
        if str(entry["account"]).partition(":")[2].startswith(prefix):
            ours.add(key)
    found = {key: entries_as_told(postings[key]) for key in ours}
    told = {key: entries for key, entries in record.postings.items() if entries}
    for key in sorted({*found, *told}):
        visit = visits.get(key[0], f"settlement {key[0]}")
        mine, theirs = told.get(key, Counter[str]()), found.get(key, Counter[str]())
        for account in sorted({*mine, *theirs}):
            name = f"{key[1]} {account}"
            comparison.same("ledger", visit, name, mine.get(account, 0), theirs.get(account, 0))
        comparison.same("balances", visit, f"{key[1]} sum", 0, sum(mine.values()))
    _balances(comparison, record, found)


def _balances(
    comparison: Comparison, record: Record, found: Mapping[tuple[str, str], Entries]
) -> None:
    """Account by account."""
    says: Counter[str] = Counter()
    for entries in found.values():
        for account, amount in entries.items():
            says[account] += amount
    mine = record.balances()
    for account in sorted({*mine, *says}):
        comparison.same("balances", account, "", mine.get(account, 0), says.get(account, 0))


def _entries(line: Line) -> Iterator[Json]:
    """The whole ledger, page by page."""
    after = 0
    while True:
        told = line.read(f"/api/v1/ledger/entries?after={after}&limit=10000")
        page: Sequence[Json] = told["entries"]
        if not page:
            return
        yield from page
        after = page[-1]["id"]


def settlements_as_told(
    comparison: Comparison, line: Line, world: World, said: Mapping[str, Json], stands: set[str]
) -> None:
    """Every settlement that the service lists for the hospitals is one that they were told of, and the other way
    round; which of them stand. What others bear in the patient's place is in it by then: the accounts hold it."""
    listed = {
        str(one["settlement_id"]): one for where in world.hospitals for one in _listed(line, where.code)
    }  # fmt: skip
    for number in sorted({*listed, *said}, key=int):
        visit = str((said.get(number) or listed[number])["visit_id"])
        comparison.same("settlements", visit, "settlement", number in said, number in listed)
        if number in said and number in listed:
            theirs = listed[number]
            comparison.same(
                "settlements", visit, "reversed", number not in stands, theirs["reversed"]
            )
            borne = {by: fen(amount) for by, amount in theirs.get("relief", {}).items()}
            more = {"patient": -sum(borne.values()), "hospital": borne.get("hospital", 0)}
            for name in ("total", "patient", "hospital"):
                mine = fen(said[number][name]) + more.get(name, 0)
                comparison.same("settlements", visit, name, mine, fen(theirs[name]))


def _listed(line: Line, facility: str) -> Iterator[Json]:
    after = ""
    while True:
        path = f"/api/v1/settlements?facility={quote(facility)}{after}"
        page = line.read(path)
        yield from page["settlements"]
        if page["after"] is None:
            return
        after = f"&after={page['after']}"


def sums_as_expected(comparison: Comparison, line: Line, world: World, expected: Expected) -> None:
    """Each person's sums of the year as the next settlement would find them."""
    year = world.wanted.start.year
    for person in sorted(expected.stands):
        path = f"/api/v1/persons/{quote(person)}/accumulators?year={year}"
        told: Mapping[str, Any] = line.read(path)
        mine = expected.sums(person, year)
        for name in sorted({*mine, *told}):
            comparison.same("sums", person, name, mine.get(name, 0), fen(told.get(name, "0.00")))
