"""Sums that a run moves: which of its visits moved them, and where history does not say enough to know."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from doudi.ledger.accumulators import Book, Key, Owner


@dataclass(slots=True)
class Doubts:
    """Where history does not say enough: sums of which part is known, but not before or behind which visit.

    `gaps` are amounts that a printed settlement says were before it and no visit accounts for; `pins` the
    first printed settlement that says of a carried sum what the visits come to; `last` each sum's last visit.
    """

    gaps: dict[Key, list[tuple[tuple[object, ...], int]]] = field(
        default_factory=lambda: defaultdict[Key, list[tuple[tuple[object, ...], int]]](list)
    )
    pins: dict[Key, tuple[object, ...]] = field(default_factory=dict[Key, tuple[object, ...]])
    last: dict[Owner, tuple[object, ...]] = field(default_factory=dict[Owner, tuple[object, ...]])

    def carried(self, past: Book, owner: Owner, name: str, order: tuple[object, ...]) -> int:
        """How much of an opening may stand behind this place instead of before it.

        None of it where no visit of history is behind, or an earlier printed settlement bears it out.
        """
        if not past.carries(owner, name) or owner not in self.last or self.last[owner] < order:
            return 0
        amount = past.start(owner, name)
        pin = self.pins.get((owner, name))
        return 0 if amount > 0 and pin is not None and pin <= order else amount

    def behind(self, owner: Owner, name: str, order: tuple[object, ...]) -> int:
        """How much, told by printed settlements behind this place only, may stand before it."""
        return sum(amount for at, amount in self.gaps.get((owner, name), ()) if at > order)


@dataclass(slots=True)
class Blame:
    """Which visits of this run moved an owner's sums, by how much each still does."""

    _nets: dict[Owner, dict[str, dict[str, int]]] = field(
        default_factory=dict[Owner, dict[str, dict[str, int]]]
    )
    _stay: dict[Owner, dict[str, None]] = field(default_factory=dict[Owner, dict[str, None]])

    def post(self, owner: Owner, visit: str, adds: Mapping[str, int], sign: int) -> None:
        net = self._nets.setdefault(owner, {}).setdefault(visit, {})
        for name, amount in adds.items():
            net[name] = net.get(name, 0) + sign * amount

    def of(self, owners: Mapping[Owner, object]) -> tuple[str, ...]:
        """The visits whose own amounts moved a sum, and those that moved a visit between."""
        found: dict[str, None] = {}
        for owner in owners:
            nets = self._nets.get(owner, {})
            found |= dict.fromkeys(visit for visit, net in nets.items() if any(net.values()))
            found |= self._stay.get(owner, {})
        return tuple(found)

    def stays(self, owners: Mapping[Owner, object], causes: tuple[str, ...]) -> None:
        """A visit of history comes out otherwise because of these: what is behind it stands on it too."""
        for owner in owners:
            self._stay.setdefault(owner, {}).update(dict.fromkeys(causes))
