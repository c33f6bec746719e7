"""How a figure came about, from the steps that made it: `(60% + 10%) × 90%`. What adds nothing is not told."""

from doudi.ir import ops
from doudi.ir.types import Kind, Type
from doudi.money import percent, yuan_for_people
from doudi.readings.trace import Trace


def working(trace: Trace, name: str) -> str:
    """The sum or product of values that a step is, on the trace's facts. Raises KeyError where a fact is
    missing."""
    return _text(trace, trace.place_of(name))


def figure(worth: int, type_: Type) -> str:
    """A worth as people read it."""
    match type_.kind:
        case Kind.RATIO:
            return percent(worth, type_.scale)
        case Kind.FEN:
            return yuan_for_people(worth)
        case Kind.FLAG:
            return "true" if worth else "false"
        case _:
            return str(worth)


def _text(trace: Trace, number: int) -> str:
    step, whole = trace.step(number), trace.worth(number)
    a = step.arguments
    match step.op:
        case ops.Add() if trace.worth(a[0]) == 0:
            return _text(trace, a[1])
        case ops.Add() | ops.Minus() if trace.worth(a[1]) == 0:
            return _text(trace, a[0])
        case ops.Add():
            return f"{_text(trace, a[0])} + {_text(trace, a[1])}"
        case ops.Minus():
            return f"{_text(trace, a[0])} − {_factor(trace, a[1])}"
        case ops.Times():
            whole_ones = [n for n in a if trace.worth(n) == trace.step(n).type.scale]
            left = [n for n in a if n not in whole_ones] or [a[0]]
            if len(left) == 1:
                return _text(trace, left[0])
            return " × ".join(_factor(trace, n) for n in left)
        case ops.Lesser() | ops.Greater():
            return _chosen(trace, number)
        case ops.Rescale():
            return _text(trace, a[0])
        case ops.When():
            return _text(trace, a[1] if trace.worth(a[0]) else a[2])
        case ops.Clip() if whole > 0:
            return _text(trace, a[0])
        case _:
            return figure(whole, step.type)


def _chosen(trace: Trace, number: int) -> str:
    """The side that counts; where a fixed bound holds the other side back, both."""
    step, whole = trace.step(number), trace.worth(number)
    sides = sorted(step.arguments, key=lambda n: _is_fixed(trace, n))
    first, bound = sides
    if trace.worth(first) == whole:
        return _text(trace, first)
    if not _is_fixed(trace, bound):
        return _text(trace, bound)
    name = "min" if isinstance(step.op, ops.Lesser) else "max"
    return f"{name}({_text(trace, first)}, {figure(whole, step.type)})"


def _is_fixed(trace: Trace, number: int) -> bool:
    """Whether a step is a constant of the text, over whatever scale."""
    step = trace.step(number)
    while isinstance(step.op, ops.Rescale):
        step = trace.step(step.arguments[0])
    return isinstance(step.op, ops.Const)


def _factor(trace: Trace, number: int) -> str:
    text = _text(trace, number)
    is_sum = (" + " in text or " − " in text) and not text.startswith(("min(", "max("))
    return f"({text})" if is_sum else text
