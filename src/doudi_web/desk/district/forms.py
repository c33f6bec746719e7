"""What the district's forms state: a month, a reason, a sum that was seen; what does not fit is a fault."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from doudi.source_text import shown as quoted
from doudi_web.audit_log.actions import record
from doudi_web.desk.page import Asked, show
from doudi_web.papers.clearing import must_be_month
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal

REASON_LIMIT = 400
ON_FORM = frozenset({409, 413, 422})
"""Refusals that belong to what was sent: the page is shown again with them."""


def field(asked: Asked, name: str, limit: int = 80) -> str:
    """What a field of the form holds, without blanks around it."""
    return str(asked.request.POST.get(name, "")).strip()[:limit]


def reason(asked: Asked, name: str = "reason") -> str:
    """A reason of one line, empty where none was written. Raises Refusal 422."""
    stated = str(asked.request.POST.get(name, "")).strip()
    if len(stated) > REASON_LIMIT or not stated.isprintable():
        expected = _("%d 字以内，一行") % REASON_LIMIT
        raise Refusal.of(422, "F203", name, value=quoted(stated, 40), expected=expected)
    return stated


def taken_along(asked: Asked, what: str, subject: str, detail: Mapping[str, Any]) -> None:
    """A table about persons leaves the desk: who took it and why is on record. Raises Refusal 422."""
    why = reason(asked)
    if not why:
        raise Refusal.of(422, "F201", "reason", key="reason", expected=_("为什么导出，1 至 400 字"))
    record(asked.actor, f"{what}.export", subject, reason=why, detail=detail)


def fen(asked: Asked, name: str) -> int:
    """A sum in fen that the page had put there. Raises Refusal 422."""
    stated = str(asked.request.POST.get(name, ""))
    digits = stated.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 18):
        raise Refusal.of(422, "F203", name, value=quoted(stated, 40), expected=_("页面上的数"))
    return int(stated)


def number(stated: object) -> int:
    """A number that an address or a form names; 0 where it names none."""
    text = str(stated)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def month(asked: Asked) -> str:
    """The month that the address names, or this one. Raises Refusal 422."""
    stated = asked.request.GET.get("month", "") or f"{now():%Y-%m}"
    must_be_month(stated)
    return stated


def answered(
    asked: Asked, template: str, do: Callable[[], HttpResponse], page: Callable[[], dict[str, Any]]
) -> HttpResponse:
    """What a form asked for; where it was refused, the page again with the faults above it, and that on record."""
    try:
        return do()
    except Refusal as refused:
        if refused.status not in ON_FORM:
            raise
        detail = {"status": refused.status, "codes": sorted({one.code for one in refused.faults})}
        match = asked.request.resolver_match
        record(asked.actor, "refused", f"POST {match.route if match else ''}"[:80], detail=detail)
        return show(asked, template, {**page(), "faults": refused.faults}, status=refused.status)
