"""Streams of chance: one for each thing that has a name, so that no thing's luck moves another's."""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import TypeVar

_T = TypeVar("_T")


class Stream:
    """The luck of one named thing: the same seed and name, the same luck on every machine.

    It rests on `Random.random` alone, the one method whose numbers Python promises never to change.
    """

    __slots__ = ("uniform",)

    def __init__(self, seed: int, *name: object) -> None:
        self.uniform = Random("/".join(map(str, (seed, *name)))).random
        """A number in [0, 1)."""

    def chance(self, share: float) -> bool:
        """Whether something happens that happens in this share of cases."""
        return self.uniform() < share

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self.uniform() * (high - low + 1))

    def pick(self, among: Sequence[_T]) -> _T:
        """One of several, all alike."""
        return among[int(self.uniform() * len(among))]

    def weighted(self, among: Sequence[tuple[_T, float]]) -> _T:
        """One of several, each by its weight."""
        left = self.uniform() * sum(weight for _, weight in among)
        for one, weight in among:
            left -= weight
            if left < 0:
                return one
        return among[-1][0]

    def several(self, among: Sequence[_T], count: int) -> list[_T]:
        """Up to so many of several, none twice, in the order in which they are drawn."""
        left = list(among)
        return [left.pop(int(self.uniform() * len(left))) for _ in range(min(count, len(left)))]

    def long_tail(self, spread: float) -> float:
        """A factor whose median is 1 and whose tail is long (lognormal)."""
        size = math.sqrt(-2 * math.log(1 - self.uniform()))
        return math.exp(spread * size * math.cos(2 * math.pi * self.uniform()))

    def count(self, mean: float) -> int:
        """How often something happens that happens so often on average (Poisson)."""
        limit, product, found = math.exp(-mean), self.uniform(), 0
        while product > limit:
            product *= self.uniform()
            found += 1
        return found

    def day(self, start: date, end: date) -> date:
        """A day from `start` on, to the day before `end`."""
        return start + timedelta(days=int(self.uniform() * (end - start).days))
