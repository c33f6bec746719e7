"""单据: what was printed, whether a paper is genuine, whom to ring; a month, a day at the cash desk; PDFs."""

import re
from collections.abc import Mapping
from datetime import MAXYEAR, MINYEAR, date, timedelta
from typing import Any

from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from doudi_web.desk.page import Asked, Shown, faults_of, page, show, to
from doudi_web.papers import card, clearing, consent, contacts, days, printed, settled
from doudi_web.papers.found import hospital_name
from doudi_web.papers.kinds import Kind
from doudi_web.papers.statement import Statement
from doudi_web.papers.words import PAYERS
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.models import Facility
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act

_DAY = timedelta(days=1)
_ROWS = 100
"""Postings of a month on one page."""
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
_FILLS = {
    "basic": "f-basic", "critical_illness": "f-critical", "medical_assistance": "f-assist", "floor": "f-floor",
    "hospital": "f-hospital", "patient": "f-patient", "waits": "f-track",
}  # fmt: skip


@page("desk/papers.html", Act.SETTLEMENTS_READ, posts=True)
def papers(asked: Asked) -> Shown | HttpResponse:
    """What was printed, the last first; a code is checked, the numbers to ring are stated."""
    sent = asked.request.GET
    shown: dict[str, Any] = {"settlement": sent.get("settlement", ""), "code": sent.get("code", "")}
    status = 200
    try:
        if asked.is_posted:
            stated = asked.request.POST
            of = {key: str(stated.get(key, "")).strip() for key in ("place", "phone")}
            _must_be_there(of)
            contacts.state(asked.actor, "", of["place"][:60], of["phone"][:40])
            return to(reverse("desk:papers"))
        if shown["settlement"]:
            shown["checked"] = printed.check(
                asked.actor, _number(shown["settlement"]), shown["code"]
            )
    except Refusal as refused:
        if refused.status == 404:
            status, shown["faults"] = 404, refused.faults
        else:
            status, shown["faults"] = refused.status, faults_of(refused)
    at = now()
    log = printed.log(asked.actor, "", _after(sent.get("after", "")), _ROWS)
    shown |= {
        "log": log["papers"], "after": log["after"], "rings": contacts.stated(asked.actor, ""),
        "month": f"{at:%Y-%m}", "day": f"{at:%Y-%m-%d}",
    }  # fmt: skip
    return show(asked, "desk/papers.html", shown, status=status)


def _must_be_there(of: Mapping[str, str]) -> None:
    names = {"place": _("在哪里"), "phone": _("电话")}
    missing = [key for key, value in of.items() if not value]
    if missing:
        raise Refusal.of(422, "F201", missing[0], key=missing[0], expected=names[missing[0]])


def _number(stated: str) -> int:
    if not _NUMBER.fullmatch(stated):
        raise Refusal.of(
            422, "F203", "settlement", value=stated[:80], expected=_("结算号，只有数字")
        )
    return int(stated)


def _after(stated: str) -> int:
    return int(stated) if _NUMBER.fullmatch(stated) else 0


@page("desk/statement.html", Act.SETTLEMENTS_READ)
def statement(asked: Asked, settlement: int) -> Shown:
    """The patient's statement as a page: read aloud, enlarged, or printed."""
    one = settled.shown(asked.actor, settlement)
    return {
        "one": one, "bar": _bar(one), "prints": printed.prints_of(Kind.STATEMENT, str(settlement)),
        "fills": _FILLS, "settlement": settlement,
    }  # fmt: skip


def _bar(one: Statement) -> list[dict[str, str]]:
    """Who paid which part of the total: where each part of the bar begins and how wide it is."""
    whole = sum(p.fen for p in one.payers if p.fen > 0)
    made: list[dict[str, str]] = []
    at = 0
    for payer in one.payers:
        if payer.fen > 0:
            fill = _FILLS.get(payer.key, "f-other")
            made.append(
                {
                    "fill": fill,
                    "x": f"{at * 100 / whole:.3f}%",
                    "width": f"{payer.fen * 100 / whole:.3f}%",
                }
            )
            at += payer.fen
    return made


@page("desk/clearing.html", Act.MONTHS_READ)
def month(asked: Asked, month: str) -> Shown:
    """A hospital's month: what each fund owes, visit by visit; what was printed of it."""
    facility = asked.request.GET.get("facility", "") or asked.actor.facility or ""
    facilities = (
        []
        if asked.actor.facility
        else list(Facility.objects.order_by("name").values("code", "name"))
    )
    shown: dict[str, Any] = {"month": month, "facility": facility, "facilities": facilities}
    clearing.must_be_month(month)
    if not facility:
        return {**shown, "sums": None}
    after = _after(asked.request.GET.get("after", ""))
    shown |= {"before": _month_from(month, -1), "next": _month_from(month, 1)}
    sums, rows, last = clearing.seen(asked.actor, facility, month, after, _ROWS)
    funds = sorted(sums.funds, key=lambda f: (list(PAYERS).index(f) if f in PAYERS else 99, f))
    return {
        **shown, "name": hospital_name(facility), "sums": sums,
        "owed": [(PAYERS.get(fund, fund), sums.funds[fund]) for fund in funds],
        "of_funds": sum(sums.funds.values()),
        "counts": [(what, sums.counts[kind]) for kind, what in clearing.WHAT.items() if kind in sums.counts],
        "rows": [(row, [row.funds.get(fund, 0) for fund in funds], clearing.what_of(row)) for row in rows],
        "heads": [PAYERS.get(fund, fund) for fund in funds],
        "after": last,
        "all": sum(sums.counts.values()),
        "parts": range(1, max(-(-sum(sums.counts.values()) // clearing.PART), 1) + 1),
        "prints": printed.prints_of(Kind.CLEARING, f"{facility}:{month}"),
    }  # fmt: skip


def _month_from(month: str, by: int) -> str | None:
    """The month so many months on; None where no year has it."""
    year, index = divmod(int(month[:4]) * 12 + int(month[5:]) - 1 + by, 12)
    return f"{year:04}-{index + 1:02}" if MINYEAR <= year <= MAXYEAR else None


@page("desk/day.html", Act.SETTLEMENTS_READ)
def day(asked: Asked, day: str) -> Shown:
    """A day at the cash desk: one's own, or all of it; what to take and to give back."""
    facility = asked.request.GET.get("facility", "") or asked.actor.facility or ""
    facilities = (
        []
        if asked.actor.facility
        else list(Facility.objects.order_by("name").values("code", "name"))
    )
    by = asked.request.GET.get("by", "")
    shown: dict[str, Any] = {"day": day, "facility": facility, "facilities": facilities, "by": by}
    of = days.day_of(day)
    if not facility:
        return {**shown, "one": None}
    number = max(_after(asked.request.GET.get("page", "")), 1)
    one, pages = days.seen(asked.actor, facility, day, by, number)
    return {
        **shown, "before": of - _DAY if of > date.min else None,
        "next": of + _DAY if of < now().date() else None, "one": one,
        "page": min(number, pages), "pages": pages,
        "earlier": number - 1 if 1 < number <= pages else None, "later": number + 1 if number < pages else None,
        "prints": printed.prints_of(Kind.DAY, days.key(asked.actor, facility, day, by)),
    }  # fmt: skip


def _pdf(name: str, content: bytes) -> HttpResponse:
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer


@page("", Act.SETTLEMENTS_READ, posts=True)
def statement_pdf(asked: Asked, settlement: int) -> HttpResponse:
    """The statement as PDF: a preview, or (posted) printed and counted."""
    made = settled.statement(asked.actor, settlement, is_print=asked.is_posted)
    return _pdf(f"statement-{settlement}", made)


@page("", Act.SETTLEMENTS_READ, posts=True)
def sheet_pdf(asked: Asked, settlement: int) -> HttpResponse:
    """The one-stop sheet as PDF."""
    reason = str(asked.request.POST.get("reason", "")).strip()[:400]
    made = settled.one_stop(asked.actor, settlement, is_print=asked.is_posted, reason=reason)
    return _pdf(f"sheet-{settlement}", made)


@page("", Act.PRECHECK, posts=True)
def consent_pdf(asked: Asked, visit: str) -> HttpResponse:
    """The consent form of a running visit as PDF."""
    facility = asked.request.GET.get("facility") or None
    return _pdf("consent", consent.consent(asked.actor, visit, facility, is_print=asked.is_posted))


@page("", Act.MONTHS_READ, posts=True)
def month_pdf(asked: Asked, month: str) -> HttpResponse:
    """A month's clearing as PDF."""
    sent = asked.request.GET
    facility = sent.get("facility", "") or asked.actor.facility or ""
    if not facility:
        return to(reverse("desk:clearing", kwargs={"month": month}))
    part = _after(sent.get("part", "")) or 1
    made = clearing.printed(asked.actor, facility, month, part, is_print=asked.is_posted)
    return _pdf(f"clearing-{month}", made)


@page("", Act.SETTLEMENTS_READ, posts=True)
def day_pdf(asked: Asked, day: str) -> HttpResponse:
    """A day's list as PDF."""
    sent = asked.request.GET
    facility = sent.get("facility", "") or asked.actor.facility or ""
    if not facility:
        return to(reverse("desk:day", kwargs={"day": day}))
    made = days.printed(asked.actor, facility, day, sent.get("by", ""), is_print=asked.is_posted)
    return _pdf(f"day-{day}", made)


@page("", Act.CARDS_PRINT, posts=True)
def card_pdf(asked: Asked, person: str) -> HttpResponse:
    """The card of a person as PDF, two on a page, printed for a stated reason."""
    if not asked.is_posted:
        return to(reverse("desk:person", kwargs={"person": person}))
    reason = str(asked.request.POST.get("reason", "")).strip()[:400]
    return _pdf("card", card.printed(asked.actor, person, reason, is_print=True))


ADDRESSES = [
    path("papers", papers, name="papers"),
    path("settlements/<int:settlement>/statement", statement, name="statement"),
    path("settlements/<int:settlement>/statement.pdf", statement_pdf, name="statement_pdf"),
    path("settlements/<int:settlement>/sheet.pdf", sheet_pdf, name="sheet_pdf"),
    path("visits/<path:visit>/consent.pdf", consent_pdf, name="consent_pdf"),
    path("clearing/<str:month>.pdf", month_pdf, name="clearing_pdf"),
    path("clearing/<str:month>", month, name="clearing"),
    path("days/<str:day>.pdf", day_pdf, name="day_pdf"),
    path("days/<str:day>", day, name="day"),
    path("persons/<path:person>/card.pdf", card_pdf, name="card_pdf"),
]
