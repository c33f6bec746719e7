"""What history tells of each sum: beyond what is known, and where it contradicts itself.

A printed settlement says what each accumulator stood at before and after it. What stood before it and is not
known from earlier records was there all the same; a record that leaves a sum out, or lowers what was paid,
cannot be used.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from doudi.ledger.accumulators import Owner


@dataclass(slots=True)
class HistoryTold:
    """The sums that history has told so far, in the order of settlement."""

    _sums: dict[tuple[Owner, str], int] = field(default_factory=dict[tuple[Owner, str], int])
    _names: dict[Owner, set[str]] = field(default_factory=dict[Owner, set[str]])
    _fell: dict[Owner, set[str]] = field(default_factory=dict[Owner, set[str]])

    def add(self, owner: Owner, adds: Mapping[str, int]) -> None:
        """A visit of history added these."""
        for name, amount in adds.items():
            self._sums[owner, name] = self._sums.get((owner, name), 0) + amount

    def record(
        self, owner: Owner, sums: Mapping[str, tuple[int, int]]
    ) -> tuple[dict[str, int], dict[str, int]]:
        """What was there before a printed settlement beyond what was known, and what it added."""
        beyond = {
            name: max(before - self._sums.get((owner, name), 0), 0)
            for name, (before, _) in sums.items()
        }
        adds = {name: after - before for name, (before, after) in sums.items()}
        self.add(owner, beyond)
        self.add(owner, adds)
        self._names[owner] = self._names.get(owner, set(sums)) & set(sums)
        self._fell.setdefault(owner, set()).update(
            name for name, added in adds.items() if added < 0
        )
        return beyond, adds

    def lacking(self, owner: Owner, names: Collection[str]) -> list[str]:
        """Sums that some record of this owner leaves out."""
        told = self._names.get(owner)
        return [] if told is None else [name for name in names if name not in told]

    def fallen(self, owner: Owner, names: Collection[str]) -> list[str]:
        """Sums among `names` that some record of this owner lowers."""
        return [name for name in names if name in self._fell.get(owner, ())]
