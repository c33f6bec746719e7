"""Findings of a pre-check as the contract's JSON: a settlement, and what its lines and drafts do."""

from typing import Any

from doudi.finding import Alternative, Drafted, Effect, Finding, Marginal, Undecided
from doudi.money import millionths, share_text, yuan
from doudi.wire.settlements import settlement_json


def finding_json(found: Finding) -> dict[str, Any]:
    """One check: the settlement as it stands, then what the pre-check adds."""
    made = settlement_json(found.adjudication) | {
        "marginal": [_marginal(one) for one in found.marginal],
        "alternatives": [_alternative(one) for one in found.alternatives],
        "room": None if found.room is None else yuan(found.room),
    }
    if found.drafted is not None:
        made["drafts"] = _drafted(found.drafted)
    if found.undecided is not None:
        made["undecided"] = _undecided(found.undecided)
    return made


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "patient": yuan(effect.patient),
        "hospital": yuan(effect.hospital),
        "payments": {layer: yuan(amount) for layer, amount in effect.payments.items()},
    }


def _marginal(one: Marginal) -> dict[str, Any]:
    made: dict[str, Any] = {"line": one.line}
    if one.effect is None:
        made |= {"patient": None, "hospital": None, "payments": None}
    else:
        made |= _effect(one.effect)
    return made | ({"refunds": list(one.refunds)} if one.refunds else {})


def _alternative(one: Alternative) -> dict[str, Any]:
    return {
        "line": one.line,
        "code": one.code,
        "name": one.name,
        "class": one.item_class,
        "same": one.same,
        "quantity": millionths(one.quantity),
        "unit": one.unit,
        "unit_price": millionths(one.unit_price),
        "amount": yuan(one.amount),
        "restriction": one.restriction,
        "saves": _effect(one.saves),
    }


def _drafted(drafted: Drafted) -> dict[str, Any]:
    after = settlement_json(drafted.adjudication)
    shown = ("total", "patient", "hospital", "payments", "control", "warnings")
    return {
        "lines": [_marginal(one) for one in drafted.lines],
        "effect": _effect(drafted.effect),
        "after": {name: after[name] for name in shown},
    }


def _undecided(undecided: Undecided) -> dict[str, Any]:
    low, high = undecided.share
    return {
        "lines": list(undecided.lines),
        "amount": yuan(undecided.amount),
        "share": {"least": share_text(low), "most": share_text(high)},
        "patient": None
        if undecided.patient is None
        else {"least": yuan(undecided.patient[0]), "most": yuan(undecided.patient[1])},
    }
