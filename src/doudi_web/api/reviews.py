"""Routes: what a changed bill would come to; alerts, reasons, approvals, emergencies, consents and changes."""

from datetime import date
from typing import Any, cast

from django.http import HttpRequest, HttpResponse

from doudi.errors import Fault, fault
from doudi.source_text import Document, Value, shown
from doudi_web.api.fields import REASON_LIMIT, Fields, Flag, Text, read, shape
from doudi_web.api.interface import actor, answer, api, body
from doudi_web.api.shapes import described, keys, ref
from doudi_web.api.shapes_reviews import CHANGE, WHAT_IF
from doudi_web.review import changing, consenting, deciding, seen, what_if
from doudi_web.review.consenting import Signed
from doudi_web.settlement.asked import is_text, message_of
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act

_VERSION = Text(80, "看到的版本（review 的 version）")
_REASON = Text(REASON_LIMIT, deciding.REASON)
_SAID: Fields = {"version": _VERSION, "reason": _REASON}
_DECIDED: Fields = {
    "version": _VERSION,
    "accept": Flag("同意写 true，不同意写 false", required=True),
    "reason": Text(REASON_LIMIT, "理由，至多 400 字；不同意的必写", required=False),
}
_APPROVED: Fields = {
    **_DECIDED,
    "up_to": Text(16, "同意到超出多少元为止，如 500.00；不写就是现在超出的", required=False),
}
_LOOKED: Fields = {"reason": _REASON}
_NOTE = {"type": ["string", "null"], "maxLength": REASON_LIMIT}
_CHANGE = keys({"version": {"type": "string"}}, {**CHANGE, "note": _NOTE})
_WRITTEN = {200: ref("Reviewed")}


@api.get(
    "/api/v1/visits/{visit}/review",
    operation_id="visit_review",
    openapi_extra=described({200: ref("Review")}, faults=(404, 409)),
)
def visit_review(request: HttpRequest, visit: str, facility: str | None = None) -> HttpResponse:
    """一次就诊的提示、办理经过、现在等谁办、什么时候以前；写的时候带上这里的 version。"""
    return answer(200, seen.one(actor(request), visit, facility))


@api.post(
    "/api/v1/visits/{visit}/what-if",
    operation_id="what_if",
    openapi_extra=described({200: ref("WhatIf")}, keys({}, WHAT_IF), faults=(404, 409)),
)
def what_if_of(request: HttpRequest, visit: str, facility: str | None = None) -> HttpResponse:
    """试算：停哪几行、换成什么、加开什么，各方现在付多少、改了付多少。不写任何东西。"""
    return answer(200, what_if.what_if(actor(request), visit, body(request), facility))


@api.post(
    "/api/v1/visits/{visit}/alerts",
    operation_id="notice_visit",
    openapi_extra=described({200: ref("ReviewHeld"), 201: ref("ReviewHeld")}, faults=(404, 409)),
)
def notice(request: HttpRequest, visit: str, facility: str | None = None) -> HttpResponse:
    """巡检一次就诊：接近、超过限额的提示；同一个原因的并成一条，次数加一；原因没有了就关。有新的 201。"""
    return answer(*seen.notice(actor(request), visit, facility))


@api.post(
    "/api/v1/visits/{visit}/acknowledgements",
    operation_id="explain_excess",
    openapi_extra=described(_WRITTEN, shape(_SAID), faults=(404, 409)),
)
def explain(request: HttpRequest, visit: str, facility: str | None = None) -> HttpResponse:
    """医生写超限的理由：{version, reason}。看到以后变过的 409，说出谁改了什么。"""
    who, stated = _asked(request, Act.EXCESS_EXPLAIN, _SAID)
    made = deciding.explain(who, visit, facility, stated["version"], stated["reason"])
    return answer(200, made)


@api.post(
    "/api/v1/visits/{visit}/approvals",
    operation_id="decide_excess",
    openapi_extra=described(_WRITTEN, shape(_APPROVED), faults=(404, 409)),
)
def decide(request: HttpRequest, visit: str, facility: str | None = None) -> HttpResponse:
    """医保办同意，或退回医生：{version, accept, reason, up_to}。写理由的人不能自己同意；超出 up_to 的重新写。"""
    who, stated = _asked(request, Act.EXCESS_APPROVE, _APPROVED)
    reason, up_to = stated.get("reason", ""), deciding.amount_of(stated.get("up_to", ""))
    made = deciding.decide(
        who, visit, facility, stated["version"], reason, accept=stated["accept"], up_to=up_to
    )
    return answer(200, made)


@api.post(
    "/api/v1/visits/{visit}/emergencies",
    operation_id="pass_emergency",
    openapi_extra=described(_WRITTEN, shape(_SAID), faults=(404, 409)),
)
def let_pass(request: HttpRequest, visit: str, facility: str | None = None) -> HttpResponse:
    """紧急的先放行：{version, reason}。事后由医保办复核。"""
    who, stated = _asked(request, Act.EXCESS_EXPLAIN, _SAID)
    made = deciding.let_pass(who, visit, facility, stated["version"], stated["reason"])
    return answer(200, made)


@api.post(
    "/api/v1/visits/{visit}/emergencies/review",
    operation_id="review_emergency",
    openapi_extra=described(_WRITTEN, shape(_LOOKED), faults=(404, 409)),
)
def review(request: HttpRequest, visit: str, facility: str | None = None) -> HttpResponse:
    """复核紧急放行：{reason}。结算以后也可以；放行的人不能自己复核。"""
    who, stated = _asked(request, Act.EXCESS_APPROVE, _LOOKED)
    return answer(200, deciding.review(who, visit, facility, stated["reason"]))


@api.post(
    "/api/v1/visits/{visit}/consents",
    operation_id="record_consent",
    openapi_extra=described(_WRITTEN, ref("Consent"), faults=(404, 409)),
)
def consent(request: HttpRequest, visit: str, facility: str | None = None) -> HttpResponse:
    """记自费知情同意：{lines, signed, signed_on, note}。谁签的、哪几行、哪一天；没有签的写为什么。"""
    who = actor(request)
    who.must(Act.EXCESS_EXPLAIN)
    lines, signed, day, note = _consent(body(request))
    return answer(200, consenting.consent(who, visit, facility, lines, signed, day, note))


@api.post(
    "/api/v1/visits/{visit}/changes",
    operation_id="change_visit",
    openapi_extra=described({200: ref("ReviewChanged")}, _CHANGE, faults=(404, 409)),
)
def change(request: HttpRequest, visit: str, facility: str | None = None) -> HttpResponse:
    """换、停费用行：{version, withdraw, replace, note}。全部换成，或一行不动。"""
    made = changing.change(actor(request), visit, body(request), facility, proposed=False)
    return answer(200, made)


@api.post(
    "/api/v1/visits/{visit}/proposals",
    operation_id="propose_change",
    openapi_extra=described({200: ref("ReviewChanged")}, _CHANGE, faults=(404, 409)),
)
def propose(request: HttpRequest, visit: str, facility: str | None = None) -> HttpResponse:
    """医保办建议医生换、停费用行：{version, withdraw, replace, note}。费用不动，等医生答复。"""
    made = changing.change(actor(request), visit, body(request), facility, proposed=True)
    return answer(200, made)


@api.post(
    "/api/v1/visits/{visit}/proposals/decide",
    operation_id="decide_change",
    openapi_extra=described({200: ref("ReviewChanged")}, shape(_DECIDED), faults=(404, 409)),
)
def decide_change(request: HttpRequest, visit: str, facility: str | None = None) -> HttpResponse:
    """医生答复更换的建议：{version, accept, reason}。接受的照建议换；不接受的写理由。"""
    who, stated = _asked(request, Act.EXCESS_EXPLAIN, _DECIDED)
    reason, accept = stated.get("reason", ""), stated["accept"]
    made = changing.decide(who, visit, facility, stated["version"], reason, accept=accept)
    return answer(200, made)


@api.get("/api/v1/reviews", operation_id="reviews", openapi_extra=described({200: ref("Reviews")}))
def reviews(request: HttpRequest, facility: str | None = None, after: int = 0) -> HttpResponse:
    """有提示的在院就诊，各等谁办；一家医院只看自己的；after 接着看。"""
    return answer(200, seen.listed(actor(request), facility, max(after, 0)))


@api.get(
    "/api/v1/emergencies",
    operation_id="emergencies",
    openapi_extra=described({200: ref("Emergencies")}),
)
def emergencies(request: HttpRequest, facility: str | None = None, after: int = 0) -> HttpResponse:
    """紧急放行的就诊，谁放的、为什么、谁复核了；一家医院只看自己的；after 接着看。"""
    return answer(200, seen.emergencies(actor(request), facility, max(after, 0)))


def _asked(request: HttpRequest, act: Act, fields: Fields) -> tuple[Any, dict[str, Any]]:
    """Who asks, if they may, and the fields of the body."""
    who, document = actor(request), body(request)
    who.must(act)
    return who, read(document, fields)


def _consent(document: Document) -> tuple[list[str], Signed, date | None, str]:
    """The lines, who signed, when, and a note. Raises Refusal 422."""
    stated, faults = message_of(document, "lines", "signed", "signed_on", "note")
    lines, signed, note = stated.get("lines"), stated.get("signed"), stated.get("note") or ""
    listed = cast("list[Value]", lines) if isinstance(lines, list) else []
    if not listed or not all(is_text(one, 64) for one in listed):
        faults.append(fault("F201", "lines", key="lines", expected="费用行的行号，至少一个"))
    if not isinstance(signed, str) or signed not in set(Signed):
        faults.append(_wrong("signed", signed, "、".join(Signed)))
    if not isinstance(note, str):
        faults.append(_wrong("note", note, consenting.NOTE))
    day: date | None = None
    if stated.get("signed_on") is not None:
        try:
            day = date.fromisoformat(str(stated["signed_on"]))
        except ValueError:
            faults.append(_wrong("signed_on", stated["signed_on"], "日期（如 2019-05-01）"))
    if faults:
        raise Refusal(422, faults)
    return [str(one) for one in listed], Signed(str(signed)), day, str(note)


def _wrong(key: str, value: Value, expected: str) -> Fault:
    return fault("F203", key, value=shown(value, 80), expected=expected)
