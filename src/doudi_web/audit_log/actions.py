"""Recording who did what: in the transaction of what is recorded, so that neither is without the other."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from doudi.wire.identity_numbers import has_identity_number
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.request_id import REQUEST_ID
from doudi_web.tenancy.who import Actor

NEEDS_REASON = frozenset({"unmask", "export", "override"})
"""The last word of an action that nobody may do without saying why."""

INSERT = """
INSERT INTO audit_log_record
  (at, actor_kind, actor, role, action, subject, reason, request_id, detail, chain, number, digest)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 0, 0, '')
"""


def subject_of(person: str) -> str:
    """The subject of whatever is read or written of one person: by it alone the log is asked who saw them."""
    return f"person:{person}"[:80]


def record(
    actor: Actor | None,
    action: str,
    subject: str,
    *,
    reason: str = "",
    request_id: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Who did what to whom, why. Call it last in the transaction: it holds a chain of the log until the commit.

    `subject` is an opaque id, `detail` ids, codes and counts: no name, no identity number. Nobody (None) is who was
    not recognised. Raises Refusal 422 where the action needs a reason and has none.
    """
    values = row(actor, action, subject, now(), reason=reason, request_id=request_id, detail=detail)
    connection.ensure_connection()
    connection.connection.execute(INSERT, values)


def record_each(
    actor: Actor,
    action: str,
    of: Iterable[tuple[str, Mapping[str, Any]]],
    *,
    reason: str = "",
    request_id: str = "",
) -> None:
    """The same action on many at once, each with a detail of its own: subjects and details in one journey."""
    at = now()
    rows = [
        row(actor, action, one, at, reason=reason, request_id=request_id, detail=detail)
        for one, detail in of
    ]
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        cursor.executemany(INSERT, rows)


def row(
    actor: Actor | None,
    action: str,
    subject: str,
    at: datetime,
    *,
    reason: str = "",
    request_id: str = "",
    detail: Mapping[str, Any] | None = None,
) -> list[Any]:
    """The values of INSERT, for who sends it along with statements of their own.

    Raises Refusal 422 where a reason is missing, or names an identity number: it could never be taken out again.
    """
    if has_identity_number(reason):
        raise Refusal.of(422, "F209", "reason")
    if action.rpartition(".")[2] in NEEDS_REASON and not reason.strip():
        raise Refusal.of(422, "S483", "reason", action=action)
    key, role = ("nobody", "") if actor is None else (actor.key, actor.role.value)
    return [
        at, key.partition(":")[0], key, role, action, subject, reason, request_id or REQUEST_ID.get(),
        json.dumps(dict(detail or {}), ensure_ascii=False),
    ]  # fmt: skip
