"""Rules about packs that no single value shows: names are unique, what is named exists and fits."""

from collections.abc import Iterator
from itertools import chain

from doudi.errors import Fault, fault
from doudi.packs.model import Measure, Pack, Rule

RESERVED: tuple[str, ...] = (
    "total", "out_of_catalogue", "over_ceiling", "first_self_pay", "in_scope", "deductible_met",
    "age", "major_disease", "excess_approved", "floor", "hospital", "patient", "control",
)  # fmt: skip


def lint(pack: Pack) -> list[Fault]:
    """Everything wrong between the parts of a pack; empty when they fit together."""
    return list(
        chain(
            _twice(pack), _accumulators(pack), _one_deductible(pack), _rule_names(pack),
            _late_knowledge(pack),
        )
    )  # fmt: skip


def _twice(pack: Pack) -> Iterator[Fault]:
    """Dimensions, groups, parameters, amounts, accumulators and layers share one space of names."""
    seen: dict[str, str] = dict.fromkeys(RESERVED, "内建名称")
    named = chain(
        ((n, d.place) for n, d in pack.dimensions.items()),
        ((n, f.place) for n, f in pack.groups.items()),
        ((n, p.place) for n, p in pack.parameters.items()),
        ((n, f.place) for n, f in pack.amounts.items()),
        ((n, a.basis.place) for n, a in pack.accumulators.items()),
        ((layer.id, layer.basis.place) for layer in pack.layers),
    )
    for name, place in named:
        if name in seen:
            yield fault("P210", place, name=name, first=seen[name])
        seen.setdefault(name, place)


def _accumulators(pack: Pack) -> Iterator[Fault]:
    """Caps compare with what was paid, bands stand on a position, deductibles on what was met."""
    for layer in pack.layers:
        for rule in layer.rules:
            for name, measure, used_by in _used(rule):
                accumulator = pack.accumulators.get(name)
                place = rule.basis.place
                if accumulator is None:
                    yield fault("P207", place, text=used_by, name=name, near="没有这个累计。")
                elif accumulator.measure != measure:
                    yield fault(
                        "P211", place,
                        what_=f"{used_by} 用了累计 {name}，它的 measure 是 {accumulator.measure}",
                        why_="封顶看已付（paid），分段看位置（position），起付看已付起付（met）。",
                        mend_=f"改用 measure: {measure} 的累计。",
                    )  # fmt: skip


def _used(rule: Rule) -> Iterator[tuple[str, Measure, str]]:
    if rule.deductible is not None and rule.deductible.met is not None:
        yield rule.deductible.met, Measure.MET, "deductible.met"
    if rule.bands is not None:
        yield rule.bands.over, Measure.POSITION, "bands.over"
    if rule.cap is not None:
        yield rule.cap.paid, Measure.PAID, "cap.paid"


def _one_deductible(pack: Pack) -> Iterator[Fault]:
    """`deductible_met` of a bill is one amount, so one layer has it."""
    layers = [la for la in pack.layers if any(r.deductible for r in la.rules)]
    for layer in layers[1:]:
        yield fault(
            "P211", layer.basis.place, what_=f"层次 {layers[0].id} 和 {layer.id} 都有起付线",
            why_="账单上的起付线只有一项，两层都有就分不清。", mend_="另一层改用 bands 的起点。",
        )  # fmt: skip


def _rule_names(pack: Pack) -> Iterator[Fault]:
    for layer in pack.layers:
        seen: dict[str, str] = {}
        for rule in layer.rules:
            if rule.name in seen:
                name = f"{layer.id}.{rule.name}"
                yield fault("P210", rule.basis.place, name=name, first=seen[rule.name])
            seen.setdefault(rule.name, rule.basis.place)


def _late_knowledge(pack: Pack) -> Iterator[Fault]:
    """Where no standing is told apart, none can be learned late."""
    if pack.late_knowledge is not None and all(
        d.of != "person.standings" for d in pack.dimensions.values()
    ):
        yield fault("P214", pack.late_knowledge.basis.place)
