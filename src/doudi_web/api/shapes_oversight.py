"""The shapes of figures from outside, audits and known defects."""

from doudi_web.api.shapes import DAY, TEXT, TEXTS, WHEN, WHOLE, Shape, keys, many, maybe, named, ref
from doudi_web.oversight.defects import DefectForm
from doudi_web.oversight.figures import FigureForm
from doudi_web.oversight.mismatches import Cause, Of

_TALLY = keys({"matched": WHOLE, "all": WHOLE})
_DIFFERENCE = keys({"field": TEXT, "recorded": maybe(TEXT), "expected": maybe(TEXT)})
_MISMATCH = keys(
    {"figure": {"enum": [*Of]}, "cause": {"enum": [*Cause]}, "title": TEXT, "settlement_id": TEXT,
     "visit_id": TEXT, "facility": TEXT, "engine": TEXT, "text": TEXT, "input": maybe(TEXT),
     "differs": many(_DIFFERENCE), "more": WHOLE, "defects": TEXTS}
)  # fmt: skip
_RUN: dict[str, Shape] = {
    "limits": _TALLY, "agreement": _TALLY, "replay": _TALLY, "count": WHOLE, "settlements": WHOLE,
    "erased": WHOLE, "id": WHOLE, "begun": WHEN, "ended": WHEN, "by": TEXT, "program": TEXT,
    "from": maybe(WHEN), "to": maybe(WHEN), "facility": maybe(TEXT),
}  # fmt: skip
_DEFECT = keys(
    {"id": WHOLE, "name": TEXT, "what": TEXT, "engines": TEXTS, "found": DAY, "recorded": WHEN, "by": TEXT,
     "reason": TEXT, "settlements": TEXTS}
)  # fmt: skip

OVERSIGHT: dict[str, Shape] = {
    "Figure": named(FigureForm.model_json_schema(by_alias=True)),
    "FiguresTaken": keys({"taken": WHOLE, "unchanged": WHOLE}),
    "Mismatch": _MISMATCH,
    "AuditRun": keys({**_RUN, "mismatches": many(ref("Mismatch"))}),
    "Audits": keys({"audits": many(keys(_RUN)), "before": maybe(WHOLE)}),
    "DefectStated": named(DefectForm.model_json_schema(by_alias=True)),
    "Defect": _DEFECT,
    "Defects": keys({"defects": many(ref("Defect"))}),
}
"""Every shape of this room that has a name in the description."""
