"""The shapes of the district's figures and of what a city takes in."""

from doudi_web.api.shapes import (
    DAY,
    FLAG,
    SHARE,
    TEXT,
    WHEN,
    WHOLE,
    YUAN,
    Shape,
    keys,
    many,
    maybe,
    ref,
)

_SUMS = {
    "visits": WHOLE, "total": YUAN, "funds": YUAN, "floor": YUAN, "hospital": YUAN, "waits": YUAN,
    "patient": YUAN, "share": maybe(SHARE), "over": WHOLE, "measured_visits": WHOLE, "measured": YUAN,
    "measured_of": YUAN, "measured_share": maybe(SHARE), "exceeded": WHOLE,
}  # fmt: skip
_AS_OF = {"as_of": maybe(WHEN), "whole": FLAG, "late": FLAG, "waiting": WHOLE}
_MONTH = keys(
    {"month": TEXT, "visits": WHOLE, "patient": YUAN, "total": YUAN, "share": maybe(SHARE)}
)
_FIGURE = keys(
    {**_SUMS, "target": SHARE, "met": maybe(FLAG), "median": maybe(SHARE), "over_share": maybe(SHARE),
     "year_before": maybe(SHARE), "months": many(_MONTH)}
)  # fmt: skip
_RATE = keys(
    {"visits": WHOLE, "inside": WHOLE, "referred": WHOLE, "elsewhere": WHOLE, "share": maybe(SHARE),
     "target": SHARE, "met": maybe(FLAG), "year_before": maybe(SHARE),
     "months": many(keys({"month": TEXT, "inside": WHOLE, "visits": WHOLE, "share": maybe(SHARE)}))}
)  # fmt: skip
_TOWN = {
    "township": TEXT, "persons": WHOLE, "poor": WHOLE, "with_doctor": WHOLE, "coverage": maybe(SHARE),
    "care_insured": WHOLE, "care_not_insured": WHOLE, "care_unknown": WHOLE,
}  # fmt: skip
_TALLY = keys({"matched": WHOLE, "all": WHOLE, "share": maybe(SHARE)})


def _row(name: str) -> Shape:
    return keys(
        {name: TEXT, **_SUMS, "inpatient": keys(_SUMS), "chronic": keys(_SUMS), "residents": WHOLE,
         "inside": WHOLE}
    )  # fmt: skip


_HANDED = keys(
    {"visits": WHOLE, "over": WHOLE, "total": YUAN, "funds": YUAN, "hospital": YUAN, "waits": YUAN,
     "patient": YUAN}
)  # fmt: skip
_GROUPS = {
    "inpatient": maybe(_HANDED), "chronic": maybe(_HANDED),
    "residents": maybe(keys({"visits": WHOLE, "inside": WHOLE})),
}  # fmt: skip
_LINE = keys(
    {"code": TEXT, "name": TEXT, "as_of": maybe(WHEN), "own": FLAG, "deliveries": WHOLE, "districts": WHOLE,
     "lacking": WHOLE, "inpatient": maybe(keys(_SUMS)), "chronic": maybe(keys(_SUMS)), "visits": maybe(WHOLE),
     "inside": maybe(WHOLE), "inside_share": maybe(SHARE), "floor_spent": YUAN, "floor_budget": maybe(YUAN),
     "poor": WHOLE, "with_doctor": WHOLE, "coverage": maybe(SHARE)}
)  # fmt: skip

INDICATORS: dict[str, Shape] = {
    "Budget": keys(
        {"year": WHOLE, "fund": TEXT, "amount": YUAN, "reason": TEXT, "stated": WHEN, "stated_by": TEXT}
    ),
    "FundYear": keys(
        {"year": WHOLE, "fund": TEXT, "spent": YUAN, "visits": WHOLE, "given_back": YUAN,
         "budget": maybe(ref("Budget")), "left": maybe(YUAN),
         "forecast": maybe(keys(
             {"as_of": DAY, "weeks": WHOLE, "per_week": YUAN, "year_end": YUAN, "least": YUAN, "most": YUAN,
              "runs_out": maybe(DAY)}))}
    ),
    "Indicators": keys(
        {**_AS_OF, "asked": {"type": "object"}, "district": maybe(TEXT), "inpatient": _FIGURE,
         "chronic": _FIGURE, "inside": _RATE, "all": keys(_SUMS), "erased": WHOLE, "unplaced": WHOLE,
         "facilities": many(_row("facility")), "townships": many(_row("township")),
         "standings": many(_row("standing")), "diseases": many(_row("disease")),
         "funds": many(keys({"fund": TEXT, "visits": WHOLE, "amount": YUAN})), "money": ref("FundYear"),
         "people": keys({**_TOWN, "as_of": maybe(WHEN), "townships": many(keys(_TOWN))}),
         "accuracy": maybe(keys({"ended": WHEN, "limits": _TALLY, "agreement": _TALLY, "replay": _TALLY})),
         "waiting": {"type": "object", "additionalProperties": WHOLE}}
    ),
    "IndicatorVisits": keys(
        {**_AS_OF, "figure": TEXT, "sums": keys(_SUMS), "share": maybe(SHARE), "after": maybe(TEXT),
         "visits": many(keys(
             {"settlement_id": TEXT, "visit_id": TEXT, "settled": DAY, "facility": TEXT, "township": TEXT,
              "kind": TEXT, "standing": TEXT, "place": TEXT, "disease": TEXT, "total": YUAN,
              "payments": {"type": "object", "additionalProperties": YUAN}, "hospital": YUAN, "waits": YUAN,
              "patient": YUAN, "share": SHARE, "over": FLAG}))}
    ),
    "Delivery": keys(
        {"form": TEXT, "district": TEXT, "year": WHOLE, "as_of": WHEN, **_GROUPS,
         "standings": many(keys({"standing": TEXT, **_GROUPS})), "months": many(keys({"month": TEXT, **_GROUPS})),
         "floor": keys({"spent": YUAN, "budget": maybe(YUAN)}),
         "people": keys({"poor": WHOLE, "with_doctor": WHOLE}), "digest": TEXT},
        {"name": TEXT, "from": TEXT, "to": TEXT, "least": WHOLE},
    ),
    "DeliveryTaken": keys(
        {"district": TEXT, "year": WHOLE, "as_of": WHEN, "digest": TEXT, "received": WHEN}
    ),
    "City": keys(
        {"year": WHOLE, "years": many(WHOLE), "standing": maybe(TEXT), "whole": _LINE,
         "groups": many(keys({"name": TEXT, "districts": many(_LINE), "whole": _LINE}))}
    ),
}  # fmt: skip
