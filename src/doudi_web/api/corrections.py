"""Routes: correct a settled visit, take the platform's answer; what is proposed, and deciding it."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from doudi.errors import fault
from doudi.source_text import shown
from doudi_web.api.fields import REASON_LIMIT, Fields, Text, read, shape
from doudi_web.api.interface import actor, answer, api, body, text
from doudi_web.api.shapes import MESSAGE, REASON, described, keys, ref
from doudi_web.settlement import answering, awaiting, correcting, deciding, proposals
from doudi_web.tenancy.refusals import Refusal

_ASKED: Fields = {
    "platform_message": Text(80, "问平台用的报文号，1 至 80 字"),
    "outcome": Text(20, "sent、no_answer 或 not_settled", one_of=awaiting.OUTCOMES),
}
_APPROVE: Fields = {
    "message_id": Text(80, "消息号，1 至 80 字"),
    "reason": Text(REASON_LIMIT, "为什么这样定，1 至 400 字"),
}
_REFUSE: Fields = {
    **_APPROVE,
    "borne_by": Text(20, "floor 或 hospital", required=False, one_of=tuple(deciding.BEARERS)),
}


@api.post(
    "/api/v1/settlements/{settlement}/correct",
    operation_id="correct",
    openapi_extra=described(
        {200: ref("Corrected"), 201: ref("Corrected")},
        keys({"message_id": MESSAGE, "bill": ref("Bill"), "reason": REASON}),
        faults=(404, 409, 410),
    ),
)
def correct(request: HttpRequest, settlement: int) -> HttpResponse:
    """更正一次结算：{message_id, bill, reason}。原来的撤销，在原处重新结算；以后的就医不改，列出建议。"""
    made = correcting.correct(actor(request), settlement, body(request))
    return text(made.status, made.text)


@api.post(
    "/api/v1/settlements/{settlement}/answer",
    operation_id="answer",
    openapi_extra=described(
        {200: ref("Corrected"), 201: ref("Corrected")},
        keys({"message_id": MESSAGE, "given": {"type": "object"}}),
        faults=(404, 409, 410),
    ),
)
def take_answer(request: HttpRequest, settlement: int) -> HttpResponse:
    """平台对暂结的答复：{message_id, given}。按平台付的重新结算，差多少记多少；贫困患者多出的，另外批准才收。"""
    made = answering.answer(actor(request), settlement, body(request))
    return text(made.status, made.text)


@api.get(
    "/api/v1/awaiting", operation_id="awaiting", openapi_extra=described({200: ref("Awaiting")})
)
def waits(request: HttpRequest, after: int = 0, limit: int = awaiting.LISTED) -> HttpResponse:
    """等平台答复的暂结：哪几笔，问过没有；unknown 是问了还不知道平台结了没有。答复了、撤销了就不在里面。"""
    most = min(max(limit, 1), awaiting.LISTED)
    return answer(200, awaiting.waiting(actor(request), after, most))


@api.post(
    "/api/v1/settlements/{settlement}/asked",
    operation_id="asked",
    openapi_extra=described({200: ref("Asked")}, shape(_ASKED), faults=(404, 409, 410)),
)
def asked(request: HttpRequest, settlement: int) -> HttpResponse:
    """记下问平台的经过：{platform_message, outcome}：问之前 sent，没有回音 no_answer，平台说没有结 not_settled。"""
    who, stated = actor(request), read(body(request), _ASKED)
    told = awaiting.asked(who, settlement, stated["platform_message"], stated["outcome"])
    return answer(200, told)


@api.get(
    "/api/v1/proposals",
    operation_id="proposals",
    openapi_extra=described({200: ref("Proposals")}),
)
def listed(
    request: HttpRequest,
    state: str = "open",
    person: str = "",
    facility: str = "",
    after: int = 0,
    limit: int = proposals.LISTED,
) -> HttpResponse:
    """补退建议，按提出的先后；state 是 open、approved、refused、superseded，写 all 看全部。"""
    if state not in (*proposals.STATES, "all"):
        expected = "、".join((*proposals.STATES, "all"))
        raise Refusal(422, [fault("F203", "state", value=shown(state, 80), expected=expected)])
    found = proposals.proposals(
        actor(request), state="" if state == "all" else state, person=person, facility=facility,
        after=after, limit=min(max(limit, 1), proposals.LISTED),
    )  # fmt: skip
    return answer(200, found)


@api.post(
    "/api/v1/proposals/{proposal}/approve",
    operation_id="approve_proposal",
    openapi_extra=described(
        {200: ref("Decided"), 201: ref("Decided")}, shape(_APPROVE), faults=(404, 409, 410)
    ),
)
def approve(request: HttpRequest, proposal: int) -> HttpResponse:
    """批准一条建议：{message_id, reason}。补退记在开着的月份；要贫困患者多付的另一人批。"""
    return _decide(request, proposal, read(body(request), _APPROVE), is_approved=True)


@api.post(
    "/api/v1/proposals/{proposal}/refuse",
    operation_id="refuse_proposal",
    openapi_extra=described(
        {200: ref("Decided"), 201: ref("Decided")}, shape(_REFUSE), faults=(404, 409, 410)
    ),
)
def refuse(request: HttpRequest, proposal: int) -> HttpResponse:
    """不批准一条建议：{message_id, reason}。不要患者多付的，写明谁负担：borne_by 是 floor 或 hospital。"""
    return _decide(request, proposal, read(body(request), _REFUSE), is_approved=False)


def _decide(
    request: HttpRequest, proposal: int, stated: dict[str, Any], *, is_approved: bool
) -> HttpResponse:
    decision = deciding.Decision(
        proposal, stated["message_id"], stated["reason"], is_approved, stated.get("borne_by")
    )
    made = deciding.decide(actor(request), decision)
    return text(made.status, made.text)
