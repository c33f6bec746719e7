"""Routes: look at a bill before it is charged; running visits."""

from django.http import HttpRequest, HttpResponse

from doudi_web.api.interface import actor, answer, api, body, text
from doudi_web.api.shapes import MESSAGE, SETTLED, TEXT, TEXTS, WHEN, described, keys, many, ref
from doudi_web.settlement import looking, running, visits
from doudi_web.wards import stays, worst

_OPENED = keys({"visit_id": TEXT, "opened": WHEN})
_SETTLED_ON = {"version": TEXT, "given": {"type": "object"}, "awaiting": TEXTS}


@api.post(
    "/api/v1/precheck",
    operation_id="precheck",
    openapi_extra=described({200: ref("Finding")}, ref("Bill")),
)
def precheck(request: HttpRequest, effects: bool = True) -> HttpResponse:
    """收费之前先看一张账单：和 doudi check --json 的一张一样，不写任何东西。effects=0 只算金额，快。"""
    return answer(200, looking.precheck(actor(request), body(request), effects=effects))


@api.post(
    "/api/v1/visits",
    operation_id="open_visit",
    openapi_extra=described({200: _OPENED, 201: _OPENED}, ref("VisitHeader"), faults=(409,)),
)
def open_visit(request: HttpRequest) -> HttpResponse:
    """开一次就诊：不带 lines 的账单。201；同样的内容再来 200；内容不同 409。"""
    return answer(*visits.open_visit(actor(request), body(request)))


@api.get(
    "/api/v1/visits",
    operation_id="running_visits",
    openapi_extra=described({200: ref("RunningVisits")}),
)
def running_visits(
    request: HttpRequest, facility: str | None = None, after: int = 0
) -> HttpResponse:
    """在院的就诊，最急的在前：有错的，超的，快超的；一家医院只看自己的。

    一页最多 500 次，都是现在的数；after 接着看。各页的先后照在院台记着的数，刚变的晚几秒。
    """
    return answer(200, worst.worst(actor(request), facility, min(max(after, 0), 10**9)))


@api.get(
    "/api/v1/visits/{visit}",
    operation_id="visit",
    openapi_extra=described({200: ref("Visit")}, faults=(404, 409)),
)
def visit(request: HttpRequest, visit: str, facility: str | None = None) -> HttpResponse:
    """一次就诊：住在哪里，费用行，现在看是多少，每一行让谁多付多少。"""
    made = running.one(actor(request), visit, facility)
    return answer(200, {**made, "stay": stays.stay_of(made["facility"], visit)})


@api.post(
    "/api/v1/visits/{visit}/lines",
    operation_id="add_lines",
    openapi_extra=described(
        {200: ref("LinesTaken"), 201: ref("LinesTaken")},
        keys({"lines": many(ref("Line"))}),
        faults=(404, 409),
    ),
)
def add_lines(request: HttpRequest, visit: str, facility: str | None = None) -> HttpResponse:
    """加费用行：{lines: […]}。行号相同、内容相同的不变；内容不同 409，一行也不加。"""
    return answer(*visits.add_lines(actor(request), visit, body(request), facility))


@api.delete(
    "/api/v1/visits/{visit}/lines/{line}",
    operation_id="withdraw_line",
    openapi_extra=described(
        {200: keys({"visit_id": TEXT, "line": TEXT, "withdrawn": WHEN})}, faults=(404, 409)
    ),
)
def withdraw_line(
    request: HttpRequest, visit: str, line: str, facility: str | None = None
) -> HttpResponse:
    """撤回一行：不再算，留着记录。"""
    return answer(200, visits.withdraw(actor(request), visit, line, facility))


@api.post(
    "/api/v1/visits/{visit}/precheck",
    operation_id="precheck_visit",
    openapi_extra=described({200: ref("Finding")}, faults=(404, 409)),
)
def precheck_visit(
    request: HttpRequest, visit: str, effects: bool = True, facility: str | None = None
) -> HttpResponse:
    """现在的账单看一遍：还可用多少、每一行让谁多付多少、换哪一种更省。"""
    return answer(200, running.precheck(actor(request), visit, facility, effects=effects))


@api.post(
    "/api/v1/visits/{visit}/presettle",
    operation_id="presettle_visit",
    openapi_extra=described({200: ref("Presettlement")}, faults=(404, 409)),
)
def presettle_visit(request: HttpRequest, visit: str, facility: str | None = None) -> HttpResponse:
    """现在结算会是多少，有什么错。不写任何东西。"""
    return answer(200, running.presettle(actor(request), visit, facility))


@api.post(
    "/api/v1/visits/{visit}/discharge",
    operation_id="discharge",
    openapi_extra=described(
        {200: keys({"visit_id": TEXT, "discharged": WHEN})},
        keys({}, {"discharged": SETTLED}),
        faults=(404, 409),
    ),
)
def discharge(request: HttpRequest, visit: str, facility: str | None = None) -> HttpResponse:
    """出院：{discharged}，不写就是现在。"""
    return answer(200, visits.discharge(actor(request), visit, body(request), facility))


@api.post(
    "/api/v1/visits/{visit}/settle",
    operation_id="settle_visit",
    openapi_extra=described(
        {200: ref("Settlement"), 201: ref("Settlement")},
        keys({"message_id": MESSAGE}, _SETTLED_ON),
        faults=(404, 409, 410),
    ),
)
def settle_visit(request: HttpRequest, visit: str, facility: str | None = None) -> HttpResponse:
    """结算这次就诊：{message_id}。账单由送来的费用行拼成，其余和 POST /settlements 一样。given、awaiting 是平台到
    现在说的；写 version 的，账单变了就 409。"""
    settled = visits.settle_visit(actor(request), visit, body(request), facility)
    return text(settled.status, settled.text)
