"""Routes: settle, see again, list, reverse; a person's sums."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import P, QueryEx

from doudi_web.api.fields import REASON_LIMIT, Fields, Text, moment, read, reason_of, shape
from doudi_web.api.interface import actor, answer, api, body, text
from doudi_web.api.shapes import AMOUNTS, MESSAGE, described, keys, ref
from doudi_web.settlement import basis, listing, provisional, reversing, selectors, settling

_REVERSE: Fields = {
    "message_id": Text(80, "消息号，1 至 80 字"),
    "reason": Text(REASON_LIMIT, "为什么撤销，1 至 400 字"),
}


@api.post(
    "/api/v1/settlements",
    operation_id="settle",
    openapi_extra=described(
        {200: ref("Settlement"), 201: ref("Settlement")},
        keys({"message_id": MESSAGE, "bill": ref("Bill")}),
        faults=(409, 410),
    ),
)
def settle(request: HttpRequest) -> HttpResponse:
    """结算一次就医：{message_id, bill}。201 结算结果；同一消息再来 200，同样的回答；消息号相同内容不同 409。"""
    settled = settling.settle(actor(request), body(request))
    return text(settled.status, settled.text)


@api.get(
    "/api/v1/settlements",
    operation_id="settlements",
    openapi_extra=described({200: ref("Settlements")}, faults=(404,)),
)
def settlements(
    request: HttpRequest,
    start: QueryEx[str, P(alias="from")] = "",
    end: QueryEx[str, P(alias="to")] = "",
    person: str = "",
    facility: str = "",
    after: int | None = None,
    limit: int = listing.LISTED,
) -> HttpResponse:
    """结算，按结算时间：from 起，to 以前；可以只看一个人、一家医院。一页最多 100 笔，after 接着看。"""
    who = actor(request)
    wanted = listing.Wanted(person, facility, moment("from", start), moment("to", end), after)
    return answer(200, listing.settlements(who, wanted, min(max(limit, 1), listing.LISTED)))


@api.get(
    "/api/v1/settlements/{settlement}",
    operation_id="settlement",
    openapi_extra=described({200: ref("Settlement")}, faults=(404, 410)),
)
def settlement(request: HttpRequest, settlement: int) -> HttpResponse:
    """一次结算的结果。"""
    return text(200, selectors.settlement(actor(request), settlement))


@api.get(
    "/api/v1/settlements/{settlement}/basis",
    operation_id="settlement_basis",
    openapi_extra=described({200: ref("Basis")}, faults=(404, 410)),
)
def settlement_basis(request: HttpRequest, settlement: int) -> HttpResponse:
    """一次结算的依据：账单、当时登记知道的、各种版本、分录、更正和撤销、封存。"""
    return answer(200, basis.basis(actor(request), settlement))


@api.post(
    "/api/v1/settlements/{settlement}/replay",
    operation_id="replay_settlement",
    openapi_extra=described({200: ref("Replayed")}, faults=(404, 410)),
)
def replay(request: HttpRequest, settlement: int) -> HttpResponse:
    """照存下的依据现在重算一遍，和当时的逐分比较。不写任何东西。"""
    return answer(200, basis.replay(actor(request), settlement))


@api.get(
    "/api/v1/provisional",
    operation_id="provisional",
    openapi_extra=described({200: ref("Provisional")}),
)
def waiting(request: HttpRequest, after: int = 0, limit: int = provisional.LISTED) -> HttpResponse:
    """登记里没有、暂按没有身份结算的：哪几笔，什么原因，从什么时候起，现在登记了没有。撤销了就不在里面。"""
    most = min(max(limit, 1), provisional.LISTED)
    return answer(200, provisional.waiting(actor(request), after, most))


@api.post(
    "/api/v1/settlements/{settlement}/reverse",
    operation_id="reverse",
    openapi_extra=described(
        {200: ref("Reversal"), 201: ref("Reversal")},
        shape(_REVERSE),
        faults=(404, 409, 410),
    ),
)
def reverse(request: HttpRequest, settlement: int) -> HttpResponse:
    """撤销一次结算：{message_id, reason}。记相反的分录，不删除；第二次 409。"""
    who, stated = actor(request), read(body(request), _REVERSE)
    reversed_ = reversing.reverse(who, settlement, stated["message_id"], stated["reason"])
    return text(reversed_.status, reversed_.text)


@api.get(
    "/api/v1/persons/{person}/accumulators",
    operation_id="accumulators",
    openapi_extra=described({200: AMOUNTS}),
)
def accumulators(request: HttpRequest, person: str, year: int, reason: str = "") -> dict[str, Any]:
    """下一次结算会看到的年度累计。医院看没有来过的人要写 reason，记入日志。"""
    return selectors.accumulators(actor(request), person, year, reason_of(reason))
