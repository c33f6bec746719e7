"""Who saw or touched one settlement, as the audit log tells it: each row with what chains it to the row before."""

import json
from typing import Any

from django.db import connection

from doudi_web.audit_log.actions import subject_of
from doudi_web.tenancy.clock import told

_SEEN = """
SELECT r.id, r.at, r.actor, r.role, r.action, r.subject, r.reason, r.request_id, r.detail::text, r.chain, r.number,
  encode(r.digest, 'hex'),
  (SELECT encode(b.digest, 'hex') FROM audit_log_record b WHERE b.chain = r.chain AND b.number = r.number - 1)
FROM audit_log_record r
WHERE r.subject = %(subject)s AND (r.detail ->> 'settlement' = %(settlement)s OR r.detail ->> 'visit' = %(visit)s)
ORDER BY r.id
"""


def seen_of(person: str, settlement: int, visit: str) -> list[dict[str, Any]]:
    """The rows about a settlement or its visit. Whoever reads them may see the settlement, and records that."""
    asked = {"subject": subject_of(person), "settlement": str(settlement), "visit": visit}
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, asked)
        return [
            {"id": number, "at": told(at), "actor": actor, "role": role, "action": action, "subject": subject,
             "reason": reason, "request_id": request, "detail": json.loads(detail), "chain": chain,
             "number": place, "digest": digest, "before": before or ""}
            for (number, at, actor, role, action, subject, reason, request, detail, chain, place, digest, before)
            in cursor.fetchall()
        ]  # fmt: skip
