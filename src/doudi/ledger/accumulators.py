"""The accumulators of persons and stays: an opening balance with its source, and entries in order.

Amounts are fen. The room speaks of plain names and amounts; which accumulators exist is the pack's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from doudi.dates import Moment

Owner = tuple[str, object]
"""A person and a benefit year, or a person and an episode."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What an accumulator stood at before the first visit known here, who says so and as of which day."""

    person: str
    year: int
    name: str
    amount: int
    source: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What one visit added to one accumulator."""

    owner: Owner
    name: str
    amount: int
    visit_id: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """A settlement made earlier: where it stands in the order, and each accumulator before and after it."""

    visit_id: str
    person_id: str
    episode_id: str
    year: int
    settled: Moment
    sequence: int
    sums: Mapping[str, tuple[int, int]]
    episode_sums: Mapping[str, tuple[int, int]]

    @property
    def order(self) -> tuple[object, ...]:
        return (self.settled.instant, self.sequence, self.visit_id)


@dataclass(slots=True)
class Book:
    """Openings and entries of any number of persons."""

    _openings: dict[tuple[Owner, str], Opening] = field(
        default_factory=dict[tuple[Owner, str], Opening]
    )
    _entries: list[Entry] = field(default_factory=list[Entry])
    _sums: dict[tuple[Owner, str], int] = field(default_factory=dict[tuple[Owner, str], int])

    _names: dict[Owner, set[str]] = field(default_factory=dict[Owner, set[str]])

    def open(self, openings: Iterable[Opening]) -> None:
        """Take the openings; a second one for the same sum is the caller's to refuse."""
        for opening in openings:
            key = (opening.person, opening.year), opening.name
            assert key not in self._openings, key
            self._openings[key] = opening
            self._sums[key] = self._sums.get(key, 0) + opening.amount
            self._names.setdefault(key[0], set()).add(key[1])

    def opening(self, owner: Owner, name: str) -> Opening | None:
        return self._openings.get((owner, name))

    def sum(self, owner: Owner, name: str) -> int:
        """Opening and entries so far."""
        return self._sums.get((owner, name), 0)

    def post(self, owner: Owner, visit_id: str, amounts: Mapping[str, int]) -> None:
        """Add a visit's entries."""
        for name, amount in amounts.items():
            if amount:
                self._entries.append(Entry(owner, name, amount, visit_id))
                self._sums[owner, name] = self._sums.get((owner, name), 0) + amount
                self._names.setdefault(owner, set()).add(name)

    def names(self, owner: Owner) -> set[str]:
        """Every accumulator that an owner has an opening or an entry of."""
        return self._names.get(owner, set())

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(self._entries)
