"""The bank's return of a batch: each row was paid or was not. Where one row fits no payment, nothing is taken."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from doudi.errors import Fault, Faulty, fault
from doudi.money import yuan
from doudi.source_text import shown
from doudi.wire.sheets import read as read_table
from doudi_web.audit_log.actions import record
from doudi_web.clearing.deciding import Batch as Decided
from doudi_web.clearing.deciding import decide_in
from doudi_web.clearing.floor import State as FloorState
from doudi_web.clearing.floor import read_items
from doudi_web.clearing.holding import LOCK, let_go
from doudi_web.clearing.once import once
from doudi_web.payments.orders import (
    Batch,
    Driver,
    Payment,
    State,
    accounts,
    batch,
    must_be,
    payments,
)
from doudi_web.payments.profile_form import ProfileForm, ReplyForm
from doudi_web.payments.profiles import read as read_profile
from doudi_web.register.payees import Payee
from doudi_web.settlement import tables
from doudi_web.settlement.answers import Answer
from doudi_web.settlement.ledger import sm3
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

SIZE_LIMIT_MB = 16
_LONGEST = {"reference": 80, "reason": 400}
_CHECKED = ("row", "result", "number", "amount")
"""What a row is held against: a file without such a column that the profile names says too little."""
_AMOUNT = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,13})(?:\.([0-9]{1,2})0*)?", re.ASCII)
_FEN = re.compile(r"[0-9]{1,20}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Said:
    """What the bank says of one payment; `where` is its place in the file."""

    where: str
    row: int
    is_paid: bool
    number: str | None
    amount: int | None
    reference: str
    reason: str


def take(actor: Actor, message: str, number: str, name: str, content: bytes) -> Answer:
    """Take the bank's return of a batch: 201; the same message again 200. Those not named still wait.

    Raises Refusal: 403, 404, 409 (the bank has not the file; who approved pays), 413, 422 with every row that is
    wrong.
    """
    actor.must(Act.PAYMENTS_MAKE)
    if len(content) > SIZE_LIMIT_MB * 2**20:
        raise Refusal.of(413, "S413", "file", limit=SIZE_LIMIT_MB)
    digest = sm3(content).hex()

    def do(db: Driver) -> Any:
        tables.lock(db, (LOCK,))
        one = batch(db, number, alone=True)
        must_be(one, "读入回单", State.SENT, State.DONE)
        found = payments(db, one)
        form = read_profile(f"{one.profile_name}.yaml", one.profile.encode()).form
        said = _read(form, name, content)
        new = _fitting(found, accounts(found), said)
        for payment, answer in new:
            _answer(db, actor, message, one, payment, answer)
        waiting = sum(1 for p in found if p.state == "waiting") - len(new)
        if not waiting and one.state == State.SENT:
            db.execute(
                "UPDATE payments_batch SET state = 'done', ended = %s, ended_by = %s WHERE id = %s",
                [now(), actor.key, one.id],
            )
        _keep(db, actor, one, digest, len(said))
        paid = [payment for payment, answer in new if answer.is_paid]
        detail = {
            "paid": len(paid), "failed": len(new) - len(paid), "waiting": waiting, "digest": digest,
            "amount": yuan(sum(payment.amount for payment in paid)),
        }  # fmt: skip
        record(actor, "payments.reply", f"payments:{number}", detail=detail)
        return {"number": number, "state": "sent" if waiting else "done", **detail}

    return once(actor, "payments.reply", message, {"number": number, "digest": digest}, do)


_REPLY = """
INSERT INTO payments_file (batch_id, kind, profile, number, name, digest, rows, at, by, reason)
SELECT %s, 'reply', %s, count(*) + 1, '', %s, %s, %s, %s, '' FROM payments_file
WHERE batch_id = %s AND kind = 'reply'
"""
_ANSWER = """
UPDATE payments_payment SET state = %s, answered = %s, reference = %s, reason = %s WHERE id = %s
"""


def _keep(db: Driver, actor: Actor, one: Batch, digest: str, rows: int) -> None:
    db.execute(_REPLY, [one.id, one.profile_name, digest, rows, now(), actor.key, one.id])


def _answer(
    db: Driver, actor: Actor, message: str, one: Batch, payment: Payment, said: Said
) -> None:
    """Write what became of a payment's floor amounts; one that was reversed on its way can only have been paid."""
    state = FloorState.PAID if said.is_paid else FloorState.FAILED
    entries = payment.entries
    if not said.is_paid:
        items = read_items(db, [("e.id = ANY(%s)", list(entries))])
        entries = tuple(item.entry for item in items if item.state != FloorState.CANCELLED)
    if entries:
        decide_in(
            db, actor, state, message, Decided(entries=entries), said.reason, said.reference, one.number
        )  # fmt: skip
    let_go(db, payment.entries, one.number)
    db.execute(_ANSWER, [_word(said), now(), said.reference, said.reason, payment.id])


def _word(said: Said) -> str:
    return "paid" if said.is_paid else "failed"


def _fitting(
    found: Sequence[Payment], to: Mapping[int, Payee], said: Sequence[Said]
) -> list[tuple[Payment, Said]]:
    """The payments that are answered now. Raises Refusal 422 with every row that fits none."""
    by_row, seen, wrong = {one.row: one for one in found}, dict[int, Said](), list[Fault]()
    new: list[tuple[Payment, Said]] = []
    for one in said:
        payment = by_row.get(one.row)
        reason = _mismatch(payment, to, one)
        if not reason and one.row in seen:
            reason = f"第 {one.row} 笔说了两次"
        if reason:
            wrong.append(fault("S727", one.where, reason=reason))
        elif payment is not None and payment.state == "waiting":
            new.append((payment, one))
        seen[one.row] = one
    if not said:
        wrong.append(fault("S727", "file", reason="一行也没有"))
    if wrong:
        raise Refusal(422, wrong)
    return new


def _mismatch(payment: Payment | None, to: Mapping[int, Payee], one: Said) -> str:
    if payment is None:
        return f"这一批没有第 {one.row} 笔"
    if one.amount is not None and one.amount != payment.amount:
        return f"第 {one.row} 笔是 {yuan(payment.amount)} 元，回单写 {yuan(one.amount)} 元"
    if one.number is not None and one.number != to[payment.account].account.number:
        return f"第 {one.row} 笔的账号不是批次里的"
    if payment.state not in ("waiting", _word(one)):
        was = "付了" if payment.state == "paid" else "没有付成"
        return f"第 {one.row} 笔已经记成{was}，回单说的相反"
    if payment.state == "paid" and one.reference != payment.reference:
        return f"第 {one.row} 笔已经付了，流水号是 {payment.reference}，回单是另一个：核对银行有没有付两次"
    if one.is_paid and not one.reference:
        return f"第 {one.row} 笔付了，没有写流水号"
    if not one.is_paid and not one.reason:
        return f"第 {one.row} 笔没有付成，没有写原因"
    return ""


def _read(form: ProfileForm, name: str, content: bytes) -> list[Said]:
    """The rows of a return. Raises Refusal 422 with all that is wrong."""
    reply = form.reply
    assert reply is not None, "a bank's profile says how its return is read"
    wrong: list[Fault] = []
    try:
        rows = (
            _fixed(form, reply, content) if form.format == "fixed" else _table(reply, name, content)
        )
        said = [one for where, row in rows if (one := _said(reply, where, row, wrong))]
    except Faulty as faulty:
        raise Refusal(422, faulty.faults) from faulty
    if wrong:
        raise Refusal(422, wrong)
    return said


Row = tuple[str, Mapping[str, str]]


def _table(reply: ReplyForm, name: str, content: bytes) -> Iterator[Row]:
    ending = name.rpartition(".")[2].lower()
    sheet = read_table(f"回单.{ending if ending in ('csv', 'xlsx', 'xls') else 'csv'}", content)[0]
    rows = [[cell.text.strip() for cell in row] for row in sheet.rows]
    filled = [(n, row) for n, row in enumerate(rows) if any(row)]
    if not filled:
        return
    _, head = filled[0]
    places = {
        one.holds: next((head.index(title) for title in one.titles or () if title in head), None)
        for one in reply.columns
    }
    missing = [
        "、".join(one.titles or ()) for one in reply.columns
        if places[one.holds] is None and one.holds in _CHECKED
    ]  # fmt: skip
    if missing:
        raise Faulty([fault("S727", sheet.name, reason=f"没有这一列：{one}") for one in missing])
    for number, row in filled[1:]:
        yield (
            sheet.place(number),
            {
                what: row[place] if place < len(row) else ""
                for what, place in places.items()
                if place is not None
            },
        )


def _fixed(form: ProfileForm, reply: ReplyForm, content: bytes) -> Iterator[Row]:
    widths = [one.width or 0 for one in reply.columns]
    lines = content.replace(b"\r\n", b"\n").split(b"\n")
    head = 1 if form.first else 0
    tail = 1 if form.last else 0
    numbered = [(n, line) for n, line in enumerate(lines, 1) if line.strip()]
    for number, line in numbered[head : len(numbered) - tail]:
        where = f"回单 第 {number} 行"
        if len(line) != sum(widths):
            reason = f"这一行 {len(line)} 个字节，应当是 {sum(widths)} 个"
            raise Faulty([fault("S727", where, reason=reason)])
        found: dict[str, str] = {}
        at = 0
        for one, width in zip(reply.columns, widths, strict=True):
            try:
                found[one.holds] = line[at : at + width].decode(form.encoding).strip()
            except UnicodeDecodeError as error:
                raise Faulty(
                    [fault("S727", where, reason=f"不是 {form.encoding.upper()} 的字")]
                ) from error
            at += width
        yield where, found


def _said(reply: ReplyForm, where: str, row: Mapping[str, str], wrong: list[Fault]) -> Said | None:
    result, stated = row.get("result", ""), row.get("row", "")
    if not (stated.isascii() and stated.isdigit() and len(stated) < 10):
        wrong.append(fault("S727", where, reason=f"序号“{shown(stated, 20)}”不是数"))
        return None
    if result not in (*reply.paid, *reply.failed):
        known = "、".join((*reply.paid, *reply.failed))
        wrong.append(fault("S727", where, reason=f"不认得结果“{shown(result, 20)}”，认得 {known}"))
        return None
    texts = {key: row.get(key, "") for key in _LONGEST}
    for key, text in texts.items():
        if len(text) > _LONGEST[key] or not text.isprintable():
            wrong.append(
                fault("S727", where, reason=f"“{shown(text, 20)}”太长，或者有看不见的字符")
            )
            return None
    amount: int | None = None
    if "amount" in row:
        amount = _amount(reply, row["amount"])
        if amount is None:
            wrong.append(fault("S727", where, reason=f"金额“{shown(row['amount'], 20)}”不是数"))
            return None
    return Said(where, int(stated), result in reply.paid, row.get("number"), amount, **texts)


def _amount(reply: ReplyForm, text: str) -> int | None:
    """An amount in fen; None where the text is none."""
    if reply.amounts == "fen":
        return int(text) if _FEN.fullmatch(text) else None
    found = _AMOUNT.fullmatch(text)
    if found is None:
        return None
    whole, part = found[1].replace(",", ""), found[2] or ""
    return int(whole) * 100 + int(f"{part:0<2}")
