"""Closing a month of the ledger: postings go into the next one from then on, and a digest holds its own."""

from typing import Any

import psycopg
from cryptography.hazmat.primitives.hashes import SM3, Hash

from doudi_web.audit_log.actions import record
from doudi_web.settlement import answered, tables
from doudi_web.settlement.ledger import close_row, commit, posting_head
from doudi_web.settlement.months import GATE, month_of, next_month
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

KIND = "close"

_CLOSED = (
    "SELECT month, closed, client, message, reason, postings, digest FROM settlement_monthclose"
)
_OPEN_BEFORE = """
SELECT month FROM settlement_posting
WHERE month < %s AND month > coalesce((SELECT max(month) FROM settlement_monthclose), '') ORDER BY month LIMIT 1
"""
_POSTING = """
INSERT INTO settlement_posting
  (kind, client, message, posted, month, reason, salt, parts, content, commitment)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id
"""
_CLOSE = """
INSERT INTO settlement_monthclose (month, closed, client, message, reason, postings, digest, posting)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""


def close(actor: Actor, month: str, message: str, reason: str) -> tuple[int, dict[str, Any]]:
    """Close a month: 201; the same message again 200. Earlier months are closed first, none that is still to come.

    Waits for the postings that are under way. Raises Refusal 403, 409.
    """
    actor.must(Act.MONTHS_CLOSE)
    db = tables.driver()
    with answered.once(db, message):
        db.execute("SELECT pg_advisory_xact_lock(%s)", [GATE])
        return _closed(db, actor, month, message, reason)


def _closed(
    db: "psycopg.Connection[tables.Row]", actor: Actor, month: str, message: str, reason: str
) -> tuple[int, dict[str, Any]]:
    earlier = db.execute(f"{_CLOSED} WHERE month = %s", [month]).fetchone()
    if earlier is not None:
        if earlier[2:5] != (actor.key, message, reason):
            raise Refusal.of(409, "S520", month, month=month, closed=told(earlier[1]))
        return 200, _said(earlier)
    at = now()
    if month > month_of(at, None):
        raise Refusal.of(409, "S521", month, month=month, now=month_of(at, None))
    before = db.execute(_OPEN_BEFORE, [month]).fetchone()
    if before is not None:
        raise Refusal.of(409, "S522", month, month=month, before=before[0])
    last = tables.last_closed(db)
    if last is not None and month < last:
        raise Refusal.of(409, "S520", month, month=month, closed=last)
    postings, digest = digest_of_month(db, month)
    into = max(month_of(at, last), next_month(month))
    head = posting_head(KIND, None, actor.key, message, at, into, reason)
    made = commit(
        head, close_row(month, at, actor.key, message, reason, postings, digest), (), (), ()
    )
    row = db.execute(
        _POSTING,
        [
            KIND,
            actor.key,
            message,
            at,
            into,
            reason,
            made.salt,
            made.parts,
            made.content,
            made.commitment,
        ],
    ).fetchone()
    assert row is not None
    values = [month, at, actor.key, message, reason, postings, digest]
    db.execute(_CLOSE, [*values, row[0]])
    record(actor, "months.close", f"month:{month}", reason=reason, detail={"postings": postings})
    return 201, _said(values)


def digest_of_month(db: "psycopg.Connection[tables.Row]", month: str) -> tuple[int, bytes]:
    """How many postings a month has, and the digest of their commitments in the order of the ledger."""
    digest, count = Hash(SM3()), 0
    with db.cursor(name="month") as rows:
        rows.itersize = 10_000
        rows.execute(
            "SELECT commitment FROM settlement_posting WHERE month = %s ORDER BY id", [month]
        )
        for (commitment,) in rows:
            digest.update(bytes(commitment))
            count += 1
    return count, digest.finalize()


def months(actor: Actor) -> dict[str, Any]:
    """The closed months, and the one that postings go into now. Raises Refusal 403."""
    actor.must(Act.MONTHS_READ)
    db = tables.driver()
    rows = db.execute(f"{_CLOSED} ORDER BY month").fetchall()
    into = month_of(now(), rows[-1][0] if rows else None)
    record(actor, "months.read", "months")
    return {"open": into, "closed": [_said(row) for row in rows]}


def _said(row: Any) -> dict[str, Any]:
    month, closed, client, _, reason, postings, digest = row
    return {
        "month": month, "closed": told(closed), "by": client, "reason": reason, "postings": postings,
        "digest": bytes(digest).hex(),
    }  # fmt: skip
