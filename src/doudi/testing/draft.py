"""A pack while it is drawn: its dimensions, and the parameters and running sums that rules ask for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate, count, permutations
from typing import Any, TypeVar

from hypothesis import strategies as st

from doudi.testing.amounts import amounts
from doudi.testing.files import HEADINGS, SOURCE

PARTS = ("out_of_catalogue", "over_ceiling", "first_self_pay", "in_scope")
ROUNDINGS = ("half_up", "half_away", "half_even", "down", "up")
STATUSES = ("declared", "strong", "medium", "weak", "unverified")
PLACES = (
    ("in_district", "referred", "unreferred"),
    ("in_district", "in_province", "out_of_province", "unreferred"),
)
LAYERS = ("basic", "critical", "aid", "tilted", "mutual", "gift")

_Cell = TypeVar("_Cell", str, bool, int, str | bool)
_CODES = ("a", "b", "c", "X9", "long_code", "1", "2", "30")
_OF = {
    "kind": "kind",
    "level": "facility.level",
    "tier": "person.insurance_tier",
    "place": "place",
    "standing": "person.standings",
    "work": "person.attributes.work",
    "ward": "bill.attributes.ward",
    "grade": "facility.attributes.grade",
}
_PERCENTS = st.one_of(
    st.sampled_from(["0%", "100%", "33.33%", "66.6667%", "12.5%", "99.99%", "0.01%", "50%"]),
    st.integers(0, 100).map("{}%".format),
    st.integers(0, 1_000_000).map(lambda n: f"{n // 10_000}.{n % 10_000:04d}%"),
)
_FEN = st.one_of(
    st.sampled_from([0, 1, 100_00, 1_000_00, 6_804_00, 80_000_00]), amounts(200_000_00)
)


def yuan_text(fen: int) -> str:
    """An amount as a pack writes it."""
    return f"{fen // 100}.{fen % 100:02d}" if fen % 100 else str(fen // 100)


@dataclass(slots=True)
class Draft:
    """What has been drawn of a pack so far.

    A pack has a few rates and amounts of its own (`percents`, `fens`), from which every table takes its
    cells: so tables stay small to draw, and equal values and edges meet often.
    """

    draw: st.DrawFn
    start: date
    end: date | None
    dimensions: dict[str, Any] = field(default_factory=dict[str, Any])
    groups: dict[str, str] = field(default_factory=dict[str, str])
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])
    amounts: dict[str, str] = field(default_factory=dict[str, str])
    accumulators: dict[str, Any] = field(default_factory=dict[str, Any])
    percents: list[str] = field(init=False)
    fens: list[int] = field(init=False)
    _by: st.SearchStrategy[tuple[str, ...]] = field(init=False)
    _marks: Iterator[dict[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        self.percents = self.draw(st.lists(_PERCENTS, min_size=2, max_size=4))
        self.fens = self.draw(st.lists(_FEN, min_size=2, max_size=5))
        names = self.draw(st.lists(st.sampled_from([*_OF]), min_size=1, max_size=4, unique=True))
        self._marks = self._cited(self.draw(st.integers(0, 14)))
        self.dimensions = {name: self._dimension(name) for name in names}
        self._by = st.sampled_from([(), *((name,) for name in names), *permutations(names, 2)])

    def chance(self, percent: int) -> bool:
        """True about so often; False is the simpler."""
        return self.draw(st.integers(0, 99)) >= 100 - percent

    def pick(self, choices: Sequence[str]) -> str:
        return self.draw(st.sampled_from(choices))

    def cited(self) -> dict[str, str]:
        """A cite and a mark of how sure it is: each in turn, as no amount depends on them."""
        return next(self._marks)

    def codes(self, dimension: str) -> list[str]:
        return list(self.dimensions[dimension]["codes"])

    def percent(self) -> str:
        """The name of a parameter that is a rate."""
        return self._parameter("rate", "percent", self.percents)

    def below_whole(self) -> str:
        """The name of a parameter that is a rate, and never 100 %."""
        return self._parameter("short", "percent", ["99.99%", "66.6667%"])

    def yuan(self, *, unlimited: bool = False) -> str:
        """The name of a parameter that is an amount; `unlimited` lets cells be without limit."""
        choices = [*map(yuan_text, self.fens), *(["none"] if unlimited else [])]
        return self._parameter("limit" if unlimited else "sum", "yuan", choices)

    def years(self) -> str:
        return self._parameter("age", "years", ["0", "6", "18", "60"])

    def flag(self) -> str:
        return self._parameter("flag", "flag", [False, True])

    def rising(self, bands: int) -> list[str]:
        """The names of parameters that rise from one to the next in every cell: starts of bands."""
        by, days = self.draw(self._by), self._days()
        tables = [self._cells(self.fens, self._size(by)) for _ in days]
        steps = [0, *self._cells(self.fens, bands - 1)]
        return [
            self._state("start", "yuan", by, days, [[yuan_text(c + up) for c in t] for t in tables])
            for up in accumulate(steps)
        ]

    def accumulator(self, measure: str, adds: str, when: str | None, owner: str = "person") -> str:
        """The name of a new running sum."""
        name = f"{measure}_{len(self.accumulators)}"
        self.accumulators[name] = {
            "title": {"zh": f"累计{len(self.accumulators)}", "en": name},
            "owner": owner,
            "period": "episode" if owner == "episode" else "benefit_year",
            "measure": measure,
            "adds": adds,
            **({} if when is None else {"when": when}),
            **self.cited(),
        }
        return name

    def _dimension(self, name: str) -> dict[str, Any]:
        if name == "place":
            codes = list(self.draw(st.sampled_from(PLACES)))
        else:
            codes = self.draw(
                st.lists(st.sampled_from(_CODES), min_size=1, max_size=3, unique=True)
            )
        stated: dict[str, Any] = {
            "title": {"zh": f"维度{name}", "en": name},
            "of": _OF[name],
            "codes": {code: {"zh": f"代码{code}", "en": code} for code in codes},
        }
        if name == "standing" or (".attributes." in _OF[name] and self.chance(50)):
            stated["otherwise"] = self.pick(codes)
        return stated

    def _days(self) -> list[date]:
        """The first day, and up to two later ones on which a value changes."""
        if not self.chance(40):
            return [self.start]
        within = 400 if self.end is None else (self.end - self.start).days - 1
        later = self.draw(st.sets(st.integers(1, within), min_size=1, max_size=2))
        return [self.start + timedelta(days=n) for n in (0, *sorted(later))]

    def _size(self, by: Sequence[str]) -> int:
        size = 1
        for dimension in by:
            size *= len(self.dimensions[dimension]["codes"])
        return size

    def _cells(self, choices: Sequence[_Cell], size: int) -> list[_Cell]:
        one = st.sampled_from(choices)
        return [self.draw(one) for _ in range(size)]

    def _parameter(self, kind: str, unit: str, choices: Sequence[str | bool]) -> str:
        """A new parameter, or, as in most packs, one that is used elsewhere too."""
        known = [name for name in self.parameters if name.startswith(f"{kind}.")]
        if known and self.chance(50):
            return self.pick(known)
        by, days = self.draw(self._by), self._days()
        tables = [self._cells(choices, self._size(by)) for _ in days]
        return self._state(kind, unit, by, days, tables)

    def _state(
        self,
        kind: str,
        unit: str,
        by: Sequence[str],
        days: Sequence[date],
        tables: Sequence[Sequence[str | bool]],
    ) -> str:
        name = f"{kind}.p{len(self.parameters)}"
        self.parameters[name] = {
            "title": {"zh": f"参数{len(self.parameters)}", "en": name},
            "unit": unit,
            **({} if not by else {"by": by[0] if len(by) == 1 else list(by)}),
            "values": {
                day.isoformat(): self._dated(self._table(by, iter(cells)))
                for day, cells in zip(days, tables, strict=True)
            },
            **self.cited(),
        }
        return name

    def _table(self, by: Sequence[str], cells: Iterator[str | bool]) -> Any:
        if not by:
            return next(cells)
        return {code: self._table(by[1:], cells) for code in self.codes(by[0])}

    @staticmethod
    def _cited(start: int) -> Iterator[dict[str, str]]:
        for n in count(start):
            yield {
                "cite": f"{SOURCE}#{HEADINGS[n % len(HEADINGS)]}",
                "status": STATUSES[n % len(STATUSES)],
            }

    def _dated(self, table: Any) -> Any:
        """A day's values may bring their own cite and mark."""
        return {"value": table, **self.cited()} if self.chance(15) else table
