"""Persons who were settled before the register knew them (暂结) wait in a queue until that is reversed."""

from typing import Any

from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import told
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

LISTED = 500

_QUEUE = """
SELECT s.id, s.visit, s.person, s.facility, s.settled, p.posted, s.result::json -> 'provisional_reasons',
  (SELECT r.id FROM register_person r WHERE r.id = s.person AND r.withdrawn IS NULL) IS NOT NULL
FROM settlement_provisional w JOIN settlement_settlement s ON s.id = w.settlement
JOIN settlement_posting p ON p.settlement = s.id AND p.kind = 'settle'
WHERE w.unregistered AND {where} AND w.settlement > %s ORDER BY w.settlement LIMIT %s
"""
"""By what was answered and sealed. What was erased is not in it."""


def waiting(actor: Actor, after: int, limit: int) -> dict[str, Any]:
    """Settlements that stand on no registered person, the oldest first: a hospital's own, or the district's.

    `registered` says whether the register knows the person by now. `after` names the last where there are more.
    Raises Refusal 403.
    """
    actor.must(Act.PROVISIONAL_READ)
    where, values = "true", [after, limit + 1]
    if actor.facility is not None:
        where, values = "w.facility = %s", [actor.facility, *values]
    db = tables.driver()
    with db.transaction():
        rows = db.execute(_QUEUE.format(where=where), values).fetchall()
        shown = rows[:limit]
        detail = {"facility": actor.facility, "after": after, "rows": len(shown)}
        record(actor, "provisional.list", "provisional", detail=detail)
        each = ((subject_of(person), {"settlement": number}) for number, _, person, *_ in shown)
        record_each(actor, "provisional.read", each)
    return {
        "provisional": [
            {"settlement_id": str(number), "visit_id": visit, "person": person, "facility": facility,
             "settled": told(settled), "since": told(posted), "reasons": reasons, "registered": is_registered}
            for number, visit, person, facility, settled, posted, reasons, is_registered in shown
        ],
        "after": shown[-1][0] if len(rows) > limit else None,
    }  # fmt: skip
