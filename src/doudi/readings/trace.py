"""The reading that shows its work: each step evaluated once, when asked, by the definition itself.

Only the branch that applies is entered, so the parameters that were looked up are exactly those on which
the amount rests.
"""

from collections.abc import Iterable, Mapping

from doudi.ir import ops
from doudi.ir.meaning import place, worth
from doudi.ir.program import Program, Step
from doudi.ir.types import FLAG, Type


class Trace:
    """One evaluation of a Program on the facts of one visit or line."""

    def __init__(self, program: Program, facts: Mapping[str, int]) -> None:
        self._steps = program.steps
        self._named = dict(program.kept())
        self.facts = facts
        self._worths: dict[int, int] = {}
        self.looked_up: dict[str, tuple[int, Type]] = {}
        """Parameters used so far, with the worth found and its type, in the order of use."""
        self.opened: set[str] = set()
        """Those of them of which the cell is open."""

    def __getitem__(self, name: str) -> int:
        """The worth of an output or a named step."""
        return self._worth(self._named[name])

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
            if number in seen or not self._worth(number):
                continue
            seen.add(number)
            a = step.arguments
            match step.op:
                case ops.Look(parameter) if parameter.startswith(ops.IS_OPEN):
                    found[parameter.removeprefix(ops.IS_OPEN)] = self._cell(a)
                case ops.Either() | ops.Both():
                    waiting += reversed(a)
                case ops.When():
                    waiting += (a[1] if self._worth(a[0]) else a[2], a[0])
                case _:
                    pass
        return found

    def _cell(self, arguments: tuple[int, ...]) -> tuple[str, ...]:
        return tuple(self._steps[n].type.codes[self._worth(n)] for n in arguments)

    def fresh(self, settled: Iterable[str]) -> "Trace":
        """A trace of the same visit that knows only these amounts, so that it shows what else is used."""
        made = Trace.__new__(Trace)
        made._steps, made._named, made.facts = self._steps, self._named, self.facts
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

    def worth(self, number: int) -> int:
        """The worth of a step by its place."""
        return self._worth(number)

    def type_of(self, name: str) -> Type:
        return self._steps[self._named[name]].type

    def _worth(self, number: int) -> int:
        known = self._worths.get(number)
        if known is None:
            known = self._worths[number] = self._evaluated(number)
        return known

    def _evaluated(self, number: int) -> int:
        step = self._steps[number]
        a = step.arguments
        match step.op:
            case ops.Input():
                return self.facts[step.op.name]
            case ops.When():
                return self._worth(a[1] if self._worth(a[0]) else a[2])
            case ops.Both():
                return self._worth(a[0]) and self._worth(a[1])
            case ops.Either():
                return self._worth(a[0]) or self._worth(a[1])
            case ops.Look():
                return self._looked(step.op, a, step.type)
            case _:
                types = [self._steps[n].type for n in a]
                return worth(step.op, [self._worth(n) for n in a], types, step.type)

    def _looked(self, op: ops.Look, arguments: tuple[int, ...], type_: Type) -> int:
        """A parameter's worth, noted; or whether its cell is open, which is not a value of the policy."""
        types = [self._steps[n].type for n in arguments]
        codes = [self._worth(n) for n in arguments]
        found = worth(op, codes, types, type_)
        if op.parameter.startswith(ops.IS_OPEN):
            return found
        if op.open and place(codes, types) in op.open:
            self.opened.add(op.parameter)
        self._note(op.parameter, found, type_)
        return found

    def _note(self, parameter: str, found: int, type_: Type) -> None:
        """A limit is looked up twice, whether there is one and how much: the amount is the one to show."""
        known = self.looked_up.get(parameter)
        if known is None or known[1] == FLAG:
            self.looked_up[parameter] = (found, type_)
