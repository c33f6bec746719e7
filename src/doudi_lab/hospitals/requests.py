"""Acts as requests of the interface, and what of an answer a hospital keeps."""

import hashlib
import json
from collections.abc import Mapping
from typing import cast
from urllib.parse import quote

from doudi_lab.hospitals.acts import SETTLES, Act, Kind
from doudi_lab.hospitals.journal import Told
from doudi_lab.hospitals.wanted import Json
from doudi_lab.hospitals.wire import Answer, Request

RIVAL = "-r"
"""What tells a rival's message id from the message's."""

_KEPT = (
    "settlement_id", "visit_id", "person", "settled", "benefit_year", "standing", "pack", "total",
    "out_of_catalogue", "over_ceiling", "first_self_pay", "in_scope", "deductible_met", "payments", "hospital",
    "patient", "accumulators", "episode_accumulators", "provisional", "provisional_reasons",
)  # fmt: skip

_OF_VISIT = {
    Kind.LINES: "lines", Kind.EARLY: "lines", Kind.PRECHECK: "precheck", Kind.PRESETTLE: "presettle",
    Kind.DISCHARGE: "discharge", Kind.SETTLE_VISIT: "settle",
}  # fmt: skip


def request_of(act: Act, memory: Mapping[str, Told], suffix: str = "") -> Request | None:
    """The request of an act by what its hospital knows; None where what it builds on was never settled."""
    message = f"{act.id}{suffix}"
    visit, facility = quote(act.visit, safe=""), quote(act.hospital, safe="")
    match act.kind:
        case Kind.OPEN:
            return _post("/api/v1/visits", act.body)
        case Kind.WITHDRAW:
            line = quote(act.line, safe="")
            path = f"/api/v1/visits/{visit}/lines/{line}?facility={facility}"
            return Request("DELETE", path)
        case Kind.SETTLE | Kind.FAULTY:
            return _post("/api/v1/settlements", {"message_id": message, "bill": act.bill})
        case Kind.REVERSE:
            number = settlement_of(memory, act.of)
            if number is None:
                return None
            body = {"message_id": message, **cast("Json", act.body)}
            return _post(f"/api/v1/settlements/{number}/{act.kind}", body)
        case _:
            body = {"message_id": message} if act.kind is Kind.SETTLE_VISIT else act.body
            path = f"/api/v1/visits/{visit}/{_OF_VISIT[act.kind]}?facility={facility}"
            if act.kind is Kind.PRECHECK:
                path += "&effects=0"
            return Request("POST", path) if body is None else _post(path, body)


def settlement_of(memory: Mapping[str, Told], act: str) -> str | None:
    """The number of the settlement that an act made."""
    told = memory.get(act)
    number = None if told is None else told.said.get("settlement_id")
    return None if number is None else str(number)


def kept(act: Act, answer: Answer) -> Json:
    """What counts of an answer."""
    said = answer.json
    if answer.status >= 300:
        return {"codes": list(answer.codes)}
    if act.kind in SETTLES or act.kind is Kind.PRESETTLE:
        text = hashlib.sha256(answer.text).hexdigest()
        return {**{key: said[key] for key in _KEPT if key in said}, "digest": text}
    if act.kind is Kind.REVERSE:
        return {key: said[key] for key in ("settlement_id", "entries", "posting")}
    return {}


def _post(path: str, body: Json | None) -> Request:
    return Request("POST", path, json.dumps(body, ensure_ascii=False).encode())
