"""A Program with any ill-typed step, or a name that fits nothing, does not run."""

from dataclasses import dataclass, replace

import pytest

from doudi.ir import ops
from doudi.ir.check import flaws
from doudi.ir.program import Program, Step
from doudi.ir.types import COUNT, FEN, FLAG, PRICE, QUANTITY, Kind, Type, category, ratio
from doudi.money import Rounding

TWO, THREE = category(("a", "b")), category(("x", "y", "z"))
TENTH, HUNDREDTH = ratio(10), ratio(100)
TYPES = (FEN, FLAG, COUNT, PRICE, QUANTITY, TENTH, HUNDREDTH, TWO, THREE)
UP = Rounding.HALF_UP


@dataclass(frozen=True)
class Right:
    """A well-typed step; `free` are the types that an argument, or the step itself (-1), may have as well."""

    op: ops.Op
    arguments: tuple[Type, ...]
    own: Type
    free: tuple[tuple[int, Type], ...] = ()


def _any_ratio(place: int) -> tuple[tuple[int, Type], ...]:
    return ((place, TENTH), (place, HUNDREDTH))


RIGHT = (
    Right(ops.Input("x"), (), FEN, tuple((-1, t) for t in TYPES)),
    Right(ops.Const(0), (), FEN, tuple((-1, t) for t in TYPES)),
    Right(ops.Look("p", (1,) * 6), (TWO, THREE), FEN, tuple((-1, t) for t in TYPES)),
    Right(ops.Look("p", (1,)), (), FLAG, tuple((-1, t) for t in TYPES)),
    *(Right(op, (t, t), t) for op in (ops.Add(), ops.Minus()) for t in (FEN, COUNT, PRICE, TENTH)),
    *(Right(op, (FEN, FEN), FEN) for op in (ops.Lesser(), ops.Greater())),
    *(Right(ops.Clip(), (t,), t) for t in (FEN, COUNT, PRICE, HUNDREDTH)),
    Right(ops.Times(), (TENTH, HUNDREDTH), ratio(1000)),
    Right(ops.Rescale(10), (TENTH,), HUNDREDTH),
    Right(ops.Share(UP), (FEN, TENTH), FEN, _any_ratio(1)),
    Right(ops.Extend(UP), (PRICE, QUANTITY), FEN),
    Right(ops.Curve(UP), (FEN, FEN, TENTH), FEN, _any_ratio(2)),
    Right(ops.Curve(UP), (FEN, FEN, TENTH, FEN, TENTH), FEN),
    Right(ops.Quotient(UP), (FEN, FEN), TENTH, _any_ratio(-1)),
    Right(ops.Among((0,)), (TWO,), FLAG, ((0, THREE),)),
    *(Right(op, (t, t), FLAG) for op in (ops.Less(), ops.Equal()) for t in (FEN, COUNT, TENTH)),
    Right(ops.Reaches(), (FEN, FEN, TENTH), FLAG, _any_ratio(2)),
    *(Right(op, (FLAG, FLAG), FLAG) for op in (ops.Both(), ops.Either())),
    Right(ops.Not(), (FLAG,), FLAG),
    *(Right(ops.When(), (FLAG, t, t), t) for t in (FEN, FLAG, TWO, TENTH)),
)
NAMES = [f"{n} {type(right.op).__name__}" for n, right in enumerate(RIGHT)]


def _program(op: ops.Op, arguments: tuple[Type, ...], own: Type) -> Program:
    given = tuple(Step(ops.Input(f"i{n}"), (), t) for n, t in enumerate(arguments))
    step = Step(op, tuple(range(len(arguments))), own)
    return Program((*given, step), (("out", len(given)),))


@pytest.mark.parametrize("right", RIGHT, ids=NAMES)
def test_a_well_typed_step_has_no_flaw(right: Right) -> None:
    assert flaws(_program(right.op, right.arguments, right.own)) == []


@pytest.mark.parametrize("right", RIGHT, ids=NAMES)
def test_an_argument_or_result_of_another_type_is_found(right: Right) -> None:
    for place in range(-1, len(right.arguments)):
        own = right.own if place < 0 else right.arguments[place]
        for other in TYPES:
            if other == own or (place, other) in right.free:
                continue
            arguments, result = list(right.arguments), right.own
            if place < 0:
                result = other
            else:
                arguments[place] = other
            found = flaws(_program(right.op, tuple(arguments), result))
            assert found, (place, str(other))


@pytest.mark.parametrize("right", RIGHT, ids=NAMES)
def test_an_argument_too_many_or_too_few_is_found(right: Right) -> None:
    more = (*right.arguments, right.arguments[-1] if right.arguments else FEN)
    assert flaws(_program(right.op, more, right.own))
    if right.arguments:
        assert flaws(_program(right.op, right.arguments[:-1], right.own))
        assert flaws(_program(right.op, (), right.own))


def test_every_operation_is_tried() -> None:
    assert {type(right.op) for right in RIGHT} == set(ops.Op.__args__)


@pytest.mark.parametrize(
    ("op", "arguments", "own"),
    [
        (ops.Const(2), (), TWO),
        (ops.Const(-1), (), TWO),
        (ops.Const(2), (), FLAG),
        (ops.Const(-1), (), FLAG),
        (ops.Look("p", (1, 1)), (TWO, THREE), FEN),
        (ops.Look("p", (1,) * 7), (TWO, THREE), FEN),
        (ops.Look("p", (0, 2)), (TWO,), FLAG),
        (ops.Look("p", (0, 2)), (TWO,), TWO),
        (ops.Among((2,)), (TWO,), FLAG),
        (ops.Rescale(0), (TENTH,), Type(Kind.RATIO, scale=0)),
        (ops.Add(), (FLAG, FLAG), FLAG),
        (ops.Add(), (TWO, TWO), TWO),
        (ops.Add(), (QUANTITY, QUANTITY), QUANTITY),
        (ops.Less(), (TWO, TWO), FLAG),
        (ops.Equal(), (FLAG, FLAG), FLAG),
        (ops.Curve(UP), (FEN,), FEN),
        (ops.Curve(UP), (FEN, FEN, TENTH, FEN, HUNDREDTH), FEN),
        (ops.Times(), (TENTH, TENTH), TENTH),
    ],
    ids=str,
)
def test_a_worth_outside_its_type_or_an_operation_that_types_do_not_have_is_found(
    op: ops.Op, arguments: tuple[Type, ...], own: Type
) -> None:
    assert flaws(_program(op, arguments, own))


GOOD = Program((Step(ops.Input("a"), (), FEN), Step(ops.Clip(), (0,), FEN)), (("out", 1),))
NO_FLAG = (("holds", 1),)


@pytest.mark.parametrize(
    "program",
    [
        Program((Step(ops.Clip(), (0,), FEN),), (("out", 0),)),
        Program((Step(ops.Clip(), (1,), FEN), Step(ops.Input("a"), (), FEN)), (("out", 0),)),
        Program((Step(ops.Clip(), (-1,), FEN), Step(ops.Input("a"), (), FEN)), (("out", 0),)),
        replace(GOOD, outputs=(("out", 2),)),
        replace(GOOD, outputs=(("out", -1),)),
        replace(GOOD, names=(("name", 9),)),
        replace(GOOD, invariants=(("holds", 9),)),
        replace(GOOD, invariants=NO_FLAG),
        replace(GOOD, outputs=(("out", 0), ("out", 1))),
        replace(GOOD, names=(("name", 0), ("name", 1))),
    ],
    ids=[
        "uses itself", "uses a later step", "uses a step before the first", "output of no step",
        "output of a step before the first", "name of no step", "invariant of no step",
        "invariant that is no flag", "output twice", "name twice",
    ],
)  # fmt: skip
def test_a_step_or_name_that_stands_nowhere_is_found(program: Program) -> None:
    assert flaws(program)
