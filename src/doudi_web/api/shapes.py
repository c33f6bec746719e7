"""The shapes of requests and answers, for the interface's description. Bills come from the engine's own form.

An answer may grow keys; what stands here is there. Tests hold every answer against its shape, key by key.
"""

from typing import Any

from doudi.wire.bill_form import LineForm, bill_schema
from doudi_web.clearing.floor import State
from doudi_web.settlement.openings import OpeningForm

Shape = dict[str, Any]

TEXT: Shape = {"type": "string"}
ID: Shape = {"type": "string", "minLength": 1}
WHOLE: Shape = {"type": "integer"}
FLAG: Shape = {"type": "boolean"}
YUAN: Shape = {"type": "string", "pattern": r"^-?[0-9]+\.[0-9]{2}$", "description": "元，两位小数"}
SHARE: Shape = {"type": "string", "pattern": r"^[0-9]+\.[0-9]{4}$"}
WHEN: Shape = {"type": "string", "format": "date-time"}
DAY: Shape = {"type": "string", "format": "date"}
SETTLED: Shape = {"type": "string", "description": "日期，或带时区的时间"}
HEX: Shape = {"type": "string", "pattern": "^([0-9a-f]{2})*$"}
TEXTS: Shape = {"type": "array", "items": TEXT}
AMOUNTS: Shape = {"type": "object", "additionalProperties": YUAN}
MESSAGE: Shape = {"type": "string", "minLength": 1, "maxLength": 80}
REASON: Shape = {"type": "string", "minLength": 1, "maxLength": 400}


def ref(name: str) -> Shape:
    """A shape that is named."""
    return {"$ref": f"#/components/schemas/{name}"}


def many(shape: Shape) -> Shape:
    """A list of one shape."""
    return {"type": "array", "items": shape}


def maybe(shape: Shape) -> Shape:
    """A shape or null."""
    return {"anyOf": [shape, {"type": "null"}]}


def keys(needed: dict[str, Shape], beside: dict[str, Shape] | None = None) -> Shape:
    """An object: keys that are always there, and others that may be."""
    return {"type": "object", "properties": {**needed, **(beside or {})}, "required": list(needed)}


def _engine_forms() -> dict[str, Shape]:
    """The engine's bill and what it is made of; a running visit's header is a bill that may lack some."""
    bill = named(bill_schema())
    found: dict[str, Shape] = dict(bill.pop("$defs"))
    line = named(LineForm.model_json_schema(by_alias=True))
    found |= line.pop("$defs")
    running = {**bill, "required": [key for key in bill["required"] if key != "settled"]}
    header = {
        **running,
        "properties": {k: v for k, v in bill["properties"].items() if k != "lines"},
        "required": [key for key in running["required"] if key != "lines"],
    }
    for name, key in (("PersonForm", "id"), ("FacilityForm", "code")):  # of whom the register knows
        found[name] = {**found[name], "required": [key]}
    opening = OpeningForm.model_json_schema(by_alias=True)
    return found | {
        "Bill": running,
        "Line": line,
        "VisitHeader": header,
        "Opening": opening,
    }


def named(schema: Shape) -> Shape:
    """A schema that names its parts as the description does."""
    if "$ref" in schema:
        return {**schema, "$ref": schema["$ref"].replace("#/$defs/", "#/components/schemas/")}
    made: Shape = {}
    for key, value in schema.items():
        if key == "format" and value == "date or date-time":
            continue
        if isinstance(value, dict):
            made[key] = named(value)
        elif isinstance(value, list):
            made[key] = [named(v) if isinstance(v, dict) else v for v in value]
        else:
            made[key] = value
    return made


_FAULT = keys({"code": TEXT, "where": TEXT, "what": TEXT, "why": TEXT, "mend": TEXT})
_CONTROL = keys(
    {"applies": FLAG, "share": SHARE, "limit": YUAN, "measured": YUAN, "excess": YUAN,
     "status": {"enum": ["within", "approaching", "exceeded"]}}
)  # fmt: skip
_WARNING = keys(
    {
        "code": TEXT,
        "severity": {"enum": ["critical", "warning", "info"]},
        "text": TEXT,
        "lines": TEXTS,
    },
    {"layer": TEXT, "visits": TEXTS},
)
_VALUE = keys({"name": TEXT, "title": TEXT, "value": TEXT, "cite": maybe(TEXT), "status": TEXT})
_EXPLANATION = keys(
    {"layer": TEXT, "title": TEXT, "text": TEXT, "cite": maybe(TEXT), "document": maybe(TEXT),
     "status": TEXT, "values": many(_VALUE)}
)  # fmt: skip
_PARTS = {"out_of_catalogue": YUAN, "over_ceiling": YUAN, "first_self_pay": YUAN, "in_scope": YUAN}
_SUMS: Shape = {
    "type": "object",
    "additionalProperties": keys({"before": YUAN, "after": YUAN}),
}
_ADJUDICATED: dict[str, Shape] = {
    "visit_id": TEXT, "episode_id": TEXT, "person": TEXT, "settled": SETTLED, "sequence": WHOLE,
    "benefit_year": WHOLE, "kind": TEXT, "standing": maybe(TEXT), "pack": TEXT, "fingerprint": TEXT,
    "engine": TEXT, "catalogue": maybe(TEXT), "unverified": TEXTS, "total": YUAN, **_PARTS,
    "deductible_met": YUAN, "payments": AMOUNTS, "computed": AMOUNTS, "hospital": YUAN, "patient": YUAN,
    "patient_limit": maybe(YUAN), "control": maybe(ref("Control")), "warnings": many(ref("Warning")),
    "lines": many(keys({"id": TEXT, **_PARTS})), "accumulators": _SUMS, "episode_accumulators": _SUMS,
    "explanation": many(ref("Explanation")),
}  # fmt: skip
_PROVISIONAL = {"provisional": TEXT, "provisional_reasons": TEXTS}
_REPLACES = {"replaces": TEXT, "corrects": ref("Corrects")}
_SINCE = {"replaced_by": TEXT, "collect": YUAN, "asked": YUAN, "relief": AMOUNTS}
_EFFECT = {"patient": maybe(YUAN), "hospital": maybe(YUAN), "payments": maybe(AMOUNTS)}
_MARGINAL = keys({"line": TEXT, **_EFFECT}, {"refunds": TEXTS})
_ALTERNATIVE = keys(
    {"line": TEXT, "code": TEXT, "name": TEXT, "class": TEXT, "same": {"enum": ["generic_name", "group"]},
     "quantity": TEXT, "unit": maybe(TEXT), "unit_price": TEXT, "amount": YUAN, "restriction": maybe(TEXT),
     "saves": keys(_EFFECT)}
)  # fmt: skip
_AFTER = ("total", "patient", "hospital", "payments", "control", "warnings")
_DRAFTS = keys(
    {"lines": many(ref("Marginal")), "effect": keys(_EFFECT),
     "after": keys({name: _ADJUDICATED[name] for name in _AFTER})}
)  # fmt: skip
_UNDECIDED = keys(
    {"lines": TEXTS, "amount": YUAN, "share": keys({"least": SHARE, "most": SHARE}),
     "patient": maybe(keys({"least": YUAN, "most": YUAN}))}
)  # fmt: skip
_VISIT_HEAD: dict[str, Shape] = {
    "visit_id": TEXT, "person": TEXT, "facility": TEXT, "opened": WHEN, "discharged": maybe(WHEN),
}  # fmt: skip
_RUNNING = keys(
    {**_VISIT_HEAD, "status": {"enum": ["within", "approaching", "exceeded", "faulty", None]},
     "share": maybe(SHARE), "room": maybe(YUAN), "excess": maybe(YUAN), "total": maybe(YUAN),
     "patient": maybe(YUAN), "floor": maybe(YUAN), "hospital": maybe(YUAN), "faults": many(ref("Fault"))}
)  # fmt: skip
_FLOOR_STATES = [state.value for state in State]
_ENTRY = keys(
    {"id": WHOLE, "posting": WHOLE, "settlement_id": maybe(TEXT), "kind": TEXT, "posted": WHEN, "month": TEXT,
     "account": TEXT, "amount": YUAN}
)  # fmt: skip
_HEAD = keys(
    {"size": WHOLE, "root": HEX, "before": HEX, "sealed": WHEN, "digest": HEX, "signature": HEX,
     "public_key": HEX}
)  # fmt: skip
_PROOF = keys(
    {"settlement_id": TEXT, "result": maybe(TEXT), "erased": maybe(keys({"at": WHEN, "by": TEXT})),
     "salt": maybe(HEX), "parts": HEX, "result_part": maybe(HEX), "commitment": HEX, "place": WHOLE,
     "path": many(HEX), "head": ref("Head")}
)  # fmt: skip
_FLOOR = keys(
    {"entry": WHOLE, "kind": TEXT, "settlement_id": maybe(TEXT), "assessment_id": maybe(TEXT),
     "visit_id": maybe(TEXT), "facility": TEXT, "posted": WHEN, "month": TEXT, "amount": YUAN,
     "state": {"enum": _FLOOR_STATES}, "decided": maybe(WHEN), "by": maybe(TEXT), "reason": TEXT,
     "reference": TEXT}
)  # fmt: skip
_PERIOD: dict[str, Shape] = {"period": TEXT, "from": WHEN, "to": WHEN, "unverified": TEXTS}
_FIGURES = keys(
    {"facility": TEXT, "visits": WHOLE, "unmeasured": WHOLE, "total": YUAN, "measured": YUAN, "share": SHARE,
     "limit": YUAN, "excess": YUAN, "borne": YUAN, "to_claw_back": YUAN, "assessed": YUAN, "difference": YUAN}
)  # fmt: skip
_PROPOSED = keys(
    {
        "proposal": WHOLE,
        "facility": TEXT,
        "period": TEXT,
        "amount": YUAN,
        "reason": TEXT,
        "made": WHEN,
        "by": TEXT,
    }
)
_PERIOD_VISIT = keys(
    {"settlement_id": TEXT, "visit_id": TEXT, "facility": TEXT, "settled": WHEN, "total": maybe(YUAN),
     "measured": maybe(YUAN), "share": maybe(SHARE), "limit": maybe(YUAN), "excess": maybe(YUAN),
     "borne": maybe(YUAN)}
)  # fmt: skip
_TAKEN = keys(
    {"person": TEXT, "year": WHOLE, "name": TEXT, "amount": YUAN, "taken": FLAG},
    {"ledger": YUAN, "difference": YUAN},
)
_STATED = keys(
    {"year": WHOLE, "name": TEXT, "amount": YUAN, "ledger": YUAN, "difference": YUAN, "source": TEXT,
     "as_of": DAY, "received": WHEN}
)  # fmt: skip
_REFUSED = keys(
    {"id": WHOLE, "visit_id": TEXT, "person": TEXT, "facility": TEXT, "message_id": TEXT, "settled": WHEN,
     "faults": many(ref("Fault")), "released": maybe(WHEN), "reason": TEXT}
)  # fmt: skip

_RUN_HEAD: dict[str, Shape] = {
    "id": WHOLE, "kind": TEXT, "parameters": {"type": "object"}, "asked_by": TEXT, "reason": TEXT, "asked": WHEN,
    "state": {"enum": ["queued", "running", "done", "failed"]}, "done": WHOLE, "of": maybe(WHOLE),
    "message": TEXT, "started": maybe(WHEN), "ended": maybe(WHEN),
}  # fmt: skip
_EXPORT = keys(
    {"run": WHOLE, "profile": TEXT, "profile_sm3": HEX, "at": WHEN, "actor": TEXT, "reason": TEXT,
     "format": {"enum": ["csv", "xlsx"]}, "encoding": {"enum": ["utf-8", "gbk"]}, "all": FLAG,
     "ledger": keys({"from": WHOLE, "to": WHOLE}), "exported": WHOLE, "withdrawn": WHOLE, "held_back": WHOLE,
     "left_out": WHOLE, "unchanged": WHOLE,
     "files": many(keys({"name": TEXT, "what": TEXT, "rows": WHOLE, "sm3": HEX}))}
)  # fmt: skip
_EXPORT_ROW = keys(
    {"profile": TEXT, "settlement_id": TEXT, "visit_id": TEXT, "person": TEXT, "facility": TEXT,
     "state": {"enum": ["exported", "withdrawn", "held_back", "left_out"]},
     "answer": {"enum": ["accepted", "rejected", None]},
     "reasons": many(keys({"check": TEXT, "column": TEXT, "text": TEXT})), "run": maybe(WHOLE), "changed": WHEN}
)  # fmt: skip

SHAPES: dict[str, Shape] = {
    **_engine_forms(),
    "Fault": _FAULT,
    "Faults": keys({"faults": many(ref("Fault"))}),
    "Control": _CONTROL,
    "Warning": _WARNING,
    "Explanation": _EXPLANATION,
    "Marginal": _MARGINAL,
    "Presettlement": keys(_ADJUDICATED, _PROVISIONAL),
    "Previewed": keys(
        _ADJUDICATED, {**_PROVISIONAL, "later": TEXTS, "figures": many(ref("StandsOn"))}
    ),
    "Settlement": keys(
        {**_ADJUDICATED, "settlement_id": TEXT, "sealed": FLAG},
        {**_PROVISIONAL, **_REPLACES, **_SINCE, "later": TEXTS, "reversed": FLAG,
         "figures": many(ref("StandsOn"))},
    ),
    "Settlements": keys(
        {"settlements": many(ref("SettlementListed")), "erased": TEXTS, "after": maybe(TEXT)}
    ),
    "SettlementListed": keys(
        {**_ADJUDICATED, "settlement_id": TEXT, "facility": TEXT, "sealed": FLAG, "reversed": FLAG},
        {**_PROVISIONAL, **_REPLACES, **_SINCE, "later": TEXTS, "figures": many(ref("StandsOn")),
         "facility_name": maybe(TEXT)},
    ),
    "Finding": keys(
        {**_ADJUDICATED, "room": maybe(YUAN)},
        {**_PROVISIONAL, "marginal": many(ref("Marginal")), "alternatives": many(_ALTERNATIVE),
         "drafts": _DRAFTS, "undecided": _UNDECIDED},
    ),
    "Reversal": keys(
        {"posting": WHOLE, "settlement_id": TEXT, "month": TEXT, "proposals": many(ref("Proposal")), "later": TEXTS,
         "patient": ref("Patient"),
         "entries": many(keys({"id": WHOLE, "account": TEXT, "amount": YUAN}))}
    ),
    "Entries": keys({"entries": many(_ENTRY)}),
    "Floor": keys({"floor": many(_FLOOR), "after": maybe(WHOLE)}),
    "FloorTotals": keys(
        {"states": keys({name: keys({"items": WHOLE, "amount": YUAN}) for name in _FLOOR_STATES}),
         "items": WHOLE, "fund": YUAN}
    ),
    "FloorDecided": keys(
        {"state": {"enum": _FLOOR_STATES}, "items": many(keys({"entry": WHOLE, "amount": YUAN})),
         "count": WHOLE, "amount": YUAN}
    ),
    "Periods": keys({**_PERIOD, "facilities": many(_FIGURES)}),
    "PeriodVisits": keys(
        {**_PERIOD, "facility": TEXT, "visits": many(_PERIOD_VISIT), "after": maybe(TEXT)}
    ),
    "ProposedAssessment": _PROPOSED,
    "ProposedAssessments": keys({"proposals": many(_PROPOSED)}),
    "RefusedAssessment": keys({"proposal": WHOLE, "state": {"enum": ["refused"]}}),
    "Assessed": keys(
        {**_PERIOD, "proposal": WHOLE, "state": {"enum": ["posted"]},
         "assessment_id": TEXT, "posting": WHOLE, "month": TEXT, "amount": YUAN,
         "entries": many(keys({"id": WHOLE, "account": TEXT, "amount": YUAN})), "figures": _FIGURES}
    ),
    "Head": _HEAD,
    "Extension": keys({"first": WHOLE, "proof": many(HEX), "head": ref("Head")}),
    "Proof": _PROOF,
    "Visit": keys(
        {**_VISIT_HEAD, "settlement_id": maybe(TEXT), "version": TEXT, "header": {"type": "object"},
         "lines": many(keys({"content": {"type": "object"}, "added": WHEN, "withdrawn": maybe(WHEN)})),
         "finding": maybe(ref("Finding")), "faults": many(ref("Fault")), "stay": maybe(ref("Stay"))}
    ),
    "RunningVisits": keys({"visits": many(_RUNNING), "more": FLAG, "after": maybe(WHOLE)}),
    "LinesTaken": keys({"added": TEXTS, "unchanged": TEXTS, "withdrawn": TEXTS}),
    "OpeningsTaken": keys({"openings": many(_TAKEN)}),
    "OpeningsOf": keys({"person": TEXT, "openings": many(_STATED)}),
    "Quarantine": keys({"refused": many(_REFUSED)}),
    "Provisional": keys(
        {"provisional": many(
            keys({"settlement_id": TEXT, "visit_id": TEXT, "person": TEXT, "facility": TEXT, "settled": WHEN,
                  "since": WHEN, "reasons": TEXTS, "registered": FLAG})
         ),
         "after": maybe(WHOLE)}
    ),
    "Run": keys(
        {**_RUN_HEAD, "result": maybe({"type": "object"}), "faults": many(ref("Fault"))}
    ),
    "Runs": keys({"runs": many(keys(_RUN_HEAD)), "after": maybe(WHOLE)}),
    "Export": _EXPORT,
    "Exports": keys({"exports": many(ref("Export")), "after": maybe(WHOLE)}),
    "ExportRows": keys({"rows": many(_EXPORT_ROW), "after": maybe(WHOLE)}),
    "Health": keys(
        {"status": {"enum": ["ok", "degraded"]}, "now": WHEN, "database": FLAG, "migrations": FLAG,
         "clock": FLAG, "space": FLAG,
         "warnings": many({"enum": ["space", "clock_unsynchronised", "clock_set"]})},
        {"demo": DAY},
    ),
}  # fmt: skip
"""Every shape that has a name in the description."""

_WHY = {
    400: "请求不合格式，或没有收全", 401: "没有有效的令牌，也没有登录", 403: "角色不能做，或不是自己的医院",
    404: "没有", 409: "和以前的不合", 410: "已经依法抹去", 413: "内容过大", 422: "有错，全部列出",
    429: "请求太多，或试错太多", 503: "现在不能做，什么都没有写",
}  # fmt: skip
_JSON = "application/json"


ANYBODY: list[Shape] = []
"""No credentials."""
A_PERSON: list[Shape] = [{"session": []}]
"""Somebody who has logged in; programs have nothing there."""
_BOTH: list[Shape] = [{"token": []}, {"session": []}]


def described(
    answers: dict[int, Shape],
    body: Shape | None = None,
    *,
    faults: tuple[int, ...] = (),
    by: list[Shape] = _BOTH,
    files: dict[str, Shape] | None = None,
) -> Shape:
    """What a route takes, from whom, and answers, for its `openapi_extra`.

    Every route may answer 400, 401, 403, 422, 429 and 503. `files` are other forms of the body, by media type.
    """
    told: dict[int, Shape] = {
        status: {"description": "好", "content": {_JSON: {"schema": shape}}}
        for status, shape in answers.items()
    }
    too_much = () if body is None else (413,)
    for status in sorted({400, 401, 403, 422, 429, 503, *faults, *too_much} - set(answers)):
        told[status] = {"description": _WHY[status], "content": {_JSON: {"schema": ref("Faults")}}}
    made: Shape = {"responses": told, "security": by}
    if body is not None:
        forms = {_JSON: body, **(files or {})}
        content = {kind: {"schema": shape} for kind, shape in forms.items()}
        made["requestBody"] = {"required": True, "content": content}
    return made
