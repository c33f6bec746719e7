"""Routes: alerts, one with what is behind it, what is done with it; the rules and their values."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from doudi.errors import fault
from doudi.source_text import shown
from doudi_web.alerts import acting, selectors, values
from doudi_web.alerts.found import Owner
from doudi_web.alerts.rules import ALL, ENDS, RULES, STATED_ENDS
from doudi_web.alerts.selectors import TABS, Wanted
from doudi_web.api.fields import LARGEST, REASON_LIMIT, Fields, Number, Text, read, shape
from doudi_web.api.interface import actor, answer, api, body, text
from doudi_web.api.shapes import described, ref
from doudi_web.audit_log.actions import record
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import told_or_none
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act, Role

_MESSAGE = Text(80, "消息号，1 至 80 字")
_ROLES = tuple(role.value for role in selectors.owners())
_TAKE: Fields = {
    "message_id": _MESSAGE,
    "reason": Text(REASON_LIMIT, "说明，至多 400 字", required=False),
}
_CLOSE: Fields = {
    "message_id": _MESSAGE,
    "ended_as": Text(
        8, "、".join(f"{key}（{ENDS[key]}）" for key in STATED_ENDS), one_of=STATED_ENDS
    ),
    "reason": Text(REASON_LIMIT, "怎样核实的、办了什么，1 至 400 字"),
}
_REASSIGN: Fields = {
    "message_id": _MESSAGE,
    "owner_role": Text(20, "、".join(_ROLES), one_of=_ROLES),
    "owner_facility": Text(40, "医疗机构编码，给医院医保办时写", required=False),
    "owner_township": Text(9, "镇街代码，给乡镇街道经办时写", required=False),
    "reason": Text(REASON_LIMIT, "为什么转，1 至 400 字"),
}
_VALUE: Fields = {
    "rule": Text(20, "规则", one_of=tuple(RULES)),
    "name": Text(20, "值的名称"),
    "amount": Number("整数：金额写分，占比写万分之几"),
    "reason": Text(REASON_LIMIT, "依据和原因，1 至 400 字"),
}
_DONE = {200: ref("DistrictAlert"), 201: ref("DistrictAlert")}


@api.get(
    "/api/v1/alerts", operation_id="alerts", openapi_extra=described({200: ref("DistrictAlerts")})
)
def alerts(
    request: HttpRequest,
    tab: str = "all",
    rule: str = "",
    owner: str = "",
    facility: str = "",
    township: str = "",
    after: int = 0,
) -> HttpResponse:
    """预警，最早到期的在前。tab 是 mine、open、taken、overdue、closed、all；after 接着看。"""
    who = actor(request)
    who.must(Act.ALERTS_READ)
    expected = (("tab", tab, TABS), ("rule", rule, ("", *RULES)), ("owner", owner, ("", *_ROLES)))
    faults = [
        fault("F203", key, value=shown(value, 80), expected="、".join(one for one in of if one))
        for key, value, of in expected
        if value not in of
    ]
    faults += [
        fault("F203", key, value=shown(value, 80), expected="代码")
        for key, value in (("facility", facility), ("township", township))
        if len(value) > REASON_LIMIT or not (value.isprintable())
    ]
    if not 0 <= after <= LARGEST:
        faults.append(
            fault("F203", "after", value=str(after)[:80], expected="上一页最后一条的编号")
        )
    if faults:
        raise Refusal(422, faults)
    found = selectors.alerts(who, Wanted(tab, rule, owner, facility, township, after))
    told: dict[str, Any] = {
        "as_of": told_or_none(found.as_of.at), "late": found.as_of.is_late, "counts": dict(found.counts),
        "alerts": [one.json() for one in found.alerts], "after": found.after,
    }  # fmt: skip
    return answer(200, told)


@api.get(
    "/api/v1/alerts/rules",
    operation_id="alert_rules",
    openapi_extra=described({200: ref("AlertRules")}),
)
def alert_rules(request: HttpRequest) -> HttpResponse:
    """预警的规则：找什么、不算什么、用哪些值，办结成什么的各有多少。"""
    who = actor(request)
    who.must(Act.ALERTS_READ)
    held, ended = values.in_force(), selectors.ended(tables.driver(), who)
    record(who, "alerts.rules", "alerts")
    told = [
        {"rule": rule.code, "title": rule.title, "finds": rule.finds, "excludes": rule.excludes,
         "measure": rule.measure.value, "owner": rule.owner.value,
         "values": [one.json() for one in held[rule.code].values()],
         "counts": {key: ended.get(rule.code, {}).get(key, 0) for key in ("open", *ENDS)}}
        for rule in ALL
    ]  # fmt: skip
    return answer(200, {"rules": told})


@api.post(
    "/api/v1/alerts/rules",
    operation_id="state_alert_value",
    openapi_extra=described({200: ref("AlertValue"), 201: ref("AlertValue")}, shape(_VALUE)),
)
def state_alert_value(request: HttpRequest) -> HttpResponse:
    """改规则的一个值：{rule, name, amount, reason}。只能再说，不能改；最后说的算，下一次查看就用。"""
    who = actor(request)
    who.must(Act.ALERTS_RULES)
    stated = read(body(request), _VALUE)
    status, made = values.state(
        who, stated["rule"], stated["name"], stated["amount"], stated["reason"].strip()
    )
    return answer(status, made.json())


@api.get(
    "/api/v1/alerts/{number}",
    operation_id="alert",
    openapi_extra=described({200: ref("DistrictAlertWhole")}, faults=(404,)),
)
def alert(request: HttpRequest, number: int) -> HttpResponse:
    """一条预警：说什么、背后的就诊和人、经过。"""
    found = selectors.one(actor(request), number)
    told = {
        **found.alert.json(), "behind": [one.json() for one in found.behind],
        "elsewhere": found.elsewhere, "events": [one.json() for one in found.events],
    }  # fmt: skip
    return answer(200, told)


@api.post(
    "/api/v1/alerts/{number}/take",
    operation_id="take_alert",
    openapi_extra=described(_DONE, shape(_TAKE), faults=(404, 409)),
)
def take_alert(request: HttpRequest, number: int) -> HttpResponse:
    """接办一条预警：{message_id, reason?}。别人接办了的退回。"""
    who = actor(request)
    who.must(Act.ALERTS_ACT)
    stated = read(body(request), _TAKE)
    named = {**stated, "alert": number}
    done = acting.take(who, stated["message_id"], named, number, stated.get("reason", "").strip())
    return text(done.status, done.text)


@api.post(
    "/api/v1/alerts/{number}/close",
    operation_id="close_alert",
    openapi_extra=described(_DONE, shape(_CLOSE), faults=(404, 409)),
)
def close_alert(request: HttpRequest, number: int) -> HttpResponse:
    """办结：{message_id, ended_as, reason}。原因以后再长，同一条重新打开。"""
    who = actor(request)
    who.must(Act.ALERTS_ACT)
    stated = read(body(request), _CLOSE)
    named = {**stated, "alert": number}
    done = acting.close(
        who, stated["message_id"], named, number, stated["ended_as"], stated["reason"].strip()
    )
    return text(done.status, done.text)


@api.post(
    "/api/v1/alerts/{number}/reassign",
    operation_id="reassign_alert",
    openapi_extra=described(_DONE, shape(_REASSIGN), faults=(404, 409)),
)
def reassign_alert(request: HttpRequest, number: int) -> HttpResponse:
    """转给别人办：{message_id, owner_role, owner_facility?, owner_township?, reason}。"""
    who = actor(request)
    who.must(Act.ALERTS_ASSIGN)
    stated = read(body(request), _REASSIGN)
    owner = Owner(
        Role(stated["owner_role"]),
        stated.get("owner_facility", ""),
        stated.get("owner_township", ""),
    )
    named = {**stated, "alert": number}
    done = acting.reassign(
        who, stated["message_id"], named, number, owner, stated["reason"].strip()
    )
    return text(done.status, done.text)
