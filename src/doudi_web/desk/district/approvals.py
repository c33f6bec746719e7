"""Approvals: what waits for the district in one list, one item with everybody concerned, and the decision."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from doudi.source_text import shown as quoted
from doudi_web.approvals import selectors, taking
from doudi_web.approvals.selectors import DAYS, Item, Kind
from doudi_web.desk.cascading import pays_of
from doudi_web.desk.district import forms
from doudi_web.desk.page import Asked, Shown, page, show, to
from doudi_web.desk.sheet import amount_cell, sheet
from doudi_web.register.named import names_of
from doudi_web.settlement.deciding import BEARERS, Decision, decide
from doudi_web.settlement.titles import titles_of
from doudi_web.tenancy.named import called, hospitals_called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act

_TITLES = {
    Kind.ADJUST: lazy("补退建议"), Kind.STANDING: lazy("身份补认"), Kind.COLLECT: lazy("向患者补收"),
    Kind.AWAITING: lazy("等平台太久"), Kind.UNREGISTERED: lazy("没有登记太久"),
    Kind.EMERGENCY: lazy("紧急放行待复核"), Kind.POLICY: lazy("政策变更"),
}  # fmt: skip
_STATES = {
    "open": (lazy("待定"), "near"), "approved": (lazy("批准了"), "fine"), "refused": (lazy("没有批准"), ""),
    "superseded": (lazy("作废，情况变了"), ""),
}  # fmt: skip
_BEARERS = (("floor", lazy("政府兜底资金")), ("hospital", lazy("医院")))


@page("desk/district/approvals.html", Act.APPROVALS_READ, posts=True)
def approvals(asked: Asked) -> Shown | HttpResponse:
    """Everything that waits; ticked alike ones go to be decided together."""
    return _took(asked) if asked.is_posted else _listed(asked)


def _listed(asked: Asked) -> dict[str, Any]:
    found = selectors.waiting(asked.actor)
    kind = asked.request.GET.get("kind", "")
    rows = [one for one in found if not kind or one.kind.value == kind]
    tabs = [("", _("全部"), len(found))]
    tabs += [(k.value, t, n) for k, t in _TITLES.items() if (n := sum(o.kind is k for o in found))]
    return {
        "rows": _rows(asked, rows), "late": sum(one.is_late for one in found), "count": len(found),
        "left_out": max(0, selectors.count_waiting(asked.actor) - len(found)), "listed": selectors.LISTED,
        "money": sum(one.money or 0 for one in rows), "kind": kind, "tabs": tabs,
        "days": [(_TITLES[kind], days) for kind, days in DAYS.items()],
    }  # fmt: skip


def _took(asked: Asked) -> HttpResponse:
    """Somebody takes an item upon themselves, or gives it back. Raises Refusal."""
    posted = asked.request.POST
    kind, number = posted.get("kind", ""), posted.get("number", "")
    if kind not in {k.value for k in Kind} or not (
        number.isascii() and number.isdecimal() and len(number) < 19
    ):
        raise Refusal.of(404, "S481", "item", what="待办", number=number[:20])
    does = {"back": taking.give_back, "take": taking.take}.get(posted.get("do", ""))
    if does is None:
        raise _unknown(posted.get("do", ""))
    does(asked.actor, Kind(kind), int(number))
    return to(reverse("desk:approvals"))


def _rows(asked: Asked, items: Sequence[Item]) -> list[dict[str, Any]]:
    """Items with names, and where each is decided."""
    names = names_of(asked.actor, (one.person for one in items if one.person))
    owners = called(one.owner for one in items if one.owner)
    hospitals = hospitals_called(one.facility for one in items if one.facility)
    return [
        {
            "item": one, "title": _TITLES[one.kind], "name": names.get(one.person, one.person),
            "owner": owners.get(one.owner, ""), "is_mine": one.owner == asked.actor.key,
            "hospital": hospitals.get(one.facility, one.facility), "address": address_of(one),
        }
        for one in items
    ]  # fmt: skip


def address_of(one: Item) -> str:
    """Where an item is decided, or seen to be."""
    match one.kind:
        case Kind.POLICY:
            return reverse("desk:policy_version", kwargs={"version": one.number})
        case Kind.EMERGENCY:
            return f"{reverse('desk:review', args=[one.visit])}?{urlencode({'facility': one.facility})}"
        case Kind.AWAITING | Kind.UNREGISTERED:
            return reverse("desk:settlement", kwargs={"settlement": one.number})
        case _:
            return reverse("desk:approval", kwargs={"proposal": one.number})


@page("desk/district/approval.html", Act.PROPOSALS_READ, posts=True)
def approval(asked: Asked, proposal: int) -> Shown | HttpResponse:
    """One proposal: before and after of everybody, what follows it, why, and the decision."""
    faults: Sequence[Any] = ()
    status = 200
    if asked.is_posted:
        try:
            decide(asked.actor, _decision(asked, proposal, _message(asked)))
            approved = asked.request.POST.get("do") == "approve"
            messages.success(
                asked.request, _("批准了，已经记账") if approved else _("定了：不批准")
            )
            return to(reverse("desk:approval", kwargs={"proposal": proposal}))
        except Refusal as refused:
            if {f.code for f in refused.faults} & {"S401", "S403", "S518"}:
                raise
            faults, status = refused.faults, refused.status
    told = selectors.proposal(asked.actor, proposal)
    if told is None:
        raise Refusal.of(404, "S518", str(proposal))
    shown = {
        "faults": faults,
        "message": secrets.token_hex(12),
        "bearers": _BEARERS,
        **_one(asked, told),
    }
    return show(asked, "desk/district/approval.html", shown, status=status)


def _message(asked: Asked) -> str:
    """Under which message this form decides: sent twice it decides once."""
    return f"desk:{asked.request.POST.get('message', '')[:40] or secrets.token_hex(12)}"


def _decision(asked: Asked, proposal: int, message: str) -> Decision:
    """What a form says. Raises Refusal 422."""
    posted = asked.request.POST
    reason = posted.get("reason", "").strip()
    if not 0 < len(reason) <= 400 or not reason.isprintable():
        raise Refusal.of(422, "F201", "reason", key="reason", expected="为什么，1 至 400 字")
    does, borne_by = posted.get("do", ""), posted.get("borne_by") or None
    if does not in ("approve", "refuse"):
        raise _unknown(does)
    if borne_by is not None and borne_by not in BEARERS:
        expected = "、".join(BEARERS)
        raise Refusal.of(422, "F203", "borne_by", value=quoted(borne_by, 40), expected=expected)
    return Decision(proposal, message, reason, does == "approve", borne_by)


def _unknown(does: str) -> Refusal:
    """A form that says nothing that the page's buttons say: nothing is decided by it."""
    return Refusal.of(422, "F203", "do", value=quoted(does, 40), expected=_("页面上的按钮"))


def _one(asked: Asked, told: dict[str, Any]) -> dict[str, Any]:
    """A proposal with everybody concerned, and the later visits of the person that follow."""
    item = selectors.item_of(told)
    others = [
        one for one in selectors.of_person(asked.actor, told["person"]) if one["proposal_id"] != told["proposal_id"]
    ]  # fmt: skip
    keys = [
        (str(one.get("settled") or ""), int(one["settlement_id"]))
        for one in (told, *others)
        if one["kind"] == "adjust"
    ]
    own = keys[0] if told["kind"] == "adjust" else None
    sides = [
        side
        for one in (told, *others)
        for side in (one.get("recorded"), one.get("amounts"))
        if side
    ]
    layers = {key for side in sides for key in side["payments"]}
    titles = dict(titles_of((side["pack"] for side in sides), layers - {"floor"}).layers)
    names = names_of(asked.actor, [told["person"]])
    title, tone = _STATES[told["state"]]
    return {
        "told": told, "item": item, "less": -(item.patient or 0), "title": _TITLES[item.kind],
        "state_title": title, "tone": tone,
        "name": names.get(told["person"], told["person"]), "pays": _pays(told, titles),
        "hospital": hospitals_called([told["facility"]]).get(told["facility"], told["facility"]),
        "before": [one for one in others if own and one["kind"] == "adjust" and _place(one) < own],
        "after": [
            {**one, "pays": [p for p in _pays(one, titles) if p.change]}
            for one in others if own and one["kind"] == "adjust" and _place(one) > own
        ],
        "decided_name": called([told.get("decided_by", "")]).get(told.get("decided_by", ""), ""),
    }  # fmt: skip


def _place(one: Mapping[str, Any]) -> tuple[str, int]:
    return str(one.get("settled") or ""), int(one["settlement_id"])


def _pays(one: Mapping[str, Any], titles: Mapping[str, str]) -> list[Any]:
    recorded, amounts = one.get("recorded"), one.get("amounts")
    return pays_of(recorded, amounts, titles) if recorded and amounts else []


@page("desk/district/approvals_together.html", Act.PROPOSALS_DECIDE, posts=True)
def approvals_together(asked: Asked) -> Shown | HttpResponse:
    """Alike ones with their sum, and one decision on all of them."""
    stated = asked.request.POST.getlist("one") if asked.is_posted else []
    numbers = [int(one) for one in stated if one.isascii() and one.isdecimal() and len(one) < 19]
    if not numbers:
        return to(reverse("desk:approvals"))
    faults: Sequence[Any] = ()
    try:
        if asked.request.POST.get("do") in ("approve", "refuse"):
            decision = _decision(asked, 0, "")
            made = taking.decide_together(asked.actor, numbers, _message(asked), decision)
            shown = {"made": made, "left": [(n, r.faults) for n, r in made.left]}
            return show(asked, "desk/district/approvals_together.html", shown)
        items = taking.alike(asked.actor, numbers)
    except Refusal as refused:
        if refused.status != 422:
            raise
        shown: dict[str, Any] = {"faults": refused.faults, "rows": []}
        if {f.code for f in refused.faults} == {"F201"}:
            items, faults = taking.alike(asked.actor, numbers), refused.faults
        else:
            return show(asked, "desk/district/approvals_together.html", shown, status=422)
    return {
        "rows": _rows(asked, items), "kind": _TITLES[items[0].kind], "faults": faults,
        "money": sum(one.money or 0 for one in items), "patient": sum(one.patient or 0 for one in items),
        "message": secrets.token_hex(12), "bearers": _BEARERS if items[0].kind is Kind.COLLECT else (),
    }  # fmt: skip


@page("desk/district/approvals.html", Act.APPROVALS_READ, posts=True)
def approvals_table(asked: Asked) -> Shown | HttpResponse:
    """The whole list as a table to take away, for a reason."""
    if not asked.is_posted:
        return to(reverse("desk:approvals"))
    return forms.answered(
        asked, "desk/district/approvals.html", lambda: _sheet(asked), lambda: _listed(asked)
    )


def _sheet(asked: Asked) -> HttpResponse:
    rows = _rows(asked, selectors.waiting(asked.actor))
    forms.taken_along(asked, "approvals", "approvals", {"rows": len(rows)})
    head = [_("是什么"), _("编号"), _("登记号"), _("就诊号"), _("医院"), _("动多少钱（元）"), _("患者多付（元）"),
            _("从什么时候等"), _("最晚"), _("谁在办")]  # fmt: skip
    lines = (
        [row["title"], o.number, o.person, o.visit, row["hospital"], amount_cell(o.money), amount_cell(o.patient),
         o.since.date(), o.due.date(), row["owner"]]
        for row in rows for o in [row["item"]]
    )  # fmt: skip
    return sheet("approvals", head, lines)


ADDRESSES = [
    path("approvals", approvals, name="approvals"),
    path("approvals.csv", approvals_table, name="approvals_table"),
    path("approvals/together", approvals_together, name="approvals_together"),
    path("approvals/<int:proposal>", approval, name="approval"),
]
