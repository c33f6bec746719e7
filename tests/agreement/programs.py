"""Random Programs, built from the operations themselves: every operation, rounding and type, negative
worths and amounts near the bound. Well-formed, and within what the operations ask of their arguments: bands
rise, a quotient's lower side is not negative."""

from dataclasses import dataclass, field
from math import prod

from hypothesis import strategies as st

from doudi.ir import ops
from doudi.ir.program import Builder, Program, Step
from doudi.ir.types import COUNT, FEN, FLAG, PRICE, QUANTITY, Kind, Type, category, ratio
from doudi.money import FEN_LIMIT, Rounding

SCALES = (1, 2, 3, 100, 10_000, 999_983)
CATEGORIES = (category(("a",)), category(("a", "b")), category(("x", "y", "z")))
RATIOS = tuple(map(ratio, SCALES))
ADDABLE = (FEN, COUNT, PRICE, *RATIOS)
TYPES = (*ADDABLE, QUANTITY, FLAG, *CATEGORIES)
ROUNDINGS = st.sampled_from(list(Rounding))
_NEAR_THE_BOUND = st.integers(0, 3).flatmap(
    lambda n: st.sampled_from([FEN_LIMIT - n, n - FEN_LIMIT])
)
_AMOUNTS = st.one_of(st.integers(-5, 5), st.integers(-(10**7), 10**7), _NEAR_THE_BOUND)


def worths(type_: Type) -> st.SearchStrategy[int]:
    """What a step of that type can be worth."""
    match type_.kind:
        case Kind.FLAG:
            return st.integers(0, 1)
        case Kind.CATEGORY:
            return st.integers(0, len(type_.codes) - 1)
        case Kind.RATIO:
            return st.one_of(
                st.sampled_from([0, 1, type_.scale, 2 * type_.scale]),
                st.integers(-type_.scale, 2 * type_.scale),
            )
        case Kind.COUNT:
            return st.integers(-3, 120)
        case _:
            return _AMOUNTS


@dataclass(slots=True)
class _Making:
    """A Program while it is drawn; `of` are its steps by type."""

    draw: st.DrawFn
    builder: Builder = field(default_factory=Builder)
    of: dict[Type, list[int]] = field(default_factory=dict[Type, list[int]])
    inputs: int = 0

    def add(self, op: ops.Op, *arguments: int, type_: Type) -> int:
        number = self.builder.add(op, *arguments, type=type_)
        self.of.setdefault(type_, []).append(number)
        return number

    def one(self, type_: Type) -> int:
        """A step of that type: one that there is, mostly the latest, or a new input or constant."""
        known = self.of.get(type_, [])
        choice = self.draw(st.integers(0, 5))
        if known and choice < 4:
            return known[-1] if choice < 2 else self.draw(st.sampled_from(known))
        if choice == 4:
            return self.add(ops.Const(self.draw(worths(type_))), type_=type_)
        self.inputs += 1
        return self.add(ops.Input(f"in.{self.inputs}"), type_=type_)

    def some(self, types: tuple[Type, ...]) -> Type:
        """One of these types, mostly one of which there are steps."""
        known = [t for t in types if t in self.of]
        return self.draw(st.sampled_from(known if known and self.draw(st.booleans()) else types))

    def ratio(self) -> int:
        made = tuple(t for t in self.of if t.kind == Kind.RATIO and t.scale < 10**15)
        return self.one(self.some((*RATIOS, *made)))

    def step(self) -> None:
        """One more operation."""
        kind = self.draw(st.sampled_from(KINDS))
        rounding = self.draw(ROUNDINGS)
        match kind:
            case ops.Add | ops.Minus | ops.Lesser | ops.Greater:
                t = self.some(ADDABLE)
                self.add(kind(), self.one(t), self.one(t), type_=t)
            case ops.Clip:
                t = self.some(ADDABLE)
                self.add(kind(), self.one(t), type_=t)
            case ops.Times:
                a, b = self.ratio(), self.ratio()
                scale = self.builder.type_of(a).scale * self.builder.type_of(b).scale
                self.add(kind(), a, b, type_=ratio(scale))
            case ops.Rescale:
                a, factor = self.ratio(), self.draw(st.sampled_from([1, 2, 7, 1000]))
                type_ = ratio(self.builder.type_of(a).scale * factor)
                self.add(kind(factor), a, type_=type_)
            case ops.Share:
                self.add(kind(rounding), self.one(FEN), self.ratio(), type_=FEN)
            case ops.Extend:
                self.add(kind(rounding), self.one(PRICE), self.one(QUANTITY), type_=FEN)
            case ops.Curve:
                self.curve(rounding)
            case ops.Quotient:
                below = self.add(ops.Clip(), self.one(FEN), type_=FEN)
                self.add(kind(rounding), self.one(FEN), below, type_=self.some(RATIOS))
            case ops.Look:
                self.look()
            case ops.Among:
                t = self.some(CATEGORIES)
                places = self.draw(st.sets(worths(t)))
                self.add(kind(tuple(sorted(places))), self.one(t), type_=FLAG)
            case ops.Less | ops.Equal:
                t = self.some(ADDABLE)
                self.add(kind(), self.one(t), self.one(t), type_=FLAG)
            case ops.Reaches:
                self.add(kind(), self.one(FEN), self.one(FEN), self.ratio(), type_=FLAG)
            case ops.Both | ops.Either:
                self.add(kind(), self.one(FLAG), self.one(FLAG), type_=FLAG)
            case ops.Not:
                self.add(kind(), self.one(FLAG), type_=FLAG)
            case _:
                t = self.some(TYPES)
                self.add(ops.When(), self.one(FLAG), self.one(t), self.one(t), type_=t)

    def curve(self, rounding: Rounding) -> None:
        """Bands whose starts rise: each is the one below and something that is not negative."""
        x, start = self.one(FEN), self.one(FEN)
        type_ = self.builder.type_of(self.ratio())
        arguments = [start, self.one(type_)]
        for _ in range(self.draw(st.integers(0, 3))):
            more = self.add(ops.Clip(), self.one(FEN), type_=FEN)
            start = self.add(ops.Add(), start, more, type_=FEN)
            arguments += [start, self.one(type_)]
        self.add(ops.Curve(rounding), x, *arguments, type_=FEN)

    def look(self) -> None:
        """A table over none, one or two categories."""
        of = [self.some(CATEGORIES) for _ in range(self.draw(st.integers(0, 2)))]
        own = self.some(TYPES)
        size = prod(len(t.codes) for t in of)
        table = self.draw(st.lists(worths(own), min_size=size, max_size=size))
        self.add(ops.Look("p", tuple(table)), *map(self.one, of), type_=own)


KINDS = (
    ops.Add, ops.Minus, ops.Lesser, ops.Greater, ops.Clip, ops.Times, ops.Rescale, ops.Share,
    ops.Extend, ops.Curve, ops.Quotient, ops.Look, ops.Among, ops.Less, ops.Equal, ops.Reaches,
    ops.Both, ops.Either, ops.Not, ops.When,
)  # fmt: skip


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """A Program with outputs, names, and sometimes an invariant. Often every step is an output, so that
    each is judged; else only some are, so that steps are written inside one another."""
    making = _Making(draw)
    for _ in range(draw(st.integers(1, 20))):
        making.step()
    count = len(making.builder.steps)
    late = st.integers(0, count - 1).map(lambda n: count - 1 - n)
    asked = range(count) if draw(st.booleans()) else draw(st.lists(late, min_size=1, max_size=5))
    named = draw(st.lists(late, max_size=3))
    flags = making.of.get(FLAG, [])
    holds = draw(st.lists(st.sampled_from(flags), max_size=2)) if flags else []
    return Program(
        tuple(making.builder.steps),
        tuple((f"out.{n}", number) for n, number in enumerate(asked)),
        tuple((f"name.{n}", number) for n, number in enumerate(named)),
        tuple((f"holds.{n}", number) for n, number in enumerate(holds)),
    )


def inputs_of(program: Program) -> dict[str, Type]:
    """The type of each input."""
    return {s.op.name: s.type for s in program.steps if isinstance(s.op, ops.Input)}


@st.composite
def facts_for(draw: st.DrawFn, program: Program) -> dict[str, int]:
    """A worth for each input."""
    return {name: draw(worths(type_)) for name, type_ in inputs_of(program).items()}


@st.composite
def likely_facts(draw: st.DrawFn, program: Program) -> dict[str, int]:
    """Facts as bills bring them: amounts that are not negative, mostly nothing given."""
    facts = dict[str, int]()
    for name, type_ in inputs_of(program).items():
        match type_.kind:
            case Kind.FLAG:
                facts[name] = int(draw(st.integers(0, 7)) == 7)
            case Kind.FEN | Kind.PRICE | Kind.QUANTITY:
                large = not name.startswith("given.")
                facts[name] = draw(st.integers(0, 20_000_000 if large else 0))
            case Kind.RATIO:
                facts[name] = draw(st.integers(0, type_.scale))
            case _:
                facts[name] = draw(worths(type_))
    return facts


@st.composite
def renumbered(draw: st.DrawFn, program: Program) -> Program:
    """The same Program with its steps in another order, and steps that nobody asks for between them."""
    waiting = set(range(len(program.steps)))
    place: dict[int, int] = {}
    steps: list[Step] = []
    while waiting:
        ready = sorted(n for n in waiting if set(program.steps[n].arguments) <= place.keys())
        if draw(st.integers(0, 4)) == 4:
            steps.append(Step(ops.Const(len(steps)), (), FEN))
        number = draw(st.sampled_from(ready))
        step = program.steps[number]
        place[number] = len(steps)
        steps.append(Step(step.op, tuple(place[a] for a in step.arguments), step.type))
        waiting.remove(number)

    def moved(kept: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
        return tuple(draw(st.permutations([(name, place[n]) for name, n in kept])))

    return Program(
        tuple(steps), moved(program.outputs), moved(program.names), moved(program.invariants)
    )
