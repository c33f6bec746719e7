"""Routes: persons and facilities."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from doudi.errors import fault
from doudi_web.api.fields import moment, reason_of
from doudi_web.api.interface import actor, answer, api, body, body_of_persons, request_number
from doudi_web.api.shapes import described, ref
from doudi_web.register import actions, selectors
from doudi_web.register import facilities as registered
from doudi_web.settlement.visited import visited
from doudi_web.tenancy.refusals import Refusal

_BY = "姓名、身份证号或乡镇街道代码，至少一项"


@api.post(
    "/api/v1/persons",
    response={201: None},
    operation_id="write_persons",
    openapi_extra=described({201: ref("Counts")}, ref("PersonsStated")),
)
def write_persons(request: HttpRequest) -> HttpResponse:
    """登记人员：{persons: [人…]}。有一处错就都不写；错误一次说全。没有写的键不变，写了的列表整个换掉。"""
    who, document = actor(request), body_of_persons(request)
    return answer(201, actions.write_persons(who, document, request.body, request_number(request)))


@api.get(
    "/api/v1/persons", operation_id="persons", openapi_extra=described({200: ref("PersonsFound")})
)
def persons(
    request: HttpRequest, name: str = "", id_number: str = "", township: str = "", after: str = ""
) -> dict[str, Any]:
    """找人：全名、身份证号，或乡镇街道代码；名字、号码、电话遮住。医院按名字只找得到来看过病的人。"""
    who = actor(request)
    if not (name or id_number or township) or not f"{name}{township}{after}".isprintable():
        raise Refusal(422, [fault("F201", "name", key="name", expected=_BY)])
    return selectors.persons(
        who, name=name, id_number=id_number, township=township, after=after, visited=visited,
        request_id=request_number(request),
    )  # fmt: skip


@api.get(
    "/api/v1/persons/{person}",
    operation_id="person",
    openapi_extra=described({200: ref("PersonTold")}, faults=(404,)),
)
def person(
    request: HttpRequest, person: str, unmask: bool = False, reason: str = "", known_at: str = ""
) -> dict[str, Any]:
    """一个人；名字、号码、电话遮住。unmask=1 并写 reason 看全文，记入日志。known_at：那一刻登记知道什么。

    医院看没有来过的人也要写 reason。
    """
    who, why = actor(request), reason_of(reason)
    if unmask and not why:
        raise Refusal(422, [fault("F201", "reason", key="reason", expected="为什么要看全文")])
    return selectors.person(
        who, person, visited=visited, unmask=unmask, reason=why, at=moment("known_at", known_at),
        request_id=request_number(request),
    )  # fmt: skip


@api.post(
    "/api/v1/facilities",
    response={201: None},
    operation_id="write_facilities",
    openapi_extra=described({201: ref("Counts")}, ref("FacilitiesStated")),
)
def write_facilities(request: HttpRequest) -> HttpResponse:
    """登记医疗机构：{facilities: [{code, name, level, district, from?}]}，from 起。有一处错就都不写。"""
    who, document = actor(request), body(request)
    return answer(201, actions.write_facilities(who, document, request_number(request)))


@api.get(
    "/api/v1/facilities",
    operation_id="facilities",
    openapi_extra=described({200: ref("Facilities")}),
)
def facilities(request: HttpRequest) -> dict[str, Any]:
    """全部医疗机构：现在的级别和区划；stated 是每次登记说了什么、从哪一天起，改过的也留着。"""
    return registered.facilities(actor(request))
