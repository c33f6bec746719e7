"""Gathering approved floor amounts into a batch: one payment a hospital, what it is owed less what it returns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, LiteralString

from doudi.errors import fault
from doudi.money import yuan
from doudi_web.audit_log.actions import record
from doudi_web.clearing.floor import Item, read_items
from doudi_web.clearing.floor import State as FloorState
from doudi_web.clearing.holding import LOCK, hold
from doudi_web.clearing.once import once
from doudi_web.payments.orders import Driver
from doudi_web.payments.profiles import Profile, profile
from doudi_web.register import payees
from doudi_web.register.payees import Payee
from doudi_web.settlement import tables
from doudi_web.settlement.answers import Answer
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

LIMIT = 100_000  # floor amounts of one batch


@dataclass(frozen=True, slots=True)
class Ready:
    """What a hospital can be paid now: approved amounts that no batch has; below 0 it has to give back."""

    facility: str
    items: tuple[Item, ...]

    @property
    def owed(self) -> int:
        """What it is owed."""
        return sum(one.amount for one in self.items if one.amount > 0)

    @property
    def returned(self) -> int:
        """What it has to give back of what it was paid."""
        return -sum(one.amount for one in self.items if one.amount < 0)

    @property
    def amount(self) -> int:
        """What goes to the bank; nothing where it has more to give back."""
        return self.owed - self.returned


_FREE: LiteralString = (
    "NOT EXISTS (SELECT 1 FROM clearing_hold h WHERE h.entry = e.id) AND p.month <= %s"
)


def ready(db: Driver, month: str) -> list[Ready]:
    """What each hospital can be paid of that month and those before it. Raises Refusal 413."""
    found = read_items(db, [(_FREE, month)], (FloorState.APPROVED,), LIMIT + 1)
    if len(found) > LIMIT:
        details = {"name": "兜底金额", "count": f"{LIMIT:,} 以上", "limit": f"{LIMIT:,}"}
        raise Refusal(413, [fault("F110", "month", **details)])
    found.sort(key=lambda one: (one.facility, one.entry))
    return [Ready(code, tuple(own)) for code, own in groupby(found, lambda one: one.facility)]


def make(
    actor: Actor,
    message: str,
    stated: Mapping[str, Any],
    month: str,
    layout: str,
    seen_fen: int | None = None,
) -> Answer:
    """Make a batch of what is approved of a month and before: 201; the same message again 200.

    A hospital that has more to give back than it is owed is left out. `seen_fen`: the sum that somebody saw.
    Raises Refusal: 403, 409 (nothing to pay; no account, each named; the sum is another by now), 413, 422.
    """
    actor.must(Act.PAYMENTS_MAKE)
    of = profile("bank", layout)

    def do(db: Driver) -> Any:
        tables.lock(db, (LOCK, "payments:number"))
        found = [one for one in ready(db, month) if one.amount > 0]
        if not found:
            raise Refusal.of(409, "S583", month, facility="（全部）", month=month)
        accounts = _accounts(found)
        amount = sum(one.amount for one in found)
        if seen_fen is not None and seen_fen != amount:
            what = f"到 {month} 可以付的"
            raise Refusal.of(409, "S589", month, what=what, now=yuan(amount), seen=yuan(seen_fen))
        number = _number(db, month)
        batch = _written(db, actor, number, month, of, amount)
        for row, one in enumerate(found, 1):
            _pay(db, batch, number, row, one, accounts[one.facility])
        detail = {
            "month": month, "payments": len(found), "amount": yuan(amount), "profile": of.name,
            "entries": sum(len(one.items) for one in found),
        }  # fmt: skip
        record(actor, "payments.make", f"payments:{number}", detail=detail)
        return {
            "number": number, "month": month, "state": "made", "amount": yuan(amount),
            "payments": [
                {"row": row, "facility": one.facility, "owed": yuan(one.owed), "returned": yuan(one.returned),
                 "amount": yuan(one.amount), "entries": [item.entry for item in one.items]}
                for row, one in enumerate(found, 1)
            ],
        }  # fmt: skip

    return once(actor, "payments.make", message, stated, do)


def _accounts(found: Sequence[Ready]) -> dict[str, Payee]:
    """The account of every hospital. Raises Refusal 409 with each that has none."""
    accounts = payees.holding()
    missing = [one.facility for one in found if one.facility not in accounts]
    if missing:
        raise Refusal(409, [fault("S720", code, facility=code) for code in missing])
    return accounts


_LAST = "SELECT count(*) FROM payments_batch WHERE month = %s"
_BATCH = """
INSERT INTO payments_batch
  (number, month, state, profile_name, profile, amount, made, made_by, released_by, ended_by, reason)
VALUES (%s, %s, 'made', %s, %s, %s, %s, %s, '', '', '') RETURNING id
"""
_PAYMENT = """
INSERT INTO payments_payment
  (batch_id, row, facility, name, account, owed, returned, amount, state, reference, reason)
SELECT %s, %s, %s, (SELECT name FROM tenancy_facility WHERE code = %s), %s, %s, %s, %s, 'waiting', '', ''
RETURNING id
"""
_PAID = """
INSERT INTO payments_paid (payment_id, entry, amount)
SELECT %s, e, a FROM unnest(%s::bigint[], %s::bigint[]) AS x(e, a)
"""


def _number(db: Driver, month: str) -> str:
    row = db.execute(_LAST, [month]).fetchone()
    assert row is not None
    return f"{month}-{row[0] + 1:03d}"


def _written(db: Driver, actor: Actor, number: str, month: str, of: Profile, amount: int) -> int:
    values = [number, month, of.name, of.text, amount, now(), actor.key]
    row = db.execute(_BATCH, values).fetchone()
    assert row is not None
    return row[0]


def _pay(db: Driver, batch: int, number: str, row: int, one: Ready, account: Payee) -> None:
    values = [
        batch,
        row,
        one.facility,
        one.facility,
        account.id,
        one.owed,
        one.returned,
        one.amount,
    ]
    made = db.execute(_PAYMENT, values).fetchone()
    assert made is not None
    entries = [item.entry for item in one.items]
    db.execute(_PAID, [made[0], entries, [item.amount for item in one.items]])
    hold(db, entries, number)
