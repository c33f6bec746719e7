"""Making the bank's file and the voucher of a batch: counted, with its digest, made again only for a reason."""

from dataclasses import dataclass
from typing import Literal

from doudi.dates import CHINA
from doudi.errors import Faulty, fault
from doudi_web.audit_log.actions import record
from doudi_web.clearing.holding import LOCK
from doudi_web.payments.layout import Content, bank_file, voucher
from doudi_web.payments.orders import Batch, Driver, State, accounts, batch, must_be, payments
from doudi_web.payments.profiles import Profile, profile, read
from doudi_web.payments.releasing import must_stand
from doudi_web.settlement import tables
from doudi_web.settlement.ledger import sm3
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

Kind = Literal["bank", "voucher"]


@dataclass(frozen=True, slots=True)
class Made:
    """A file: its name, its bytes, its SM3, which time it was made."""

    name: str
    content: bytes
    digest: str
    number: int


_EARLIER = """
SELECT count(*), min(digest) FROM payments_file WHERE batch_id = %s AND kind = %s AND profile = %s
"""
_FILE = """
INSERT INTO payments_file (batch_id, kind, profile, number, name, digest, rows, at, by, reason)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def bank(actor: Actor, number: str, reason: str) -> Made:
    """The bank's file of a released batch. The first time it is sent with it; again it is the same, and says so.

    Raises Refusal: 403, 404, 409 (not released; what is in it changed), 422 (a value that does not fit; again
    without a reason).
    """
    actor.must(Act.PAYMENTS_MAKE)
    db = tables.driver()
    with db.transaction():
        tables.lock(db, (LOCK,))
        one = batch(db, number, alone=True)
        must_be(one, "出银行文件", State.RELEASED, State.SENT, State.DONE)
        layout = read(f"{one.profile_name}.yaml", one.profile.encode())
        found = payments(db, one)
        if one.state == State.RELEASED:
            must_stand(db, one, found)
            db.execute("UPDATE payments_batch SET state = 'sent' WHERE id = %s", [one.id])
        assert one.released is not None, "a batch with a file was released"
        content = Content(one, found, accounts(found), one.released.astimezone(CHINA).date())
        try:
            made = bank_file(layout, content)
        except Faulty as wrong:
            raise Refusal(422, wrong.faults) from wrong
        return _kept(db, actor, one, "bank", layout, made, len(found), reason)


def voucher_of(actor: Actor, number: str, layout_name: str, reason: str) -> Made:
    """The voucher of a batch that the bank has answered: of what was paid.

    Raises Refusal: 403, 404, 409 (the bank has not answered all; nothing was paid), 422.
    """
    actor.must(Act.PAYMENTS_MAKE)
    layout = profile("voucher", layout_name)
    db = tables.driver()
    with db.transaction():
        tables.lock(db, (LOCK,))
        one = batch(db, number, alone=True)
        must_be(one, "出凭证", State.DONE)
        found = payments(db, one)
        if not any(payment.state == "paid" for payment in found):
            raise Refusal.of(
                409, "S723", number, what=f"批次 {number}", state="一笔也没有付成", wanted="出凭证"
            )
        assert one.ended is not None, "what is done has ended"
        row = db.execute(_EARLIER, [one.id, "voucher", layout.name]).fetchone()
        assert row is not None
        content = Content(one, found, {}, one.ended.astimezone(CHINA).date())
        try:
            made = voucher(layout, content, row[0] + 1)
        except Faulty as wrong:
            raise Refusal(422, wrong.faults) from wrong
        return _kept(db, actor, one, "voucher", layout, made, len(found), reason)


def _kept(
    db: Driver,
    actor: Actor,
    one: Batch,
    kind: Kind,
    layout: Profile,
    content: bytes,
    rows: int,
    reason: str,
) -> Made:
    """Keep that a file was made. Raises Refusal 422 where it was made before and nobody says why again."""
    row = db.execute(_EARLIER, [one.id, kind, layout.name]).fetchone()
    assert row is not None
    count, first = row
    if count and not reason:
        raise Refusal(
            422, [fault("F201", "reason", key="reason", expected="为什么再出一次，1 至 400 字")]
        )
    digest, number = sm3(content).hex(), count + 1
    assert kind != "bank" or first in (None, digest), (
        "the bank's file is the same whenever it is made"
    )
    again = f"-补{count}" if count else ""
    name = f"{'付款' if kind == 'bank' else '凭证'}-{one.number}{again}.{layout.ending}"
    db.execute(
        _FILE, [one.id, kind, layout.name, number, name, digest, rows, now(), actor.key, reason]
    )
    detail = {
        "kind": kind,
        "number": number,
        "digest": digest,
        "rows": rows,
        "profile": layout.name,
    }
    record(actor, "payments.file", f"payments:{one.number}", reason=reason, detail=detail)
    return Made(name, content, digest, number)
