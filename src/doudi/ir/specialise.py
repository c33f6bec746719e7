"""A Program where some facts are known: the rule as it stands for one kind of visit and person."""

from collections.abc import Mapping
from itertools import product

from doudi.ir import ops
from doudi.ir.meaning import place, worth
from doudi.ir.program import Builder, Program, Step, needed, pruned
from doudi.ir.types import Type


def specialise(program: Program, facts: Mapping[str, int]) -> Program:
    """The Program with these inputs known: look-ups, conditions and constants folded away.

    Worth for worth it equals the whole Program; names stay, as constants or shared steps.
    """
    builder = Builder()
    moved: dict[int, int] = {}
    for number in needed(program.steps, (n for _, n in program.kept())):
        step = program.steps[number]
        if isinstance(step.op, ops.Input) and step.op.name in facts:
            moved[number] = builder.add(ops.Const(facts[step.op.name]), type=step.type)
        else:
            moved[number] = _fold(builder, step, tuple(moved[a] for a in step.arguments))
    return pruned(
        Program(
            tuple(builder.steps),
            tuple((name, moved[n]) for name, n in program.outputs),
            tuple((name, moved[n]) for name, n in program.names),
            tuple((name, moved[n]) for name, n in program.invariants),
        )
    )


def cuts(program: Program, name: str) -> tuple[int, ...] | None:
    """The worths of an input at which something changes, where it is only compared with look-ups and
    constants: between two cuts every worth gives the same amounts. None where it is used otherwise, or
    is itself something that the Program keeps.
    """
    numbers = {
        n for n, s in enumerate(program.steps) if isinstance(s.op, ops.Input) and s.op.name == name
    }
    if any(n in numbers for _, n in program.kept()):
        return None
    found: set[int] = set()
    for step in program.steps:
        if not numbers.intersection(step.arguments):
            continue
        others = [program.steps[a].op for a in step.arguments if a not in numbers]
        if not isinstance(step.op, ops.Less | ops.Equal) or len(others) != 1:
            return None
        match others[0]:
            case ops.Const(value):
                worths: tuple[int, ...] = (value,)
            case ops.Look(_, table):
                worths = table
            case _:
                return None
        for worth_ in worths:
            found |= {worth_, worth_ + 1}
    return tuple(sorted(found))


def _fold(builder: Builder, step: Step, arguments: tuple[int, ...]) -> int:
    """The step on moved arguments, or a simpler one of the same worth."""
    known = tuple([builder.constant_of(a) for a in arguments])
    constants = tuple([value for value in known if value is not None])
    if known and not constants and not isinstance(step.op, ops.When):
        return builder.add(step.op, *arguments, type=step.type)
    types = tuple([builder.type_of(a) for a in arguments])
    if not isinstance(step.op, ops.Input) and len(constants) == len(known):
        return builder.add(ops.Const(worth(step.op, constants, types, step.type)), type=step.type)
    same = _same_as_argument(step.op, arguments, known, types)
    if same is not None:
        return same
    if _is_zero(step.op, known):
        return builder.add(ops.Const(0), type=step.type)
    if isinstance(step.op, ops.Look):
        return _narrow(builder, step, arguments, known, types)
    return builder.add(step.op, *arguments, type=step.type)


def _same_as_argument(
    op: ops.Op,
    arguments: tuple[int, ...],
    known: tuple[int | None, ...],
    types: tuple[Type, ...],
) -> int | None:
    """The argument that the step equals, where a known argument makes it so."""
    match op, known:
        case (ops.When(), (0, _, _)):
            return arguments[2]
        case (ops.When(), (1, _, _)):
            return arguments[1]
        case (ops.When(), _) if arguments[1] == arguments[2]:
            return arguments[1]
        case ((ops.Add() | ops.Either()), (0, _)):
            return arguments[1]
        case ((ops.Add() | ops.Minus() | ops.Either()), (_, 0)):
            return arguments[0]
        case (ops.Both(), (1, _)):
            return arguments[1]
        case (ops.Both(), (_, 1)):
            return arguments[0]
        case (ops.Share(), (_, rate)) if rate == types[1].scale:
            return arguments[0]
        case _:
            return None


def _is_zero(op: ops.Op, known: tuple[int | None, ...]) -> bool:
    match op:
        case ops.Both() | ops.Share() | ops.Times() | ops.Extend():
            return 0 in known
        case _:
            return False


def _narrow(
    builder: Builder,
    step: Step,
    arguments: tuple[int, ...],
    known: tuple[int | None, ...],
    types: tuple[Type, ...],
) -> int:
    """A look-up over the categories that are still open."""
    assert isinstance(step.op, ops.Look)
    choices = [
        range(len(t.codes)) if k is None else (k,) for k, t in zip(known, types, strict=True)
    ]
    table = tuple(step.op.table[place(codes, types)] for codes in product(*choices))
    open_ = tuple(a for a, k in zip(arguments, known, strict=True) if k is None)
    if len(set(table)) == 1:
        return builder.add(ops.Const(table[0]), type=step.type)
    return builder.add(ops.Look(step.op.parameter, table), *open_, type=step.type)
