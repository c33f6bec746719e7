"""家庭医生: visits that are due by village, who wishes a doctor, which contracts end; cards and calls."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from doudi.errors import Fault
from doudi_web.contracts import selectors, signing
from doudi_web.contracts.selectors import Row, Tab
from doudi_web.desk.district import forms
from doudi_web.desk.page import Asked, Shown, page, show, to
from doudi_web.desk.sheet import all_rows, sheet
from doudi_web.papers import cards
from doudi_web.register.file import Doctor
from doudi_web.register.named import names_of
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.models import Facility, Township, Village
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act

_ON_FORM = frozenset({409, 422})
_FIELDS = ("name", "phone", "facility", "from", "to", "plan", "what", "every", "count")


@page("desk/township/contracts.html", Act.CONTRACTS_READ, posts=True)
def contracts(asked: Asked) -> Shown | HttpResponse:
    """Visits that are due, who has no doctor, whose contract ends, all who have one; sheets for a reason."""
    if not asked.is_posted:
        return _shown(asked)
    return forms.answered(
        asked, "desk/township/contracts.html", lambda: _as_sheet(asked), lambda: _shown(asked)
    )


def _wanted(asked: Asked) -> tuple[str, str, str]:
    """The township, the tab and the village that the address names. Raises Refusal 403."""
    sent = asked.request.GET
    town = selectors.town_of(asked.actor, sent.get("township", "")[:9])
    return town, sent.get("tab", "due"), sent.get("village", "")[:12]


def _shown(asked: Asked) -> dict[str, Any]:
    town, tab, village = _wanted(asked)
    due = selectors.due(asked.actor, town, village)
    counts = selectors.counts(asked.actor, town, village)
    named = {"tab": tab, "township": town, "village": village}
    shown: dict[str, Any] = {
        "tab": tab, "taken": f"?{urlencode(named)}",
        "due": due, "late": sum(one.is_late for one in due), "village": village, "town": town,
        "villages": list(Village.objects.filter(township=town).order_by("code")), "rows": [], "after": None,
        "tabs": [("due", _("随访"), len(due)), *((t.value, title, counts[t]) for t, title in _tabs())],
        "towns": [] if asked.actor.township else list(Township.objects.order_by("code")),
        "soon": selectors.SOON_DAYS, "most": selectors.DUE if len(due) == selectors.DUE else None,
    }  # fmt: skip
    if tab in {t.value for t in Tab}:
        shown["rows"], shown["after"] = selectors.listed(
            asked.actor, town, Tab(tab), asked.request.GET.get("after", "")[:64], village
        )
    return shown


def _as_sheet(asked: Asked) -> HttpResponse:
    """The list of the tab, all of it."""
    town, tab, village = _wanted(asked)
    with transaction.atomic():
        forms.taken_along(
            asked, "contracts", f"township:{town}", {"tab": tab[:20], "village": village}
        )
        if tab in {t.value for t in Tab}:
            return _contracts_as_sheet(
                all_rows(
                    lambda most: selectors.listed(asked.actor, town, Tab(tab), "", village, most)[0]
                )
            )
        due = all_rows(lambda most: selectors.due(asked.actor, town, village, most))
    head = [_("登记号"), _("姓名"), _("村（居）"), _("哪天"), _("做什么"), _("过了日子")]
    return sheet("visits-due", head, (
        [one.person, one.name, one.village, one.due, one.what, _("是") if one.is_late else ""] for one in due
    ))  # fmt: skip


def _contracts_as_sheet(rows: Sequence[Row]) -> HttpResponse:
    wishes = {None: _("没有问过"), True: _("愿意"), False: _("不愿意")}
    has = {True: _("签了"), False: _("没有签")}
    head = [_("登记号"), _("姓名"), _("村（居）"), _("家庭医生"), _("签到哪天"), _("愿意")]
    return sheet("contracts", head, (
        [one.person, one.name, one.village, has[one.has], one.until, wishes[one.wishes]] for one in rows
    ))  # fmt: skip


def _tabs() -> list[tuple[Tab, str]]:
    return [(Tab.WISH, _("没有签")), (Tab.ENDS, _("快到期")), (Tab.HAVE, _("签了的"))]


@page("desk/township/contract.html", Act.CONTRACTS_READ, posts=True)
def contract(asked: Asked, person: str) -> Shown | HttpResponse:
    """One person's doctor, plan and visits."""
    posted, faults, status = asked.request.POST, tuple[Fault, ...](), 200
    typed = {key: str(posted.get(key, "")).strip()[:500] for key in _FIELDS}
    if asked.is_posted:
        try:
            _do(asked, person, typed)
            return to(reverse("desk:contract", kwargs={"person": person}))
        except Refusal as refused:
            if refused.status not in _ON_FORM:
                raise
            faults, status = refused.faults, refused.status
    held, today = selectors.one(asked.actor, person), now().date()
    shown = {
        "held": held, "person": person, "name": names_of(asked.actor, [person]).get(person, person),
        "faults": faults,
        "typed": typed, "today": today, "next_year": today.replace(year=today.year + 1, day=min(today.day, 28)),
        "clinics": list(Facility.objects.filter(district=held.person.district_id, level="1").order_by("name")),
        "doctor": held.doctor or Doctor("", "", ""),
        "open": [v for v, _note in held.visits if v.done is None],
    }  # fmt: skip
    return show(asked, "desk/township/contract.html", shown, status=status)


def _do(asked: Asked, person: str, typed: dict[str, str]) -> None:
    posted, actor = asked.request.POST, asked.actor
    match posted.get("do"):
        case "sign":
            signing.sign(actor, person, typed)
            messages.success(asked.request, _("签约记下了"))
        case "wish" | "wish_not":
            signing.wish(actor, person, wishes=posted.get("do") == "wish")
        case "plan":
            count = signing.plan(actor, person, typed)
            messages.success(asked.request, _("计划写好了，%(n)s 次随访") % {"n": count})
        case "done":
            visit = str(posted.get("visit", ""))
            number = int(visit) if visit.isascii() and visit.isdigit() and len(visit) < 19 else 0
            signing.done(actor, number, str(posted.get("note", "")).strip())
        case _:
            raise Refusal.of(422, "F201", "do", key="do", expected=_("要办的事"))


@page("desk/township/calls.html", Act.CONTRACTS_WRITE, posts=True)
def calls(asked: Asked) -> Shown | HttpResponse:
    """Whom to call, one touch each; the numbers are shown for a reason and are in no address."""
    if not asked.is_posted:
        return to(reverse("desk:contracts"))
    reason = _("随访提醒，打电话")
    return {"calls": selectors.calls(asked.actor, asked.request.POST.getlist("person"), reason)}


@page("", Act.CARDS_PRINT, posts=True)
def cards_pdf(asked: Asked) -> HttpResponse:
    """The cards of those who are ticked, for a stated reason."""
    if not asked.is_posted or asked.actor.township is None:
        return to(reverse("desk:persons"))
    persons = asked.request.POST.getlist("person")
    made = cards.printed(
        asked.actor, asked.actor.township, persons, _("成批打印，交给本人或照顾的家人")
    )
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = 'inline; filename="cards.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer


ADDRESSES = [
    path("contracts", contracts, name="contracts"),
    path("contracts/calls", calls, name="calls"),
    path("contracts/cards.pdf", cards_pdf, name="cards_pdf"),
    path("contracts/persons/<str:person>", contract, name="contract"),
]
