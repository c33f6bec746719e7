"""Adjudications and faults as the contract's JSON. Amounts are decimal strings in yuan."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from doudi.adjudication import Adjudication, Control, Explanation, Warning_
from doudi.errors import Fault
from doudi.money import share_text, yuan
from doudi.proposal import Amounts, Change, Correction, Proposal
from doudi.version import VERSION


def run_json(
    settlements: Iterable[Adjudication],
    faults: Iterable[Fault],
    proposals: Sequence[Proposal] = (),
    corrections: Mapping[str, Correction] | None = None,
) -> dict[str, Any]:
    """A run: what was settled, what has faults, and what is proposed, where there is anything."""
    corrects = corrections or {}
    return {
        "settlements": [settlement_json(a, corrects.get(a.visit_id)) for a in settlements],
        "faults": [fault_json(f) for f in faults],
        **({"proposals": [proposal_json(p) for p in proposals]} if proposals else {}),
    }


def settlement_json(a: Adjudication, correction: Correction | None = None) -> dict[str, Any]:
    """One settlement. Beside the contract's keys: what a later run needs to take it as history."""
    return {
        "visit_id": a.visit_id,
        "episode_id": a.episode_id,
        "person": a.person_id,
        "settled": a.settled,
        "sequence": a.sequence,
        "benefit_year": a.benefit_year,
        "kind": a.kind,
        "standing": a.standing,
        "pack": a.pack,
        "fingerprint": a.fingerprint,
        "engine": VERSION,
        "catalogue": a.catalogue,
        "unverified": list(a.unverified),
        "total": yuan(a.total),
        "out_of_catalogue": yuan(a.out_of_catalogue),
        "over_ceiling": yuan(a.over_ceiling),
        "first_self_pay": yuan(a.first_self_pay),
        "in_scope": yuan(a.in_scope),
        "deductible_met": yuan(a.deductible_met),
        "payments": {layer: yuan(amount) for layer, amount in a.payments.items()},
        "computed": {layer: yuan(amount) for layer, amount in a.computed.items()},
        "hospital": yuan(a.hospital),
        "patient": yuan(a.patient),
        "patient_limit": None if a.patient_limit is None else yuan(a.patient_limit),
        "control": None if a.control is None else _control(a.control),
        "warnings": [_warning(warning) for warning in a.warnings],
        "lines": [
            {
                "id": line.id,
                "out_of_catalogue": yuan(line.out_of_catalogue),
                "over_ceiling": yuan(line.over_ceiling),
                "first_self_pay": yuan(line.first_self_pay),
                "in_scope": yuan(line.in_scope),
            }
            for line in a.lines
        ],
        "accumulators": _accumulators(dict(a.accumulators)),
        "episode_accumulators": _accumulators(dict(a.episode_accumulators)),
        "explanation": [_explanation(sentence) for sentence in a.explanation],
        **({"provisional": a.provisional} if a.provisional else {}),
        **({"corrects": _correction(correction)} if correction is not None else {}),
    }


def proposal_json(p: Proposal) -> dict[str, Any]:
    """One proposal. `amounts` is null, with a reason, where the visit cannot be settled anew."""
    return {
        "visit_id": p.visit_id,
        "person": p.person_id,
        "settled": p.settled,
        "sequence": p.sequence,
        "causes": list(p.causes),
        "text": p.text,
        "recorded": None if p.recorded is None else _amounts(p.recorded),
        "amounts": None if p.amended is None else _amounts(p.amended),
        "changes": None if p.change is None else _change(p.change),
        "moved": {
            m.name: {"recorded": yuan(m.recorded), "amended": yuan(m.amended)} for m in p.moved
        },
        **({"reason": p.reason} if p.reason is not None else {}),
        **({"faults": [fault_json(f) for f in p.faults]} if p.faults else {}),
    }


def _correction(c: Correction) -> dict[str, Any]:
    return {
        "recorded": None if c.recorded is None else _amounts(c.recorded),
        "changes": None if c.change is None else _change(c.change),
    }


def _amounts(a: Amounts) -> dict[str, Any]:
    return {
        "pack": a.pack,
        "fingerprint": a.fingerprint,
        "total": yuan(a.total),
        "payments": {layer: yuan(amount) for layer, amount in a.payments.items()},
        "hospital": yuan(a.hospital),
        "patient": yuan(a.patient),
        "excess": yuan(a.excess),
    }


def _change(c: Change) -> dict[str, Any]:
    return {
        "payments": {layer: yuan(amount) for layer, amount in c.payments.items()},
        "hospital": yuan(c.hospital),
        "patient": yuan(c.patient),
        "excess": yuan(c.excess),
    }


def fault_json(f: Fault) -> dict[str, str]:
    return {"code": f.code, "where": f.where, "what": f.what, "why": f.why, "mend": f.mend}


def _control(c: Control) -> dict[str, Any]:
    return {
        "applies": c.applies,
        "share": share_text(c.share),
        "limit": yuan(c.limit),
        "measured": yuan(c.measured),
        "excess": yuan(c.excess),
        "status": c.status,
    }


def _warning(w: Warning_) -> dict[str, Any]:
    made: dict[str, Any] = {
        "code": w.code, "severity": w.severity, "text": w.text, "lines": list(w.lines),
    }  # fmt: skip
    if w.layer is not None:
        made["layer"] = w.layer
    if w.visits:
        made["visits"] = list(w.visits)
    return made


def _explanation(e: Explanation) -> dict[str, Any]:
    return {
        "layer": e.layer,
        "title": e.title,
        "text": e.text,
        "cite": e.cite,
        "document": e.document,
        "status": e.status,
        "values": [
            {"name": v.name, "title": v.title, "value": v.value, "cite": v.cite, "status": v.status}
            for v in e.values
        ],
    }


def _accumulators(pairs: dict[str, tuple[int, int]]) -> dict[str, dict[str, str]]:
    return {
        name: {"before": yuan(before), "after": yuan(after)}
        for name, (before, after) in pairs.items()
    }
