"""A batch as the bytes of a bank's file or of a voucher. Nothing is cut: what does not fit is a fault."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from doudi.errors import Fault, Faulty, fault
from doudi.money import yuan
from doudi.source_text import shown
from doudi.wire.sheets import Heading, Holds, Page, write
from doudi.wire.sheets.inert import shielded, visible
from doudi_web.payments.orders import Batch, Payment
from doudi_web.payments.profile_form import ColumnForm, LineForm, ProfileForm
from doudi_web.payments.profiles import AMOUNTS, DAYS, Profile
from doudi_web.register.payees import Payee

Value = str | int | date | None


@dataclass(frozen=True, slots=True)
class Content:
    """What a file is made of."""

    batch: Batch
    payments: Sequence[Payment]
    accounts: Mapping[int, Payee]
    day: date


def bank_file(profile: Profile, content: Content) -> bytes:
    """The bank's file: the same content is the same bytes. Raises Faulty with every value that does not fit."""
    form, batch = profile.form, _of_batch(content)
    lines = [(column_set, facts) for column_set, facts in (
        (form.first, batch),
        *((form.columns, batch | _of_payment(content, one)) for one in content.payments),
        (form.last, batch),
    ) if column_set]  # fmt: skip
    wrong: list[Fault] = []
    rows = [_texts(form, columns, facts, wrong) for columns, facts in lines]
    if form.titles:
        rows.insert(1 if form.first else 0, [column.title for column in form.columns])
    if wrong:
        raise Faulty(wrong)
    if form.format == "fixed":
        return "".join("".join(row) + "\r\n" for row in rows).encode(form.encoding)
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode(form.encoding)


def voucher(profile: Profile, content: Content, copy: int) -> bytes:
    """The voucher of what was paid; printed again it says so. Raises Faulty where its two sides are not equal."""
    form = profile.form
    facts = list(_voucher_lines(form, content, copy))
    debit, credit = (
        sum(_fen(one[f"line.{side}"]) for one in facts) for side in ("debit", "credit")
    )
    if debit != credit:
        reason = f"借方 {yuan(debit)} 元，贷方 {yuan(credit)} 元，两边不等"
        raise Faulty([fault("S725", form.profile, reason=reason)])
    headings = tuple(Heading(column.title, _holds(column)) for column in form.columns)
    rows = [[_plain(column, one) for column in form.columns] for one in facts]
    return write(f"v.{profile.ending}", [Page("记账凭证", headings, rows)])


def _voucher_lines(form: ProfileForm, content: Content, copy: int) -> Iterable[dict[str, Value]]:
    paid = [one for one in content.payments if one.state == "paid"]
    base: dict[str, Value] = {
        "voucher.day": content.day, "voucher.number": content.batch.number,
        "voucher.copy": f"补打第 {copy - 1} 次" if copy > 1 else "",
    }  # fmt: skip
    for line in form.lines:
        if line.of == "payment":
            parts = [(one.name, _amount(line, one)) for one in paid]
        else:
            parts = [("", sum(_amount(line, one) for one in paid))]
        for name, amount in parts:
            if not amount:
                continue
            slots = {"facility": name, "month": content.batch.month, "batch": content.batch.number}
            summary = line.summary
            for slot, value in slots.items():
                summary = summary.replace("{" + slot + "}", value)
            is_debit = line.side == "debit"
            yield base | {
                "line.summary": summary, "line.subject_code": line.subject_code, "line.subject": line.subject,
                "line.debit": amount if is_debit else None, "line.credit": None if is_debit else amount,
            }  # fmt: skip


def _fen(value: Value) -> int:
    return value if isinstance(value, int) else 0


def _amount(line: LineForm, one: Payment) -> int:
    return {"owed": one.owed, "returned": one.returned, "amount": one.amount}[line.amount]


def _plain(column: ColumnForm, facts: Mapping[str, Value]) -> Value:
    return column.text if column.fact is None else facts[column.fact]


def _holds(column: ColumnForm) -> Holds:
    if column.fact in AMOUNTS:
        return Holds.AMOUNT
    return Holds.DAY if column.fact in DAYS else Holds.TEXT


def _of_batch(content: Content) -> dict[str, Value]:
    batch = content.batch
    return {
        "batch.number": batch.number, "batch.day": content.day, "batch.rows": str(len(content.payments)),
        "batch.amount": batch.amount,
    }  # fmt: skip


def _of_payment(content: Content, one: Payment) -> dict[str, Value]:
    account = content.accounts[one.account].account
    return {
        "row": str(one.row), "payee.number": account.number, "payee.holder": account.holder,
        "payee.bank": account.bank, "payee.bank_code": account.bank_code, "facility.code": one.facility,
        "facility.name": one.name, "amount": one.amount, "owed": one.owed, "returned": one.returned,
        "purpose": f"政府兜底 {content.batch.month}",
    }  # fmt: skip


def _texts(
    form: ProfileForm, columns: Sequence[ColumnForm], facts: Mapping[str, Value], wrong: list[Fault]
) -> list[str]:
    return [_text(form, column, _plain(column, facts), wrong) for column in columns]


def _text(form: ProfileForm, column: ColumnForm, value: Value, wrong: list[Fault]) -> str:
    match value:
        case date():
            text = value.strftime("%Y%m%d") if form.dates == "YYYYMMDD" else value.isoformat()
        case int():
            text = str(value) if form.amounts == "fen" else yuan(value)
        case None | str():
            text = value or ""
    reason = _misfit(text, column, form.encoding, is_fixed=form.format == "fixed")
    if reason:
        hidden = "…" if column.fact == "payee.number" else shown(text, 40)
        wrong.append(fault("S726", column.title, title=column.title, value=hidden, reason=reason))
        return ""
    if column.width is None:
        return text
    fill = column.fill * (column.width - len(text.encode(form.encoding)))
    return fill + text if column.align == "right" else text + fill


def _misfit(
    text: str, column: ColumnForm, encoding: Literal["utf-8", "gbk"], *, is_fixed: bool
) -> str:
    """Why a text cannot stand in a column as it is; empty where it can."""
    if visible(text) != text or not text.isprintable():
        return "有看不见的字符"
    if not is_fixed and shielded(text) != text:
        return "表格软件会把它当公式"
    try:
        length = len(text.encode(encoding))
    except UnicodeEncodeError as error:
        return f"{encoding.upper()} 里没有“{text[error.start]}”这个字"
    if column.width is not None and length > column.width:
        return f"{length} 个字节，这一列只有 {column.width} 个"
    if column.longest is not None and len(text) > column.longest:
        return f"{len(text)} 个字，这一列最多 {column.longest} 个"
    return ""
