"""What each operation is worth: the definition that every reading must equal."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import assert_never

from doudi.ir import ops
from doudi.ir.types import Type
from doudi.money import EXTENSION_SCALE, divide

Meaning = Callable[[Sequence[int]], int]
"""From the worths of a step's arguments to its own."""


def meaning(op: ops.Op, types: Sequence[Type], own: Type) -> Meaning:
    """What one step is worth from its arguments' worths, by its operation and the types: found once, asked often.

    An input has no worth of its own: whoever evaluates brings it.
    """
    match op:
        case ops.Input():
            raise AssertionError(f"the worth of input {op.name} comes from outside")
        case ops.Const(value):
            return lambda _: value
        case ops.Look(_, table):
            return lambda a: table[place(a, types)]
        case ops.Add():
            return lambda a: a[0] + a[1]
        case ops.Minus():
            return lambda a: a[0] - a[1]
        case ops.Lesser():
            return lambda a: min(a[0], a[1])
        case ops.Greater():
            return lambda a: max(a[0], a[1])
        case ops.Clip():
            return lambda a: max(a[0], 0)
        case ops.Times():
            return lambda a: a[0] * a[1]
        case ops.Rescale(factor):
            return lambda a: a[0] * factor
        case ops.Share(rounding):
            scale = types[1].scale
            return lambda a: divide(a[0] * a[1], scale, rounding)
        case ops.Extend(rounding):
            return lambda a: divide(a[0] * a[1], EXTENSION_SCALE, rounding)
        case ops.Curve(rounding):
            scale = types[2].scale
            return lambda a: divide(_in_bands(a), scale, rounding)
        case ops.Quotient(rounding):
            scale = own.scale
            return lambda a: divide(a[0] * scale, a[1], rounding) if a[1] > 0 else 0
        case ops.Among(places):
            return lambda a: int(a[0] in places)
        case ops.Less():
            return lambda a: int(a[0] < a[1])
        case ops.Equal():
            return lambda a: int(a[0] == a[1])
        case ops.Reaches():
            scale = types[2].scale
            return lambda a: int(a[0] * scale >= a[1] * a[2])
        case ops.Both():
            return lambda a: a[0] & a[1]
        case ops.Either():
            return lambda a: a[0] | a[1]
        case ops.Not():
            return lambda a: 1 - a[0]
        case ops.When():
            return lambda a: a[1] if a[0] else a[2]
        case _:
            assert_never(op)


def worth(op: ops.Op, a: Sequence[int], types: Sequence[Type], own: Type) -> int:
    """The worth of one step from its arguments' worths and types."""
    return meaning(op, types, own)(a)


def place(codes: Sequence[int], types: Sequence[Type]) -> int:
    """Where a look-up's table holds the value for these codes: row-major."""
    at = 0
    for code, type_ in zip(codes, types, strict=True):
        at = at * len(type_.codes) + code
    return at


def _in_bands(a: Sequence[int]) -> int:
    """Sum of rate x (what of x lies in the band), not yet rounded; `a` is x, then threshold, rate, …"""
    x, bands = a[0], list(zip(a[1::2], a[2::2], strict=True))
    total = 0
    for (start, rate), (end, _) in pairwise([*bands, (max(x, bands[-1][0]), 0)]):
        total += rate * max(min(x, end) - start, 0)
    return total
