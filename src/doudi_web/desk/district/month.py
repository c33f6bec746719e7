"""月末: a month before it is closed: all hospitals beside one another, what is open and where, and closing it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from doudi.money import yuan
from doudi_web.desk.district import forms
from doudi_web.desk.page import Asked, Shown, page, to
from doudi_web.desk.pages.mending import message_of, new_message
from doudi_web.desk.sheet import amount_cell, sheet, table_of
from doudi_web.month_end import checks, hospitals
from doudi_web.papers.words import PAYERS
from doudi_web.settlement.months import next_month
from doudi_web.tenancy.named import called
from doudi_web.tenancy.roles import Act

CHECKS: dict[str, tuple["str | Promise", str]] = {
    "earlier_open": (lazy("更早的月份还开着，先关它们"), "month_end"),
    "floor_to_approve": (lazy("兜底金额等批准"), "payments"),
    "floor_failed": (lazy("兜底金额没有付成"), "payments"),
    "floor_to_pay": (lazy("批准了，还没有付"), "payments"),
    "batches": (lazy("付款批次还没有办完"), "payments"),
    "awaiting": (lazy("临时结算等平台答复"), "awaiting"),
    "proposals": (lazy("补退建议没有定"), "proposals"),
    "disputes": (lazy("对账异议没有了结"), "disputes"),
    "differs": (lazy("与平台的数不同"), "month_end"),
    "quarantined": (lazy("有错退回的账单，没有结算也没有放弃"), "settlements"),
    "unsealed": (lazy("记了账还没有封存"), "month_end"),
}
"""What each check is called, and the page where it is dealt with."""
_ACTS = {
    "awaiting": Act.AWAITING_READ,
    "proposals": Act.PROPOSALS_READ,
    "disputes": Act.DISPUTES_READ,
}
_UNDER_WAY = frozenset({"floor_to_pay", "batches", "unsealed"})
"""What goes its way: nobody has to do anything about it before the month is closed."""
_WITH_MONTH = frozenset({"payments", "disputes"})
_KINDS = {"reverse": "撤销", "replace": "更正", "relief": "免收", "erase": "依法抹去"}


@page("desk/district/month_end.html", Act.LEDGER_READ, posts=True)
def month_end(asked: Asked) -> Shown | HttpResponse:
    """A month: what is open, what it comes to, and closing it as it was looked at."""
    month = forms.month(asked)
    table = table_of(asked.request)
    if table is not None:
        return _as_sheet(asked, month, table)
    if not asked.is_posted:
        return _shown(asked, month)
    return forms.answered(
        asked, "desk/district/month_end.html", lambda: _closed(asked, month), lambda: _shown(asked, month)
    )  # fmt: skip


def _shown(asked: Asked, month: str) -> dict[str, Any]:
    found = checks.looked(asked.actor, month)
    funds = sorted({fund for one in found.hospitals for fund in one.funds}, key=_order)
    by = str(found.closed["by"]) if found.closed else ""
    return {
        "month": month, "it": found, "message": new_message(), "before": _before(month), "next": next_month(month),
        "checks": [_check(asked, one, month) for one in found.checks],
        "open": len(found.open_checks), "by": called({by}).get(by, by), "into": next_month(month),
        "heads": [PAYERS.get(fund, fund) for fund in funds],
        "rows": [
            (one, [one.funds.get(fund, 0) for fund in funds])
            for one in sorted(found.hospitals, key=lambda one: (-one.differs, -one.of_funds, one.facility))
        ],
        "sums": [sum(one.funds.get(fund, 0) for one in found.hospitals) for fund in funds],
        "of_funds": sum(one.of_funds for one in found.hospitals),
        "postings": sum(one.postings for one in found.hospitals),
        "total": sum(one.total for one in found.hospitals),
        "hospital": sum(one.hospital for one in found.hospitals),
        "patient": sum(one.patient for one in found.hospitals),
        "later": [(into, _KINDS.get(kind, kind), n, amount) for into, kind, n, amount in found.later],
        "reason": forms.field(asked, "reason", forms.REASON_LIMIT),
    }  # fmt: skip


def _order(fund: str) -> tuple[int, str]:
    known = list(PAYERS)
    return known.index(fund) if fund in known else len(known), fund


def _before(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year:04d}-{number - 1:02d}" if number > 1 else f"{year - 1:04d}-12"


def _check(asked: Asked, one: checks.Check, month: str) -> dict[str, Any]:
    title, name = CHECKS[one.name]
    may = asked.actor.may(_ACTS.get(name, Act.LEDGER_READ))
    address = reverse(f"desk:{name}") if may and name != "month_end" else ""
    if address and name in _WITH_MONTH:
        address = f"{address}?{urlencode({'month': month})}"
    tone = "m-near" if one.name in _UNDER_WAY else "m-need"
    return {"title": title, "of": one, "address": address, "tone": tone}


def _closed(asked: Asked, month: str) -> HttpResponse:
    """Close the month as it was looked at. Raises Refusal."""
    checks.close(
        asked.actor, month, message_of(asked), forms.reason(asked), forms.field(asked, "version"),
        nevertheless=forms.field(asked, "nevertheless") == "1",
    )  # fmt: skip
    told = _("%(month)s 关账了，以后记的账在开着的月份") % {"month": month}
    messages.success(asked.request, told)
    return to(f"{reverse('desk:month_end')}?{urlencode({'month': month})}")


def _as_sheet(asked: Asked, month: str, table: str) -> HttpResponse:
    """What is to be looked at before the month is closed, or what was changed of it since."""
    shown = _shown(asked, month)
    if table == "later":
        head = [_("记在"), _("什么"), _("笔数"), _("总费用（元）")]
        return sheet(f"later-{month}", head, [
            [into, what, n, yuan(amount)] for into, what, n, amount in shown["later"]
        ])  # fmt: skip
    head = [_("看什么"), _("几件"), _("金额（元）")]
    return sheet(f"checks-{month}", head, [
        [row["title"], row["of"].count, amount_cell(row["of"].amount)] for row in shown["checks"]
    ])  # fmt: skip


@page("", Act.LEDGER_READ)
def month_table(asked: Asked) -> HttpResponse:
    """All hospitals of a month as a sheet."""
    month = forms.month(asked)
    found = hospitals.hospitals(asked.actor, month)
    funds = sorted({fund for one in found for fund in one.funds}, key=_order)
    head = [
        _("医院"), _("机构编码"), _("笔数"), _("总费用（元）"),
        *(_("%(title)s（元）") % {"title": PAYERS.get(fund, fund)} for fund in funds), _("医院承担（元）"),
        _("患者（元）"), _("与平台不符（笔）"), _("差额（元）"),
    ]  # fmt: skip
    return sheet(f"month-{month}", head, [
        [one.name, one.facility, one.postings, yuan(one.total), *(yuan(one.funds.get(f, 0)) for f in funds),
         yuan(one.hospital), yuan(one.patient), one.differs, yuan(one.difference)]
        for one in found
    ])  # fmt: skip


ADDRESSES = [
    path("month-end", month_end, name="month_end"),
    path("month-end.csv", month_table, name="month_table"),
]
