"""按期追回: the out-of-catalogue share by hospital and period, the visits behind it, taking back by two."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from doudi_web.clearing import assessing, proposing
from doudi_web.clearing.spans import EXPECTED, Period, month_of, period_of
from doudi_web.desk.district import forms
from doudi_web.desk.page import Asked, Shown, page, to
from doudi_web.desk.pages.mending import message_of, new_message
from doudi_web.desk.sheet import all_rows, sheet
from doudi_web.indicators import periods as controlled
from doudi_web.settlement.replaying import fen
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.models import Facility
from doudi_web.tenancy.named import called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act


def _period(asked: Asked) -> Period:
    """The period of the address, or the last month that is over. Raises Refusal 422."""
    stated = asked.request.GET.get("period", "")
    found = period_of(stated) if stated else _last_month()
    if found is None:
        raise Refusal.of(422, "F203", "period", value=stated[:40], expected=EXPECTED)
    return found


def _last_month() -> Period:
    this = month_of(now().date())
    year, first = (this.year, this.first - 1) if this.first > 1 else (this.year - 1, 12)
    return Period(year, first, 1)


@page("desk/district/periods.html", Act.LEDGER_READ, posts=True)
def periods(asked: Asked) -> Shown | HttpResponse:
    """A period hospital by hospital, what is to be taken back first; one proposes it and another posts it."""
    period = _period(asked)
    if not asked.is_posted:
        return _listed(asked, period)
    return forms.answered(
        asked, "desk/district/periods.html", lambda: _dealt(asked, period), lambda: _listed(asked, period)
    )  # fmt: skip


def _listed(asked: Asked, period: Period) -> dict[str, Any]:
    told = controlled.periods(asked.actor, period, "")
    waiting = {one.facility: one for one in proposing.waiting(asked.actor, period)}
    names = dict(Facility.objects.values_list("code", "name"))
    by = called({one.made_by for one in waiting.values()})
    is_over = now() >= period.end
    rows = [_row(asked, one, waiting, names, by) for one in told["facilities"]]
    rows.sort(key=lambda row: (-row["difference"], not row["over"], row["name"]))
    return {
        "period": str(period), "is_over": is_over, "end": told["to"], "rows": rows, "message": new_message(),
        "waits": len(waiting), "due": [one for one in rows if one["difference"]],
        "difference": sum(one["difference"] for one in rows), "reason": forms.field(asked, "reason", 400),
    }  # fmt: skip


def _row(
    asked: Asked,
    one: dict[str, Any],
    waiting: dict[str, proposing.Proposed],
    names: dict[str, str],
    by: dict[str, str],
) -> dict[str, Any]:
    proposed = waiting.get(one["facility"])
    return {
        "of": one, "name": names.get(one["facility"], one["facility"]), "difference": fen(one["difference"]),
        "proposed": proposed, "by": by.get(proposed.made_by, proposed.made_by) if proposed else "",
        "mine": proposed is not None and proposed.made_by == asked.actor.key,
        "over": fen(one["excess"]) > 0,
    }  # fmt: skip


def _dealt(asked: Asked, period: Period) -> HttpResponse:
    """Propose, post or refuse. Raises Refusal."""
    actor, message, why = asked.actor, message_of(asked), forms.reason(asked)
    match forms.field(asked, "do"):
        case "propose":
            facility, seen = forms.field(asked, "facility"), forms.fen(asked, "seen")
            stated = {"facility": facility, "period": str(period), "seen": seen, "reason": why}
            proposing.propose(actor, message, stated, facility, period, seen, why)
            messages.success(asked.request, _("提了，等另一个人记账"))
        case "post" | "refuse" as what:
            number = forms.number(forms.field(asked, "proposal"))
            stated = {"proposal": number, "what": what, "reason": why}
            proposing.decide(actor, message, stated, number, why, accept=what == "post")
            told = _("记账了，由医院退给兜底资金") if what == "post" else _("退回了")
            messages.success(asked.request, told)
        case what:
            raise Refusal.of(422, "F203", "do", value=what[:40], expected=_("页面上的按钮"))
    return to(f"{reverse('desk:periods')}?{urlencode({'period': str(period)})}")


@page("desk/district/period.html", Act.PERIODS_READ, posts=True)
def period_visits(asked: Asked, facility: str) -> Shown | HttpResponse:
    """The visits behind a hospital's period; all of them as a sheet, for a reason."""
    if not asked.is_posted:
        return _visits(asked, facility)
    return forms.answered(
        asked, "desk/district/period.html", lambda: _visits_as_sheet(asked, facility),
        lambda: _visits(asked, facility),
    )  # fmt: skip


def _visits(asked: Asked, facility: str) -> dict[str, Any]:
    period, after = _period(asked), forms.number(asked.request.GET.get("after", ""))
    found = assessing.visits(asked.actor, period, facility, after)
    (figures,) = controlled.periods(asked.actor, period, facility)["facilities"] or [None]
    name = Facility.objects.filter(pk=facility).values_list("name", flat=True).first()
    return {
        "period": str(period), "facility": facility, "name": name or facility, "figures": figures,
        "visits": found["visits"], "after": found["after"],
    }  # fmt: skip


def _visits_as_sheet(asked: Asked, facility: str) -> HttpResponse:
    period = _period(asked)
    with transaction.atomic():
        detail = {"period": str(period), "facility": facility}
        forms.taken_along(asked, "periods.visits", "periods", detail)
        found = all_rows(
            lambda most: assessing.visits(asked.actor, period, facility, 0, most)["visits"]
        )
    head = [
        _("结算号"), _("就诊号"), _("结算"), _("总费用（元）"), _("目录外（元）"), _("占比"), _("限额（元）"),
        _("超出（元）"), _("医院承担（元）"),
    ]  # fmt: skip
    keys = (
        "settlement_id", "visit_id", "settled", "total", "measured", "share", "limit", "excess", "borne",
    )  # fmt: skip
    return sheet(f"period-{period}-visits", head, [[one[key] for key in keys] for one in found])


@page("", Act.LEDGER_READ)
def periods_table(asked: Asked) -> HttpResponse:
    """A period hospital by hospital as a sheet."""
    period = _period(asked)
    head = [
        _("机构编码"), _("就医（次）"), _("量不出来（次）"), _("总费用（元）"), _("目录外（元）"), _("占比"),
        _("限额（元）"), _("超出（元）"), _("医院已承担（元）"), _("可追回（元）"),
        _("已追回（元）"), _("还要追回（元）"),
    ]  # fmt: skip
    keys = (
        "facility", "visits", "unmeasured", "total", "measured", "share", "limit", "excess", "borne",
        "to_claw_back", "assessed", "difference",
    )  # fmt: skip
    told = controlled.periods(asked.actor, period, "")["facilities"]
    return sheet(f"periods-{period}", head, [[one[key] for key in keys] for one in told])


ADDRESSES = [
    path("periods", periods, name="periods"),
    path("periods.csv", periods_table, name="periods_table"),
    path("periods/<str:facility>", period_visits, name="period_visits"),
]
