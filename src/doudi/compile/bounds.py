"""Between what a step can be worth, whatever the bill: seen from its form and the pack's values alone."""

from typing import NamedTuple

from doudi.ir import ops
from doudi.ir.program import Builder
from doudi.ir.types import Kind, Type
from doudi.money import divide


class Bounds(NamedTuple):
    """The least and the greatest worth, over the step's own scale; None where there is no such end."""

    low: int | None
    high: int | None


def bounds(builder: Builder, number: int) -> Bounds:
    """Bounds that surely hold; they may be wider than what can happen."""
    found: list[Bounds] = []
    for step in builder.steps[: number + 1]:
        types = tuple(builder.type_of(a) for a in step.arguments)
        found.append(_of(step.op, tuple(found[a] for a in step.arguments), types, step.type))
    return found[number]


def not_negative(builder: Builder, number: int) -> bool:
    """Whether the step is surely at least 0."""
    low = bounds(builder, number).low
    return low is not None and low >= 0


def _of(op: ops.Op, a: tuple[Bounds, ...], types: tuple[Type, ...], own: Type) -> Bounds:
    match op:
        case _ if own.kind == Kind.FLAG:
            return Bounds(0, 1)
        case ops.Input():
            return Bounds(0, None)  # amounts of a bill, sums before it, ages: none is negative
        case ops.Const():
            return Bounds(op.value, op.value)
        case ops.Look() if op.open:  # whatever a district may write there
            return Bounds(0, own.scale if own.kind == Kind.RATIO else None)
        case ops.Look():
            return Bounds(min(op.table), max(op.table))
        case ops.Add():
            return Bounds(_sum(a[0].low, a[1].low), _sum(a[0].high, a[1].high))
        case ops.Minus():
            return Bounds(_gap(a[0].low, a[1].high), _gap(a[0].high, a[1].low))
        case ops.Lesser():
            highs = [x.high for x in a if x.high is not None]
            low = None if None in (a[0].low, a[1].low) else min(x.low or 0 for x in a)
            return Bounds(low, min(highs, default=None))
        case ops.Greater():
            lows = [x.low for x in a if x.low is not None]
            high = None if None in (a[0].high, a[1].high) else max(x.high or 0 for x in a)
            return Bounds(max(lows, default=None), high)
        case ops.Clip():
            return Bounds(max(a[0].low or 0, 0), None if a[0].high is None else max(a[0].high, 0))
        case ops.Rescale():
            return Bounds(_times(a[0].low, op.factor), _times(a[0].high, op.factor))
        case ops.Times():
            return _product(a[0], a[1])
        case ops.Share():
            scale = types[1].scale
            whole = _product(a[0], a[1])
            low, high = (None if x is None else divide(x, scale, op.rounding) for x in whole)
            return Bounds(low, high)
        case ops.When():
            return _either(a[1], a[2])
        case _:
            return Bounds(None, None)


def _sum(x: int | None, y: int | None) -> int | None:
    return None if x is None or y is None else x + y


def _gap(x: int | None, y: int | None) -> int | None:
    return None if x is None or y is None else x - y


def _times(x: int | None, factor: int) -> int | None:
    return None if x is None else x * factor


def _product(a: Bounds, b: Bounds) -> Bounds:
    """Of two ranges; with an open end only where neither can be negative."""
    if None not in a and None not in b:
        corners = [x * y for x in a for y in b if x is not None and y is not None]
        return Bounds(min(corners), max(corners))
    if a.low is not None and b.low is not None and a.low >= 0 and b.low >= 0:
        return Bounds(a.low * b.low, None)
    return Bounds(None, None)


def _either(a: Bounds, b: Bounds) -> Bounds:
    low = None if a.low is None or b.low is None else min(a.low, b.low)
    high = None if a.high is None or b.high is None else max(a.high, b.high)
    return Bounds(low, high)
