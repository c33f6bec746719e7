"""Which amounts rest on a value that no text gives: a flag for each, computed beside the amount.

An open cell holds a stand-in. The flag of a step is true where another worth of an open cell could make the
step worth something else; it is false only where it could not. So a bill that needs no open value is settled
as always, and one that does is refused; every reading has the flags, because they are steps like all others.
"""

from collections.abc import Iterable, Mapping

from doudi.compile.bounds import not_negative
from doudi.ir import ops
from doudi.ir.program import Builder, Step
from doudi.ir.types import FLAG, Kind

OPEN = "open"


def open_outputs(
    builder: Builder,
    paid: Mapping[str, int],
    judged: Iterable[int],
    computed: Mapping[str, int],
    before_caps: Iterable[int],
) -> dict[str, int]:
    """The outputs `open` and `open.<layer>`, none where nothing is open.

    `open`: an amount that is `paid`, or a limit that given amounts are judged by, rests on an open value.
    `open.<layer>`: so does what the layer would have paid where the platform has settled it (`computed`).
    `before_caps` are what rules make before their caps: never negative, whatever an open cell holds.
    """
    flags = _Flags(builder, frozenset(before_caps))
    whole = flags.any([*paid.values(), *judged])
    found = {} if whole is None else {OPEN: whole}
    for layer, number in computed.items():
        flag = flags.of(number)
        if flag is not None:
            found[f"{OPEN}.{layer}"] = flag
    return found


class _Flags:
    """For each step the step that says whether it is open; None where it never is."""

    def __init__(self, builder: Builder, before_caps: frozenset[int]) -> None:
        self._builder = builder
        self._before_caps = before_caps
        self._flags: list[int | None] = []
        for step in tuple(builder.steps):
            self._flags.append(self._flag(step))

    def of(self, number: int) -> int | None:
        return self._flags[number]

    def any(self, numbers: Iterable[int]) -> int | None:
        """Whether one of the steps is open."""
        found: int | None = None
        for number in numbers:
            found = self._either(found, self._flags[number])
        return found

    def _flag(self, step: Step) -> int | None:
        a, op = step.arguments, step.op
        if isinstance(op, ops.Look):
            return self._cell(op, a)
        whole = self.any(a)
        if whole is None:
            return None
        match op:
            case ops.Share():
                return self._but(whole, self._zero(a[0]), self._zero(a[1]))
            case ops.Lesser():
                steady = [self._zero(x) for x, y in (a, a[::-1]) if self._not_negative(y)]
                return self._but(whole, *steady)
            case ops.Both():
                return self._but(whole, *(self._known(self._not(x), x) for x in a))
            case ops.Either():
                return self._but(whole, *(self._known(x, x) for x in a))
            case ops.When():
                return self._when(step)
            case ops.Curve():
                return self._curve(a)
            case ops.Minus():
                return self._but(whole, self._same_place(a))
            case _:
                return whole

    def _cell(self, op: ops.Look, a: tuple[int, ...]) -> int | None:
        """Whether the cell that is looked up is an open one."""
        if not op.open:
            return None
        table = tuple(int(place in op.open) for place in range(len(op.table)))
        return self._builder.add(ops.Look(f"{ops.IS_OPEN}{op.parameter}", table), *a, type=FLAG)

    def _when(self, step: Step) -> int | None:
        """The chosen branch; with an open condition, unless both branches are the same and known."""
        condition, yes, no = step.arguments
        branches = self._flags[yes], self._flags[no]
        chosen: int | None = None
        if branches != (None, None):
            first, second = (self._const(0) if b is None else b for b in branches)
            chosen = self._builder.add(ops.When(), condition, first, second, type=FLAG)
        asked = self._flags[condition]
        if asked is None:
            return chosen
        differs = self._const(1)
        if step.type != FLAG:
            same = self._builder.add(ops.Equal(), yes, no, type=FLAG)
            known = self._but(same, *(b for b in branches if b is not None))
            differs = self._not(known)
        return self._builder.add(
            ops.When(), asked, differs, self._const(0) if chosen is None else chosen, type=FLAG
        )

    def _curve(self, a: tuple[int, ...]) -> int | None:
        """Of a known position only the thresholds and rates that it reaches count."""
        x, found = a[0], self._flags[a[0]]
        for start, rate in zip(a[1::2], a[2::2], strict=True):
            found = self._either(found, self._but(self._flags[start], self._zero(x)))
            if self._flags[rate] is not None:
                reached = self._builder.add(ops.Less(), start, x, type=FLAG)
                found = self._either(found, self._both(self._flags[rate], reached))
        return found

    def _same_place(self, a: tuple[int, ...]) -> int | None:
        """A curve minus the same curve at the same known position is zero."""
        one, other = (self._builder.steps[n] for n in a)
        if not (isinstance(one.op, ops.Curve) and isinstance(other.op, ops.Curve)):
            return None
        if one.arguments[1:] != other.arguments[1:]:
            return None
        places = one.arguments[0], other.arguments[0]
        same = self._builder.add(ops.Equal(), *places, type=FLAG)
        return self._but(same, *(self._flags[p] for p in places))

    def _not_negative(self, number: int) -> bool:
        return number in self._before_caps or not_negative(self._builder, number)

    def _zero(self, number: int) -> int | None:
        """That an amount or a rate is zero, and known to be."""
        type_ = self._builder.type_of(number)
        if type_.kind not in (Kind.FEN, Kind.RATIO):
            return None
        zero = self._builder.add(ops.Const(0), type=type_)
        is_zero = self._builder.add(ops.Equal(), number, zero, type=FLAG)
        return self._known(is_zero, number)

    def _known(self, holds: int, number: int) -> int:
        """That a flag holds and the step it speaks of is not open."""
        made = self._but(holds, self._flags[number])
        assert made is not None, "a flag without a condition stays"
        return made

    def _but(self, flag: int | None, *unless: int | None) -> int | None:
        """A flag, unless one of the others holds."""
        for one in unless:
            if flag is not None and one is not None:
                flag = self._both(flag, self._not(one))
        return flag

    def _both(self, one: int | None, other: int) -> int | None:
        return None if one is None else self._builder.add(ops.Both(), one, other, type=FLAG)

    def _either(self, one: int | None, other: int | None) -> int | None:
        if one is None or other is None:
            return one if other is None else other
        return self._builder.add(ops.Either(), one, other, type=FLAG)

    def _not(self, flag: int | None) -> int:
        assert flag is not None, "only a flag has a contrary"
        return self._builder.add(ops.Not(), flag, type=FLAG)

    def _const(self, value: int) -> int:
        return self._builder.add(ops.Const(value), type=FLAG)
