"""The shapes of corrections, answers of the platform, proposals and months, for the interface's description."""

from doudi_web.api.shapes import (
    AMOUNTS,
    DAY,
    FLAG,
    HEX,
    SETTLED,
    TEXT,
    TEXTS,
    WHEN,
    WHOLE,
    YUAN,
    Shape,
    keys,
    many,
    maybe,
    ref,
)

_KINDS: Shape = {"enum": ["adjust", "collect"]}
_ASKED: Shape = {"enum": ["waiting", "unknown"]}
_STATES: Shape = {"enum": ["open", "approved", "refused", "superseded"]}
_PAID = keys(
    {"pack": TEXT, "fingerprint": TEXT, "total": YUAN, "payments": AMOUNTS, "hospital": YUAN, "patient": YUAN,
     "excess": YUAN}
)  # fmt: skip
_CHANGES = keys({"payments": AMOUNTS, "hospital": YUAN, "patient": YUAN, "excess": YUAN})
_POSTED = keys({"id": WHOLE, "account": TEXT, "amount": YUAN})
_NAMES: Shape = {"type": "object", "additionalProperties": TEXT}
_PAYS = keys({"total": YUAN, "payments": AMOUNTS, "hospital": YUAN, "patient": YUAN, "asked": YUAN})
_DRAFTED = keys(
    {"kind": _KINDS, "visit_id": TEXT, "person": TEXT, "facility": TEXT, "text": TEXT},
    {"settlement_id": TEXT, "settled": SETTLED, "sequence": WHOLE, "causes": TEXTS, "reason": TEXT,
     "moved": {"type": "object"}, "recorded": maybe(_PAID), "amounts": maybe(_PAID),
     "changes": maybe(_CHANGES), "asked": YUAN, "now": YUAN, "amount": YUAN, "faults": many(ref("Fault"))},
)  # fmt: skip
_PATIENT = keys(
    {"asked": YUAN, "now": YUAN, "difference": YUAN,
     "state": {"enum": ["even", "refund", "collect", "needs_approval"]}},
    {"proposal_id": TEXT},
)  # fmt: skip

_POSTING = keys(
    {"posting": WHOLE, "kind": TEXT, "settlement_id": TEXT, "posted": WHEN, "month": TEXT, "client": TEXT,
     "reason": TEXT, "place": maybe(WHOLE), "sealed": maybe(WHEN), "entries": many(_POSTED)}
)  # fmt: skip
_OF_VISIT = keys(
    {"settlement_id": TEXT, "settled": WHEN, "sequence": WHOLE, "total": maybe(YUAN), "patient": maybe(YUAN),
     "replaced_by": maybe(TEXT)}
)  # fmt: skip
_SEAL = keys(
    {"place": WHOLE, "commitment": HEX, "size": WHOLE, "sealed": WHEN, "head": HEX, "root": HEX}
)

CORRECTIONS: dict[str, Shape] = {
    "Patient": _PATIENT,
    "Corrected": keys(
        {"settlement": ref("Settlement"), "month": TEXT, "entries": many(_POSTED), "patient": ref("Patient"),
         "proposals": many(ref("Proposal"))}
    ),
    "Preview": keys(
        {"before": maybe(_PAYS), "after": maybe(_PAYS), "changes": AMOUNTS, "patient": ref("Patient"),
         "settlement": maybe(ref("Previewed")),
         "proposals": keys({"new": many(_DRAFTED), "stay": TEXTS, "gone": TEXTS})}
    ),
    "Basis": keys(
        {"settlement_id": TEXT, "facility": TEXT, "bill": {"type": "object"}, "register": {"type": "object"},
         "versions": {"type": "object"}, "postings": many(_POSTING), "of_visit": many(_OF_VISIT),
         "seal": maybe(_SEAL),
         "titles": keys({"layers": _NAMES, "accumulators": _NAMES, "given": TEXTS})}
    ),
    "Replayed": keys(
        {"settlement_id": TEXT, "same": FLAG, "at": WHEN, "engine": TEXT, "amounts": WHOLE,
         "differs": many(keys({"name": TEXT, "recorded": maybe(TEXT), "again": maybe(TEXT)})),
         "faults": many(ref("Fault"))}
    ),
    "Leaving": keys(
        {"visit_id": TEXT, "facility": TEXT, "person": TEXT, "opened": WHEN, "discharged": maybe(WHEN),
         "version": TEXT, "settlement": maybe(ref("Presettlement")), "stops": FLAG,
         "checks": many(keys({"point": TEXT, "state": {"enum": ["fine", "look", "stop"]}, "what": TEXT,
                              "why": TEXT, "of": TEXTS}))}
    ),
    "StandsOn": keys({"name": TEXT, "amount": YUAN, "source": TEXT, "as_of": DAY, "days": WHOLE}),
    "Awaiting": keys(
        {"awaiting": many(
            keys({"settlement_id": TEXT, "visit_id": TEXT, "person": TEXT, "facility": TEXT, "settled": WHEN,
                  "patient": YUAN, "state": _ASKED, "figures": many(ref("StandsOn")),
                  "asked": many(keys({"platform_message": TEXT, "outcome": TEXT, "at": WHEN}))})
         ),
         "after": maybe(WHOLE)}
    ),
    "Asked": keys({"settlement_id": TEXT, "platform_message": TEXT, "state": _ASKED}),
    "Corrects": keys({"recorded": maybe(_PAID), "changes": maybe(_CHANGES)}),
    "Proposal": keys(
        {"proposal_id": TEXT, "kind": _KINDS, "state": _STATES, "settlement_id": TEXT, "visit_id": TEXT,
         "person": TEXT, "facility": TEXT, "made": WHEN},
        {"settled": SETTLED, "sequence": WHOLE, "causes": TEXTS, "text": TEXT, "recorded": maybe(_PAID),
         "amounts": maybe(_PAID), "changes": maybe(_CHANGES), "moved": {"type": "object"}, "reason": TEXT,
         "faults": many(ref("Fault")), "asked": YUAN, "now": YUAN, "amount": YUAN, "decided": WHEN,
         "decided_by": TEXT, "decision": TEXT, "became": TEXT},
    ),
    "Proposals": keys({"proposals": many(ref("Proposal")), "after": maybe(WHOLE)}),
    "Decided": keys(
        {"proposal_id": TEXT, "kind": _KINDS, "state": {"enum": ["approved", "refused"]},
         "proposals": many(ref("Proposal"))},
        {"settlement": ref("Settlement"), "month": TEXT, "entries": many({"type": "object"}),
         "patient": ref("Patient")},
    ),
    "Month": keys(
        {"month": TEXT, "closed": WHEN, "by": TEXT, "reason": TEXT, "postings": WHOLE, "digest": HEX}
    ),
    "Months": keys({"open": TEXT, "closed": many(ref("Month"))}),
}  # fmt: skip
"""Every shape of these that has a name in the description."""
