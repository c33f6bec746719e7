"""付款: floor money by hospital, approved, gathered into batches, released, sent to the bank, answered."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from doudi.errors import Faulty
from doudi.money import yuan
from doudi_web.clearing import standing
from doudi_web.desk.district import forms
from doudi_web.desk.page import Asked, Shown, page, to
from doudi_web.desk.pages.mending import message_of, new_message
from doudi_web.desk.sheet import all_rows, sheet, table_of
from doudi_web.payments import again, filing, making, profiles, releasing, replying, selectors
from doudi_web.payments.orders import STATE_TITLES, State
from doudi_web.register import payees
from doudi_web.tenancy.models import Facility
from doudi_web.tenancy.named import called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act

_TONES = {
    State.MADE: "near", State.RELEASED: "near", State.SENT: "near", State.DONE: "fine", State.CANCELLED: "",
}  # fmt: skip
_KINDS = {"bank": "银行文件", "voucher": "记账凭证", "reply": "银行回单"}
_TYPES = {"csv": "text/csv", "txt": "text/plain"}
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _layouts(kind: profiles.Kind) -> list[profiles.Profile]:
    try:
        return profiles.profiles(kind)
    except Faulty as wrong:
        raise Refusal(422, wrong.faults) from wrong


@page("desk/district/payments.html", Act.PAYMENTS_READ, posts=True)
def payments(asked: Asked) -> Shown | HttpResponse:
    """Each hospital's floor money up to a month; what waits is approved, what is approved goes into a batch."""
    month = forms.month(asked)
    if table_of(asked.request) is not None:
        return _batches_as_sheet(asked)
    if not asked.is_posted:
        return _listed(asked, month)
    return forms.answered(
        asked, "desk/district/payments.html", lambda: _gathered(asked, month), lambda: _listed(asked, month)
    )  # fmt: skip


def _listed(asked: Asked, month: str) -> dict[str, Any]:
    found = [one for one in standing.standing(asked.actor, month) if one.is_open or one.paid.items]
    found.sort(key=_need)
    accounts, waiting = payees.holding(), payees.waiting()
    payable = [one for one in found if one.free.amount > 0]
    rows = selectors.batches(asked.actor)
    names = called({row.made_by for row in rows})
    return {
        "month": month, "message": new_message(), "layouts": _layouts("bank"),
        "rows": [
            {"of": one, "account": accounts.get(one.facility), "waits": one.facility in waiting} for one in found
        ],
        "to_approve": sum(one.to_approve.amount for one in found),
        "to_approve_items": sum(one.to_approve.items for one in found),
        "payable": sum(one.free.amount for one in payable), "payees": len(payable),
        "held": sum(one.held.amount for one in found), "failed": sum(one.failed.amount for one in found),
        "failed_items": sum(one.failed.items for one in found), "paid": sum(one.paid.amount for one in found),
        "missing": [one for one in payable if one.facility not in accounts],
        "owing": [one for one in found if one.free.items and one.free.amount <= 0],
        "batches": [
            {"of": row, "tone": _TONES[row.state], "state": STATE_TITLES[row.state],
             "by": names.get(row.made_by, row.made_by)}
            for row in rows
        ],
    }  # fmt: skip


def _batches_as_sheet(asked: Asked) -> HttpResponse:
    rows = all_rows(lambda most: selectors.batches(asked.actor, most=most))
    names = called({row.made_by for row in rows})
    head = [
        _("批次"), _("月份"), _("状态"), _("金额（元）"), _("家数"), _("付了（家）"), _("没有付成（家）"),
        _("做的人"), _("做的时间"),
    ]  # fmt: skip
    return sheet("batches", head, (
        [row.number, row.month, STATE_TITLES[row.state], yuan(row.amount), row.payments, row.paid, row.failed,
         names.get(row.made_by, row.made_by), row.made]
        for row in rows
    ))  # fmt: skip


def _need(one: standing.Standing) -> tuple[int, int, int, str]:
    """What somebody has to act on first: what failed, what can be paid, then what waits for approval."""
    return -one.failed.amount, -abs(one.free.amount), -one.to_approve.amount, one.facility


def _gathered(asked: Asked, month: str) -> HttpResponse:
    """What a form of the list asks for. Raises Refusal."""
    actor, message, what = asked.actor, message_of(asked), forms.field(asked, "do")
    back = f"{reverse('desk:payments')}?{urlencode({'month': month})}"
    match what:
        case "approve":
            facility, last = (
                forms.field(asked, "facility"),
                forms.number(forms.field(asked, "last")),
            )
            seen = forms.fen(asked, "seen")
            stated = {"facility": facility, "month": month, "last": last, "seen": seen}
            standing.approve(actor, message, stated, facility, month, last, seen)
            messages.success(asked.request, _("批准了，等会计做付款批次"))
            return to(back)
        case "make":
            layout, seen = forms.field(asked, "layout"), forms.fen(asked, "seen")
            stated = {"month": month, "layout": layout, "seen": seen}
            made = making.make(actor, message, stated, month, layout, seen)
            number = json.loads(made.text)["number"]
            messages.success(asked.request, _("做好了，等另一个人放行"))
            return to(reverse("desk:payment", kwargs={"batch": number}))
        case _:
            raise Refusal.of(422, "F203", "do", value=what[:40], expected=_("页面上的按钮"))


@page("", Act.PAYMENTS_READ)
def payments_table(asked: Asked) -> HttpResponse:
    """Each hospital's floor money up to a month as a sheet."""
    month = forms.month(asked)
    head = [
        _("医院"), _("机构编码"), _("等批准（元）"), _("可以付（元）"), _("在路上（元）"), _("没有付成（元）"),
        _("已付（元）"),
    ]  # fmt: skip
    return sheet("floor", head, [
        [one.name, one.facility, *(yuan(of.amount) for of in (
            one.to_approve, one.free, one.held, one.failed, one.paid))]
        for one in standing.standing(asked.actor, month)
    ])  # fmt: skip


@page("desk/district/payment.html", Act.PAYMENTS_READ, posts=True)
def payment(asked: Asked, batch: str) -> Shown | HttpResponse:
    """One batch: released by another, sent, answered row by row; what failed is approved again."""
    if not asked.is_posted:
        return _one(asked, batch)
    return forms.answered(
        asked, "desk/district/payment.html", lambda: _dealt(asked, batch), lambda: _one(asked, batch)
    )  # fmt: skip


def _one(asked: Asked, number: str) -> dict[str, Any]:
    found = selectors.one(asked.actor, number)
    batch = found.batch
    keys = {batch.made_by, batch.released_by, batch.ended_by, *(one.by for one in found.files)}
    names = called(keys)
    return {
        "batch": batch, "state": STATE_TITLES[batch.state], "tone": _TONES[batch.state], "message": new_message(),
        "rows": [
            {"of": one, "account": found.accounts[one.account], "again": bool(found.failed & set(one.entries))}
            for one in found.payments
        ],
        "paid": sum(one.amount for one in found.payments if one.state == "paid"),
        "failed": [one for one in found.payments if one.state == "failed"],
        "waiting": [one for one in found.payments if one.state == "waiting"],
        "owed": sum(one.owed for one in found.payments), "returned": sum(one.returned for one in found.payments),
        "entries": sum(len(one.entries) for one in found.payments),
        "files": [
            {"of": one, "kind": _KINDS[one.kind], "by": names.get(one.by, one.by), "again": one.number - 1}
            for one in found.files
        ],
        "sent_before": any(one.kind == "bank" for one in found.files),
        "vouchers": [
            {"of": one, "before": any(f.kind == "voucher" and f.profile == one.name for f in found.files)}
            for one in _layouts("voucher")
        ],
        "mine": batch.made_by == asked.actor.key,
        "by": {key: names.get(key, key) for key in keys},
    }  # fmt: skip


def _dealt(asked: Asked, number: str) -> HttpResponse:
    """What a form of a batch's page asks for. Raises Refusal."""
    actor, message, why = asked.actor, message_of(asked), forms.reason(asked)
    stated: Mapping[str, Any] = {"number": number, "reason": why}
    match forms.field(asked, "do"):
        case "release":
            releasing.release(actor, message, stated, number, why)
            told = _("放行了，会计可以出银行文件")
        case "cancel":
            releasing.cancel(actor, message, stated, number, why)
            told = _("作废了，里面的金额可以进别的批次")
        case "reply":
            file = asked.request.FILES.get("file")
            if not isinstance(file, UploadedFile) or not file.size:
                raise Refusal.of(422, "F201", "file", key="file", expected=_("银行的回单文件"))
            if file.size > replying.SIZE_LIMIT_MB * 2**20:
                raise Refusal.of(413, "S413", "file", limit=replying.SIZE_LIMIT_MB)
            replying.take(actor, message, number, file.name or "", file.read())
            told = _("回单读入了")
        case "again":
            row = forms.number(forms.field(asked, "row"))
            again.approve_again(actor, message, {**stated, "row": row}, number, row, why)
            told = _("再批准了，进下一个批次")
        case what:
            raise Refusal.of(422, "F203", "do", value=what[:40], expected=_("页面上的按钮"))
    messages.success(asked.request, told)
    return to(reverse("desk:payment", kwargs={"batch": number}))


@page("desk/district/payment.html", Act.PAYMENTS_MAKE, posts=True)
def payment_file(asked: Asked, batch: str) -> Shown | HttpResponse:
    """The bank's file: made, counted, and given."""
    if not asked.is_posted:
        return to(reverse("desk:payment", kwargs={"batch": batch}))
    return forms.answered(
        asked, "desk/district/payment.html",
        lambda: _file(filing.bank(asked.actor, batch, forms.reason(asked))), lambda: _one(asked, batch),
    )  # fmt: skip


@page("desk/district/payment.html", Act.PAYMENTS_MAKE, posts=True)
def payment_voucher(asked: Asked, batch: str) -> Shown | HttpResponse:
    """The voucher: made, counted, and given."""
    if not asked.is_posted:
        return to(reverse("desk:payment", kwargs={"batch": batch}))

    def do() -> HttpResponse:
        layout = forms.field(asked, "layout")
        return _file(filing.voucher_of(asked.actor, batch, layout, forms.reason(asked)))

    return forms.answered(asked, "desk/district/payment.html", do, lambda: _one(asked, batch))


def _file(made: filing.Made) -> HttpResponse:
    kind = _TYPES.get(made.name.rpartition(".")[2], _XLSX)
    answer = HttpResponse(made.content, content_type=kind)
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(made.name)}"
    answer["Cache-Control"] = "no-store"
    return answer


@page("", Act.PAYMENTS_READ)
def payment_table(asked: Asked, batch: str) -> HttpResponse:
    """The payments of a batch as a sheet; of an account the last digits alone."""
    found = selectors.one(asked.actor, batch)
    head = [
        _("行"), _("医院"), _("机构编码"), _("账号"), _("应付（元）"), _("扣回（元）"), _("付（元）"), _("状态"),
        _("流水号"), _("原因"),
    ]  # fmt: skip
    rows = found.json()["payments"]
    names = {one.facility: one.name for one in found.payments}
    return sheet("payments", head, [
        [row["row"], names[row["facility"]], row["facility"], row["account"], row["owed"], row["returned"],
         row["amount"], _WORDS[row["state"]], row["reference"], row["reason"]]
        for row in rows
    ])  # fmt: skip


_WORDS = {"waiting": "等回单", "paid": "已付", "failed": "没有付成"}


@page("desk/district/payees.html", Act.PAYMENTS_READ, posts=True)
def payees_page(asked: Asked) -> Shown | HttpResponse:
    """The bank account of each hospital: stated by one person, confirmed by another."""
    if table_of(asked.request) is not None:
        return _payees_as_sheet(asked)
    if not asked.is_posted:
        return _payees(asked)
    return forms.answered(
        asked, "desk/district/payees.html", lambda: _stated(asked), lambda: _payees(asked)
    )


def _payees_as_sheet(asked: Asked) -> HttpResponse:
    """The accounts as the page shows them: of a number the last four digits."""
    shown = _payees(asked)
    head = [
        _("医疗机构"), _("机构编码"), _("户名"), _("开户银行"), _("账号"), _("确认"), _("等确认的户名"),
        _("等确认的开户银行"), _("等确认的账号"), _("谁登记的"), _("登记"), _("为什么"),
    ]  # fmt: skip
    rows: list[list[object]] = []
    for row in shown["rows"]:
        held, new = row["of"], row["new"]
        rows.append([
            row["name"], row["code"],
            *((held.account.holder, held.account.bank, held.masked_number, held.confirmed) if held else [None] * 4),
            *((new.account.holder, new.account.bank, new.masked_number,
               shown["by"].get(new.stated_by, new.stated_by), new.stated, new.reason) if new else [None] * 6),
        ])  # fmt: skip
    return sheet("payees", head, rows)


def _payees(asked: Asked) -> dict[str, Any]:
    holding, waiting = payees.holding(), payees.waiting()
    every = [*holding.values(), *waiting.values()]
    names = called({one.stated_by for one in every} | {one.confirmed_by for one in every})
    rows = [
        {"code": code, "name": name, "of": holding.get(code), "new": waiting.get(code),
         "mine": code in waiting and waiting[code].stated_by == asked.actor.key}
        for code, name in Facility.objects.order_by("name").values_list("code", "name")
    ]  # fmt: skip
    kept = asked.request.POST
    return {
        "rows": rows, "by": names, "missing": sum(1 for one in rows if one["of"] is None),
        "waits": len(waiting), "chosen": asked.request.GET.get("facility", "") or kept.get("facility", ""),
        "typed": {key: kept.get(key, "") for key in ("holder", "bank", "bank_code", "reason")},
    }  # fmt: skip


def _stated(asked: Asked) -> HttpResponse:
    """State an account, or confirm or refuse one. Raises Refusal."""
    match forms.field(asked, "do"):
        case "state":
            account = payees.Stated(
                forms.field(asked, "holder", 200), forms.field(asked, "bank", 200), forms.field(asked, "bank_code"),
                forms.field(asked, "number"),
            )  # fmt: skip
            payees.state(asked.actor, forms.field(asked, "facility"), account, forms.reason(asked))
            messages.success(asked.request, _("登记了，等另一个人确认"))
        case "confirm" | "refuse" as what:
            number = forms.number(forms.field(asked, "account"))
            typed = forms.field(asked, "typed")
            payees.decide(asked.actor, number, accept=what == "confirm", typed=typed)
            told = _("确认了，以后付到这个账户") if what == "confirm" else _("退回了")
            messages.success(asked.request, told)
        case what:
            raise Refusal.of(422, "F203", "do", value=what[:40], expected=_("页面上的按钮"))
    return to(reverse("desk:payees"))


ADDRESSES = [
    path("payments", payments, name="payments"),
    path("payments/table.csv", payments_table, name="payments_table"),
    path("payments/payees", payees_page, name="payees"),
    path("payments/<str:batch>", payment, name="payment"),
    path("payments/<str:batch>/table.csv", payment_table, name="payment_table"),
    path("payments/<str:batch>/file", payment_file, name="payment_file"),
    path("payments/<str:batch>/voucher", payment_voucher, name="payment_voucher"),
]
