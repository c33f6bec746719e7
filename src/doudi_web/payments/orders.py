"""What a batch pays: each payment with its hospital, the account of that time, and the floor amounts within it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import psycopg

from doudi_web.register import payees
from doudi_web.register.payees import Payee
from doudi_web.settlement import tables
from doudi_web.tenancy.refusals import Refusal

Driver = psycopg.Connection[tables.Row]


class State(StrEnum):
    """Where a batch stands."""

    MADE = "made"
    RELEASED = "released"
    SENT = "sent"
    DONE = "done"
    CANCELLED = "cancelled"


STATE_TITLES: dict[State, str] = {
    State.MADE: "做好了，等放行",
    State.RELEASED: "放行了，等出银行文件",
    State.SENT: "给了银行，等回单",
    State.DONE: "银行都答复了",
    State.CANCELLED: "已作废",
}


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as its row has it."""

    id: int
    number: str
    month: str
    profile_name: str
    profile: str
    amount: int
    made: datetime
    made_by: str
    released: datetime | None
    released_by: str
    ended: datetime | None
    ended_by: str
    reason: str
    state: State


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment of a batch: its row, whom, how much is owed, taken back and paid, and what the bank said."""

    id: int
    row: int
    facility: str
    name: str
    account: int
    owed: int
    returned: int
    amount: int
    state: str
    answered: datetime | None
    reference: str
    reason: str
    entries: tuple[int, ...]


_BATCH = """
SELECT id, number, month, profile_name, profile, amount, made, made_by, released, released_by, ended,
  ended_by, reason, state
FROM payments_batch WHERE number = %s
"""
_PAYMENTS = """
SELECT p.id, p.row, p.facility, p.name, p.account, p.owed, p.returned, p.amount, p.state,
  p.answered, p.reference, p.reason, array(SELECT i.entry FROM payments_paid i WHERE i.payment_id = p.id ORDER BY 1)
FROM payments_payment p WHERE p.batch_id = %s ORDER BY p.row
"""


def batch(db: Driver, number: str, *, alone: bool = False) -> Batch:
    """The batch of that number; `alone`: it is the caller's until the transaction ends. Raises Refusal 404."""
    row = db.execute(_BATCH + (" FOR UPDATE" if alone else ""), [number]).fetchone()  # pyright: ignore[reportArgumentType, reportCallIssue]
    if row is None:
        raise Refusal.of(404, "S723", number, what=f"批次 {number}", state="没有", wanted="办")
    told: tuple[Any, ...] = row[:-1]
    return Batch(*told, state=State(row[-1]))


def payments(db: Driver, of: Batch) -> list[Payment]:
    """The payments of a batch, in the order of its file."""
    return [_payment(row) for row in db.execute(_PAYMENTS, [of.id])]


def _payment(row: tables.Row) -> Payment:
    told: tuple[Any, ...] = row[:-1]
    return Payment(*told, entries=tuple(row[-1]))


def accounts(found: Sequence[Payment]) -> dict[int, Payee]:
    """The accounts to which payments go, as they were when the batch was made."""
    return payees.by_number({one.account for one in found})


def must_be(one: Batch, wanted: str, *states: State) -> None:
    """Raises Refusal 409 where a batch is in another state."""
    if one.state not in states:
        raise Refusal.of(
            409, "S723", one.number, what=f"批次 {one.number}", state=STATE_TITLES[one.state], wanted=wanted
        )  # fmt: skip
