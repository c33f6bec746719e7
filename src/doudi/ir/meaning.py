"""What each operation is worth: the definition that every reading must equal."""

from collections.abc import Sequence
from itertools import pairwise
from typing import assert_never

from doudi.ir import ops
from doudi.ir.types import Type
from doudi.money import EXTENSION_SCALE, divide


def worth(op: ops.Op, a: Sequence[int], types: Sequence[Type], own: Type) -> int:
    """The worth of one step from its arguments' worths and types.

    An input has no worth of its own: whoever evaluates brings it.
    """
    match op:
        case ops.Input():
            raise AssertionError(f"the worth of input {op.name} comes from outside")
        case ops.Const():
            return op.value
        case ops.Look():
            return op.table[place(a, types)]
        case ops.Add():
            return a[0] + a[1]
        case ops.Minus():
            return a[0] - a[1]
        case ops.Lesser():
            return min(a[0], a[1])
        case ops.Greater():
            return max(a[0], a[1])
        case ops.Clip():
            return max(a[0], 0)
        case ops.Times():
            return a[0] * a[1]
        case ops.Rescale():
            return a[0] * op.factor
        case ops.Share():
            return divide(a[0] * a[1], types[1].scale, op.rounding)
        case ops.Extend():
            return divide(a[0] * a[1], EXTENSION_SCALE, op.rounding)
        case ops.Curve():
            return divide(_in_bands(a), types[2].scale, op.rounding)
        case ops.Quotient():
            return divide(a[0] * own.scale, a[1], op.rounding) if a[1] > 0 else 0
        case ops.Among():
            return int(a[0] in op.places)
        case ops.Less():
            return int(a[0] < a[1])
        case ops.Equal():
            return int(a[0] == a[1])
        case ops.Reaches():
            return int(a[0] * types[2].scale >= a[1] * a[2])
        case ops.Both():
            return a[0] & a[1]
        case ops.Either():
            return a[0] | a[1]
        case ops.Not():
            return 1 - a[0]
        case ops.When():
            return a[1] if a[0] else a[2]
        case _:
            assert_never(op)


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
