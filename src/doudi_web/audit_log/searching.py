"""Looking for rows of the audit log: of whom, by whom, what, when; the newest first, each condition by an index."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from django.db import connection, transaction

from doudi_web.audit_log.actions import record, subject_of
from doudi_web.tenancy.named import called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

PAGE, MOST = 50, 20_000
"""Rows of a page, and of a sheet."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; `before` is the number of the row behind which to go on."""

    person: str = ""
    visit: str = ""
    settlement: str = ""
    who: str = ""
    action: str = ""
    start: datetime | None = None
    end: datetime | None = None
    before: int | None = None

    @property
    def is_asked(self) -> bool:
        """Whether anything is."""
        texts = (self.person, self.visit, self.settlement, self.who, self.action)
        return any(texts) or self.start is not None or self.end is not None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the log, with the name of who did it."""

    id: int
    at: datetime
    actor: str
    name: str
    role: str
    action: str
    subject: str
    reason: str
    request: str
    detail: Mapping[str, Any]


_COLUMNS: LiteralString = "id, at, actor, role, action, subject, reason, request_id, detail::text"
_ACTIONS = """
WITH RECURSIVE found AS (
  (SELECT action FROM audit_log_record ORDER BY action LIMIT 1)
  UNION ALL
  SELECT (SELECT r.action FROM audit_log_record r WHERE r.action > found.action ORDER BY r.action LIMIT 1)
  FROM found WHERE found.action IS NOT NULL)
SELECT action FROM found WHERE action IS NOT NULL
"""
"""Each action once, by as many steps through the index as there are actions."""


def search(actor: Actor, wanted: Wanted, most: int = PAGE) -> tuple[list[Row], int | None]:
    """Rows, the newest first, and behind which one there are more. That somebody looked is recorded.

    Raises Refusal 403, 404 (no row of that number to go on behind).
    """
    actor.must(Act.AUDIT_READ)
    with transaction.atomic():
        found = _rows(wanted, most + 1)
        shown = found[:most]
        record(actor, "audit.read", "audit", detail={"rows": len(shown), **_asked(wanted)})
    return shown, shown[-1].id if len(found) > most else None


def exported(actor: Actor, wanted: Wanted, reason: str) -> list[Row]:
    """The first MOST rows for a table that is taken away, for a stated reason. Raises Refusal 403, 422."""
    actor.must(Act.AUDIT_READ)
    with transaction.atomic():
        found = _rows(wanted, MOST)
        detail = {"rows": len(found), **_asked(wanted)}
        record(actor, "audit.export", "audit", reason=reason, detail=detail)
    return found


def actions() -> list[str]:
    """Every action that was ever recorded."""
    with connection.cursor() as cursor:
        cursor.execute(_ACTIONS)
        return [action for (action,) in cursor.fetchall()]


def accounts_called(name: str) -> list[str]:
    """The keys of those whose name or user name this is; a key stands for itself."""
    if ":" in name:
        return [name]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 'account:' || id FROM tenancy_account WHERE username = %(name)s OR name = %(name)s"
            " UNION ALL SELECT 'token:' || id FROM tenancy_token WHERE name = %(name)s",
            {"name": name},
        )
        return [key for (key,) in cursor.fetchall()]


def _asked(wanted: Wanted) -> dict[str, str]:
    """By what was looked for, not for whom: the log would tell itself."""
    keys = ("person", "visit", "settlement", "who", "action", "start", "end")
    return {"by": ",".join(key for key in keys if getattr(wanted, key))}


def _rows(wanted: Wanted, most: int) -> list[Row]:
    conditions, values = _conditions(wanted)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM audit_log_record {where} ORDER BY at DESC, id DESC LIMIT %s",
            [*values, most],
        )
        found: Sequence[tuple[Any, ...]] = cursor.fetchall()
    names = called(row[2] for row in found)
    return [
        Row(
            i,
            at,
            who,
            names.get(who, ""),
            role,
            action,
            subject,
            reason,
            request,
            json.loads(detail),
        )
        for i, at, who, role, action, subject, reason, request, detail in found
    ]


def _conditions(wanted: Wanted) -> tuple[list[LiteralString], list[Any]]:
    keys = accounts_called(wanted.who) if wanted.who else None
    one = keys[0] if keys is not None and len(keys) == 1 else None
    asked: tuple[tuple[LiteralString, Any], ...] = (
        ("subject = %s", subject_of(wanted.person) if wanted.person else None),
        ("detail ->> 'visit' = %s", wanted.visit or None),
        ("detail ->> 'settlement' = %s", wanted.settlement or None),
        ("actor = %s", one),
        ("actor = ANY(%s)", keys if one is None else None),
        ("action = %s", wanted.action or None),
        ("at >= %s", wanted.start),
        ("at < %s", wanted.end),
    )
    conditions: list[LiteralString] = [c for c, value in asked if value is not None]
    values: list[Any] = [value for _, value in asked if value is not None]
    if wanted.before is not None:
        conditions.append("(at, id) < (%s, %s)")
        values += [_moment(wanted.before), wanted.before]
    return conditions, values


def _moment(number: int) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT at FROM audit_log_record WHERE id = %s", [number])
        row = cursor.fetchone()
    if row is None:
        raise Refusal.of(404, "S481", "before", what="审计记录", number=number)
    return row[0]
