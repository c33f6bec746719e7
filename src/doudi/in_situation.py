"""A policy as it stands in one situation: which rule holds in each layer, and what its figures come to.

Nothing is evaluated anew: the policy's own Program is traced on what is known. What a bill's amounts decide stays
an expression; where something that is not told makes a difference, there is a row for each of its codes.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from doudi.compile import Policy
from doudi.ir import ops
from doudi.ir.outline import RuleOutline, Source
from doudi.ir.program import Program, Step, pruned
from doudi.ir.specialise import cuts, specialise
from doudi.ir.types import Type
from doudi.packs.model import Formula, Rule, Title
from doudi.readings.trace import Trace
from doudi.readings.working import figure, working

AGE, MAJOR = "age", "major_disease"


@dataclass(frozen=True, slots=True)
class Used:
    """A value that a figure rests on; no worth: the table says that there is no limit."""

    name: str
    title: Title
    worth: int | None
    type: Type
    is_open: bool
    source: Source


@dataclass(frozen=True, slots=True)
class Figure:
    """What an expression comes to: a worth, or no limit, or, where the bill's amounts decide, neither."""

    formula: Formula
    worth: int | None
    type: Type
    working: str
    used: tuple[Used, ...]
    is_unlimited: bool = False

    @property
    def is_open(self) -> bool:
        return any(one.is_open for one in self.used)

    @property
    def text(self) -> str:
        """The worth as people read it; empty where there is none."""
        return "" if self.worth is None else figure(self.worth, self.type)


@dataclass(frozen=True, slots=True)
class RuleHere:
    """A rule in a situation. `holds`: surely; surely not, for control that only warns; None as the bill says."""

    name: str
    title: Title
    source: Source
    holds: bool | None
    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class Row:
    """Codes of what was not told and matters, and the rules that may hold there, in their order."""

    codes: tuple[tuple[str, str], ...]
    rules: tuple[RuleHere, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A layer, control, or the floor: what matters for it (dimensions, age, major disease) and its rows."""

    id: str
    title: Title
    by: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of the situation: codes by dimension, age, whether the disease is a major one."""

    codes: Mapping[str, str]
    age: int | None = None
    major_disease: bool | None = None


def in_situation(policy: Policy, told: Told) -> tuple[Part, ...]:
    """Every layer, control and the floor, in the order in which they take their turn."""
    return tuple(_Reader.of(policy, told).parts())


Choice = tuple[str, int]  # a code (or an age band's words) and the fact that stands for it


@dataclass(frozen=True, slots=True)
class _Reader:
    policy: Policy
    facts: Mapping[str, int]
    choices: Mapping[str, Sequence[Choice]]
    known: Program  # the visit's Program with the facts folded in

    @classmethod
    def of(cls, policy: Policy, told: Told) -> "_Reader":
        dimensions = policy.pack.dimensions
        facts = {d: [*dimensions[d].codes].index(code) for d, code in told.codes.items()}
        choices: dict[str, Sequence[Choice]] = {
            name: [(code, place) for place, code in enumerate(d.codes)]
            for name, d in dimensions.items()
            if name not in told.codes
        }
        if told.age is not None:
            facts[AGE] = told.age
        elif (ages := cuts(policy.visit, AGE)) is not None:
            choices[AGE] = [(str(age), age) for age in sorted({0, *ages})]
        if told.major_disease is None:
            choices[MAJOR] = [("false", 0), ("true", 1)]
        else:
            facts[MAJOR] = int(told.major_disease)
        return cls(policy, facts, choices, specialise(_told_apart(policy.visit), facts))

    def parts(self) -> Iterator[Part]:
        pack, outline = self.policy.pack, self.policy.outline
        for layer, told in zip(pack.layers, outline.layers, strict=True):
            rules = [*zip(layer.rules, told.rules, strict=True)]
            names = [n for _, o in rules for n in _names(o)]
            yield self._part(
                layer.id, layer.title, names, lambda at, rules=rules: _layer(at, rules)
            )
        if pack.control is not None and outline.control is not None:
            rule, source = pack.control, outline.control.source
            rates = {
                "limit": ("control.limit_rate", rule.limit),
                "approaching": ("control.approaching_rate", rule.approaching),
            }
            names = ["control.applies", *(n for n, _ in rates.values())]
            yield self._part("control", rule.title, names, lambda at: (
                RuleHere("control", rule.title, source, at.holds("control.applies"), at.figures(rates)),
            ))  # fmt: skip
        if pack.floor is not None and outline.floor is not None:
            floor, source = pack.floor, outline.floor.source
            share = {"share": ("floor.rate", floor.share)}

            def of_floor(at: "_Place") -> tuple[RuleHere, ...]:
                holds = at.holds("floor.applies")
                here = RuleHere("floor", floor.title, source, holds, at.figures(share))
                return () if holds is False else (here,)

            yield self._part("floor", floor.title, ["floor.applies", "floor.rate"], of_floor)

    def _part(
        self,
        id_: str,
        title: Title,
        names: Sequence[str],
        rules: Callable[["_Place"], tuple[RuleHere, ...]],
    ) -> Part:
        """The rows over what is open and matters."""
        kept = dict(self.known.kept())
        part = pruned(Program(self.known.steps, tuple((n, kept[n]) for n in names)))
        asked = [n for n in self.choices if n in part.inputs]
        found = {
            codes: rules(self._place(part, dict(zip(asked, codes, strict=True))))
            for codes in product(*(self.choices[n] for n in asked))
        }
        return Part(id_, title, *_reduced(asked, found))

    def _place(self, part: Program, chosen: Mapping[str, Choice]) -> "_Place":
        facts = {name: fact for name, (_, fact) in chosen.items()}
        any_ = {
            name: of[0][1] for name, of in self.choices.items()
        }  # what makes no difference here
        return _Place(self.policy, {**any_, **self.facts, **facts}, specialise(part, facts))


def _told_apart(program: Program) -> Program:
    """The Program with a worth that nothing else has in each open cell, so that open is never like a value."""

    def apart(step: Step) -> Step:
        op = step.op
        if not isinstance(op, ops.Look) or not op.open:
            return step
        table = tuple(-1 - n if n in op.open else worth for n, worth in enumerate(op.table))
        return Step(ops.Look(op.parameter, table), step.arguments, step.type)

    steps = tuple(apart(step) for step in program.steps)
    return Program(steps, program.outputs, program.names, program.invariants)


def _names(rule: RuleOutline) -> Iterator[str]:
    """The steps that say whether and how much a rule pays."""
    yield rule.applies
    if rule.deductible is not None:
        yield f"{rule.deductible}_limit"
    yield from (n for n in (rule.rate, rule.cap, rule.capped) if n is not None)
    for band in rule.bands:
        yield from (band.start, band.rate)


def _layer(at: "_Place", rules: Sequence[tuple[Rule, RuleOutline]]) -> tuple[RuleHere, ...]:
    """The rules that may hold, up to the first that surely does."""
    found: list[RuleHere] = []
    for rule, told in rules:
        holds = at.holds(told.applies)
        if holds is False:
            continue
        figures = at.figures(_formulas(rule, told))
        if rule.cap is not None and told.cap is not None and told.capped is not None:
            figures["cap"] = at.cap(told.cap, told.capped, rule.cap.limit)
        found.append(RuleHere(rule.name, rule.title, told.source, holds, figures))
        if holds:
            break
    return tuple(found)


def _formulas(rule: Rule, told: RuleOutline) -> dict[str, tuple[str, Formula]]:
    found: dict[str, tuple[str, Formula]] = {}
    if rule.deductible is not None:
        found["deductible"] = (f"{told.deductible}_limit", rule.deductible.limit)
    if rule.rate is not None and told.rate is not None:
        found["rate"] = (told.rate, rule.rate)
    bands = () if rule.bands is None else rule.bands.bands
    for number, (band, names) in enumerate(zip(bands, told.bands, strict=True), 1):
        found[f"bands.{number}.from"] = (names.start, band.start)
        found[f"bands.{number}.rate"] = (names.rate, band.rate)
    return found


@dataclass(frozen=True, slots=True)
class _Place:
    """One combination of codes: its facts, and the part's Program with them folded in."""

    policy: Policy
    facts: Mapping[str, int]
    part: Program

    def holds(self, name: str) -> bool | None:
        """A condition; None where the bill's amounts decide, or a value that is open."""
        op = self.part.steps[dict(self.part.outputs)[name]].op
        if not isinstance(op, ops.Const) or self._is_open(name):
            return None
        return bool(op.value)

    def _is_open(self, name: str) -> bool:
        trace = Trace(self.policy.visit, self.facts)
        try:
            _ = trace[name]
        except KeyError:
            return False
        return bool(trace.opened)

    def figures(self, formulas: Mapping[str, tuple[str, Formula]]) -> dict[str, Figure]:
        return {key: self.figure(name, formula) for key, (name, formula) in formulas.items()}

    def figure(self, name: str, formula: Formula) -> Figure:
        trace = Trace(self.policy.visit, self.facts)
        type_ = trace.type_of(name)
        try:
            worth = trace[name]
            told = working(trace, name)
        except KeyError:  # the bill decides, unless it comes to the same on every bill
            return Figure(formula, self._constant(name), type_, "", self._used(trace))
        return Figure(formula, worth, type_, told, self._used(trace))

    def _constant(self, name: str) -> int | None:
        """What a step comes to whatever the bill says, as where it is zero times something."""
        op = self.part.steps[dict(self.part.outputs)[name]].op
        return op.value if isinstance(op, ops.Const) and op.value >= 0 else None

    def cap(self, name: str, capped: str, formula: Formula) -> Figure:
        """A limit, of which the table may say that there is none."""
        trace = Trace(self.policy.visit, self.facts)
        made = self.figure(name, formula)
        try:
            has_limit = bool(trace[capped]) or bool(trace.opened)
        except KeyError:
            return made
        if has_limit:
            return made
        used = tuple(replace(one, worth=None) for one in made.used)
        return Figure(formula, None, made.type, "", used, is_unlimited=True)

    def _used(self, trace: Trace) -> tuple[Used, ...]:
        pack, outline = self.policy.pack, self.policy.outline
        return tuple(
            Used(
                name, pack.parameters[name].title, worth, type_, name in trace.opened,
                outline.parameters[name].source,
            )
            for name, (worth, type_) in trace.looked_up.items()
        )  # fmt: skip


# ------------------------------------------------------------------------------------- rows

_Found = Mapping[tuple[Choice, ...], tuple[RuleHere, ...]]


def _reduced(asked: Sequence[str], found: _Found) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    """The rows without what makes no difference; ages that are alike as one band."""
    names, rows = [*asked], dict(found)
    for name in asked:
        at = names.index(name)
        if not _matters(rows, at):
            del names[at]
            rows = {(*codes[:at], *codes[at + 1 :]): rules for codes, rules in rows.items()}
    if AGE in names:
        rows = _in_bands(rows, names.index(AGE))
    told = (
        Row(tuple((n, code) for n, (code, _) in zip(names, codes, strict=True)), rules)
        for codes, rules in rows.items()
    )
    return tuple(names), tuple(told)


def _matters(rows: _Found, at: int) -> bool:
    """Whether rows differ where only what stands at this place does."""
    first: dict[tuple[Choice, ...], tuple[RuleHere, ...]] = {}
    return any(
        first.setdefault((*codes[:at], *codes[at + 1 :]), rules) != rules
        for codes, rules in rows.items()
    )


def _in_bands(rows: _Found, at: int) -> dict[tuple[Choice, ...], tuple[RuleHere, ...]]:
    """Ages from one change to the next, told by their first and last: `0-17`, `18-`."""
    ages = sorted({codes[at][1] for codes in rows})
    alike = {
        age: {(*c[:at], *c[at + 1 :]): r for c, r in rows.items() if c[at][1] == age}
        for age in ages
    }
    starts = [age for n, age in enumerate(ages) if n == 0 or alike[age] != alike[ages[n - 1]]]

    def band(age: int) -> Choice:
        n = bisect_right(starts, age)
        last = "" if n == len(starts) else str(starts[n] - 1)
        return f"{starts[n - 1]}-{last}", starts[n - 1]

    return {
        (*c[:at], band(c[at][1]), *c[at + 1 :]): r for c, r in rows.items() if c[at][1] in starts
    }
