"""From a pack's titles and bases to what an outline says."""

from datetime import date

from doudi.ir.outline import (
    AccumulatorOutline,
    ControlOutline,
    FloorOutline,
    LayerOutline,
    Outline,
    ParameterOutline,
    RuleOutline,
    Said,
    Source,
)  # fmt: skip
from doudi.packs.model import Basis, Consent, Owner, Pack, Title


def said(title: Title) -> Said:
    return Said(title.zh, title.en)


def source(basis: Basis) -> Source:
    cite = basis.cite
    return Source(str(cite), cite.document, cite.heading, basis.status.value)


def outline(pack: Pack, day: date, rules: dict[str, tuple[RuleOutline, ...]]) -> Outline:
    """All that is said about a pack's policy on a day; `rules` are the names its compiler gave."""
    return Outline(
        parameters={
            name: ParameterOutline(said(p.title), p.unit.value, source(p.on(day).basis))
            for name, p in pack.parameters.items()
        },
        layers=tuple(
            LayerOutline(
                layer.id, said(layer.title), layer.payer.fund, said(layer.payer.name),
                layer.payer.field, source(layer.basis), rules.get(layer.id, ()),
                layer.given_at_most is not None, layer.always_shown,
            )
            for layer in pack.layers
        ),
        control=None
        if pack.control is None
        else ControlOutline(
            said(pack.control.title), pack.control.mode.value, source(pack.control.basis),
            source(pack.control.consent_basis), pack.control.consent == Consent.LEAVES,
        ),
        floor=None
        if pack.floor is None
        else FloorOutline(
            said(pack.floor.title), pack.floor.payer.fund, said(pack.floor.payer.name),
            pack.floor.payer.field, source(pack.floor.basis),
        ),
        accumulators=tuple(
            AccumulatorOutline(a.name, said(a.title), a.owner == Owner.EPISODE, source(a.basis))
            for a in pack.accumulators.values()
        ),
        decomposition=source(pack.decomposition.basis),
        deductible_layer=next(
            (la.id for la in pack.layers if any(r.deductible for r in la.rules)), None
        ),
    )  # fmt: skip
