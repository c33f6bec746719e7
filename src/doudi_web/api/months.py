"""Routes: the months of the ledger, and closing one."""

import re

from django.http import HttpRequest, HttpResponse

from doudi.errors import fault
from doudi.source_text import shown
from doudi_web.api.fields import REASON_LIMIT, Fields, Text, read, shape
from doudi_web.api.interface import actor, answer, api, body
from doudi_web.api.shapes import described, ref
from doudi_web.settlement import closing
from doudi_web.tenancy.refusals import Refusal

_MONTH = re.compile(r"(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])")
_CLOSE: Fields = {
    "message_id": Text(80, "消息号，1 至 80 字"),
    "reason": Text(REASON_LIMIT, "为什么现在关账，1 至 400 字"),
}


@api.get("/api/v1/months", operation_id="months", openapi_extra=described({200: ref("Months")}))
def months(request: HttpRequest) -> HttpResponse:
    """账期：关了的月份，现在记账记在哪个月。"""
    return answer(200, closing.months(actor(request)))


@api.post(
    "/api/v1/months/{month}/close",
    operation_id="close_month",
    openapi_extra=described({200: ref("Month"), 201: ref("Month")}, shape(_CLOSE), faults=(409,)),
)
def close(request: HttpRequest, month: str) -> HttpResponse:
    """关一个月的账：{message_id, reason}。以后记的账都在下一个月；关了的不再动，也不能再开。"""
    who, stated = actor(request), read(body(request), _CLOSE)
    if not _MONTH.fullmatch(month):
        raise Refusal(
            422, [fault("F203", "month", value=shown(month, 80), expected="年和月，如 2026-11")]
        )
    status, said = closing.close(who, month, stated["message_id"], stated["reason"])
    return answer(status, said)
