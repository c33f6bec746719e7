"""The demonstration's money: accounts, payments in each state, a dispute that waits and one that was answered."""

import csv
import io
import json

from doudi_web.clearing import standing
from doudi_web.disputes import answering, opening
from doudi_web.disputes.opening import Disputed
from doudi_web.payments import filing, making, releasing, replying
from doudi_web.register import payees
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.models import Account
from doudi_web.tenancy.who import Actor, actor_of_account

_PAID, _FAILS, _LATER, _NO_ACCOUNT = 0, 1, 2, 3
"""Of the hospitals with most to approve: one is paid, one is sent back, one is in a batch that waits, one has no
account; the others wait for approval."""


def demonstrate_money() -> None:
    """Floor money of the month so far, as an accountant and an administrator would have left it this morning."""
    month = f"{now():%Y-%m}"
    admin, accountant, office = (
        _somebody(name) for name in ("district-admin", "fund-accountant", "insurance-office")
    )
    found = sorted(standing.standing(admin, month), key=lambda one: -one.to_approve.items)
    chosen = [one for one in found if one.to_approve.amount > 0][: _NO_ACCOUNT + 1]
    for number, one in enumerate(chosen):
        if number != _NO_ACCOUNT:
            _account(accountant, admin, one.facility, one.name, number)
    _approve(admin, month, chosen[:_LATER])
    _paid_but_one(admin, accountant, month)
    _approve(admin, month, chosen[_LATER:_NO_ACCOUNT])
    making.make(accountant, "demo-money-2", {"month": month}, month, "bank_csv")
    _approve(admin, month, chosen[_NO_ACCOUNT:])
    _dispute(office, admin, month)


def _somebody(name: str) -> Actor:
    return actor_of_account(Account.objects.get(username=f"demo.{name}"))


def _account(by: Actor, other: Actor, facility: str, name: str, number: int) -> None:
    """An account that no bank has."""
    stated = payees.Stated(name[:60], "演示银行营业部", "", f"6666000000000{number:03d}")
    waits = payees.state(by, facility, stated, "开通付款")
    payees.decide(other, waits, accept=True, typed=stated.number)


def _approve(admin: Actor, month: str, of: "list[standing.Standing]") -> None:
    for one in of:
        message = f"demo-money-{one.facility}"[:80]
        amount = one.to_approve.amount
        standing.approve(admin, message, {}, one.facility, month, one.last, amount)


def _paid_but_one(admin: Actor, accountant: Actor, month: str) -> None:
    """A batch that the bank answered: the last payment was sent back."""
    made = making.make(accountant, "demo-money-1", {"month": month}, month, "bank_csv")
    number = str(json.loads(made.text)["number"])
    releasing.release(admin, "demo-release-1", {}, number, "核对过")
    file = filing.bank(accountant, number, "").content.decode("gbk")
    text = io.StringIO()
    answer = csv.writer(text)
    answer.writerow(["序号", "收款账号", "金额", "处理结果", "银行流水号", "失败原因"])
    rows = list(csv.DictReader(io.StringIO(file)))
    for row in rows:
        failed = len(rows) > 1 and row is rows[-1]
        said = ["失败", "", "户名不符"] if failed else ["成功", f"YS{row['序号']:0>6}", ""]
        answer.writerow([row["序号"], row["收款账号"], row["金额"], *said])
    replying.take(accountant, "demo-reply-1", number, "回单.csv", text.getvalue().encode("gbk"))


def _dispute(office: Actor, admin: Actor, month: str) -> None:
    open_one = Disputed(month, "fund:medical_assistance", None, None)
    opening.dispute(office, "demo-dispute-1", {}, open_one, "医疗救助的合计比我院系统多，请核对")
    other = Disputed(month, "hospital", None, None)
    told = opening.dispute(office, "demo-dispute-2", {}, other, "医院承担的里面有两笔已经更正")
    number = int(json.loads(told.text)["dispute"])
    text = "更正的那两笔原来的撤销、新的另记，合计是净数，核对过"
    answering.answer(admin, "demo-answer-2", {}, number, text, upheld=False)
