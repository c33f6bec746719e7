"""The shapes of the mapping queue: its items, what is like them, what a code would make of bills, proposals."""

from doudi_web.api.shapes import (
    DAY,
    FLAG,
    SHARE,
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
from doudi_web.matching.proposals import STATES
from doudi_web.matching.queue import CAUSES

_LISTED: dict[str, Shape] = {
    "name": TEXT, "class": {"enum": ["甲", "乙", "丙"]}, "first_self_pay_rate": maybe(TEXT),
    "price_ceiling": maybe(TEXT), "reference_price": maybe(TEXT), "unit": maybe(TEXT),
    "restriction": maybe(TEXT), "from": DAY, "to": maybe(DAY),
}  # fmt: skip
_LIKENESS: dict[str, Shape] = {
    "code": TEXT,
    "score": {"type": "integer", "minimum": 0, "maximum": 100},
    "why": TEXTS,
    "identical": FLAG,
}
_SUGGESTION = keys(_LIKENESS, _LISTED)
_ITEM: dict[str, Shape] = {
    "item": WHOLE, "facility": TEXT, "code": TEXT, "name": TEXT, "stated_code": TEXT, "unit_price": maybe(TEXT),
    "found": WHEN,
}  # fmt: skip
_QUEUED = keys(
    {**_ITEM, "what": many({"enum": list(CAUSES)}), "blocks": FLAG, "lines": WHOLE, "visits": WHOLE, "amount": YUAN,
     "since": maybe(DAY), "best": maybe(ref("Suggestion")), "proposal": maybe(WHOLE),
     "proposed_code": maybe(TEXT), "proposed_by": maybe(TEXT)}
)  # fmt: skip
_PROPOSAL = keys(
    {"id": WHOLE, "item": WHOLE, "facility": TEXT, "own_code": TEXT, "own_name": TEXT, "code": maybe(TEXT),
     "name": maybe(TEXT), "from": maybe(DAY), "identical": FLAG, "note": TEXT, "state": {"enum": list(STATES)},
     "made": WHEN, "made_by": TEXT, "decided": maybe(WHEN), "decided_by": maybe(TEXT), "reason": TEXT,
     "installed": maybe(TEXT)}
)  # fmt: skip
_DOUBT = keys({"what": {"enum": list(CAUSES)}, "code": TEXT, "own": TEXT, "catalogue": TEXT})
_ENTRY = keys({"code": TEXT, "name": maybe(TEXT), "from": DAY, "to": maybe(DAY)})
_OF_VISIT = keys(
    {"figures": maybe(keys(
        {"status": maybe({"enum": ["within", "approaching", "exceeded"]}),
         "share": maybe(keys({"least": SHARE, "most": SHARE})),
         "patient": maybe(keys({"least": YUAN, "most": YUAN})), "hospital": YUAN, "floor": YUAN, "total": YUAN,
         "open_lines": WHOLE})),
     "faults": many(ref("Fault"))}
)  # fmt: skip

MATCHING: dict[str, Shape] = {
    "Suggestion": _SUGGESTION,
    "MappingQueue": keys(
        {"items": many(_QUEUED), "count": WHOLE, "blocking": WHOLE, "proposed": WHOLE, "amount": YUAN,
         "after": maybe(WHOLE), "current": FLAG, "new_lines": WHOLE,
         "as_of": maybe(WHEN)}
    ),
    "MappingFacilities": keys(
        {"facilities": many(keys({"facility": TEXT, "name": TEXT, "blocking": WHOLE, "items": WHOLE}))}
    ),
    "MappingItem": keys(
        {**_ITEM, "suggestions": many(ref("Suggestion")), "doubts": many(_DOUBT), "mapped": many(_ENTRY),
         "from": DAY, "version": TEXT, "history": many(ref("MappingProposal"))}
    ),
    "MappingEffects": keys(
        {"item": WHOLE, "from": DAY, "codes": TEXTS, "visits": WHOLE,
         "effects": many(keys(
             {"visit_id": TEXT, "person": TEXT, "before": ref("MappingOfVisit"),
              "after": {"type": "object", "additionalProperties": ref("MappingOfVisit")}}
         ))}
    ),
    "MappingOfVisit": _OF_VISIT,
    "MappingProposal": _PROPOSAL,
    "MappingProposals": keys({"proposals": many(ref("MappingProposal"))}, {"after": maybe(WHOLE)}),
    "CatalogueFound": keys({"items": many(ref("Suggestion"))}),
}  # fmt: skip
"""Every shape of the queue that has a name in the description."""
