"""A Pack laid out flat: each thing that it states besides values, one facet a line, so that two can be held
against each other.

An expression's facet is compared by its tree, so brackets and spaces that change nothing are no difference.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from doudi.packs.model import (
    Accumulator,
    Approval,
    Basis,
    ControlRule,
    Dimension,
    FloorRule,
    Formula,
    LateKnowledge,
    Layer,
    Pack,
    Payer,
    Rule,
    Title,
)  # fmt: skip


class Name(NamedTuple):
    """What a facet belongs to: the section of the pack, and the name in it (`basic.inpatient` for a rule)."""

    section: str
    name: str


@dataclass(frozen=True, slots=True)
class Facet:
    """One thing that is stated: as it reads, and as it is compared."""

    text: str
    meaning: object


@dataclass(frozen=True, slots=True)
class Thing:
    """A part of a pack with a name: what it is called, its facets, its source."""

    title: Title
    facets: Mapping[str, Facet]
    basis: Basis | None


def things(pack: Pack) -> dict[Name, Thing]:
    """Every part of the pack but its parameters, in the order in which the pack is read."""
    return dict(_things(pack))


def _things(pack: Pack) -> Iterator[tuple[Name, Thing]]:
    yield Name("pack", ""), _head(pack)
    for name, dimension in pack.dimensions.items():
        yield Name("dimensions", name), _dimension(dimension)
    for section, formulas in (("groups", pack.groups), ("amounts", pack.amounts)):
        for name, formula in formulas.items():
            facets = _facets(formula=formula)
            yield Name(section, name), Thing(Title(name, name), facets, None)
    for name, accumulator in pack.accumulators.items():
        yield Name("accumulators", name), _accumulator(accumulator)
    rounding = _facets(round=pack.decomposition.rounding.value)
    title = Title("费用分解", "decomposition")
    yield Name("decomposition", ""), Thing(title, rounding, pack.decomposition.basis)
    for place, layer in enumerate(pack.layers):
        yield Name("layers", layer.id), _layer(layer, place)
        for at, rule in enumerate(layer.rules):
            yield Name("rules", f"{layer.id}.{rule.name}"), _rule(layer, rule, at)
    if pack.control is not None:
        yield Name("control", ""), _control(pack.control)
        if pack.control.approval is not None:
            yield Name("approval", ""), _approval(pack.control.approval)
    if pack.floor is not None:
        yield Name("floor", ""), _floor(pack.floor)
    if pack.late_knowledge is not None:
        yield Name("late_knowledge", ""), _late_knowledge(pack.late_knowledge)


def _facets(**stated: str | Formula | Title | None) -> dict[str, Facet]:
    """What is not stated is no facet."""
    found: dict[str, Facet] = {}
    for name, one in stated.items():
        match one:
            case None:
                continue
            case Formula():
                found[name] = Facet(one.text, one.tree)
            case Title():
                found[name] = Facet(one.zh, one.zh)
                if one.en != one.zh:
                    found[f"{name}_en"] = Facet(one.en, one.en)
            case str():
                found[name] = Facet(one, one)
    return found


def _head(pack: Pack) -> Thing:
    month, day = pack.year_starts
    facets = _facets(
        title=pack.title,
        district=pack.district,
        valid=str(pack.valid),
        benefit_year=f"{month:02d}-{day:02d}",
    )
    return Thing(pack.title, facets, None)


def _dimension(dimension: Dimension) -> Thing:
    codes = {f"codes.{c}": Facet(f"{t.zh} · {t.en}", t) for c, t in dimension.codes.items()}
    order = None
    if dimension.of == "person.standings":  # of several on one day the first holds
        order = " → ".join(dimension.codes)
    facets = _facets(
        title=dimension.title, of=dimension.of, otherwise=dimension.otherwise, order=order
    )
    return Thing(dimension.title, {**facets, **codes}, None)


def _accumulator(a: Accumulator) -> Thing:
    facets = _facets(
        title=a.title,
        owner=a.owner.value,
        period=a.period.value,
        measure=a.measure.value,
        adds=a.adds,
        when=a.when,
    )
    return Thing(a.title, facets, a.basis)


def _layer(layer: Layer, place: int) -> Thing:
    facets = _facets(
        title=layer.title,
        payer=_payer(layer.payer),
        given=layer.given_at_most,
        given_when=layer.given_when,
        shown="always" if layer.always_shown else "nonzero",
    )
    return Thing(layer.title, {**facets, **_place(place)}, layer.basis)


def _rule(layer: Layer, rule: Rule, place: int) -> Thing:
    deductible, bands, cap = rule.deductible, rule.bands, rule.cap
    facets = _facets(
        title=rule.title,
        when=rule.when,
        base=rule.base,
        deductible=None if deductible is None else deductible.limit,
        met=None if deductible is None else deductible.met,
        rate=rule.rate,
        over=None if bands is None else bands.over,
        round=rule.rounding.value,
        cap=None if cap is None else cap.limit,
        paid=None if cap is None else cap.paid,
    )
    for number, band in enumerate(() if bands is None else bands.bands, 1):
        facets |= {f"bands.{number}.{k}": v for k, v in _facets(**{"from": band.start}).items()}
        facets |= {f"bands.{number}.{k}": v for k, v in _facets(rate=band.rate).items()}
    title = Title(f"{layer.title.zh}·{rule.title.zh}", f"{layer.title.en}: {rule.title.en}")
    return Thing(title, {**facets, **_place(place)}, rule.basis)


def _place(place: int) -> dict[str, Facet]:
    """The turn of a layer or rule; `diff` compares it among those that both packs have."""
    return {"place": Facet(str(place + 1), place)}


def _control(rule: ControlRule) -> Thing:
    facets = _facets(
        title=rule.title,
        measure=rule.measure,
        of=rule.of,
        limit=rule.limit,
        round=rule.rounding.value,
        approaching=rule.approaching,
        applies=rule.applies,
        excess=rule.mode.value,
        consented=rule.consent.value,
    )
    return Thing(rule.title, facets, rule.basis)


def _approval(stated: Approval) -> Thing:
    hours = None if stated.within_hours is None else str(stated.within_hours)
    facets = _facets(demand=stated.demand.value, within_hours=hours)
    return Thing(Title("超限审批", "approval above the limit"), facets, stated.basis)


def _floor(rule: FloorRule) -> Thing:
    facets = _facets(
        title=rule.title,
        payer=_payer(rule.payer),
        when=rule.when,
        share=rule.share,
        of=rule.of,
        round=rule.rounding.value,
    )
    return Thing(rule.title, facets, rule.basis)


def _late_knowledge(stated: LateKnowledge) -> Thing:
    title = Title("身份补认", "a standing learned late")
    return Thing(title, _facets(effect=stated.effect.value), stated.basis)


def _payer(payer: Payer) -> str:
    fund = "" if payer.fund is None else f"{payer.fund} "
    return f"{fund}{payer.name.zh} {payer.field}"
