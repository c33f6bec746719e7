"""Verifying closed months: each row is what its posting committed to, and its month is as it was closed."""

from typing import Any

import psycopg

from doudi_web.settlement import tables
from doudi_web.settlement.closing import KIND, digest_of_month
from doudi_web.settlement.findings import Findings
from doudi_web.settlement.ledger import close_row, decoded, parts_of

_CLOSES = """
SELECT m.month, m.closed, m.client, m.message, m.reason, m.postings, m.digest, p.id, p.salt, p.parts
FROM settlement_monthclose m LEFT JOIN settlement_posting p ON p.id = m.posting AND p.kind = %s ORDER BY m.month
"""
_LOOSE = """
SELECT p.id, p.month FROM settlement_posting p
WHERE p.kind = %s AND NOT EXISTS (SELECT 1 FROM settlement_monthclose m WHERE m.posting = p.id) ORDER BY p.id
"""


def check_months(db: "psycopg.Connection[tables.Row]", findings: Findings) -> None:
    """Check closed months: an altered row is S451, one without the other S452 and S453, a month that moved S527."""
    for row in db.execute(_CLOSES, [KIND]).fetchall():
        *said, posting, salt, parts = row
        _check(db, findings, said, posting, salt, parts)
    for posting, _ in db.execute(_LOOSE, [KIND]).fetchall():
        findings.add("S452", f"settlement_posting {posting}", posting, part="关账的登记")


def _check(
    db: "psycopg.Connection[tables.Row]",
    findings: Findings,
    said: list[Any],
    posting: int | None,
    salt: bytes | None,
    parts: bytes | None,
) -> None:
    month, *_, count, digest = said
    where = f"settlement_monthclose {month}"
    if posting is None or parts is None:
        findings.add("S453", where, part="一次关账")
        return
    told = decoded(bytes(parts))
    now = parts_of(bytes(salt or b""), {}, close_row(*said), (), (), ())
    if told is None or now.row != told.row:
        findings.add("S451", where, posting, part="关账的登记")
    elif digest_of_month(db, month) != (count, bytes(digest)):
        found, _ = digest_of_month(db, month)
        findings.add("S527", where, posting, month=month, was=count, found=found)
