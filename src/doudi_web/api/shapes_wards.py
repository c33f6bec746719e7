"""The shapes of the wards' answers."""

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
from doudi_web.wards.needs import Need, Who
from doudi_web.wards.wanted import Tab

_STAY: dict[str, Shape] = {
    "ward": TEXT, "bed": TEXT, "doctor": TEXT, "planned_discharge": maybe(WHEN), "version": WHOLE, "changed": WHEN,
}  # fmt: skip
_ROW = keys(
    {"visit_id": TEXT, "facility": TEXT, "person": TEXT, "name": maybe(TEXT), "ward": TEXT, "bed": TEXT,
     "doctor": TEXT, "kind": TEXT, "admitted": maybe(DAY), "leaves": maybe(DAY), "standing_to": maybe(DAY),
     "planned_discharge": maybe(WHEN), "discharged": maybe(WHEN), "settled": maybe(WHEN),
     "settlement_id": maybe(TEXT), "standing": TEXT, "entitled": FLAG,
     "status": {"enum": ["within", "approaching", "exceeded", "undecided", "none", "faulty"]},
     "share": maybe(SHARE), "share_least": maybe(SHARE), "share_most": maybe(SHARE),
     "limit": maybe(YUAN), "excess": maybe(YUAN),
     "room": maybe(YUAN), "total": maybe(YUAN), "funds": maybe(YUAN), "hospital": maybe(YUAN),
     "floor": maybe(YUAN), "patient": maybe(YUAN), "otherwise": maybe(YUAN), "unmapped": WHOLE,
     "unmapped_amount": YUAN, "faults": TEXTS, "needs": many({"enum": [need.value for need in Need]}),
     "who": many({"enum": [who.value for who in Who]}), "due": maybe(WHEN), "as_of": WHEN,
     "stale": FLAG}
)  # fmt: skip
_SUMS = keys(
    {"visits": WHOLE, "left_out": WHOLE, "total": YUAN, "funds": YUAN, "hospital": YUAN, "floor": YUAN,
     "patient": YUAN, "measured": YUAN, "share": SHARE}
)  # fmt: skip

WARDS: dict[str, Shape] = {
    "Stay": keys(_STAY),
    "StayOf": keys({"visit_id": TEXT, **_STAY}),
    "WardRow": _ROW,
    "Wards": keys(
        {"visits": many(ref("WardRow")), "page": WHOLE, "pages": WHOLE, "sums": _SUMS,
         "tabs": keys({tab.value: WHOLE for tab in Tab}), "running": WHOLE, "unseen": WHOLE, "entitled": WHOLE,
         "to_do": WHOLE,
         "leaving": WHOLE, "stale": WHOLE, "as_of": maybe(WHEN), "revision": WHOLE, "wards": TEXTS}
    ),
}  # fmt: skip
