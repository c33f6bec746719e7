"""The shapes of alerts, reviews and changes of running bills."""

from doudi.wire.bill_form import LineForm
from doudi_web.api.shapes import (
    AMOUNTS,
    DAY,
    FLAG,
    ID,
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
from doudi_web.review.causes import Status
from doudi_web.review.events import Kind
from doudi_web.review.held import Need

_ITEM = keys({"code": TEXT, "name": TEXT, "lines": TEXTS, "outside": YUAN})
_DEMAND = keys(
    {"demand": {"enum": ["exceeded", "never"]}, "within_hours": maybe(WHOLE), "cite": TEXT, "document": TEXT,
     "status": TEXT}
)  # fmt: skip
_ALERT = keys(
    {"alert": WHOLE, "status": {"enum": [*Status]}, "first": WHEN, "last": WHEN, "count": WHOLE,
     "closed": maybe(WHEN), "share": SHARE, "measured": YUAN, "limit": YUAN, "excess": YUAN, "total": YUAN,
     "hospital": YUAN, "applies": FLAG, "items": many(_ITEM), "approval": maybe(_DEMAND)}
)  # fmt: skip
_EVENT = keys(
    {"event": WHOLE, "alert": maybe(WHOLE), "kind": {"enum": [*Kind]}, "at": WHEN, "by": TEXT, "name": TEXT,
     "role": TEXT, "reason": TEXT, "says": {"type": "object"}}
)  # fmt: skip
_HELD: dict[str, Shape] = {
    "need": {"enum": [*Need]}, "due": maybe(WHEN), "late": FLAG, "alert": maybe(ref("ReviewAlert")),
}  # fmt: skip
_PAID = keys(
    {"total": YUAN, "patient": YUAN, "hospital": YUAN, "payments": AMOUNTS,
     "control": maybe(ref("Control")), "warnings": many(ref("Warning"))}
)  # fmt: skip
_WORKED: dict[str, Shape] = {
    "now": _PAID, "then": _PAID,
    "difference": keys({"total": YUAN, "patient": YUAN, "hospital": YUAN, "payments": AMOUNTS}),
    "withdrawn": TEXTS, "added": many(ref("Line")),
}  # fmt: skip
_QUANTITY: Shape = {"type": ["string", "number", "null"], "format": "decimal"}
CHANGE: dict[str, Shape] = {
    "withdraw": many(keys({"line": ID})),
    "replace": many(keys({"line": ID, "code": ID}, {"quantity": _QUANTITY})),
}
_DRAFT: Shape = {
    "type": "object",
    "description": "费用行，行号可以不写",
    "properties": {key: {} for key in LineForm.model_json_schema(by_alias=True)["properties"]},
    "required": ["quantity", "unit_price", "amount"],
}
WHAT_IF: dict[str, Shape] = {**CHANGE, "drafts": many(_DRAFT)}

REVIEWS: dict[str, Shape] = {
    "ReviewAlert": _ALERT,
    "ReviewEvent": _EVENT,
    "Review": keys(
        {"visit_id": TEXT, "facility": TEXT, "person": TEXT, "settlement_id": maybe(TEXT), "version": TEXT,
         **_HELD, "alerts": many(ref("ReviewAlert")), "events": many(ref("ReviewEvent")),
         "faults": many(ref("Fault"))}
    ),
    "ReviewHeld": keys({"visit_id": TEXT, **_HELD}),
    "Reviewed": keys({"visit_id": TEXT, "event": ref("ReviewEvent"), **_HELD}),
    "ReviewChanged": keys({"visit_id": TEXT, "event": ref("ReviewEvent"), **_HELD}, _WORKED),
    "WhatIf": keys({"visit_id": TEXT, "version": TEXT, **_WORKED, "finding": ref("Finding")}),
    "Reviews": keys(
        {"visits": many(keys({"visit_id": TEXT, "person": TEXT, "person_name": maybe(TEXT), "facility": TEXT,
                               **_HELD})),
         "after": maybe(WHOLE)}
    ),
    "Emergencies": keys(
        {"emergencies": many(keys(
            {"visit_id": TEXT, "person": TEXT, "person_name": maybe(TEXT), "facility": TEXT, "at": WHEN,
             "by": TEXT, "name": TEXT, "reason": TEXT, "figures": {"type": "object"},
             "reviewed": maybe(keys({"at": WHEN, "by": TEXT, "name": TEXT, "reason": TEXT}))}
         )),
         "after": maybe(WHOLE)}
    ),
    "Consent": keys(
        {"lines": many(ID), "signed": {"enum": ["patient", "family", "nobody"]}},
        {"signed_on": maybe(DAY), "note": {"type": ["string", "null"], "maxLength": 400}},
    ),
}  # fmt: skip
"""Every shape of this room that has a name in the description."""
