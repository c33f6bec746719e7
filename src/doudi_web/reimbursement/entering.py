"""The township enters an invoice, mends it while it is open, brings and takes away scans, gives it up.

Who writes says which version was looked at: what somebody else changed meanwhile is not written over.
"""

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import psycopg.errors
from psycopg.types.json import Jsonb

from doudi.wire.identity_numbers import has_identity_number
from doudi_web.audit_log.actions import record, subject_of
from doudi_web.register import sealing
from doudi_web.register.selectors import in_sight_one
from doudi_web.reimbursement.invoice import Invoice, State, Stated
from doudi_web.reimbursement.pictures import kind_of
from doudi_web.reimbursement.selectors import Driver, found_invoice
from doudi_web.review.events import NOTE, note_faults
from doudi_web.settlement import tables
from doudi_web.settlement.asked import canonical
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.models import Facility
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

MOST_SCANS = 10
_ENTER = """
INSERT INTO reimbursement_invoice (township, person, number, issuer_key, total, discharged, says, state, version,
  entered, entered_by, checked_by, apart, alike, late_by, late_reason)
VALUES (%s, %s, %s, %s, %s, %s, %s, 'entered', 1, %s, %s, '', '', '[]', '', '') RETURNING id
"""
_AMEND = """
UPDATE reimbursement_invoice SET number = %s, issuer_key = %s, total = %s, discharged = %s, says = %s,
  state = 'entered', version = version + 1, entered_by = %s, checked_by = '', apart = '', alike = '[]',
  late_by = '', late_reason = ''
WHERE id = %s
"""
_STEP = (
    "INSERT INTO reimbursement_step (invoice_id, what, at, by, note) VALUES (%s, %s, %s, %s, %s)"
)
_SCAN = """
INSERT INTO reimbursement_scan (id, invoice_id, name, kind, size, digest, sealed, at, by)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_SAME = """
SELECT id, entered, state FROM reimbursement_invoice
WHERE number = %s AND issuer_key = %s AND total = %s AND state <> 'given_up'
"""


def enter(actor: Actor, person: str, stated: Stated) -> int:
    """Enter an invoice of somebody of the township. Its number.

    Raises Refusal: 403, 404 (nobody of the township), 409 (number, issuer and amount are there already), 422 (the
    code is of a hospital of the district, which settles by itself).
    """
    actor.must(Act.REIMBURSE_ENTER)
    found = in_sight_one(actor, person)
    town, db = _township(actor, found), tables.driver()
    _must_be_outside(stated, town)
    try:
        with db.transaction():
            row = db.execute(
                _ENTER,
                [town, person, *_columns(stated), now(), actor.key],
            ).fetchone()
            assert row is not None
            step(db, actor, row[0], "enter", "")
            record(actor, "reimbursements.enter", subject_of(person), detail={"invoice": row[0]})
    except psycopg.errors.UniqueViolation as twice:
        raise _twice(db, stated) from twice
    return row[0]


def amend(actor: Actor, number: int, version: int, stated: Stated) -> None:
    """Write it anew; it has to be checked again. Raises Refusal 403, 404, 409 (moved on, changed, a double),
    422."""
    db = tables.driver()
    try:
        with _changing(db, actor, number, version) as one:
            _must_be_outside(stated, one.township)
            db.execute(_AMEND, [*_columns(stated), actor.key, number])
            step(db, actor, number, "amend", "")
            record(
                actor, "reimbursements.amend", subject_of(one.person), detail={"invoice": number}
            )
    except psycopg.errors.UniqueViolation as twice:
        raise _twice(db, stated) from twice


def bring_scan(actor: Actor, number: int, version: int, name: str, content: bytes) -> int:
    """Keep a scan, sealed. Raises Refusal 403, 404, 409, 413, 422 (what it is by its content)."""
    actor.must(Act.REIMBURSE_ENTER)
    kind, db = kind_of(content), tables.driver()
    name = "".join(c for c in name.replace("\\", "/").rpartition("/")[2] if c.isprintable())[-120:]
    if has_identity_number(name):
        name = f"发票.{kind}"
    with _changing(db, actor, number, version) as one:
        if len(one.scans) >= MOST_SCANS:
            raise Refusal.of(
                422, "S741", "file", reason=f"已经有 {MOST_SCANS} 张，最多 {MOST_SCANS} 张"
            )
        row = db.execute("SELECT nextval('reimbursement_scan_id_seq')").fetchone()
        assert row is not None
        sealed = sealing.seal_bytes(content, f"scan.{row[0]}")
        digest = hashlib.sha256(content).digest()
        db.execute(
            _SCAN, [row[0], number, name or f"发票.{kind}", kind, len(content), digest, sealed, now(), actor.key]
        )  # fmt: skip
        _moved(db, number)
        step(db, actor, number, "scan", f"{kind.upper()}，{-(-len(content) // 1024)} KB")
        record(
            actor, "reimbursements.scan_in", subject_of(one.person),
            detail={"invoice": number, "scan": row[0], "sha256": digest.hex()},
        )  # fmt: skip
    return row[0]


def take_scan(actor: Actor, number: int, version: int, scan: int) -> None:
    """Take a scan out; it stays in the books. Raises Refusal 403, 404, 409."""
    db = tables.driver()
    with _changing(db, actor, number, version) as one:
        if scan not in {s.id for s in one.scans}:
            raise Refusal.of(404, "S744", str(scan), what="扫描件", number=scan)
        db.execute("UPDATE reimbursement_scan SET gone = %s WHERE id = %s", [now(), scan])
        _moved(db, number)
        step(db, actor, number, "unscan", "")
        detail = {"invoice": number, "scan": scan}
        record(actor, "reimbursements.scan_out", subject_of(one.person), detail=detail)


def give_up(actor: Actor, number: int, version: int, reason: str) -> None:
    """It is not to be reimbursed after all; the number may be entered again. Raises Refusal 403, 404, 409, 422."""
    must_say(reason)
    db = tables.driver()
    with _changing(db, actor, number, version) as one:
        db.execute("UPDATE reimbursement_invoice SET state = 'given_up' WHERE id = %s", [number])
        _moved(db, number)
        step(db, actor, number, "give_up", reason)
        detail = {"invoice": number}
        record(
            actor, "reimbursements.give_up", subject_of(one.person), reason=reason, detail=detail
        )


def step(db: Driver, actor: Actor, number: int, what: str, note: str) -> None:
    """Write what was done."""
    db.execute(_STEP, [number, what, now(), actor.key, note[:NOTE]])


def must_say(text: str, key: str = "reason") -> None:
    """Raises Refusal 422: nothing is said, too much, what cannot be seen, or a number that names somebody."""
    if faults := note_faults(key, text, f"为什么，1 至 {NOTE} 字", required=True):
        raise Refusal(422, faults)


def must_be(one: Invoice, version: int, *states: State, wanted: str) -> None:
    """Raises Refusal 409 unless it is as it was looked at, and in one of the states."""
    if one.state not in states:
        raise Refusal.of(
            409, "S745", str(one.id), what=f"发票 {one.id}", state=one.state_title, wanted=wanted
        )  # fmt: skip
    if one.version != version:
        last = one.steps[0] if one.steps else None
        state = "别人改过" if last is None else f"{told(last.at)[11:16]} 有人{last.title}"
        raise Refusal.of(
            409, "S745", str(one.id), what=f"发票 {one.id}", state=state, wanted=wanted
        )


@contextmanager
def _changing(
    db: Driver, actor: Actor, number: int, version: int
) -> Generator[Invoice, None, None]:
    """A transaction in which the township changes an open invoice that is as it was looked at."""
    actor.must(Act.REIMBURSE_ENTER)
    with db.transaction():
        one = found_invoice(db, actor, number, alone=True)
        must_be(one, version, State.ENTERED, State.RETURNED, wanted="改")
        yield one


def _moved(db: Driver, number: int) -> None:
    db.execute("UPDATE reimbursement_invoice SET version = version + 1 WHERE id = %s", [number])


def _columns(stated: Stated) -> list[Any]:
    says = Jsonb(stated.json(), dumps=canonical)
    return [stated.number, stated.issuer_key, stated.total_fen, stated.discharged, says]


def _twice(db: Driver, stated: Stated) -> Refusal:
    row = db.execute(_SAME, [stated.number, stated.issuer_key, stated.total_fen]).fetchone()
    number, at = ("", "") if row is None else (row[0], told(row[1])[:10])
    return Refusal.of(409, "S740", "number", number=stated.number, invoice=number, at=at)


def _must_be_outside(stated: Stated, township: str) -> None:
    """Raises Refusal 422 where the issuer's code is that of a hospital of the township's own district."""
    own = Facility.objects.filter(code__iexact=stated.issuer_code, district=township[:6])
    if stated.issuer_code and own.exists():
        expected = "区外的医院；本区的医院自己结算，不报发票"
        raise Refusal.of(422, "F203", "issuer_code", value=stated.issuer_code, expected=expected)


def _township(actor: Actor, person: Any) -> str:
    village = person.village or (person.household.village if person.household else None)
    return actor.township or (village.township_id if village else "")
