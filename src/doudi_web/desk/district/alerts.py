"""预警中心: what somebody should look at, one alert with its visits and what is done with it, the rules."""

import secrets
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from doudi.errors import Fault, fault
from doudi.money import scaled
from doudi.source_text import shown as quoted
from doudi_web.alerts import acting, selectors, values
from doudi_web.alerts.found import MOST_BEHIND, Owner
from doudi_web.alerts.rules import ALL, ENDS, RULES, SEVERE, SEVERITIES, STATED_ENDS, STATES, Unit
from doudi_web.alerts.selectors import TABS, Alert, Event, Wanted
from doudi_web.desk.page import Asked, Shown, page, show, to
from doudi_web.desk.sheet import sheet, table_of
from doudi_web.desk.templatetags.desk import yuan
from doudi_web.register.named import names_of
from doudi_web.settlement import tables
from doudi_web.tenancy.models import Facility, Township
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import MAY, TITLES, Act, Role

_TABS = {
    "mine": lazy("归我办"), "open": lazy("待办"), "taken": lazy("在办"), "overdue": lazy("过期"),
    "closed": lazy("办结"), "all": lazy("全部"),
}  # fmt: skip
_TONES = {"open": "near", "taken": "", "closed": "fine"}
_EVENTS = {
    "open": lazy("系统发现"), "grow": lazy("原因长了"), "ease": lazy("原因小了"),
    "gone": lazy("原因没有了，系统办结"),
    "reopen": lazy("重新打开"), "take": lazy("接办"), "reassign": lazy("转办"), "close": lazy("办结"),
}  # fmt: skip
_UNITS = {
    Unit.FEN: lazy("元"), Unit.SHARE: lazy("%"), Unit.DAYS: lazy("天"), Unit.COUNT: lazy("个"),
    Unit.TIMES: lazy("倍"),
}  # fmt: skip
_ON_FORM = frozenset({409, 422})
_LONGEST = 18
_MOST_TEXT = 400


@page("desk/district/alerts.html", Act.ALERTS_READ)
def alerts(asked: Asked) -> Shown:
    """What waits, the soonest due first; who acts sees their own first."""
    return _list(asked, asked.request.GET, ())


def _list(asked: Asked, query: QueryDict, faults: Sequence[Fault]) -> dict[str, Any]:
    wanted = _wanted(asked, query)
    found = selectors.alerts(asked.actor, wanted)
    tabs = [
        (key, title, found.counts.get(key)) for key, title in _TABS.items()
        if key != "mine" or asked.actor.may(Act.ALERTS_ACT)
    ]  # fmt: skip
    return {
        "rows": [_row(asked, one) for one in found.alerts], "found": found, "wanted": wanted, "tabs": tabs,
        "after": found.after, "counts": found.counts, "faults": faults, "most": selectors.MOST,
        "rules": [(rule.code, rule.title) for rule in ALL],
        "owners": [(role.value, TITLES[role]) for role in selectors.owners()],
        "may_act": asked.actor.may(Act.ALERTS_ACT),
    }  # fmt: skip


def _wanted(asked: Asked, query: QueryDict) -> Wanted:
    """What an address asks for; what says nothing that can be is as if it were not said."""
    first = "mine" if asked.actor.may(Act.ALERTS_ACT) else "open"
    tab = str(query.get("tab", first))
    rule, owner = str(query.get("rule", "")), str(query.get("owner", ""))
    after, facility = str(query.get("after", "")), str(query.get("facility", ""))
    is_number = after.isascii() and after.isdigit() and len(after) <= _LONGEST
    return Wanted(
        tab if tab in TABS else first, rule if rule in RULES else "",
        owner if owner in {role.value for role in selectors.owners()} else "",
        facility if facility.isprintable() and len(facility) <= _MOST_CODE else "",
        after=int(after) if is_number else 0,
    )  # fmt: skip


_MOST_CODE = 40


def _row(asked: Asked, one: Alert) -> dict[str, Any]:
    """An alert with its words."""
    title = _(STATES[one.state]) if one.is_open else _(ENDS.get(one.ended_as, one.ended_as))
    return {
        "one": one, "rule": RULES[one.rule].title, "severity": SEVERITIES[one.severity],
        "is_severe": one.severity == SEVERE, "state": title, "tone": _TONES[one.state],
        "owner": TITLES[Role(one.owner_role)], "is_mine": one.is_of(asked.actor),
    }  # fmt: skip


@page("desk/district/alerts.html", Act.ALERTS_READ, posts=True)
def alerts_table(asked: Asked) -> Shown | HttpResponse:
    """The list as a sheet, for a reason."""
    if not asked.is_posted:
        return to(reverse("desk:alerts"))
    stated = asked.request.POST
    try:
        reason = _text(stated, "reason", _("为什么导出"))
        found = selectors.exported(asked.actor, _wanted(asked, stated), reason)
    except Refusal as refused:
        if refused.status not in _ON_FORM:
            raise
        shown = _list(asked, stated, refused.faults)
        return show(asked, "desk/district/alerts.html", shown, status=refused.status)
    head = [_("编号"), _("规则"), _("说什么"), _("轻重"), _("医院"), _("镇街"), _("归谁办"), _("谁在办"), _("状态"),
            _("最晚"), _("发现")]  # fmt: skip
    rows = [_row(asked, one) for one in found]
    lines = (
        [o.id, row["rule"], o.says, row["severity"], o.facility_name, o.township_name, row["owner"], o.taken_name,
         row["state"], o.due, o.opened.date()]
        for row in rows for o in [row["one"]]
    )  # fmt: skip
    return sheet("alerts", head, lines)


# --------------------------------------------------------------------- one


@page("desk/district/alert.html", Act.ALERTS_READ, posts=True)
def one_alert(asked: Asked, alert: int) -> Shown | HttpResponse:
    """One alert: what it says, the visits and persons behind it, what happened, what is done with it."""
    if not asked.is_posted:
        return _one(asked, alert, ())
    try:
        told = _done(asked, alert)
    except Refusal as refused:
        if refused.status not in _ON_FORM:
            raise
        shown = _one(asked, alert, refused.faults)
        return show(asked, "desk/district/alert.html", shown, status=refused.status)
    messages.success(asked.request, told)
    return to(reverse("desk:alert", kwargs={"alert": alert}))


def _done(asked: Asked, number: int) -> str:
    """What a form asks for. Raises Refusal."""
    post, actor = asked.request.POST, asked.actor
    message = f"desk:{str(post.get('message', ''))[:40] or secrets.token_hex(12)}"
    match str(post.get("do", "")):
        case "take":
            acting.take(actor, message, {"alert": number, "do": "take"}, number)
            return _("已接办")
        case "reassign":
            reason = _text(post, "reason", _("为什么转"))
            owner = _owner(str(post.get("owner", "")))
            stated = {"alert": number, "owner": str(post.get("owner", "")), "reason": reason}
            acting.reassign(actor, message, stated, number, owner, reason)
            return _("已转给%s") % TITLES[owner.role]
        case _:
            reason = _text(post, "reason", _("怎样核实的、办了什么"))
            ended = str(post.get("ended_as", ""))
            stated = {"alert": number, "ended_as": ended[:40], "reason": reason}
            acting.close(actor, message, stated, number, ended, reason)
            return _("已办结：%s") % ENDS[ended]


def _text(post: QueryDict, key: str, expected: str) -> str:
    """A text that must be there, of one line. Raises Refusal 422."""
    stated = " ".join(str(post.get(key, "")).split())
    if not stated:
        raise Refusal(422, [fault("F201", key, key=key, expected=expected)])
    if len(stated) > _MOST_TEXT or not stated.isprintable():
        raise Refusal(
            422, [fault("F203", key, value=quoted(stated, 40), expected=_("400 字以内，一行"))]
        )
    return stated


def _owner(stated: str) -> Owner:
    """To whom an alert is given: `district_admin`, `insurance_office.H1`, `township_officer.500113101`."""
    role, _dot, place = stated.partition(".")
    known = {one.value: one for one in selectors.owners()}
    if role not in known:
        raise Refusal(422, [fault("F201", "owner", key="owner", expected=_("转给谁"))])
    of = known[role]
    if of is Role.TOWNSHIP_OFFICER:
        return Owner(of, township=place)
    return Owner(of, facility=place) if of is Role.INSURANCE_OFFICE else Owner(of)


def _one(asked: Asked, number: int, faults: Sequence[Fault]) -> dict[str, Any]:
    found = selectors.one(asked.actor, number)
    one, actor = found.alert, asked.actor
    names = names_of(actor, (b.person for b in found.behind if b.person))
    may_act = actor.may(Act.ALERTS_ACT) and one.is_open
    is_own = actor.role is Role.DISTRICT_ADMIN or (one.owner_role, one.owner_facility, one.owner_township) == (
        actor.role.value, actor.facility or "", actor.township or "",
    )  # fmt: skip
    rule = RULES[one.rule]
    return {
        **_row(asked, one), "of": rule, "faults": faults, "message": secrets.token_hex(12),
        "behind": [{"of": b, "name": names.get(b.person, b.person)} for b in found.behind],
        "elsewhere": found.elsewhere, "most": MOST_BEHIND if len(found.behind) == MOST_BEHIND else 0,
        "has_visits": any(b.visit for b in found.behind),
        "has_amounts": any(b.amount is not None for b in found.behind),
        "events": [_event(event, rule.measure) for event in reversed(found.events)],
        "weight": _measured(one.weight, rule.measure),
        "may_take": may_act and is_own and not one.taken_by,
        "may_close": may_act and is_own and one.taken_by in ("", actor.key),
        "may_reassign": one.is_open and actor.may(Act.ALERTS_ASSIGN),
        "ends": [(key, ENDS[key]) for key in STATED_ENDS], "givable": _places(actor.may(Act.ALERTS_ASSIGN)),
        "figures": reverse("desk:district_visits") if actor.may(Act.INDICATORS_READ) else "",
    }  # fmt: skip


def _places(wanted: bool) -> list[tuple[str, list[tuple[str, str]]]]:
    """To whom an alert can be given, by kind."""
    if not wanted:
        return []
    hospitals = Facility.objects.order_by("code").values_list("code", "name")[:200]
    towns = Township.objects.order_by("code").values_list("code", "name")[:200]
    return [
        (_("区里"), [(Role.DISTRICT_ADMIN.value, TITLES[Role.DISTRICT_ADMIN])]),
        (_("镇街经办"), [(f"{Role.TOWNSHIP_OFFICER.value}.{code}", name) for code, name in towns]),
        (_("医院医保办"), [(f"{Role.INSURANCE_OFFICE.value}.{code}", name) for code, name in hospitals]),
    ]  # fmt: skip


def _event(event: Event, measure: Unit) -> dict[str, Any]:
    ended = event.detail.get("ended_as")
    owner = event.detail.get("owner_role")
    return {
        "of": event, "title": _EVENTS[event.what], "weight": _measured(event.weight, measure),
        "ended": ENDS.get(ended, "") if ended else "", "owner": TITLES[Role(owner)] if owner else "",
        "by": "" if event.by == "keeper" else event.by_name,
    }  # fmt: skip


def _measured(weight: int, unit: Unit) -> str:
    """How large a cause is, with its unit."""
    match unit:
        case Unit.FEN:
            return f"{yuan(weight)} {_('元')}"
        case Unit.SHARE:
            return f"{weight // 100}.{weight % 100:02d}%"
        case _:
            return f"{weight} {_UNITS[unit]}"


# ------------------------------------------------------------------- rules


@page("desk/district/alert_rules.html", Act.ALERTS_READ, posts=True)
def alert_rules(asked: Asked) -> Shown | HttpResponse:
    """The rules: what each finds and does not, its values with their status, what people closed its alerts as."""
    if table_of(asked.request) is not None:
        return _rules_as_sheet(asked)
    if not asked.is_posted:
        return _rules(asked, ())
    post = asked.request.POST
    try:
        rule, _dot, name = str(post.get("value", "")).partition(".")
        amount = _amount(rule, name, str(post.get("amount", "")).strip())
        values.state(asked.actor, rule, name, amount, _text(post, "reason", _("依据和原因")))
    except Refusal as refused:
        if refused.status not in _ON_FORM:
            raise
        shown = _rules(asked, refused.faults)
        return show(asked, "desk/district/alert_rules.html", shown, status=refused.status)
    messages.success(asked.request, _("新的值下一次查看就用，几秒以后"))
    return to(reverse("desk:alert_rules"))


def _rules_as_sheet(asked: Asked) -> HttpResponse:
    """Every value of every rule, with what people closed the rule's alerts as."""
    head = [
        _("规则"), _("查什么"), _("不算"), _("归谁办"), _("值"), _("现在"), _("随程序来的"), _("单位"), _("依据"),
        _("没有办结（条）"), _("属实或处理了（条）"), _("误报（条）"), _("原因自己没有了（条）"),
    ]  # fmt: skip
    return sheet("alert-rules", head, (
        [row["of"].title, row["of"].finds, row["of"].excludes, row["owner"], value["held"].of.title, value["shown"],
         value["shipped"], value["unit"], value["held"].reason or value["held"].of.source,
         *(row["counts"][key] for key in ("open", "right", "wrong", "gone"))]
        for row in _rules(asked, ())["rules"] for value in row["values"]
    ))  # fmt: skip


def _amount(rule: str, name: str, stated: str) -> int:
    """A value as a form writes it: yuan, per cent, or a whole number. Raises Refusal 422."""
    of = RULES.get(rule)
    value = None if of is None else next((one for one in of.values if one.name == name), None)
    if value is None:
        raise Refusal.of(422, "S714", "value", rule=rule[:40], name=name[:40])
    try:
        exact = Decimal(stated if stated.isascii() and len(stated) <= _LONGEST else "x")
        found = scaled(exact, 100 if value.unit in (Unit.FEN, Unit.SHARE) else 1)
    except InvalidOperation:
        found = None
    if found is None:
        expected = _("金额或百分数，至多两位小数；天数、次数是整数")
        raise Refusal(422, [fault("F203", "amount", value=quoted(stated, 40), expected=expected)])
    return found


def _rules(asked: Asked, faults: Sequence[Fault]) -> dict[str, Any]:
    held, ended = values.in_force(), selectors.ended(tables.driver(), asked.actor)
    return {
        "faults": faults, "may_state": asked.actor.may(Act.ALERTS_RULES),
        "rules": [
            {"of": rule, "owner": TITLES[rule.owner], "counts": _precision(ended.get(rule.code, {})),
             "values": [
                 {"held": one, "key": f"{rule.code}.{one.of.name}", "unit": _UNITS[one.of.unit],
                  "shown": _written(one.amount, one.of.unit), "shipped": _written(one.of.amount, one.of.unit)}
                 for one in held[rule.code].values()]}
            for rule in ALL
        ],
        "unverified": sum(one.of.status == "unverified" for own in held.values() for one in own.values()),
        "who": [TITLES[role] for role in Role if role in MAY[Act.ALERTS_RULES]],
    }  # fmt: skip


def _written(amount: int, unit: Unit) -> str:
    """A value as it is written in a form: yuan or per cent with two decimals, or a whole number."""
    return f"{amount // 100}.{amount % 100:02d}" if unit in (Unit.FEN, Unit.SHARE) else str(amount)


def _precision(counts: Mapping[str, int]) -> dict[str, Any]:
    """What people closed a rule's alerts as: right are those that were true or dealt with."""
    right, wrong = counts.get("true", 0) + counts.get("handled", 0), counts.get("false", 0)
    every = right + wrong
    share = right * 10_000 // every if every else None
    return {
        "open": counts.get("open", 0), "right": right, "wrong": wrong, "every": every,
        "gone": counts.get("gone", 0),
        "share": None if share is None else f"{share // 100}.{share % 100:02d}%",
    }  # fmt: skip


ADDRESSES = [
    path("alerts", alerts, name="alerts"),
    path("alerts/table", alerts_table, name="alerts_table"),
    path("alerts/rules", alert_rules, name="alert_rules"),
    path("alerts/<int:alert>", one_alert, name="alert"),
]
