"""Routes: openings of the city's centre; refused bills."""

from django.http import HttpRequest, HttpResponse

from doudi_web.api.fields import reason_of
from doudi_web.api.interface import actor, answer, api, body
from doudi_web.api.shapes import REASON, WHEN, WHOLE, described, keys, many, ref
from doudi_web.settlement import learning, quarantine
from doudi_web.settlement import openings as opened


@api.post(
    "/api/v1/openings",
    operation_id="take_openings",
    openapi_extra=described(
        {200: ref("OpeningsTaken"), 201: ref("OpeningsTaken")},
        keys({"openings": many(ref("Opening"))}),
    ),
)
def take_openings(request: HttpRequest) -> HttpResponse:
    """市医保中心说的年度累计：{openings: [{person, year, name, amount, source, as_of}]}。整批收，或一笔不收。"""
    status, told = opened.take(actor(request), body(request))
    learning.learn(learning.AT_ONCE)
    return answer(status, told)


@api.get(
    "/api/v1/persons/{person}/openings",
    operation_id="openings_of",
    openapi_extra=described({200: ref("OpeningsOf")}),
)
def openings_of(request: HttpRequest, person: str, reason: str = "") -> HttpResponse:
    """一个人的期初累计，新的在前；和当时台账的差。医院看没有来过的人要写 reason，记入日志。"""
    return answer(200, opened.of_person(actor(request), person, reason_of(reason)))


@api.get(
    "/api/v1/quarantine",
    operation_id="quarantine",
    openapi_extra=described({200: ref("Quarantine")}),
)
def refused(request: HttpRequest, after: int = 0, released: bool = False) -> HttpResponse:
    """被退回、还没有了结的账单和它们的错。一家医院只看自己的。"""
    return answer(200, quarantine.refused(actor(request), after, released=released))


@api.post(
    "/api/v1/quarantine/{number}/release",
    operation_id="release",
    openapi_extra=described(
        {200: keys({"id": WHOLE, "released": WHEN, "reason": REASON})},
        keys({"reason": REASON}),
        faults=(404, 409),
    ),
)
def release(request: HttpRequest, number: int) -> HttpResponse:
    """放弃一张被退回的账单：{reason}。以后的就医不再等它。"""
    return answer(200, quarantine.release(actor(request), number, body(request)))
