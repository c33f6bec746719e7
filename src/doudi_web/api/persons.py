"""Routes: persons and facilities."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from doudi.errors import fault
from doudi.source_text import shown
from doudi_web.api.fields import REASON_LIMIT, Fields, Text, moment, read, reason_of, shape
from doudi_web.api.interface import actor, answer, api, body, body_of_persons, request_number
from doudi_web.api.shapes import described, ref
from doudi_web.register import actions, file, selectors
from doudi_web.register import facilities as registered
from doudi_web.settlement import learning, of_person
from doudi_web.settlement.visited import visited
from doudi_web.tenancy.refusals import Refusal

_BY = "姓名、身份证号、就诊号或乡镇街道代码，至少一项"
_SEARCH: Fields = {
    "name": Text(100, "全名，至多 100 字", required=False),
    "id_number": Text(18, "身份证号", required=False),
    "visit": Text(64, "就诊号（住院号）", required=False),
    "township": Text(20, "乡镇街道代码", required=False),
    "after": Text(64, "上一页最后一个人的登记号", required=False),
}

_CARD: Fields = {"reason": Text(REASON_LIMIT, "为什么打印，1 至 400 字")}


@api.post(
    "/api/v1/persons",
    response={201: None},
    operation_id="write_persons",
    openapi_extra=described({201: ref("Counts")}, ref("PersonsStated")),
)
def write_persons(request: HttpRequest) -> HttpResponse:
    """登记人员：{persons: [人…]}。有一处错就都不写；错误一次说全。没有写的键不变，写了的列表整个换掉。"""
    who, document = actor(request), body_of_persons(request)
    counts = actions.write_persons(who, document, request.body, request_number(request))
    learning.learn(learning.AT_ONCE)
    return answer(201, counts)


@api.post(
    "/api/v1/search/persons",
    operation_id="search_persons",
    openapi_extra=described({200: ref("PersonsFound")}, shape(_SEARCH)),
)
def search_persons(request: HttpRequest) -> dict[str, Any]:
    """找人：{name} 全名、{id_number} 身份证号、{visit} 就诊号，或 {township} 乡镇街道代码。

    写在正文里：地址会留在各处的日志里。名字、号码、电话遮住。医院按名字只找得到来看过病的人。
    """
    who, stated = actor(request), read(body(request, number_at=[("id_number",)]), _SEARCH)
    faults = [
        fault("F203", key, value=shown(value), expected=_SEARCH[key].expected)
        for key, value in stated.items()
        if not value.isprintable()
    ]
    if not {"name", "id_number", "visit", "township"} & stated.keys():
        faults.append(fault("F201", "name", key="name", expected=_BY))
    if faults:
        raise Refusal(422, faults)
    visit = stated.pop("visit", None)
    ids = None if visit is None else of_person.persons_of_visit(who, visit)
    return selectors.persons(
        who, **stated, ids=ids, visited=visited, request_id=request_number(request)
    )


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


@api.get(
    "/api/v1/persons/{person}/file",
    operation_id="person_file",
    openapi_extra=described({200: ref("PersonFile")}, faults=(404,)),
)
def person_file(request: HttpRequest, person: str, reason: str = "") -> dict[str, Any]:
    """人员档案：这个人（遮住）、住在哪里、登记知道过的每一件事（什么时候有效、什么时候得知）、同户的人。

    医院看没有来过的人要写 reason；同户的人只看得到来过的，别的只有人数。
    """
    return file.file_of(
        actor(request), person, reason=reason_of(reason), visited=visited,
        request_id=request_number(request),
    )  # fmt: skip


@api.post(
    "/api/v1/persons/{person}/card",
    operation_id="person_card",
    openapi_extra=described({200: ref("PersonCard")}, shape(_CARD), faults=(404, 409)),
)
def person_card(request: HttpRequest, person: str) -> dict[str, Any]:
    """联系卡：{reason}。全名、住处、身份、家庭医生、电话，二维码拨的号；记入日志。没有家庭医生的电话 409。"""
    stated = read(body(request), _CARD)
    made = file.card_of(
        actor(request), person, reason=stated["reason"], request_id=request_number(request)
    )
    return made.json()


@api.get(
    "/api/v1/persons/{person}/visits",
    operation_id="person_visits",
    openapi_extra=described({200: ref("PersonVisits")}),
)
def person_visits(request: HttpRequest, person: str, reason: str = "") -> dict[str, Any]:
    """一个人在院的和结算过的就诊，新的在前。一家医院只看自己的；看不了结算的角色 settled 是 null。"""
    return of_person.visits(actor(request), person, reason_of(reason))


@api.get(
    "/api/v1/persons/{person}/sums",
    operation_id="person_sums",
    openapi_extra=described({200: ref("PersonSums")}),
)
def person_sums(request: HttpRequest, person: str, year: int, reason: str = "") -> dict[str, Any]:
    """一个人一年的累计和它的来历：市中心的数，每笔结算加了多少。别家医院的结算只说金额。"""
    return of_person.sums_of_year(actor(request), person, year, reason_of(reason))


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
