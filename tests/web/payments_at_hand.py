"""Payments to make: hospitals with accounts, approved amounts, who makes, releases, what the bank says."""

import csv
import io
import json
from itertools import count
from typing import Any

from doudi_web.payments import filing, making, releasing, replying
from doudi_web.register import payees
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor
from web.floor_at_hand import decide, entry_of, settled
from web.service import Json, Service

_numbers = count(1)
ADMIN = Actor("account:9001", Role.DISTRICT_ADMIN)
OTHER_ADMIN = Actor("account:9002", Role.DISTRICT_ADMIN)
ACCOUNTANT = Actor("account:9003", Role.FUND_ACCOUNTANT)
OTHER_ACCOUNTANT = Actor("account:9004", Role.FUND_ACCOUNTANT)
MONTH = now().strftime("%Y-%m")


def message() -> str:
    """A message id that nobody has used."""
    return f"pay-{next(_numbers)}"


def account(facility: str, number: str = "", holder: str = "") -> None:
    """A confirmed account of a hospital."""
    stated = payees.Stated(
        holder or f"{facility}医院", "某某银行某某支行", "102100000001", number or f"62220000{facility[1:]:0>8}"
    )  # fmt: skip
    waits = payees.state(ADMIN, facility, stated, "开户")
    payees.decide(ACCOUNTANT, waits, accept=True, typed=stated.number)


def approved(service: Service, person: str, facility: str) -> int:
    """A floor amount of 134.79 that the district has approved."""
    entry = entry_of(service, settled(service, person, facility))
    assert decide(service, service.token("district_admin"), "approve", [entry])[0] == 201
    return entry


def made(by: Actor = ACCOUNTANT, layout: str = "bank_csv", month: str = MONTH) -> Json:
    """A new batch."""
    return json.loads(making.make(by, message(), {"month": month}, month, layout).text)


def released(number: str, by: Actor = ADMIN) -> None:
    """A batch that a second person released."""
    releasing.release(by, message(), {}, number, "核对过")


def sent(number: str) -> list[dict[str, str]]:
    """The rows of the bank's file (CSV) of a released batch."""
    found = filing.bank(ACCOUNTANT, number, "")
    return list(csv.DictReader(io.StringIO(found.content.decode("gbk"))))


def reply(rows: list[dict[str, str]], failed: dict[str, str] | None = None) -> bytes:
    """The bank's return of these rows: those in `failed` (by 序号) were not paid, for the reason told."""
    failed = failed or {}
    text = io.StringIO()
    head = ["序号", "收款账号", "金额", "处理结果", "银行流水号", "失败原因"]
    writer = csv.writer(text)
    writer.writerow(head)
    for row in rows:
        why = failed.get(row["序号"])
        result = ["失败", "", why] if why else ["成功", f"R{row['序号']}", ""]
        writer.writerow([row["序号"], row["收款账号"], row["金额"], *result])
    return text.getvalue().encode("gbk")


def took(number: str, content: bytes, name: str = "回单.csv", by: Actor = ACCOUNTANT) -> Json:
    """The bank's return is read."""
    return json.loads(replying.take(by, message(), number, name, content).text)


def state_of(service: Service, number: str) -> Any:
    """The state of a batch, and of its payments."""
    ((state,),) = service.rows("SELECT state FROM payments_batch WHERE number = %s", number)
    rows = service.rows(
        "SELECT p.facility, p.state, p.reference, p.reason FROM payments_payment p"
        " JOIN payments_batch b ON b.id = p.batch_id WHERE b.number = %s ORDER BY p.row",
        number,
    )
    return state, rows
