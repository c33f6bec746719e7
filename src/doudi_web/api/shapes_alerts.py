"""The shapes of alerts and their rules."""

from doudi_web.alerts.rules import ENDS, RULES, STATES, Unit
from doudi_web.api.shapes import DAY, FLAG, TEXT, WHEN, WHOLE, Shape, keys, many, maybe, ref

_ALERT: dict[str, Shape] = {
    "alert": WHOLE, "rule": {"enum": [*RULES]}, "says": TEXT, "weight": WHOLE, "measure": {"enum": [*Unit]},
    "severity": WHOLE, "facility": maybe(TEXT), "township": maybe(TEXT), "owner_role": TEXT,
    "owner_facility": maybe(TEXT), "owner_township": maybe(TEXT), "taken_by": maybe(TEXT),
    "state": {"enum": [*STATES]}, "ended_as": maybe(TEXT), "due": DAY, "late": FLAG, "opened": WHEN,
    "changed": WHEN, "version": WHOLE,
}  # fmt: skip
_BEHIND = keys(
    {"settlement_id": maybe(TEXT), "visit_id": maybe(TEXT), "facility": maybe(TEXT), "person": maybe(TEXT),
     "day": maybe(DAY), "amount": maybe({"type": "integer"})}
)  # fmt: skip
_EVENT = keys(
    {"what": TEXT, "text": TEXT, "weight": WHOLE, "at": WHEN, "by": TEXT}, {"detail": {"type": "object"}}
)  # fmt: skip
_COUNTS = {"type": "object", "additionalProperties": WHOLE}

ALERTS: dict[str, Shape] = {
    "DistrictAlert": keys(_ALERT),
    "DistrictAlertWhole": keys({**_ALERT, "behind": many(_BEHIND), "elsewhere": WHOLE, "events": many(_EVENT)}),
    "DistrictAlerts": keys(
        {"as_of": maybe(WHEN), "late": FLAG, "counts": _COUNTS, "alerts": many(ref("DistrictAlert")),
         "after": maybe(WHOLE)}
    ),
    "AlertValue": keys(
        {"name": TEXT, "title": TEXT, "amount": WHOLE, "unit": {"enum": [*Unit]}, "shipped": WHOLE, "status": TEXT,
         "source": maybe(TEXT), "reason": maybe(TEXT), "stated_by": maybe(TEXT), "stated": maybe(WHEN)}
    ),
    "AlertRules": keys(
        {"rules": many(keys(
            {"rule": {"enum": [*RULES]}, "title": TEXT, "finds": TEXT, "excludes": TEXT,
             "measure": {"enum": [*Unit]}, "owner": TEXT, "values": many(ref("AlertValue")),
             "counts": keys(dict.fromkeys(("open", *ENDS), WHOLE))}))}
    ),
}  # fmt: skip
"""Every shape of this room that has a name in the description."""
