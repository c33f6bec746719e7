"""The Program: a DAG of named, cited steps, immutable and hashable, and the builder that shares them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from doudi.ir.ops import Const, Input, Op
from doudi.ir.types import Type

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Step:
    """One operation on earlier steps, with the type of what it is worth."""

    op: Op
    arguments: tuple[int, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Program:
    """Steps in order (each uses only earlier ones), and the names under which amounts come out.

    `outputs` are what every reading returns, in this order. `names` are further amounts that an
    explanation speaks of. `invariants` are flags that hold for every valid input: a reading that finds
    one false stops with the facts.
    """

    steps: tuple[Step, ...]
    outputs: tuple[tuple[str, int], ...]
    names: tuple[tuple[str, int], ...] = ()
    invariants: tuple[tuple[str, int], ...] = ()
    _prepared: dict[str, Any] = field(
        default_factory=dict[str, Any], init=False, repr=False, compare=False
    )

    def prepared(self, reading: str, prepare: Callable[["Program"], _T]) -> _T:
        """What a reading makes of the Program, made once: no part of what the Program says."""
        found: _T | None = self._prepared.get(reading)
        if found is None:
            found = self._prepared[reading] = prepare(self)
        return found

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the facts that the Program reads, in the order of their first use."""
        return tuple(step.op.name for step in self.steps if isinstance(step.op, Input))

    def kept(self) -> tuple[tuple[str, int], ...]:
        """All steps that somebody asks for by name."""
        return self.outputs + self.names + self.invariants

    def only(self, *names: str) -> "Program":
        """The same steps with these outputs or names as all outputs, and no invariants."""
        places = dict(self.kept())
        return Program(self.steps, tuple((name, places[name]) for name in names))


@dataclass(slots=True)
class Builder:
    """Adds steps, sharing equal ones, and knows the type of each."""

    steps: list[Step] = field(default_factory=list[Step])
    _known: dict[Step, int] = field(default_factory=dict[Step, int])

    def add(self, op: Op, *arguments: int, type: Type) -> int:
        """The number of the step that does this; a new one only where there is none yet."""
        step = Step(op, arguments, type)
        number = self._known.get(step)
        if number is None:
            number = len(self.steps)
            self.steps.append(step)
            self._known[step] = number
        return number

    def type_of(self, number: int) -> Type:
        return self.steps[number].type

    def constant_of(self, number: int) -> int | None:
        """The worth of a step that is a constant, else None."""
        op = self.steps[number].op
        return op.value if isinstance(op, Const) else None


def needed(steps: tuple[Step, ...], wanted: Iterable[int]) -> list[int]:
    """The steps that the wanted ones rest on, themselves included, in order."""
    seen: set[int] = set()
    open_ = list(wanted)
    while open_:
        number = open_.pop()
        if number not in seen:
            seen.add(number)
            open_.extend(steps[number].arguments)
    return sorted(seen)


def pruned(program: Program) -> Program:
    """The same Program without steps that nothing asks for."""
    order = needed(program.steps, (n for _, n in program.kept()))
    place = {number: i for i, number in enumerate(order)}
    return Program(
        tuple(
            Step(s.op, tuple(place[a] for a in s.arguments), s.type)
            for s in (program.steps[n] for n in order)
        ),
        tuple((name, place[n]) for name, n in program.outputs),
        tuple((name, place[n]) for name, n in program.names),
        tuple((name, place[n]) for name, n in program.invariants),
    )
