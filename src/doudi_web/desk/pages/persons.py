"""人员档案: finding somebody, the person's file, a number shown for a reason, the card for who cannot read."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doudi.errors import fault
from doudi.source_text import shown as quoted
from doudi.wire.identity_numbers import has_identity_number
from doudi_web.desk.page import Asked, Shown, faults_of, page, show, to
from doudi_web.desk.person_view import found_row, shown_file, shown_sums, shown_visits
from doudi_web.papers.code import qr
from doudi_web.register import file, selectors
from doudi_web.settlement import of_person
from doudi_web.settlement.visited import visited
from doudi_web.tenancy.clock import now, real_now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act, Role

_REASON_HOLDS = timedelta(minutes=30)
_REASONS_KEPT = 20
REASON_LIMIT = 400

WHY_NUMBER: tuple[tuple[str, "str | Promise"], ...] = (
    ("identity", gettext_lazy("核对本人身份（入院、结算）")),
    ("platform", gettext_lazy("与市平台对账，姓名重复")),
    ("asked", gettext_lazy("本人或家属要求")),
)
WHY_CARD: tuple[tuple[str, "str | Promise"], ...] = (
    ("patient", gettext_lazy("给患者本人")),
    ("family", gettext_lazy("给照顾患者的家人")),
)
WHY_LOOK: tuple[tuple[str, "str | Promise"], ...] = (
    ("admission", gettext_lazy("正在办入院")),
    ("referred", gettext_lazy("转诊来的，还没有开就诊")),
    ("asked", gettext_lazy("本人或家属来问")),
)
Choices = tuple[tuple[str, "str | Promise"], ...]


@page("desk/persons.html", Act.PERSONS_READ, posts=True)
def persons(asked: Asked) -> Shown | HttpResponse:
    """Somebody by name, identity number or number of a visit. What is typed goes in the body, into no address."""
    if not asked.is_posted:
        return {"typed": "", "found": None}
    typed = str(asked.request.POST.get("typed", "")).strip()
    try:
        found, by = _found(asked, typed)
    except Refusal as refused:
        shown: dict[str, Any] = {"typed": _kept(typed), "found": None, "faults": faults_of(refused)}
        return show(asked, "desk/persons.html", shown, status=refused.status)
    if len(found["persons"]) == 1 and by != "name":
        return to(reverse("desk:person", kwargs={"person": found["persons"][0]["id"]}))
    rows = [found_row(one, now().date()) for one in found["persons"]]
    return {"typed": _kept(typed), "found": rows, "more": found["after"] is not None, "by": by}


def _found(asked: Asked, typed: str) -> tuple[dict[str, Any], str]:
    """Who is found, and by what: digits of an identity number, a number of a visit, else the whole name."""
    if not typed or len(typed) > 100 or not typed.isprintable():
        raise Refusal(
            422,
            [fault("F203", "typed", value=quoted(typed, 40), expected=_("姓名、身份证号或住院号"))],
        )
    if has_identity_number(typed):
        return selectors.persons(asked.actor, id_number=typed, visited=visited), "id_number"
    if any(c.isascii() and c.isdigit() for c in typed):
        ids = of_person.persons_of_visit(asked.actor, typed)
        return selectors.persons(asked.actor, ids=ids, visited=visited), "visit"
    return selectors.persons(asked.actor, name=typed, visited=visited), "name"


def _kept(typed: str) -> str:
    """What is put back into the field: an identity number is not."""
    return "" if has_identity_number(typed) else typed


@page("desk/person.html", Act.PERSONS_READ, posts=True)
def person(asked: Asked, person: str) -> Shown | HttpResponse:
    """Somebody's file. A hospital that has not seen them says why first: it is remembered for half an hour."""
    if asked.is_posted:
        try:
            _remember(asked, person, _reason(asked, WHY_LOOK))
        except Refusal as refused:
            return _ask_why(asked, person, faults_of(refused), refused.status)
        return to(reverse("desk:person", kwargs={"person": person}))
    try:
        return _file(asked, person)
    except Refusal as refused:
        if [f.code for f in refused.faults] != ["S447"]:
            raise
        return _ask_why(asked, person, (), 403)


@page("desk/person.html", Act.PERSONS_UNMASK, posts=True)
def reveal(asked: Asked, person: str) -> Shown | HttpResponse:
    """The whole numbers, for a stated reason: recorded before they are shown, hidden again after a minute."""
    if not asked.is_posted:
        return to(reverse("desk:person", kwargs={"person": person}))
    try:
        reason = _reason(asked, WHY_NUMBER)
        whole = selectors.person(asked.actor, person, visited=visited, unmask=True, reason=reason)
    except Refusal as refused:
        shown = {**_file(asked, person), "faults": faults_of(refused)}
        return show(asked, "desk/person.html", shown, status=refused.status)
    return {**_file(asked, person, reason), "whole": whole}


@page("desk/card.html", Act.CARDS_PRINT, posts=True)
def card(asked: Asked, person: str) -> Shown | HttpResponse:
    """The card to print: large type, and a code that dials the family doctor."""
    if not asked.is_posted:
        return to(reverse("desk:person", kwargs={"person": person}))
    try:
        reason = _reason(asked, WHY_CARD)
        made = file.card_of(asked.actor, person, reason=reason)
    except Refusal as refused:
        if refused.status == 409:
            messages.warning(asked.request, refused.faults[0].what)
            return to(reverse("desk:person", kwargs={"person": person}))
        shown = {**_file(asked, person), "faults": faults_of(refused)}
        return show(asked, "desk/person.html", shown, status=refused.status)
    return {"card": made, "code": qr(made.dials), "day": now().date(), "reason": reason}


def _file(asked: Asked, person: str, reason: str = "") -> dict[str, Any]:
    """All that the page of a person shows to this role. Raises Refusal 403, 404."""
    actor, at = asked.actor, now()
    reason = reason or _remembered(asked, person)
    shown = shown_file(file.file_of(actor, person, reason=reason, visited=visited), at.date())
    if actor.may(Act.ACCUMULATORS_READ):
        shown["sums"] = shown_sums(of_person.sums_of_year(actor, person, at.date().year, reason))
    if actor.may(Act.VISITS_READ):
        shown |= {"visits": shown_visits(of_person.visits(actor, person, reason), at.date())}
    return {
        **shown,
        "today": at.date(),
        "is_whole_name": actor.role in (Role.DOCTOR, Role.CASHIER, Role.INSURANCE_OFFICE),
        "why_number": WHY_NUMBER,
        "why_card": WHY_CARD,
        "faults": (),
        "whole": None,
    }


def _ask_why(asked: Asked, person: str, faults: Any, status: int) -> HttpResponse:
    shown = {"person_id": person, "why_look": WHY_LOOK, "faults": faults}
    return show(asked, "desk/person_reason.html", shown, status=status)


def _reason(asked: Asked, choices: Choices) -> str:
    """The reason that was chosen, or written out. Raises Refusal 422."""
    chosen, other = (str(asked.request.POST.get(key, "")).strip() for key in ("why", "other"))
    stated = next((str(text) for key, text in choices if key == chosen), other)
    if not stated or len(stated) > REASON_LIMIT or not stated.isprintable():
        raise Refusal(422, [fault("F201", "why", key="why", expected=_("理由，1 至 400 字"))])
    if has_identity_number(stated):
        raise Refusal.of(422, "F209", "why")
    return stated


def _remember(asked: Asked, person: str, reason: str) -> None:
    """Keep in the session why somebody is looked at."""
    kept: dict[str, list[str]] = asked.request.session.get("looks", {})
    kept.pop(person, None)
    kept[person] = [reason, real_now().isoformat()]
    asked.request.session["looks"] = dict(list(kept.items())[-_REASONS_KEPT:])


def _remembered(asked: Asked, person: str) -> str:
    """Why this person is looked at, where it was said within the last half hour; empty where it was not."""
    reason, at = asked.request.session.get("looks", {}).get(person, ("", ""))
    is_fresh = at and real_now() - datetime.fromisoformat(at) < _REASON_HOLDS
    return reason if is_fresh else ""


ADDRESSES = [
    path("persons", persons, name="persons"),
    path("persons/<path:person>/reveal", reveal, name="person_reveal"),
    path("persons/<path:person>/card", card, name="person_card"),
    path("persons/<path:person>", person, name="person"),
]
