"""One bill under its policy, asked again and again with other lines: amounts only, no reasons.

Each answer is what a full settlement of those lines would give; tests hold the two together.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from operator import add, sub

from doudi.adjudicate import above_base, openings
from doudi.claim import PARTS, Claim, ClaimLine
from doudi.finding import Effect, Marginal
from doudi.ledger.accumulators import Book
from doudi.readings.trace import Trace
from doudi.running import Running

Sums = tuple[int, ...]  # the four parts, then the four of what the patient signed for

NO_SUMS: Sums = (0,) * (2 * len(PARTS))
_ROOM_LIMIT = 10**11  # fen; a bill has a limit below this or none


class WhatIf:
    """The amounts of a claim on its opening balances, for any sums of parts."""

    def __init__(self, running: Running, claim: Claim, book: Book) -> None:
        self._running, self._claim = running, claim
        self._situation = running.situator.situate(claim)
        self._before = openings(running, claim, self._situation, book)
        self._special = running.special(claim, self._situation)
        self._given = running.given(claim)
        self._names = (*(layer.id for layer in running.policy.outline.layers), "floor")
        self._shown = {la.id for la in running.policy.outline.layers if la.always_shown}
        self._watch = running.watch(claim, self._situation, self._before)

    @property
    def has_control(self) -> bool:
        """Whether there is a share at all."""
        return self._watch is not None

    def sums_of_each(self, lines: Sequence[ClaimLine]) -> list[Sums]:
        """What each line adds to the parts, and to the parts that the patient signed for."""
        rows = self._running.parts_of_each(lines)
        none = NO_SUMS[len(PARTS) :]
        return [
            (*row, *(row if line.consent else none)) for line, row in zip(lines, rows, strict=True)
        ]

    def amounts(self, sums: Sums) -> dict[str, int] | None:
        """Every amount of the visit; None where such a bill cannot be settled: a part below 0, too
        much given, a value that no text gives."""
        parts, consented = sums[: len(PARTS)], sums[len(PARTS) :]
        if min(parts) < 0:
            return None
        if self._claim.given and self._given_too_much(sums):
            return None
        given = self._special.function(
            parts, self._before, self._situation.age, self._given, consented
        )
        amounts = self._special.amounts(given)
        return None if amounts.get("open") else amounts

    def share(self, sums: Sums) -> int:
        """The out-of-catalogue share in parts of 10,000, where the policy has a control."""
        assert self._watch is not None, "no share without a control"
        return self._watch(sums[: len(PARTS)], sums[len(PARTS) :])["control.share"]

    def effect(self, more: dict[str, int], less: dict[str, int]) -> Effect:
        """What the one pays more than the other, for whom."""
        payments = {name: more[name] - less[name] for name in self._names}
        shown = {n: a for n, a in payments.items() if a or n == "floor" or n in self._shown}
        return Effect(more["patient"] - less["patient"], more["hospital"] - less["hospital"], shown)

    def marginal(
        self, lines: Sequence[ClaimLine], rows: Sequence[Sums], whole: Sums, wanted: Iterable[str]
    ) -> tuple[Marginal, ...]:
        """Each wanted line's effect on the bill of `whole`, whose lines fall into `rows`."""
        now = self.amounts(whole)
        assert now is not None, "the bill itself has been settled"
        row_of = {line.id: row for line, row in zip(lines, rows, strict=True)}
        refunds: dict[str, list[str]] = defaultdict(list)
        for line in lines:
            if line.refunds is not None:
                refunds[line.refunds].append(line.id)
        found: list[Marginal] = []
        for line_id in wanted:
            gone = (line_id, *refunds[line_id])
            rest = whole
            for one in gone:
                rest = minus(rest, row_of[one])
            other = self.amounts(rest)
            effect = None if other is None else self.effect(now, other)
            found.append(Marginal(line_id, gone[1:], effect))
        return tuple(found)

    def room(self, sums: Sums) -> int | None:
        """How much more wholly own pay fits before the limit is exceeded (0 where it is already).

        None where there is no such limit: the policy has no control, or its measure does not grow with it.
        """
        watch = self._watch
        if watch is None:
            return None
        first, *others = sums[: len(PARTS)]
        consented = sums[len(PARTS) :]

        def fits(more: int) -> bool:
            return not watch((first + more, *others), consented)["control.exceeded"]

        if not fits(0):
            return 0
        if fits(_ROOM_LIMIT):
            return None
        low, high = 0, _ROOM_LIMIT
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if fits(middle) else (low, middle)
        return low

    def _trace(self, sums: Sums) -> Trace:
        """What is known of a bill of these sums, be it one that can stand or not."""
        parts, consented = sums[: len(PARTS)], sums[len(PARTS) :]
        facts = self._running.facts(self._claim, self._situation, parts, self._before)
        facts |= {f"consented.{part}": a for part, a in zip(PARTS, consented, strict=True)}
        return Trace(self._running.policy.visit, facts)

    def _given_too_much(self, sums: Sums) -> bool:
        trace = self._trace(sums)
        return bool(above_base(self._running, self._claim, trace, dict(trace.facts)))


def plus(a: Sums, b: Sums) -> Sums:
    return tuple(map(add, a, b))


def minus(a: Sums, b: Sums) -> Sums:
    return tuple(map(sub, a, b))


def summed(rows: Iterable[Sums]) -> Sums:
    whole = NO_SUMS
    for row in rows:
        whole = plus(whole, row)
    return whole
