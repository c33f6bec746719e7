"""Acts as requests of the interface, and what of an answer a hospital keeps."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from doudi.money import yuan
from doudi_lab.hospitals.acts import OTHER_FUND, PLATFORM, SETTLES, Act, Kind
from doudi_lab.hospitals.journal import Told
from doudi_lab.hospitals.record import fen
from doudi_lab.hospitals.wanted import Json
from doudi_lab.hospitals.wire import Answer, Request
from doudi_lab.streams import Stream

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


def request_of(
    act: Act, memory: Mapping[str, Told], suffix: str = "", *, agrees: bool = False
) -> Request | None:
    """The request of an act by what its hospital knows; None where what it builds on was never settled.

    `agrees`: the platform answers what was computed.
    """
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
        case Kind.REVERSE | Kind.CORRECT | Kind.ANSWER:
            stands = standing_of(memory, act.of)
            if stands is None:
                return None
            body = {"message_id": message, **(act.body or {})}
            if act.kind is Kind.CORRECT:
                body["bill"] = act.bill
            elif act.kind is Kind.ANSWER:
                body["given"] = given_by_platform(act, stands, agrees=agrees)
            return _post(f"/api/v1/settlements/{stands['settlement_id']}/{act.kind}", body)
        case _:
            body = {"message_id": message} if act.kind is Kind.SETTLE_VISIT else act.body
            path = f"/api/v1/visits/{visit}/{_OF_VISIT[act.kind]}?facility={facility}"
            if act.kind is Kind.PRECHECK:
                path += "&effects=0"
            return Request("POST", path) if body is None else _post(path, body)


def standing_of(memory: Mapping[str, Told], act: str) -> Json | None:
    """The settlement that an act made, or what has taken its place since, as the hospital was told of it."""
    told = memory.get(act)
    if told is None or "settlement_id" not in told.said:
        return None
    by_old = {
        str(one.said["replaces"]): one.said for one in memory.values() if "replaces" in one.said
    }
    said = told.said
    while str(said["settlement_id"]) in by_old:
        said = by_old[str(said["settlement_id"])]
    return said


def given_by_platform(act: Act, said: Mapping[str, Any], *, agrees: bool) -> Json:
    """What the platform says at last that it has paid: mostly what was computed, now and then less or more; one
    that `agrees` says it of a fund whose rules nobody knows, so that nothing can be held against it."""
    luck = Stream(0, "platform", act.key)
    if agrees:
        left = fen(said["total"]) - sum(fen(said["payments"].get(one, "0.00")) for one in PLATFORM)
        return {OTHER_FUND: yuan(min(luck.whole(0, 5_000), left))}
    paid = {layer: fen(said["payments"].get(layer, "0.00")) for layer in PLATFORM}
    lot, left = luck.uniform(), fen(said["in_scope"])
    if lot < 0.25:
        paid["basic"] = max(0, paid["basic"] - luck.whole(1, 5_000))
    elif lot < 0.4:
        paid["basic"] += luck.whole(1, 5_000)
    made: Json = {}
    for layer in PLATFORM:
        paid[layer] = min(paid[layer], left)
        left -= paid[layer]
        made[layer] = yuan(paid[layer])
    return made


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
    if act.kind in (Kind.CORRECT, Kind.ANSWER):
        return kept_of_replacement(said)
    return {}


def kept_of_replacement(said: Mapping[str, Any]) -> Json:
    """What counts of a settlement in the place of another, and of what the patient is asked."""
    made = said["settlement"]
    stated = {key: made[key] for key in (*_KEPT, "replaces") if key in made}
    return {**stated, "entries": said["entries"], "asked_of_patient": said["patient"]}


def _post(path: str, body: Json | None) -> Request:
    return Request("POST", path, json.dumps(body, ensure_ascii=False).encode())
