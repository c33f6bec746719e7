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
        self.opened: dict[str, tuple[str, ...]] = {}
        """Parameters used so far of which the cell is open, with the codes of the cell."""

    def __getitem__(self, name: str) -> int:
        """The worth of an output or a named step."""
        return self._worth(self._named[name])

    def holds(self, name: str) -> bool:
        """Whether the Program has a flag of this name and it is true."""
        return name in self._named and bool(self[name])

    def fresh(self, settled: Iterable[str]) -> "Trace":
        """A trace of the same visit that knows only these amounts, so that it shows what else is used."""
        made = Trace.__new__(Trace)
        made._steps, made._named, made.facts = self._steps, self._named, self.facts
        made._worths = {self._named[name]: self[name] for name in settled}
        made.looked_up, made.opened = {}, {}
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
            case _:
                types = [self._steps[n].type for n in a]
                found = worth(step.op, [self._worth(n) for n in a], types, step.type)
                if isinstance(step.op, ops.Look):
                    codes = [self._worth(n) for n in a]
                    if step.op.open and place(codes, types) in step.op.open:
                        cell = (t.codes[c] for t, c in zip(types, codes, strict=True))
                        self.opened[step.op.parameter] = tuple(cell)
                    self._note(step.op.parameter, found, step.type)
                return found

    def _note(self, parameter: str, found: int, type_: Type) -> None:
        """A limit is looked up twice, whether there is one and how much: the amount is the one to show."""
        known = self.looked_up.get(parameter)
        if known is None or known[1] == FLAG:
            self.looked_up[parameter] = (found, type_)
