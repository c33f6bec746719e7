"""Batches as they are read: the newest first; one with its payments, its files, and who did what when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from doudi.money import yuan
from doudi_web.audit_log.actions import record
from doudi_web.payments.orders import Batch, Driver, Payment, State, accounts, batch, payments
from doudi_web.register.payees import Payee
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import told, told_or_none
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

LISTED = 50


@dataclass(frozen=True, slots=True)
class Row:
    """A batch in a list: what it comes to, and how its payments stand."""

    number: str
    month: str
    amount: int
    made: datetime
    made_by: str
    state: State
    payments: int
    paid: int
    failed: int

    def json(self) -> dict[str, Any]:
        """The batch as answers tell it."""
        return {
            "number": self.number, "month": self.month, "state": self.state.value, "amount": yuan(self.amount),
            "made": told(self.made), "by": self.made_by, "payments": self.payments, "paid": self.paid,
            "failed": self.failed,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class File:
    """A file that was made or read: which, the how-manieth, its SM3, by whom, why again."""

    kind: str
    profile: str
    number: int
    name: str
    digest: str
    rows: int
    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Whole:
    """A batch with all that belongs to it. `states`: of each floor amount in it, where it stands now."""

    batch: Batch
    payments: Sequence[Payment]
    accounts: Mapping[int, Payee]
    files: Sequence[File]
    failed: frozenset[int]
    """The floor amounts that the bank did not pay and nobody has approved again."""

    def json(self) -> dict[str, Any]:
        """The batch as answers tell it: of an account the last digits alone."""
        one = self.batch
        return {
            "number": one.number, "month": one.month, "state": one.state.value, "profile": one.profile_name,
            "amount": yuan(one.amount), "made": told(one.made), "by": one.made_by,
            "released": told_or_none(one.released), "released_by": one.released_by,
            "ended": told_or_none(one.ended),
            "ended_by": one.ended_by, "reason": one.reason,
            "payments": [
                {"row": p.row, "facility": p.facility, "account": self.accounts[p.account].masked_number,
                 "owed": yuan(p.owed), "returned": yuan(p.returned), "amount": yuan(p.amount), "state": p.state,
                 "reference": p.reference, "reason": p.reason, "entries": list(p.entries)}
                for p in self.payments
            ],
            "files": [
                {"kind": f.kind, "profile": f.profile, "number": f.number, "name": f.name, "digest": f.digest,
                 "rows": f.rows, "at": told(f.at), "by": f.by, "reason": f.reason}
                for f in self.files
            ],
        }  # fmt: skip


_ROWS: LiteralString = """
SELECT b.number, b.month, b.amount, b.made, b.made_by, count(p.id), count(p.id) FILTER (WHERE p.state = 'paid'),
  count(p.id) FILTER (WHERE p.state = 'failed'), b.state
FROM (SELECT * FROM payments_batch WHERE (%s = '' OR month = %s) ORDER BY id DESC LIMIT %s) b
JOIN payments_payment p ON p.batch_id = b.id
GROUP BY b.id, b.number, b.month, b.amount, b.made, b.made_by, b.state ORDER BY b.id DESC
"""
_FILES = """
SELECT kind, profile, number, name, digest, rows, at, by, reason FROM payments_file
WHERE batch_id = %s ORDER BY id
"""
_FAILED = """
SELECT l.entry FROM payments_paid i JOIN payments_payment p ON p.id = i.payment_id
JOIN LATERAL (SELECT f.entry, f.state FROM clearing_floorstate f WHERE f.entry = i.entry
  ORDER BY f.id DESC LIMIT 1) l ON l.state = 'failed'
WHERE p.batch_id = %s AND p.state = 'failed'
"""


def batches(actor: Actor, month: str = "", most: int = LISTED) -> list[Row]:
    """The newest batches, of a month where asked. Raises Refusal 403."""
    actor.must(Act.PAYMENTS_READ)
    db = tables.driver()
    with db.transaction():
        rows = db.execute(_ROWS, [month, month, most]).fetchall()
        record(actor, "payments.list", "payments", detail={"month": month, "rows": len(rows)})
    return [
        Row(number, of, amount, made, by, State(state), count, paid, failed)
        for number, of, amount, made, by, count, paid, failed, state in rows
    ]


def one(actor: Actor, number: str) -> Whole:
    """A batch with its payments and files. Raises Refusal 403, 404."""
    actor.must(Act.PAYMENTS_READ)
    db = tables.driver()
    with db.transaction():
        found = batch(db, number)
        whole = _whole(db, found)
        record(actor, "payments.read", f"payments:{number}"[:80])
    return whole


def failed_in(db: Driver, found: Batch) -> frozenset[int]:
    """The floor amounts of a batch that the bank did not pay and nobody has approved again."""
    return frozenset(row[0] for row in db.execute(_FAILED, [found.id]))


def _whole(db: Driver, found: Batch) -> Whole:
    of = payments(db, found)
    files = [File(*row) for row in db.execute(_FILES, [found.id])]
    return Whole(found, of, accounts(of), files, failed_in(db, found))


_WAITING = "SELECT count(*) FROM payments_batch WHERE state = ANY(%s)"


def count_waiting(actor: Actor) -> int:
    """How many batches wait for the actor: to be released, or to be sent and answered."""
    states = ["made"] if actor.may(Act.PAYMENTS_RELEASE) else ["released", "sent"]
    row = tables.driver().execute(_WAITING, [states]).fetchone()
    return 0 if row is None else row[0]
