"""Routes: the mapping queue, what is like an item and what it would make of bills, proposals and who decides."""

from datetime import date

from django.http import HttpRequest, HttpResponse

from doudi.errors import fault
from doudi.source_text import shown
from doudi_web.api.fields import REASON_LIMIT, Fields, Numbers, Text, read, shape
from doudi_web.api.interface import actor, answer, api, body
from doudi_web.api.shapes import DAY, FLAG, TEXT, WHOLE, described, keys, many, maybe, ref
from doudi_web.matching import confirming, effects, item_page, proposals, proposing, queue
from doudi_web.tenancy.refusals import Refusal

_REASON: Fields = {"reason": Text(REASON_LIMIT, "为什么，1 至 400 字")}
_CONFIRM: Fields = {
    "proposals": Numbers(
        confirming.LIMIT, f"建议的编号，1 至 {confirming.LIMIT:,} 个，不重复"
    ),
}  # fmt: skip
_ONE = keys(
    {"item": WHOLE},
    {"code": maybe(TEXT), "from": maybe(DAY), "keep": maybe(FLAG), "note": maybe(TEXT)},
)
_LONGEST = 200


@api.get(
    "/api/v1/mapping/facilities",
    operation_id="mapping_facilities",
    openapi_extra=described({200: ref("MappingFacilities")}),
)
def facilities(request: HttpRequest) -> HttpResponse:
    """哪些医院有没有对照、要核对的项目，各有几项；挡住结算多的在前。"""
    return answer(200, {"facilities": queue.facilities(actor(request))})


@api.get(
    "/api/v1/mapping/items",
    operation_id="mapping_items",
    openapi_extra=described({200: ref("MappingQueue")}),
)
def items(
    request: HttpRequest,
    facility: str = "",
    visit: str = "",
    what: str = "",
    text: str = "",
    state: str = "",
    after: int = 0,
) -> HttpResponse:
    """没有对照和要核对的项目：挡住结算的、金额大的在前。current 为 false：刚记的、刚装的还没有看完。"""
    who = actor(request)
    _one_of("what", what, queue.CAUSES)
    _one_of("state", state, ("open", "proposed"))
    wanted = queue.Wanted(facility, visit, what, text[:_LONGEST], state, min(max(after, 0), 10**6))
    return answer(200, queue.queue(who, wanted).json())


@api.get(
    "/api/v1/mapping/items/{item}",
    operation_id="mapping_item",
    openapi_extra=described({200: ref("MappingItem")}, faults=(404,)),
)
def item(request: HttpRequest, item: int) -> HttpResponse:
    """一个项目：目录里像它的、为什么像，现在的对照，要核对什么，提过哪些建议。"""
    return answer(200, item_page.one(actor(request), item).json())


@api.get(
    "/api/v1/mapping/items/{item}/effects",
    operation_id="mapping_effects",
    openapi_extra=described({200: ref("MappingEffects")}, faults=(404,)),
)
def effects_of(request: HttpRequest, item: int, codes: str = "", since: str = "") -> HttpResponse:
    """对照到每个编码（逗号隔开；不写就用最像的三个），在院账单的占比、患者和医院各付多少。最多算五次就医。"""
    who = actor(request)
    wanted = [code.strip() for code in codes.split(",") if code.strip()]
    return answer(200, effects.effects(who, item, wanted, _day("since", since)).json())


@api.get(
    "/api/v1/mapping/catalogue",
    operation_id="mapping_catalogue",
    openapi_extra=described({200: ref("CatalogueFound")}),
)
def catalogue(request: HttpRequest, text: str = "") -> HttpResponse:
    """在现行目录里按名称或编码找，最像的二十个。"""
    return answer(200, {"items": queue.search(actor(request), text[:_LONGEST])})


@api.get(
    "/api/v1/mapping/proposals",
    operation_id="mapping_proposals",
    openapi_extra=described({200: ref("MappingProposals")}),
)
def listed(
    request: HttpRequest, facility: str = "", state: str = "", after: int = 0
) -> HttpResponse:
    """提过的对照建议，新的在前；state 是 open、confirmed、refused、withdrawn。after 接着看更早的。"""
    who = actor(request)
    return answer(200, proposals.proposals(who, facility, state, max(after, 0)))


@api.post(
    "/api/v1/mapping/proposals",
    operation_id="mapping_propose",
    openapi_extra=described(
        {200: ref("MappingProposals"), 201: ref("MappingProposals")},
        keys({"proposals": many(_ONE)}),
        faults=(404, 409),
    ),
)
def propose(request: HttpRequest) -> HttpResponse:
    """提出对照：{proposals: [{item, code, from, note}]}；对照没有错，写 keep 和 note。整批提出，或一个不提。"""
    status, told = proposing.propose(actor(request), body(request))
    return answer(status, told)


@api.post(
    "/api/v1/mapping/confirm",
    operation_id="mapping_confirm",
    openapi_extra=described({200: ref("MappingProposals")}, shape(_CONFIRM), faults=(404, 409)),
)
def confirm(request: HttpRequest) -> HttpResponse:
    """确认别人提出的对照：{proposals: [编号]}，马上执行。成批的只能是名称一字不差的。"""
    who = actor(request)
    stated = read(body(request), _CONFIRM)
    return answer(200, confirming.confirm(who, stated["proposals"]))


@api.post(
    "/api/v1/mapping/proposals/{proposal}/refuse",
    operation_id="mapping_refuse",
    openapi_extra=described({200: ref("MappingProposal")}, shape(_REASON), faults=(404, 409)),
)
def refuse(request: HttpRequest, proposal: int) -> HttpResponse:
    """退回别人提出的对照：{reason}。"""
    who = actor(request)
    return answer(200, confirming.refuse(who, proposal, read(body(request), _REASON)["reason"]))


@api.post(
    "/api/v1/mapping/proposals/{proposal}/withdraw",
    operation_id="mapping_withdraw",
    openapi_extra=described({200: ref("MappingProposal")}, shape(_REASON), faults=(404, 409)),
)
def withdraw(request: HttpRequest, proposal: int) -> HttpResponse:
    """撤回自己提出的对照：{reason}。"""
    who = actor(request)
    return answer(200, proposing.withdraw(who, proposal, read(body(request), _REASON)["reason"]))


def _one_of(key: str, stated: str, allowed: tuple[str, ...]) -> None:
    if stated and stated not in allowed:
        expected = "、".join(allowed)
        raise Refusal(422, [fault("F203", key, value=shown(stated, 80), expected=expected)])


def _day(key: str, stated: str) -> date | None:
    if not stated:
        return None
    try:
        return date.fromisoformat(stated)
    except ValueError as error:
        found = fault("F203", key, value=shown(stated, 80), expected="日期")
        raise Refusal(422, [found]) from error
