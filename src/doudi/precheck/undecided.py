"""Where share and patient's amount can lie while the class of some lines is not known."""

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise, permutations

from doudi.claim import PARTS
from doudi.finding import Undecided
from doudi.precheck.what_if import Sums, WhatIf

_STEPS = 10  # of the grid along each edge

Split = tuple[int, ...]  # how the undecided amount falls into the four parts


def undecided(what_if: WhatIf, known: Sums, lines: Sequence[str], amount: int) -> Undecided:
    """The range over every way in which `amount` can fall into the four parts beside the `known` sums.

    甲, 乙 at any rate, 丙, any ceiling: each is such a way. The amounts are straight between the thresholds
    of the policy, so a grid finds the region of each extreme and a search from its best points the fen.
    """
    search = _Search(what_if, known, amount)
    return Undecided(tuple(lines), amount, search.share(), search.patient())


def share_between(what_if: WhatIf, known: Sums, amount: int) -> tuple[int, int]:
    """The lowest and the highest share alone, which is found at once: for lists of many bills."""
    return _Search(what_if, known, amount).share()


class _NotSet(Exception):
    """A split whose amounts rest on a value that no text gives."""


class _Search:
    """The amounts of every split that was asked for."""

    def __init__(self, what_if: WhatIf, known: Sums, amount: int) -> None:
        self._what_if, self._known, self._amount = what_if, known, amount
        self._seen: dict[Split, dict[str, int]] = {}
        self._grid = tuple(dict.fromkeys(_grid(amount)))

    def share(self) -> tuple[int, int]:
        """The lowest and the highest share; it is of a total that does not change."""
        if not self._what_if.has_control:
            return (0, 0)
        shares = [self._what_if.share(self._sums(split)) for split in self._ends()]
        return (min(shares), max(shares))

    def patient(self) -> tuple[int, int] | None:
        try:
            low, high = (self._at(self._best("patient", sign))["patient"] for sign in (1, -1))
        except _NotSet:
            return None
        return (low, high)

    def _ends(self) -> Iterator[Split]:
        """The amount in one part alone: a measure that is a sum of parts is lowest and highest there."""
        for part in range(len(PARTS)):
            yield tuple(self._amount if n == part else 0 for n in range(len(PARTS)))

    def _best(self, name: str, sign: int) -> Split:
        """The split where the amount is lowest (sign 1) or highest (-1)."""
        starts = sorted(self._grid, key=lambda split: sign * self._at(split)[name])[:4]
        return min(
            (self._walked(start, name, sign) for start in starts),
            key=lambda split: sign * self._at(split)[name],
        )

    def _walked(self, at: Split, name: str, sign: int) -> Split:
        """Downhill from a split by moving ever smaller sums from one part to another."""
        step = max(self._amount // _STEPS, 1)
        while True:
            best = min((at, *_moved(at, step)), key=lambda split: sign * self._at(split)[name])
            if best != at and sign * self._at(best)[name] < sign * self._at(at)[name]:
                at = best
            elif step == 1:
                return at
            else:
                step = max(step // 2, 1)

    def _at(self, split: Split) -> dict[str, int]:
        found = self._seen.get(split)
        if found is None:
            amounts = self._what_if.amounts(self._sums(split))
            if amounts is None:
                raise _NotSet
            found = self._seen[split] = amounts
        return found

    def _sums(self, split: Split) -> Sums:
        own = self._known[: len(PARTS)]
        return (*(a + b for a, b in zip(own, split, strict=True)), *self._known[len(PARTS) :])


def _grid(amount: int) -> Iterator[Split]:
    """The amount in tenths over the parts, the last taking what rounding leaves."""
    count = len(PARTS)
    for bars in combinations(range(_STEPS + count - 1), count - 1):
        edges = (-1, *bars, _STEPS + count - 1)
        tenths = [b - a - 1 for a, b in pairwise(edges)]
        split = [amount * tenth // _STEPS for tenth in tenths]
        split[tenths.index(max(tenths))] += amount - sum(split)
        yield tuple(split)


def _moved(split: Split, step: int) -> Iterator[Split]:
    for source, target in permutations(range(len(split)), 2):
        moved = min(step, split[source])
        if moved > 0:
            made = list(split)
            made[source] -= moved
            made[target] += moved
            yield tuple(made)
