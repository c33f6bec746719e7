"""Refused bills: seen by their hospital, released as the visit is settled, or given up with a reason."""

from typing import Any

from doudi.errors import fault
from doudi.source_text import Document
from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.settlement import tables
from doudi_web.settlement.asked import is_text, message_of
from doudi_web.tenancy.clock import now, told, told_or_none
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

LISTED = 500
_FAULT = ("code", "where", "what", "why", "mend")

_LIST = """
SELECT id, visit, person, facility, message, settled, faults::json, released, reason FROM settlement_quarantined
WHERE (%(facility)s::text IS NULL OR facility = %(facility)s) AND (%(all)s OR released IS NULL) AND id > %(after)s
ORDER BY id LIMIT %(limit)s
"""


def refused(actor: Actor, after: int, *, released: bool) -> dict[str, Any]:
    """Refused bills with their faults, the oldest first; a hospital's own, or the district's. Raises Refusal 403.

    The bills themselves are not told: the hospital has them.
    """
    actor.must(Act.VISITS_READ)
    db = tables.driver()
    asked = {"facility": actor.facility, "all": released, "after": after, "limit": LISTED}
    with db.transaction():
        rows = db.execute(_LIST, asked).fetchall()
        of = {"facility": actor.facility, "after": after, "rows": len(rows)}
        record(actor, "quarantine.list", "quarantine", detail=of)
        each = ((subject_of(one[2]), {"visit": one[1], "refused": one[0]}) for one in rows)
        record_each(actor, "quarantine.read", each)
    return {
        "refused": [
            {"id": i, "visit_id": visit, "person": person, "facility": facility, "message_id": message,
             "settled": told(settled), "faults": _in_order(faults), "released": told_or_none(at), "reason": reason}
            for i, visit, person, facility, message, settled, faults, at, reason in rows
        ]
    }  # fmt: skip


def _in_order(faults: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Faults with their keys as answers tell them; the database keeps no order."""
    return [{key: one[key] for key in _FAULT if key in one} | one for one in faults]


def release(actor: Actor, number: int, document: Document) -> dict[str, Any]:
    """Give a refused bill up: later visits no longer wait for it. Raises Refusal 403, 404, 409, 422."""
    actor.must(Act.SETTLE)
    body, faults = message_of(document, "reason")
    stated = body.get("reason")
    reason = stated if isinstance(stated, str) else ""
    if not is_text(reason.strip(), 400):
        expected = "为什么放弃，1 至 400 字"
        faults.append(fault("F201", "reason", key="reason", expected=expected))
    if faults:
        raise Refusal(422, faults)
    db = tables.driver()
    with db.transaction():
        row = db.execute(
            "SELECT facility, person, visit, released, reason FROM settlement_quarantined WHERE id = %s"
            " FOR UPDATE",
            [number],
        ).fetchone()
        if row is None:
            raise Refusal.of(404, "S497", str(number))
        facility, person, visit, released, earlier = row
        actor.must_be_of(facility, Act.SETTLE)
        if released is not None and earlier != reason:
            raise Refusal.of(409, "S498", str(number))
        at = released or now()
        db.execute(
            "UPDATE settlement_quarantined SET released = %s, reason = %s WHERE id = %s",
            [at, reason, number],
        )
        detail = {"visit": visit, "refused": number}
        record(actor, "quarantine.release", subject_of(person), reason=reason, detail=detail)
    return {"id": number, "released": told(at), "reason": reason}
