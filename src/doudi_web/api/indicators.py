"""Routes: the district's figures, the visits behind them, budgets; what the city is handed, and its view."""

import re
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import P
from ninja.params import QueryEx

from doudi.errors import Fault, fault
from doudi.source_text import shown
from doudi_web.api.fields import REASON_LIMIT, Fields, Number, Text, read, shape
from doudi_web.api.interface import actor, answer, api, body
from doudi_web.api.shapes import described, ref
from doudi_web.indicators import budget, city, delivering, taking
from doudi_web.indicators.asked import Wanted, wanted_of
from doudi_web.indicators.dashboard import dashboard
from doudi_web.indicators.telling import (
    as_of_json,
    city_json,
    dashboard_json,
    share_json,
    sums_json,
)
from doudi_web.indicators.visits import Behind, after_of, visits
from doudi_web.settlement.replaying import fen
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act

_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,12})(\.[0-9]{2})?", re.ASCII)
_BUDGET: Fields = {
    "year": Number("年份，如 2019"),
    "fund": Text(60, "基金的代码；不写是 floor（政府兜底）", required=False),
    "amount": Text(16, "金额，元，如 3600000.00"),
    "reason": Text(REASON_LIMIT, "依据和原因，1 至 400 字"),
}


@api.get(
    "/api/v1/indicators",
    operation_id="indicators",
    openapi_extra=described({200: ref("Indicators")}),
)
def indicators(
    request: HttpRequest,
    start: QueryEx[str, P(alias="from")] = "",
    end: QueryEx[str, P(alias="to")] = "",
    standing: str = "",
    kind: str = "",
    facility: str = "",
    township: str = "",
) -> HttpResponse:
    """三项指标和旁边的数。from、to 是月份，都算在内；standing 是 poor、all、others 或一种身份。"""
    who = actor(request)
    stated = _stated(start, end, standing, kind, facility, township)
    return answer(200, dashboard_json(dashboard(who, _wanted(stated))))


@api.get(
    "/api/v1/indicators/visits",
    operation_id="indicators_visits",
    openapi_extra=described({200: ref("IndicatorVisits")}, faults=(404,)),
)
def indicators_visits(
    request: HttpRequest,
    figure: str = "all",
    start: QueryEx[str, P(alias="from")] = "",
    end: QueryEx[str, P(alias="to")] = "",
    standing: str = "",
    kind: str = "",
    facility: str = "",
    township: str = "",
    disease: str = "",
    after: str = "",
) -> HttpResponse:
    """一个数背后的就诊，新的在前；合计就是那个数。after 接着看。"""
    who = actor(request)
    behind = Behind(figure, disease[:10], after_of(after))
    stated = _stated(start, end, standing, kind, facility, township)
    found = visits(who, _wanted(stated), behind)
    told: dict[str, Any] = {
        **as_of_json(found.as_of), "figure": figure, "sums": sums_json(found.sums),
        "share": share_json(found.share), "visits": [one.json() for one in found.visits],
        "after": None if found.after is None else f"{found.after[0].isoformat()}.{found.after[1]}",
    }  # fmt: skip
    return answer(200, told)


@api.post(
    "/api/v1/indicators/budgets",
    operation_id="state_budget",
    openapi_extra=described({200: ref("Budget"), 201: ref("Budget")}, shape(_BUDGET)),
)
def state_budget(request: HttpRequest) -> HttpResponse:
    """一个基金一年的预算：{year, fund?, amount, reason}。只能再说，不能改；最后说的算。"""
    who = actor(request)
    who.must(Act.BUDGETS_WRITE)
    stated = read(body(request), _BUDGET)
    faults: list[Fault] = []
    if stated["year"] not in budget.YEARS:
        faults.append(
            fault("F203", "year", value=str(stated["year"]), expected=_BUDGET["year"].expected)
        )
    if not _AMOUNT.fullmatch(stated["amount"]):
        value = shown(stated["amount"], 80)
        faults.append(fault("F203", "amount", value=value, expected=_BUDGET["amount"].expected))
    if faults:
        raise Refusal(422, faults)
    amount = fen(f"{Decimal(stated['amount']):.2f}")
    status, made = budget.state(
        who, stated["year"], stated.get("fund") or budget.FLOOR, amount, stated["reason"].strip()
    )  # fmt: skip
    return answer(status, made.json())


@api.get(
    "/api/v1/indicators/delivery",
    operation_id="indicators_delivery",
    openapi_extra=described({200: ref("Delivery")}, faults=(409,)),
)
def delivery(request: HttpRequest, year: int = 0) -> HttpResponse:
    """本区一年的数，交给市里的一份：只有合计，人次太少的隐去，带摘要。"""
    who = actor(request)
    who.must(Act.INDICATORS_READ)
    return answer(200, delivering.delivery(who, _year(year) or now().year))


@api.post(
    "/api/v1/city/deliveries",
    operation_id="take_delivery",
    openapi_extra=described(
        {200: ref("DeliveryTaken"), 201: ref("DeliveryTaken")}, ref("Delivery"), faults=(409,)
    ),
)
def take_delivery(request: HttpRequest) -> HttpResponse:
    """收一个区的数：格式、摘要、加得拢，才收；再交一次，新的一份算，旧的留着。"""
    who = actor(request)
    who.must(Act.CITY_DELIVER)
    return answer(*taking.take(who, body(request)))


@api.get("/api/v1/city", operation_id="city", openapi_extra=described({200: ref("City")}))
def the_city(request: HttpRequest, year: int = 0, standing: str = "") -> HttpResponse:
    """各区一年的数并列，按一区两群分组；只有合计，人次太少的没有。"""
    who = actor(request)
    return answer(200, city_json(city.city(who, _year(year), standing[:40])))


def _year(stated: int) -> int | None:
    """A year that is stated. Raises Refusal 422."""
    if stated and stated not in budget.YEARS:
        raise Refusal(
            422, [fault("F203", "year", value=str(stated)[:80], expected="年份，如 2019")]
        )
    return stated or None


def _stated(*values: str) -> dict[str, str]:
    return dict(
        zip(("from", "to", "standing", "kind", "facility", "township"), values, strict=True)
    )


def _wanted(stated: dict[str, str]) -> Wanted:
    """What the address asks for. Raises Refusal 422 with every fault."""
    wanted, faults = wanted_of(stated, now().date())
    if faults:
        raise Refusal(422, faults)
    return wanted
