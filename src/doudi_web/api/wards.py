"""Routes: who is in hospital, what it comes to and what is missing; where a patient lies."""

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse

from doudi.errors import Fault, fault
from doudi.source_text import Document, Value, shown
from doudi.wire.bill_form import moment_of
from doudi_web.api.fields import Fields, Number, Text, read, shape
from doudi_web.api.interface import actor, answer, api, body
from doudi_web.api.shapes import TEXT, described, keys, many, maybe, ref
from doudi_web.settlement.asked import message_of
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.wards import batch, selectors, stays
from doudi_web.wards.needs import Need
from doudi_web.wards.wanted import PAGES, SIZES, Sort, Tab, Wanted

Closed = TypeVar("Closed", bound=StrEnum)

_STAY: Fields = {
    "ward": Text(40, "科室，至多 40 字", required=False),
    "bed": Text(20, "床号，至多 20 字", required=False),
    "doctor": Text(40, "主管医生，至多 40 字", required=False),
    "planned_discharge": Text(40, "计划出院：日期，或带时区的时间", required=False),
    "version": Number("看到的是第几版，不写就不核对", required=False),
}


@api.put(
    "/api/v1/visits/{visit}/stay",
    operation_id="stay",
    openapi_extra=described({200: ref("StayOf")}, shape(_STAY), faults=(404, 409)),
)
def stay(request: HttpRequest, visit: str, facility: str | None = None) -> HttpResponse:
    """住在哪里：{ward, bed, doctor, planned_discharge}，代替以前说的；没有写的就是不知道。"""
    who = actor(request)
    who.must(Act.VISITS_WRITE)
    stated = read(body(request), _STAY)
    planned = stated.get("planned_discharge")
    said = stays.Said(
        stated.get("ward", "").strip(),
        stated.get("bed", "").strip(),
        stated.get("doctor", "").strip(),
        None if planned is None else _moment(planned),
    )
    return answer(200, stays.say(who, visit, said, facility, stated.get("version")))


@api.get("/api/v1/wards", operation_id="wards", openapi_extra=described({200: ref("Wards")}))
def wards(
    request: HttpRequest,
    facility: str | None = None,
    tab: str = "all",
    query: str = "",
    ward: str = "",
    standing: str = "",
    need: str = "",
    leaves: str = "",
    everyone: bool = False,
    sort: str = "need",
    page: int = 1,
    size: int = SIZES[0],
) -> HttpResponse:
    """在院台：每个有待遇身份的在院患者的占比、各方负担、要办的事和谁办，最急的在前；合计是全部结果的。"""
    who = actor(request)
    wanted = Wanted(
        facility=facility, tab=_one_of(Tab, "tab", tab), query=query, ward=ward, standing=standing,
        need=_one_of(Need, "need", need) if need else None, leaves=_day(leaves), everyone=everyone,
        sort=_one_of(Sort, "sort", sort), page=min(max(page, 1), PAGES),
        size=min(max(size, 1), SIZES[-1]),
    )  # fmt: skip
    return answer(200, selectors.listed(who, wanted).json())


@api.post(
    "/api/v1/wards/precheck",
    operation_id="wards_precheck",
    openapi_extra=described(
        {200: keys({"visits": many(ref("WardRow"))})},
        keys({"visits": many(TEXT)}, {"facility": maybe(TEXT)}),
        faults=(404,),
    ),
)
def wards_precheck(request: HttpRequest) -> HttpResponse:
    """批量预审：{visits: [就诊号…], facility}，现在再看一遍，最急的在前；有一个不在院，就都不看。"""
    who = actor(request)
    who.must(Act.PRECHECK)
    facility, visits = _chosen(body(request))
    return answer(200, {"visits": [row.json() for row in batch.precheck(who, facility, visits)]})


def _chosen(document: Document) -> tuple[str | None, list[str]]:
    """The visits of a batch. Raises Refusal 422."""
    stated, faults = message_of(document, "visits", "facility")
    visits: Value = stated.get("visits")
    facility = stated.get("facility")
    if not isinstance(visits, list) or not visits:
        faults.append(fault("F201", "visits", key="visits", expected="就诊号，至少一个"))
        visits = []
    for number, visit in enumerate(visits):
        if not isinstance(visit, str):
            faults.append(_wrong(f"visits[{number}]", shown(visit, 80), "就诊号"))
    if facility is not None and not isinstance(facility, str):
        faults.append(_wrong("facility", shown(facility, 80), "医疗机构编码"))
    if faults:
        raise Refusal(422, faults)
    return (facility if isinstance(facility, str) else None), [str(visit) for visit in visits]


def _one_of(kind: type[Closed], key: str, stated: str) -> Closed:
    """One of a closed set. Raises Refusal 422."""
    return _read(kind, key, stated, "、".join(kind))


def _day(stated: str) -> date | None:
    return _read(date.fromisoformat, "leaves", stated, "日期") if stated else None


def _moment(stated: str) -> Any:
    expected = "日期，或带时区的时间"
    return _read(lambda text: moment_of(text).instant, "planned_discharge", stated, expected)


Read = TypeVar("Read")


def _read(how: Callable[[str], Read], key: str, stated: str, expected: str) -> Read:
    try:
        return how(stated)
    except ValueError as error:
        raise Refusal(422, [_wrong(key, shown(stated, 80), expected)]) from error


def _wrong(key: str, value: str, expected: str) -> Fault:
    return fault("F203", key, value=value, expected=expected)
