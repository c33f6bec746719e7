"""A Program is typed, total and acyclic, or it does not run."""

from math import prod
from typing import assert_never

from doudi.ir import ops
from doudi.ir.program import Program, Step
from doudi.ir.types import COUNT, FEN, FLAG, PRICE, QUANTITY, Kind, Type

_ADDABLE = {Kind.FEN, Kind.RATIO, Kind.COUNT, Kind.PRICE}


def flaws(program: Program) -> list[str]:
    """Everything that is wrong with a Program's form, a sentence each; empty when it may run."""
    found: list[str] = []
    for number, step in enumerate(program.steps):
        if any(a >= number or a < 0 for a in step.arguments):
            found.append(f"step {number} uses a later step")
            continue
        types = tuple(program.steps[a].type for a in step.arguments)
        if not _fits(step, types):
            shown = ", ".join(map(str, types))
            found.append(f"step {number}: {step.op} of ({shown}) is not a {step.type}")
    for what, named in (("output", program.outputs), ("name", program.names)):
        names = [name for name, _ in named]
        found.extend(
            f"{what} {name} stands twice" for name in {n for n in names if names.count(n) > 1}
        )
    for name, number in program.kept():
        if not 0 <= number < len(program.steps):
            found.append(f"{name} names no step")
    for name, number in program.invariants:
        if 0 <= number < len(program.steps) and program.steps[number].type != FLAG:
            found.append(f"invariant {name} is not a flag")
    return found


def _fits(step: Step, t: tuple[Type, ...]) -> bool:
    own = step.type
    match step.op:
        case ops.Input():
            return not t
        case ops.Const():
            return not t and _holds(own, step.op.value)
        case ops.Look():
            categories = all(x.kind == Kind.CATEGORY for x in t)
            right_size = categories and len(step.op.table) == prod(len(x.codes) for x in t)
            return right_size and all(_holds(own, value) for value in step.op.table)
        case ops.Add() | ops.Minus() | ops.Lesser() | ops.Greater():
            return t == (own, own) and own.kind in _ADDABLE
        case ops.Clip():
            return t == (own,) and own.kind in _ADDABLE
        case ops.Times():
            ratios = len(t) == 2 and all(x.kind == Kind.RATIO for x in t)
            return ratios and own == Type(Kind.RATIO, t[0].scale * t[1].scale)
        case ops.Rescale():
            return (
                len(t) == 1
                and t[0].kind == Kind.RATIO
                and step.op.factor > 0
                and (own == Type(Kind.RATIO, t[0].scale * step.op.factor))
            )
        case ops.Share():
            return len(t) == 2 and t[0] == own == FEN and t[1].kind == Kind.RATIO
        case ops.Extend():
            return t == (PRICE, QUANTITY) and own == FEN
        case ops.Curve():
            rates = set(t[2::2])
            return (
                own == FEN and len(t) >= 3 and len(t) % 2 == 1
                and all(x == FEN for x in (t[0], *t[1::2]))
                and len(rates) == 1 and rates.pop().kind == Kind.RATIO
            )  # fmt: skip
        case ops.Quotient():
            return t == (FEN, FEN) and own.kind == Kind.RATIO
        case ops.Among():
            among = own == FLAG and len(t) == 1 and t[0].kind == Kind.CATEGORY
            return among and all(0 <= place < len(t[0].codes) for place in step.op.places)
        case ops.Less() | ops.Equal():
            return (
                own == FLAG
                and len(t) == 2
                and t[0] == t[1]
                and t[0].kind in _ADDABLE | {COUNT.kind}
            )
        case ops.Reaches():
            return own == FLAG and t[:2] == (FEN, FEN) and len(t) == 3 and t[2].kind == Kind.RATIO
        case ops.Both() | ops.Either():
            return t == (FLAG, FLAG) and own == FLAG
        case ops.Not():
            return t == (FLAG,) and own == FLAG
        case ops.When():
            return len(t) == 3 and t[0] == FLAG and t[1] == t[2] == own
        case _:
            assert_never(step.op)


def _holds(type_: Type, value: int) -> bool:
    """Whether a fixed worth is one that the type has."""
    match type_.kind:
        case Kind.FLAG:
            return value in (0, 1)
        case Kind.CATEGORY:
            return 0 <= value < len(type_.codes)
        case _:
            return True
