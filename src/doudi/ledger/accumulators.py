"""The accumulators of persons and stays: an opening balance with its source, and entries in order.

Amounts are fen. The room speaks of plain names and amounts; which accumulators exist is the pack's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from doudi.dates import Moment

Owner = tuple[str, object]
"""A person and a benefit year, or a person and an episode."""

Key = tuple[Owner, str]
"""One sum: whose, and its name."""


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
class Paid:
    """Who paid what by a settlement as it was printed, under which rules; `excess` is the control's."""

    total: int
    payments: Mapping[str, int]
    hospital: int
    patient: int
    excess: int
    pack: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """A settlement made earlier: where it stands in the order, and each accumulator before and after it.

    `paid` is None where the record does not say it, or does not add up.
    """

    visit_id: str
    person_id: str
    episode_id: str
    year: int
    settled: Moment
    sequence: int
    sums: Mapping[str, tuple[int, int]]
    episode_sums: Mapping[str, tuple[int, int]]
    paid: Paid | None = None

    @property
    def order(self) -> tuple[object, ...]:
        return (self.settled.instant, self.sequence, self.visit_id)


@dataclass(slots=True)
class Book:
    """Openings and entries of any number of persons."""

    _openings: dict[Key, Opening] = field(default_factory=dict[Key, Opening])
    _entries: list[Entry] = field(default_factory=list[Entry])
    _sums: dict[Key, int] = field(default_factory=dict[Key, int])

    _names: dict[Owner, set[str]] = field(default_factory=dict[Owner, set[str]])
    _carried: dict[Key, int] = field(default_factory=dict[Key, int])

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

    def carry(self, owner: Owner, name: str, amount: int) -> None:
        """Start a sum from what an opening holds beyond the visits that are posted here one by one.

        Where they come to more than the opening, the sum begins below nothing and is read as nothing.
        """
        key = owner, name
        assert key not in self._openings, key
        assert key not in self._carried, key
        self._carried[key] = amount
        self._sums[key] = self._sums.get(key, 0) + amount
        self._names.setdefault(owner, set()).add(name)

    def carries(self, owner: Owner, name: str) -> bool:
        return (owner, name) in self._carried

    def start(self, owner: Owner, name: str) -> int:
        """What a carried sum started from."""
        return self._carried[owner, name]

    def sum(self, owner: Owner, name: str) -> int:
        """Opening and entries so far."""
        amount = self._sums.get((owner, name), 0)
        return 0 if amount < 0 and (owner, name) in self._carried else amount

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
