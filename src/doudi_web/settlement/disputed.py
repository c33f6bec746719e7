"""Who changed what, where somebody's form was made on something that has moved since."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from doudi_web.audit_log.actions import subject_of
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import told

MOVES = (
    "visits.open", "visits.lines", "visits.withdraw", "visits.discharge", "settle", "correct", "answer",
    "reverse", "replace.undo", "proposals.post", "proposals.relieve",
)  # fmt: skip
"""What changes a visit's bill or its settlement, as the audit log calls it."""

_MOVED = """
SELECT r.at, r.actor, r.action, r.reason FROM audit_log_record r
WHERE r.subject = %s AND r.at >= %s AND r.action = ANY(%s) AND r.detail ->> 'visit' = %s
ORDER BY r.id DESC LIMIT %s
"""


def moved(person: str, visit: str, since: datetime, most: int = 20) -> list[dict[str, Any]]:
    """What was done to a visit since a moment, the newest first, by whom, and why. Raises nothing.

    Only for who may see the visit: the caller has asked for it before.
    """
    values: Sequence[object] = [subject_of(person), since, list(MOVES), visit, most]
    rows = tables.driver().execute(_MOVED, values).fetchall()
    return [
        {"at": told(at), "by": by, "action": action, "reason": reason}
        for at, by, action, reason in rows
    ]
