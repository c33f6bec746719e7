"""Routes: floor amounts and what is decided of them; control over a period, and its assessment."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse

from doudi.errors import Fault, fault
from doudi.source_text import Document, shown
from doudi_web.api.fields import (
    REASON_LIMIT,
    Fields,
    Number,
    Numbers,
    Text,
    read,
    shape,
)
from doudi_web.api.interface import actor, answer, api, body, text
from doudi_web.api.shapes import described, ref
from doudi_web.clearing import assessing, deciding, floor, proposing
from doudi_web.clearing.deciding import Batch
from doudi_web.clearing.floor import State
from doudi_web.clearing.spans import EXPECTED, Period, month_of, period_of
from doudi_web.indicators import periods as controlled
from doudi_web.settlement.replaying import fen
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])", re.ASCII)
_MESSAGE = Text(80, "消息号，1 至 80 字")
_BATCH: Fields = {
    "items": Numbers(
        deciding.LIMIT, f"分录编号，1 至 {deciding.LIMIT:,} 个，不重复", required=False
    ),
    "facility": Text(40, "医疗机构编码", required=False),
    "month": Text(7, "记账的月份，如 2026-11", required=False),
    "up_to": Number("到哪一条分录为止（编号）", required=False),
}
_APPROVE: Fields = {
    "message_id": _MESSAGE,
    "reason": Text(REASON_LIMIT, "说明，至多 400 字", required=False),
    **_BATCH,
}
_PAID: Fields = {
    "message_id": _MESSAGE,
    "reference": Text(80, "银行的流水号，1 至 80 字"),
    **_BATCH,
}
_FAILED: Fields = {
    "message_id": _MESSAGE,
    "reason": Text(REASON_LIMIT, "为什么没有付成，1 至 400 字"),
    **_BATCH,
}
_AMOUNT = re.compile(r"-?(0|[1-9][0-9]{0,12})\.[0-9]{2}", re.ASCII)
_ASSESS: Fields = {
    "message_id": _MESSAGE,
    "facility": Text(40, "医疗机构编码"),
    "period": Text(7, EXPECTED),
    "amount": Text(17, "看到的还要追回的数（difference），元，如 543.00"),
    "reason": Text(REASON_LIMIT, "为什么追回，1 至 400 字"),
}
_POST: Fields = {"message_id": _MESSAGE}
_REFUSE: Fields = {
    "message_id": _MESSAGE,
    "reason": Text(REASON_LIMIT, "为什么退回，1 至 400 字"),
}
_DECIDED = {200: ref("FloorDecided"), 201: ref("FloorDecided")}


@api.get("/api/v1/floor", operation_id="floor", openapi_extra=described({200: ref("Floor")}))
def listed(
    request: HttpRequest, state: str = "", facility: str = "", month: str = "", after: int = 0
) -> HttpResponse:
    """兜底金额，按台账的次序：已算出、要追回、已批准、已付、付款失败、已抵销。一家医院只看自己的；after 接着看。"""
    who = actor(request)
    wanted = floor.Wanted(_state(state), facility, _month(month), max(after, 0))
    return answer(200, floor.listed(who, wanted))


@api.get(
    "/api/v1/floor/totals",
    operation_id="floor_totals",
    openapi_extra=described({200: ref("FloorTotals")}),
)
def totals(request: HttpRequest, facility: str = "", month: str = "") -> HttpResponse:
    """兜底金额每一种状态有几笔、多少；加起来就是台账里兜底资金的数。"""
    return answer(200, floor.totals(actor(request), facility, _month(month)))


@api.post(
    "/api/v1/floor/approve",
    operation_id="floor_approve",
    openapi_extra=described(_DECIDED, shape(_APPROVE), faults=(404, 409)),
)
def approve(request: HttpRequest) -> HttpResponse:
    """批准付款：{message_id, items} 或 {message_id, facility, month, up_to}。整批批准，或一笔不批。"""
    return _decided(request, State.APPROVED, _APPROVE)


@api.post(
    "/api/v1/floor/paid",
    operation_id="floor_paid",
    openapi_extra=described(_DECIDED, shape(_PAID), faults=(404, 409)),
)
def paid(request: HttpRequest) -> HttpResponse:
    """已经付了：另写 reference（银行的流水号）。批准的人不能自己付。"""
    return _decided(request, State.PAID, _PAID)


@api.post(
    "/api/v1/floor/failed",
    operation_id="floor_failed",
    openapi_extra=described(_DECIDED, shape(_FAILED), faults=(404, 409)),
)
def failed(request: HttpRequest) -> HttpResponse:
    """没有付成：另写 reason。可以再批准。"""
    return _decided(request, State.FAILED, _FAILED)


def _decided(request: HttpRequest, state: State, fields: Fields) -> HttpResponse:
    who, document = actor(request), body(request)
    who.must(deciding.act_of(state))
    stated = read(document, fields)
    batch = _batch(document, stated)
    made = deciding.decide(
        who, state, stated["message_id"], stated, batch, stated.get("reason", ""), stated.get("reference", "")
    )  # fmt: skip
    return text(made.status, made.text)


def _batch(document: Document, stated: dict[str, Any]) -> Batch:
    """The items by number, or all of a hospital and month. Raises Refusal 422 where it is neither, or both."""
    whole = [key for key in ("facility", "month", "up_to") if key in stated]
    either = "items，或者 facility、month、up_to 三样"
    if "items" in stated and not whole:
        return Batch(entries=tuple(stated["items"]))
    if "items" in stated:
        faults = [
            fault("F203", key, value=shown(stated[key], 80), expected=either) for key in whole
        ]
        raise Refusal(422, faults)
    missing = [key for key in ("facility", "month", "up_to") if key not in stated]
    if missing:
        name = document.name if len(missing) == 3 else missing[0]
        keys = ["items"] if len(missing) == 3 else missing
        raise Refusal(422, [fault("F201", name, key=key, expected=either) for key in keys])
    return Batch(facility=stated["facility"], month=_month(stated["month"]), up_to=stated["up_to"])


@api.get("/api/v1/periods", operation_id="periods", openapi_extra=described({200: ref("Periods")}))
def periods(request: HttpRequest, period: str = "", facility: str = "") -> HttpResponse:
    """一个月、一季、一年（2026-11、2026-Q4、2026）每家医院的目录外占比、限额、超出、已由医院承担、还可追回。"""
    return answer(200, controlled.periods(actor(request), _period(period), facility))


@api.get(
    "/api/v1/periods/visits",
    operation_id="periods_visits",
    openapi_extra=described({200: ref("PeriodVisits")}, faults=(404,)),
)
def period_visits(
    request: HttpRequest, facility: str, period: str = "", after: int = 0
) -> HttpResponse:
    """这一期、这家医院的数是哪几次就医加起来的；一页最多 500 次，after 接着看。"""
    return answer(200, assessing.visits(actor(request), _period(period), facility, max(after, 0)))


@api.get(
    "/api/v1/assessments",
    operation_id="proposed_assessments",
    openapi_extra=described({200: ref("ProposedAssessments")}),
)
def proposed(request: HttpRequest, period: str = "") -> HttpResponse:
    """提了追回、等另一个人的；一家医院只看自己的。"""
    found = proposing.waiting(actor(request), _period(period) if period else None)
    return answer(200, {"proposals": [one.json() for one in found]})


@api.post(
    "/api/v1/assessments",
    operation_id="propose_assessment",
    openapi_extra=described(
        {200: ref("ProposedAssessment"), 201: ref("ProposedAssessment")}, shape(_ASSESS), faults=(409,)
    ),
)  # fmt: skip
def propose(request: HttpRequest) -> HttpResponse:
    """提按期追回：{message_id, facility, period, amount, reason}，amount 是看到的还要追回的数。另一个人记账。"""
    who = actor(request)
    who.must(Act.ASSESS_PROPOSE)
    stated = read(body(request), _ASSESS)
    if not _AMOUNT.fullmatch(stated["amount"]):
        raise Refusal(422, [_wrong("amount", stated["amount"], _ASSESS["amount"].expected)])
    made = proposing.propose(
        who, stated["message_id"], stated, stated["facility"], _period(stated["period"]), fen(stated["amount"]),
        stated["reason"].strip(),
    )  # fmt: skip
    return text(made.status, made.text)


@api.post(
    "/api/v1/assessments/{number}/post",
    operation_id="post_assessment",
    openapi_extra=described(
        {200: ref("Assessed"), 201: ref("Assessed")}, shape(_POST), faults=(404, 409)
    ),
)
def post_assessment(request: HttpRequest, number: int) -> HttpResponse:
    """把别人提的追回记账：{message_id}。医院退给兜底资金，不动患者；数和提的时候不同就不记。"""
    return _assessment(request, number, _POST, accept=True)


@api.post(
    "/api/v1/assessments/{number}/refuse",
    operation_id="refuse_assessment",
    openapi_extra=described(
        {200: ref("RefusedAssessment"), 201: ref("RefusedAssessment")}, shape(_REFUSE), faults=(404, 409)
    ),
)  # fmt: skip
def refuse_assessment(request: HttpRequest, number: int) -> HttpResponse:
    """退回提的追回：{message_id, reason}。什么都不记。"""
    return _assessment(request, number, _REFUSE, accept=False)


def _assessment(request: HttpRequest, number: int, fields: Fields, *, accept: bool) -> HttpResponse:
    who = actor(request)
    who.must(Act.ASSESS)
    stated = read(body(request), fields)
    named = {**stated, "proposal": number, "accept": accept}
    reason = str(stated.get("reason", "")).strip()
    made = proposing.decide(who, stated["message_id"], named, number, reason, accept=accept)
    return text(made.status, made.text)


def _period(stated: str) -> Period:
    """The period that is stated, or this month. Raises Refusal 422."""
    found = period_of(stated) if stated else month_of(now().date())
    if found is None:
        raise Refusal(422, [_wrong("period", stated, EXPECTED)])
    return found


def _month(stated: str) -> str:
    if stated and not _MONTH.fullmatch(stated):
        raise Refusal(422, [_wrong("month", stated, "月份，如 2026-11")])
    return stated


def _state(stated: str) -> State | None:
    if stated and stated not in set(State):
        raise Refusal(422, [_wrong("state", stated, "、".join(State))])
    return State(stated) if stated else None


def _wrong(key: str, stated: str, expected: str) -> Fault:
    return fault("F203", key, value=shown(stated, 80), expected=expected)
