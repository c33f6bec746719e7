"""对账异议: what hospitals dispute of their months; the office opens, the district answers."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from doudi_web.desk.district import forms
from doudi_web.desk.page import Asked, Shown, page, to
from doudi_web.desk.pages.mending import message_of, new_message
from doudi_web.desk.sheet import sheet
from doudi_web.disputes import answering, ending, opening, selectors
from doudi_web.disputes.ending import HOW, How
from doudi_web.disputes.opening import Disputed
from doudi_web.disputes.selectors import SAID, STATE_TITLES, Dispute, State
from doudi_web.papers.words import PAYERS
from doudi_web.settlement.replaying import fen
from doudi_web.tenancy.named import called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act

_TONES = {State.OPEN: "near", State.ANSWERED: "near", State.ACCEPTED: "fine", State.WITHDRAWN: ""}


def _accounts() -> dict[str, str]:
    return {
        **{f"fund:{fund}": title for fund, title in PAYERS.items() if fund not in ("hospital", "patient")},
        "hospital": _("医院承担"), "patient": _("患者"), "total": _("总费用"),
    }  # fmt: skip


def _row(one: Dispute) -> dict[str, Any]:
    return {
        "of": one, "account": _accounts().get(one.account, one.account), "state": STATE_TITLES[one.state],
        "late": one.is_late(selectors.today()), "tone": _TONES[one.state],
    }  # fmt: skip


@page("desk/district/disputes.html", Act.DISPUTES_READ, posts=True)
def disputes(asked: Asked) -> Shown | HttpResponse:
    """Those that wait, or all; a hospital's office opens one here."""
    if not asked.is_posted:
        return _listed(asked)
    return forms.answered(
        asked, "desk/district/disputes.html", lambda: _opened(asked), lambda: _listed(asked)
    )


def _listed(asked: Asked) -> dict[str, Any]:
    sent = asked.request.GET
    month = forms.month(asked) if sent.get("month") else ""
    every = sent.get("state", "") == "all"
    after = forms.number(sent.get("after", ""))
    found = selectors.disputes(asked.actor, month=month, waiting=not every, after=after)
    kept = asked.request.POST
    return {
        "month": month, "every": every, "rows": [_row(one) for one in found], "message": new_message(),
        "open": sum(1 for one in found if one.state == State.OPEN),
        "answered": sum(1 for one in found if one.state == State.ANSWERED),
        "late": sum(1 for one in found if one.is_late(selectors.today())),
        "after": found[-1].id if len(found) == selectors.LISTED else None, "accounts": _accounts(),
        "typed": {
            key: kept.get(key, "") or sent.get(key, "") for key in ("of", "posting", "account", "stated", "reason")
        },
        "days": opening.DUE_DAYS,
    }  # fmt: skip


def _opened(asked: Asked) -> HttpResponse:
    """Open a dispute of one's own hospital. Raises Refusal."""
    posting, stated = forms.field(asked, "posting"), forms.field(asked, "stated").replace(",", "")
    number = forms.number(posting)
    if posting and not number:
        raise Refusal.of(
            422, "F203", "posting", value=posting[:40], expected=_("记账的编号，只有数字")
        )
    amount = _amount(stated) if stated else None
    of = Disputed(forms.field(asked, "of"), forms.field(asked, "account"), number or None, amount)
    content: Mapping[str, Any] = {
        "month": of.month, "account": of.account, "posting": of.posting, "stated": stated,
        "reason": forms.reason(asked),
    }  # fmt: skip
    opening.dispute(asked.actor, message_of(asked), content, of, forms.reason(asked))
    messages.success(asked.request, _("提出了，等区里答复"))
    return to(reverse("desk:disputes"))


def _amount(stated: str) -> int:
    """An amount in fen. Raises Refusal 422."""
    whole, _point, part = stated.removeprefix("-").partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) < 13 and len(part) <= 2):
        raise Refusal.of(422, "F203", "stated", value=stated[:40], expected=_("金额，如 140.00"))
    if part and not (part.isascii() and part.isdigit()):
        raise Refusal.of(422, "F203", "stated", value=stated[:40], expected=_("金额，如 140.00"))
    return fen(f"{'-' if stated.startswith('-') else ''}{whole}.{part:0<2}")


@page("desk/district/dispute.html", Act.DISPUTES_READ, posts=True)
def dispute(asked: Asked, issue: int) -> Shown | HttpResponse:
    """One dispute: both figures, what was said, and whose turn it is."""
    if not asked.is_posted:
        return _one(asked, issue)
    return forms.answered(
        asked, "desk/district/dispute.html", lambda: _said(asked, issue), lambda: _one(asked, issue)
    )  # fmt: skip


def _one(asked: Asked, number: int) -> dict[str, Any]:
    found = selectors.one(asked.actor, number)
    names = called({one.by for one in found.said})
    return {
        **_row(found), "message": new_message(), "text": forms.field(asked, "text", forms.REASON_LIMIT),
        "difference": None if found.stated is None else found.stated - found.recorded,
        "said": [
            {"what": SAID[one.what], "by": names.get(one.by, one.by), "of": one} for one in reversed(found.said)
        ],
        "waits": found.waits,
    }  # fmt: skip


def _said(asked: Asked, number: int) -> HttpResponse:
    """What a form of a dispute's page asks for. Raises Refusal."""
    what, text, message = forms.field(asked, "do"), forms.reason(asked, "text"), message_of(asked)
    stated = {"number": number, "what": what, "text": text}
    if what in ("uphold", "refuse"):
        answering.answer(asked.actor, message, stated, number, text, upheld=what == "uphold")
        messages.success(asked.request, _("答复了，等医院看"))
    else:
        how: How | None = next((one for one in HOW if one == what), None)
        if how is None:
            raise Refusal.of(422, "F203", "do", value=what[:40], expected=_("页面上的按钮"))
        ending.end(asked.actor, message, stated, number, how, text)
        messages.success(asked.request, SAID[how])
    return to(reverse("desk:dispute", kwargs={"issue": number}))


@page("", Act.DISPUTES_READ)
def disputes_table(asked: Asked) -> HttpResponse:
    """Disputes as a sheet, with what was said last; those that wait alone where the list has them alone."""
    month = forms.month(asked) if asked.request.GET.get("month") else ""
    waiting = asked.request.GET.get("state", "all") == "waiting"
    head = [
        _("编号"), _("医院"), _("月份"), _("什么"), _("记账"), _("台账（元）"), _("医院的数（元）"), _("状态"),
        _("答复期限"), _("最后说的"),
    ]  # fmt: skip
    rows = [(one, one.json()) for one in selectors.every(asked.actor, month=month, waiting=waiting)]
    return sheet("disputes", head, [
        [one.id, one.name, one.month, _row(one)["account"], one.posting, told["recorded"], told["stated"],
         STATE_TITLES[one.state], told["due"], one.said[-1].text]
        for one, told in rows
    ])  # fmt: skip


ADDRESSES = [
    path("disputes", disputes, name="disputes"),
    path("disputes.csv", disputes_table, name="disputes_table"),
    path("disputes/<int:issue>", dispute, name="dispute"),
]
