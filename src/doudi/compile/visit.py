"""The Program of one visit: the cascade, control and floor, as the pack states them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from math import lcm

from doudi.compile.bounds import Bounds, bounds
from doudi.compile.expressions import PARTS, Lowering
from doudi.compile.openness import open_outputs
from doudi.compile.remainder import parts_of, terms, within
from doudi.compile.said import said, source
from doudi.errors import fault
from doudi.ir import ops
from doudi.ir.outline import BandOutline, RuleOutline
from doudi.ir.program import Program, pruned
from doudi.ir.types import FEN, FLAG, ratio
from doudi.money import FEN_LIMIT, Rounding
from doudi.packs.model import (
    Bands,
    Consent,
    ControlRule,
    FloorRule,
    Formula,
    Layer,
    Mode,
    Rule,
)  # fmt: skip

SHARE_SCALE = 10**4  # a share is shown to four places


@dataclass(slots=True)
class VisitCompiler:
    """Compiles one pack's cascade. After `compile`, `rules` tells each rule's names."""

    low: Lowering
    names: dict[str, int] = field(default_factory=dict[str, int])
    outputs: dict[str, int] = field(default_factory=dict[str, int])
    invariants: dict[str, int] = field(default_factory=dict[str, int])
    rules: dict[str, tuple[RuleOutline, ...]] = field(
        default_factory=dict[str, tuple[RuleOutline, ...]]
    )
    _paid: int = 0
    _parts: frozenset[str] = (
        frozenset()
    )  # the parts of the bill that earlier layers may have paid out of
    _taken: frozenset[str] = frozenset()  # and those that this layer adds to them
    _earlier: tuple[str, ...] = ()
    _before_caps: list[int] = field(default_factory=list[int])  # what rules make before their caps

    def compile(self) -> Program:
        """The whole Program; faults are in the Lowering."""
        low, pack = self.low, self.low.pack
        total = self._parts_of_the_bill()
        low.later.update({layer.id for layer in pack.layers}, {"deductible_met"})
        self._paid = low.zero()
        met = low.zero()
        for layer in pack.layers:
            layer_met = self._layer(layer, total)
            met = met if layer_met is None else layer_met
        low.later.discard("deductible_met")
        low.steps["deductible_met"] = self.outputs["deductible_met"] = met
        left = low.add(ops.Minus(), total, self._paid)
        hospital = low.zero() if pack.control is None else self._control(pack.control, left)
        left = low.add(ops.Minus(), left, hospital)
        floor = low.zero() if pack.floor is None else self._floor(pack.floor, left)
        patient = low.add(ops.Minus(), left, floor)
        self.outputs |= {"floor": floor, "hospital": hospital, "patient": patient}
        self._accumulators()
        self.invariants["patient >= 0"] = self._not_negative(patient)
        self._open_values()
        return pruned(
            Program(
                tuple(low.builder.steps),
                tuple(self.outputs.items()),
                tuple(self.names.items()),
                tuple(self.invariants.items()),
            )
        )

    def _open_values(self) -> None:
        """Whether amounts rest on values that no text gives."""
        low = self.low
        judged = [
            low.add(
                ops.When(),
                low.input(f"is_given.{layer.id}", FLAG),
                self.names[f"{layer.id}.at_most"],
                low.zero(),
            )
            for layer in low.pack.layers
            if layer.given_at_most is not None
        ]
        ids = [layer.id for layer in low.pack.layers]
        computed = {id_: self.outputs[f"{id_}.computed"] for id_ in ids}
        paid = {k: n for k, n in self.outputs.items() if not k.endswith(".computed")}
        self.outputs |= open_outputs(low.builder, paid, judged, computed, self._before_caps)

    def _parts_of_the_bill(self) -> int:
        """The visit's parts, netted over its lines, and their total."""
        low = self.low
        parts = [low.input(part, FEN) for part in PARTS]
        low.steps |= dict(zip(PARTS, parts, strict=True))
        low.steps["total"] = self.outputs["total"] = self._added(parts)
        return low.steps["total"]

    def _added(self, parts: list[int]) -> int:
        total = parts[0]
        for part in parts[1:]:
            total = self.low.add(ops.Add(), total, part)
        return total

    def _layer(self, layer: Layer, total: int) -> int | None:
        """One fund's turn: computed by its first rule that applies, unless the platform gave it.

        Gives the step of the deductible met, where the layer has one.
        """
        low = self.low
        left = low.add(ops.Minus(), total, self._paid)
        computed, met = self._computed(layer, left)
        payment = computed
        if layer.given_at_most is not None:
            at_most = low.add(
                ops.When(),
                low.condition(layer.given_when),
                self._within_left(layer.given_at_most, left),
                low.zero(),
            )
            is_given = low.input(f"is_given.{layer.id}", FLAG)
            given = low.input(f"given.{layer.id}", FEN)
            payment = low.add(ops.When(), is_given, given, computed)
            self.names[f"{layer.id}.at_most"] = at_most
        self.outputs[layer.id] = payment
        self.outputs[f"{layer.id}.computed"] = computed
        self.names[f"{layer.id}.left"] = left
        low.later.discard(layer.id)
        low.steps[layer.id] = payment
        self._paid = low.add(ops.Add(), self._paid, payment)
        self._parts |= self._taken
        self._earlier = (*self._earlier, layer.id)
        return met

    def _computed(self, layer: Layer, left: int) -> tuple[int, int | None]:
        """What the layer's rules pay, and the deductible met where the layer has one."""
        low = self.low
        compiled = [self._rule(layer, rule, left) for rule in layer.rules]
        self.rules[layer.id] = tuple(outline for _, _, _, outline in compiled)
        computed, met = low.zero(), low.zero()
        for applies, payment, rule_met, _ in reversed(compiled):
            computed = low.add(ops.When(), applies, payment, computed)
            met = low.add(ops.When(), applies, rule_met, met)
        if not any(rule.deductible for rule in layer.rules):
            return computed, None
        if layer.given_at_most is not None:
            given = low.input("given.deductible_met", FEN)
            met = low.add(ops.When(), low.input("is_given.deductible_met", FLAG), given, met)
        return computed, met

    def _rule(self, layer: Layer, rule: Rule, left: int) -> tuple[int, int, int, RuleOutline]:
        """One rule: the steps of its condition, its payment, the deductible met; and its names."""
        low, key = self.low, f"{layer.id}.{rule.name}"
        applies = low.condition(rule.when)
        base = self._within_left(rule.base, left)
        met, deductible = low.zero(), None
        if rule.deductible is not None:
            deductible = low.at_least_zero(rule.deductible.limit)
            self.names[f"{key}.deductible_limit"] = deductible
            if rule.deductible.met is not None:
                before = low.before(rule.deductible.met)
                deductible = low.add(ops.Clip(), low.add(ops.Minus(), deductible, before))
            met = low.add(ops.Lesser(), deductible, base)
            self.names[f"{key}.deductible"] = deductible
            self.names[f"{key}.met"] = met
        above = low.add(ops.Minus(), base, met)
        bands: tuple[BandOutline, ...] = ()
        if rule.bands is not None:
            raw, bands = self._bands(key, rule.bands, above, rule.rounding)
        else:
            assert rule.rate is not None
            rate = low.rate(rule.rate)
            self.names[f"{key}.rate"] = rate
            raw = low.add(ops.Share(rule.rounding), above, rate)
        self._before_caps.append(raw)
        payment, capped = raw, None
        if rule.cap is not None:
            has, limit = low.limit(rule.cap.limit)
            capped = low.flag(True) if has is None else has
            paid = low.before(rule.cap.paid)
            rest = low.add(ops.Clip(), low.add(ops.Minus(), limit, paid))
            payment = low.add(ops.When(), capped, low.add(ops.Lesser(), raw, rest), raw)
            self.names |= {f"{key}.cap": limit, f"{key}.cap_left": rest, f"{key}.capped": capped}
        self.names |= {f"{key}.applies": applies, f"{key}.base": base, f"{key}.raw": raw}
        return applies, payment, met, self._outline(key, rule, deductible, bands)

    def _outline(
        self, key: str, rule: Rule, deductible: int | None, bands: tuple[BandOutline, ...]
    ) -> RuleOutline:
        has_cap = rule.cap is not None
        return RuleOutline(
            name=rule.name,
            title=said(rule.title),
            source=source(rule.basis),
            applies=f"{key}.applies",
            base=f"{key}.base",
            deductible=None if deductible is None else f"{key}.deductible",
            met=None if deductible is None else f"{key}.met",
            rate=None if rule.rate is None else f"{key}.rate",
            before=None if rule.bands is None else f"{key}.before",
            bands=bands,
            raw=f"{key}.raw",
            capped=f"{key}.capped" if has_cap else None,
            cap=f"{key}.cap" if has_cap else None,
            left=f"{key}.cap_left" if has_cap else None,
        )

    def _bands(
        self, key: str, stated: Bands, x: int, rounding: Rounding
    ) -> tuple[int, tuple[BandOutline, ...]]:
        """F(before + x) - F(before), F running over the bands and rounded once."""
        low = self.low
        before = low.before(stated.over)
        rates = [low.rate(band.rate) for band in stated.bands]
        scale = lcm(*(low.builder.type_of(rate).scale for rate in rates))
        arguments: list[int] = []
        starts: list[int] = []
        outlines: list[BandOutline] = []
        for number, (band, rate) in enumerate(zip(stated.bands, rates, strict=True)):
            start = low.at_least_zero(band.start)
            own = low.builder.type_of(rate).scale
            aligned = low.builder.add(ops.Rescale(scale // own), rate, type=ratio(scale))
            starts.append(start)
            arguments += [
                self._not_below(start, arguments[-2:-1]),
                rate if own == scale else aligned,
            ]
            outline = BandOutline(f"{key}.band{number}.start", f"{key}.band{number}.rate")
            self.names |= {outline.start: start, outline.rate: rate}
            outlines.append(outline)
        self._bands_rise(stated, starts)
        after = low.add(ops.Add(), before, x)
        up_to = [low.add(ops.Curve(rounding), at, *arguments) for at in (after, before)]
        self.names[f"{key}.before"] = before
        raw = low.add(ops.Minus(), up_to[0], up_to[1])
        if rounding == Rounding.HALF_EVEN:  # two ties may round apart: never more than the base
            raw = low.add(ops.Lesser(), raw, x)
        return raw, tuple(outlines)

    def _bands_rise(self, stated: Bands, starts: list[int]) -> None:
        """A fault where a band may start before the one above it."""
        for number in range(1, len(starts)):
            if not self._rises(starts[number - 1], starts[number]):
                self.low.faults.append(
                    fault(
                        "P211", stated.bands[number].start.place,
                        what_=f"第 {number + 1} 段的起点可能低于上一段的起点",
                        why_="分段必须从低到高，否则同一段钱算两遍。", mend_="核对各段起点。",
                    )
                )  # fmt: skip

    def _not_below(self, start: int, previous: Sequence[int]) -> int:
        """A threshold as bands run over it: where it or the one before may be open, what stands in for it is held
        to that one: bands that run backwards have no amount. Where both are known it is the threshold itself."""
        if all(self._rises(before, start, whatever=True) for before in previous):
            return start
        return self.low.add(ops.Greater(), *previous, start)

    def _rises(self, lower: int, upper: int, *, whatever: bool = False) -> bool:
        """Whether one threshold is at most the other, whatever the codes are: where texts give both, or `whatever`
        an open cell holds."""
        steps = self.low.builder.steps
        a, b = steps[lower], steps[upper]
        if isinstance(a.op, ops.Look) and isinstance(b.op, ops.Look) and a.arguments == b.arguments:
            open_ = a.op.open | b.op.open
            pairs = zip(a.op.table, b.op.table, strict=True)
            return all(x <= y if n not in open_ else not whatever for n, (x, y) in enumerate(pairs))
        of = partial(bounds, self.low.builder) if whatever else self._stated
        highest, lowest = of(lower).high, of(upper).low
        return highest is not None and lowest is not None and highest <= lowest

    def _stated(self, number: int) -> Bounds:
        """The bounds of a threshold; of a table those of the cells that a text gives."""
        op = self.low.builder.steps[number].op
        if not isinstance(op, ops.Look) or not op.open:
            return bounds(self.low.builder, number)
        cells = [worth for n, worth in enumerate(op.table) if n not in op.open]
        return Bounds(min(cells, default=FEN_LIMIT), max(cells, default=0))

    def _within_left(self, formula: Formula, left: int) -> int:
        """An amount that cannot exceed what is left: by its form, or held to it."""
        low = self.low
        step = low.amount(formula)
        found = terms(low.pack, formula.tree)
        if within(found, self._earlier, self._parts):
            self._taken |= parts_of(found)
            return step
        self._taken |= frozenset(PARTS)
        return low.add(ops.Clip(), low.add(ops.Lesser(), step, left))

    def _control(self, rule: ControlRule, left: int) -> int:
        """The out-of-catalogue share against its limit; what of the excess the hospital bears."""
        low = self.low
        measured = low.at_least_zero(rule.measure)
        if rule.consent == Consent.LEAVES:
            consented = self._consented(rule)
            self.names["control.consented"] = consented
            measured = low.add(ops.Clip(), low.add(ops.Minus(), measured, consented))
        of = low.at_least_zero(rule.of)
        limit_rate, near = low.rate(rule.limit), low.rate(rule.approaching)
        limit = low.add(ops.Share(rule.rounding), of, limit_rate)
        applies = low.condition(rule.applies)
        excess = low.add(ops.Clip(), low.add(ops.Minus(), measured, limit))
        exceeded = low.add(ops.Less(), limit, measured, type=FLAG)
        reached = low.add(ops.Reaches(), measured, limit, near, type=FLAG)
        has_limit = low.add(ops.Less(), low.zero(), limit, type=FLAG)
        approaching = low.add(ops.Both(), reached, has_limit, type=FLAG)
        share = low.builder.add(
            ops.Quotient(Rounding.HALF_UP), measured, of, type=ratio(SHARE_SCALE)
        )
        moves = applies
        match rule.mode:
            case Mode.HOSPITAL:
                pass
            case Mode.APPROVAL:
                approved = low.input("excess_approved", FLAG)
                moves = low.add(
                    ops.Both(), applies, low.add(ops.Not(), approved, type=FLAG), type=FLAG
                )
            case Mode.WARN:
                moves = low.flag(False)
        self.names |= {"control.share": share}
        self.names |= {"control.limit_rate": limit_rate, "control.approaching_rate": near}
        self.outputs |= {
            "control.measured": measured,
            "control.limit": limit,
            "control.excess": excess,
            "control.exceeded": exceeded,
            "control.approaching": approaching,
            "control.applies": applies,
        }
        return low.add(ops.When(), moves, low.add(ops.Lesser(), excess, left), low.zero())

    def _consented(self, rule: ControlRule) -> int:
        """The measure over the lines that the patient chose and signed for."""
        low = self.low
        whole = dict(low.steps)
        parts = [low.input(f"consented.{part}", FEN) for part in PARTS]
        low.steps |= dict(zip(PARTS, parts, strict=True))
        low.steps["total"] = self._added(parts)
        for name in low.pack.amounts:
            low.steps.pop(name, None)
        step = low.amount(rule.measure)
        low.steps = whole
        return step

    def _floor(self, rule: FloorRule, left: int) -> int:
        """What the floor fund pays: all that the patient would bear above the limit."""
        low = self.low
        rate = low.rate(rule.share)
        limit = low.add(ops.Share(rule.rounding), low.at_least_zero(rule.of), rate)
        applies = low.condition(rule.when)
        above = low.add(ops.Clip(), low.add(ops.Minus(), left, limit))
        self.names |= {"floor.left": left, "floor.rate": rate}
        self.outputs |= {"floor.limit": limit, "floor.applies": applies}
        return low.add(ops.When(), applies, above, low.zero())

    def _accumulators(self) -> None:
        """What the visit adds to each running sum."""
        low = self.low
        for accumulator in low.pack.accumulators.values():
            adds = low.amount(accumulator.adds)
            applies = low.condition(accumulator.when)
            self.outputs[f"adds.{accumulator.name}"] = low.add(
                ops.When(), applies, adds, low.zero()
            )

    def _not_negative(self, step: int) -> int:
        low = self.low
        below = low.add(ops.Less(), step, low.zero(), type=FLAG)
        return low.add(ops.Not(), below, type=FLAG)
