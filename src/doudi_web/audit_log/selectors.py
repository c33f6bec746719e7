"""Reading the audit log, and seeing whether any row is missing from it or altered."""

import hashlib
import json
from typing import Any

from django.db import connection

from doudi_web.audit_log.actions import record
from doudi_web.tenancy.clock import told
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

_ROWS = """
SELECT id, at, actor, role, action, subject, reason, request_id, detail::text FROM audit_log_record
WHERE id > %(after)s AND (%(subject)s = '' OR subject = %(subject)s) AND (%(actor)s = '' OR actor = %(actor)s)
ORDER BY id LIMIT %(limit)s
"""
_CHAINS = """
SELECT id, chain, number, digest, (extract(epoch FROM at) * 1000000)::bigint::text, actor_kind, actor, role,
  action, subject, reason, request_id, detail::text
FROM audit_log_record ORDER BY chain, number
"""


def records(actor: Actor, after: int, subject: str, who: str, limit: int) -> dict[str, Any]:
    """Rows after a number, of one subject or one actor where they are named."""
    actor.must(Act.AUDIT_READ)
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, {"after": after, "subject": subject, "actor": who, "limit": limit})
        found = cursor.fetchall()
    rows = [
        {"id": i, "at": told(at), "actor": by, "role": role, "action": action, "subject": of,
         "reason": reason, "request_id": request, "detail": json.loads(detail)}
        for i, at, by, role, action, of, reason, request, detail in found
    ]  # fmt: skip
    of = {"subject": subject, "actor": who, "after": after, "rows": len(rows)}
    record(actor, "audit.read", "audit", detail=of)
    return {"records": rows, "after": rows[-1]["id"] if rows else after}


def chains(actor: Actor) -> dict[str, Any]:
    """Every chain with its length and last digest, and each row that does not follow from the one before it.

    The digests have no key: who holds the whole database can compute a chain anew. Whoever keeps lengths and
    digests elsewhere sees that too, and when the end of a chain is cut off.
    """
    actor.must(Act.AUDIT_READ)
    heads: dict[int, tuple[int, bytes]] = {}
    broken: list[dict[str, Any]] = []
    rows = 0
    connection.ensure_connection()
    with connection.connection.transaction(), connection.connection.cursor("chains") as cursor:
        for one, chain, number, digest, *content in cursor.execute(_CHAINS):
            rows += 1
            length, before = heads.get(chain, (0, b""))
            if number != length + 1:
                broken.append({"id": one, "chain": chain, "missing": [length + 1, number - 1]})
            elif _digest(before, [str(chain), str(number), *content]) != bytes(digest):
                broken.append({"id": one, "chain": chain, "altered": number})
            heads[chain] = (number, bytes(digest))
    record(actor, "audit.verify", "audit", detail={"rows": rows, "broken": len(broken)})
    return {
        "rows": rows,
        "broken": broken,
        "chains": [
            {"chain": chain, "length": length, "digest": digest.hex()}
            for chain, (length, digest) in heads.items()
        ],
    }


def _digest(before: bytes, content: list[str]) -> bytes:
    """What the database computed as the row came in, computed here again."""
    text = ",".join(f"{len(value.encode())}:{value}" for value in content)
    return hashlib.sha256(before + text.encode()).digest()
