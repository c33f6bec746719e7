"""The reading that shows its work: each step evaluated once, when asked, by the definition itself.

Only the branch that applies is entered, so the parameters that were looked up are exactly those on which
the amount rests.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from doudi.ir import ops
from doudi.ir.meaning import Meaning, meaning, place
from doudi.ir.program import Program, Step
from doudi.ir.types import FLAG, Type

_Way = Callable[["Trace"], int]


class Trace:
    """One evaluation of a Program on the facts of one visit or line."""

    def __init__(self, program: Program, facts: Mapping[str, int]) -> None:
        self._steps = program.steps
        self._named, self._ways = program.prepared("trace", _prepared)
        self.facts = facts
        self._worths: dict[int, int] = {}
        self.looked_up: dict[str, tuple[int, Type]] = {}
        """Parameters used so far, with the worth found and its type, in the order of use."""
        self.opened: set[str] = set()
        """Those of them of which the cell is open."""

    def __getitem__(self, name: str) -> int:
        """The worth of an output or a named step."""
        return self.worth(self._named[name])

    def holds(self, name: str) -> bool:
        """Whether the Program has a flag of this name and it is true."""
        return name in self._named and bool(self[name])

    def open_cells(self, name: str) -> dict[str, tuple[str, ...]]:
        """The parameters by whose open cells this flag is true, each with the codes of the cell.

        A cell that a known worth makes void (a cap on an amount that is known to be zero) is not among them.
        """
        found: dict[str, tuple[str, ...]] = {}
        waiting, seen = [self._named[name]], set[int]()
        while waiting:
            number = waiting.pop()
            step = self._steps[number]
            if number in seen or not self.worth(number):
                continue
            seen.add(number)
            a = step.arguments
            match step.op:
                case ops.Look(parameter) if parameter.startswith(ops.IS_OPEN):
                    found[parameter.removeprefix(ops.IS_OPEN)] = self._cell(a)
                case ops.Either() | ops.Both():
                    waiting += reversed(a)
                case ops.When():
                    waiting += (a[1] if self.worth(a[0]) else a[2], a[0])
                case _:
                    pass
        return found

    def _cell(self, arguments: tuple[int, ...]) -> tuple[str, ...]:
        return tuple(self._steps[n].type.codes[self.worth(n)] for n in arguments)

    def fresh(self, settled: Iterable[str]) -> "Trace":
        """A trace of the same visit that knows only these amounts, so that it shows what else is used."""
        made = Trace.__new__(Trace)
        made._steps, made._named, made.facts = self._steps, self._named, self.facts
        made._ways = self._ways
        made._worths = {self._named[name]: self[name] for name in settled}
        made.looked_up, made.opened = {}, set()
        return made

    def on(self, facts: Mapping[str, int]) -> "Trace":
        """A trace of the same Program on other facts."""
        made = self.fresh(())
        made.facts = facts
        return made

    def place_of(self, name: str) -> int:
        """Where among the steps an output or a named step stands."""
        return self._named[name]

    def step(self, number: int) -> Step:
        return self._steps[number]

    def type_of(self, name: str) -> Type:
        return self._steps[self._named[name]].type

    def worth(self, number: int) -> int:
        """The worth of a step by its place."""
        known = self._worths.get(number)
        if known is None:
            known = self._worths[number] = self._ways[number](self)
        return known

    def note(self, parameter: str, found: int, type_: Type, *, is_open: bool) -> None:
        """Keep that a parameter was looked up.

        A limit is looked up twice, whether there is one and how much: the amount is the one to show.
        """
        if is_open:
            self.opened.add(parameter)
        known = self.looked_up.get(parameter)
        if known is None or known[1] == FLAG:
            self.looked_up[parameter] = (found, type_)


def _prepared(program: Program) -> "tuple[dict[str, int], tuple[_Way, ...]]":
    """The places of what has a name, and how each step is evaluated: found once for all traces of a Program."""
    return dict(program.kept()), tuple(_way(program.steps, step) for step in program.steps)


def _way(steps: Sequence[Step], step: Step) -> "_Way":
    """How a step is evaluated: what it does not need is not asked for."""
    op, a, own = step.op, step.arguments, step.type
    types = [steps[n].type for n in a]
    match op:
        case ops.Input():
            name = op.name
            return lambda t: t.facts[name]
        case ops.When():
            condition, one, other = a
            return lambda t: t.worth(one if t.worth(condition) else other)
        case ops.Both():
            one, other = a
            return lambda t: t.worth(one) and t.worth(other)
        case ops.Either():
            one, other = a
            return lambda t: t.worth(one) or t.worth(other)
        case ops.Const(value):
            return lambda _: value
        case ops.Look() if not op.parameter.startswith(ops.IS_OPEN):
            return _look(op, a, types, own)
        case _:
            return _computed(a, meaning(op, types, own))


def _look(op: ops.Look, a: Sequence[int], types: Sequence[Type], own: Type) -> "_Way":
    """A parameter's worth, noted."""
    parameter, opens, table = op.parameter, op.open, meaning(op, types, own)

    def look(t: "Trace") -> int:
        codes = [t.worth(n) for n in a]
        found = table(codes)
        t.note(parameter, found, own, is_open=bool(opens) and place(codes, types) in opens)
        return found

    return look


def _computed(a: Sequence[int], means: Meaning) -> "_Way":
    """By the operation's meaning. Most operations take one worth or two, and are asked for often."""
    match a:
        case [one]:
            return lambda t: means((t.worth(one),))
        case [one, other]:
            return lambda t: means((t.worth(one), t.worth(other)))
        case _:
            return lambda t: means([t.worth(n) for n in a])
