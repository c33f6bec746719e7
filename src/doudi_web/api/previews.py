"""Routes: what settling, a correction, an answer or a reversal would do, before it is done. Nothing is written."""

from django.http import HttpRequest, HttpResponse

from doudi_web.api.fields import REASON_LIMIT, Fields, Text, read, shape
from doudi_web.api.interface import actor, answer, api, body
from doudi_web.api.shapes import MESSAGE, REASON, TEXT, TEXTS, described, keys, ref
from doudi_web.settlement import previewing

_REVERSE: Fields = {
    "message_id": Text(80, "消息号，1 至 80 字；看的时候不用", required=False),
    "reason": Text(REASON_LIMIT, "为什么撤销，1 至 400 字"),
}
_UNUSED = {"message_id": MESSAGE}


@api.post(
    "/api/v1/visits/{visit}/settle/preview",
    operation_id="preview_settle_visit",
    openapi_extra=described(
        {200: ref("Preview")},
        keys({}, {**_UNUSED, "version": TEXT, "given": {"type": "object"}, "awaiting": TEXTS}),
        faults=(404, 409, 410),
    ),
)
def settle_visit(request: HttpRequest, visit: str, facility: str | None = None) -> HttpResponse:
    """这次就诊现在结算，各方付多少，以后的就医列什么建议。内容和结算一样，什么都不写。"""
    return answer(200, previewing.settling(actor(request), visit, body(request), facility))


@api.post(
    "/api/v1/settlements/{settlement}/correct/preview",
    operation_id="preview_correct",
    openapi_extra=described(
        {200: ref("Preview")},
        keys({"bill": ref("Bill"), "reason": REASON}, _UNUSED),
        faults=(404, 409, 410),
    ),
)
def correct(request: HttpRequest, settlement: int) -> HttpResponse:
    """这样更正，各方多付少付多少，以后的就医列什么建议。内容和更正一样，什么都不写。"""
    return answer(200, previewing.correction(actor(request), settlement, body(request)))


@api.post(
    "/api/v1/settlements/{settlement}/answer/preview",
    operation_id="preview_answer",
    openapi_extra=described(
        {200: ref("Preview")}, keys({"given": {"type": "object"}}, _UNUSED), faults=(404, 409, 410)
    ),
)
def take_answer(request: HttpRequest, settlement: int) -> HttpResponse:
    """平台这样答复，各方多付少付多少。内容和答复一样，什么都不写。"""
    return answer(200, previewing.answer(actor(request), settlement, body(request)))


@api.post(
    "/api/v1/settlements/{settlement}/reverse/preview",
    operation_id="preview_reverse",
    openapi_extra=described({200: ref("Preview")}, shape(_REVERSE), faults=(404, 409, 410)),
)
def reverse(request: HttpRequest, settlement: int) -> HttpResponse:
    """撤销这笔结算，各方退多少，以后的就医列什么建议。什么都不写。"""
    who, stated = actor(request), read(body(request), _REVERSE)
    return answer(200, previewing.reversal(who, settlement, stated["reason"]))
