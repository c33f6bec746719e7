"""A policy in one situation as JSON: the same rows, figures, cites and marks as a person is shown."""

from typing import Any

from doudi.in_situation import Figure, Part, RuleHere, Used
from doudi.ir.outline import Source
from doudi.ir.types import Kind, Type
from doudi.money import yuan
from doudi.packs.model import Approval, Basis, LateKnowledge, Pack
from doudi.readings.working import figure


def part_json(part: Part) -> dict[str, Any]:
    """A layer, control or the floor. `by` is what was not told and matters; each row has its codes."""
    return {
        "id": part.id,
        "title": part.title.zh,
        "by": list(part.by),
        "rows": [
            {"codes": dict(row.codes), "rules": [_rule(rule) for rule in row.rules]}
            for row in part.rows
        ],
    }


def late_knowledge_json(stated: LateKnowledge | None) -> dict[str, str] | None:
    """What a standing learned late does; null where the pack does not say."""
    return None if stated is None else {"effect": stated.effect.value, **_basis(stated.basis)}


def approval_json(pack: Pack) -> dict[str, Any] | None:
    """Whether the insurance office must agree to a visit above the limit; null where the pack does not say."""
    stated: Approval | None = None if pack.control is None else pack.control.approval
    if stated is None:
        return None
    return {
        "demand": stated.demand.value,
        "within_hours": stated.within_hours,
        **_basis(stated.basis),
    }


def _basis(basis: Basis) -> dict[str, str]:
    return {
        "cite": str(basis.cite),
        "document": basis.cite.document,
        "status": basis.status.value,
    }


def _rule(rule: RuleHere) -> dict[str, Any]:
    return {
        "rule": rule.name,
        "title": rule.title.zh,
        "holds": rule.holds,
        "figures": {key: _figure(one) for key, one in rule.figures.items()},
        **_source(rule.source),
    }


def _figure(one: Figure) -> dict[str, Any]:
    """`value` is null where there is no limit, where the value is open, and where the bill decides."""
    return {
        "formula": one.formula.text,
        "value": None if one.is_open else _value(one.worth, one.type),
        "working": None if one.is_open else one.working or None,
        "unlimited": one.is_unlimited,
        "open": one.is_open,
        "used": [_used(used) for used in one.used],
    }


def _used(used: Used) -> dict[str, Any]:
    value = None if used.is_open else _value(used.worth, used.type)
    return {"name": used.name, "title": used.title.zh, "value": value, **_source(used.source)}


def _value(worth: int | None, type_: Type) -> str | None:
    """Yuan without grouping, a rate in per cent, true or false, whole years."""
    if worth is None:
        return None
    return yuan(worth) if type_.kind == Kind.FEN else figure(worth, type_)


def _source(source: Source) -> dict[str, str]:
    return {"cite": source.cite, "document": source.document, "status": source.status}
