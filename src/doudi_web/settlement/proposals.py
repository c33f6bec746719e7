"""Proposals read back: by state, person and hospital."""

from typing import Any, LiteralString

from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.settlement import tables
from doudi_web.settlement.proposing import SHOWN, said
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

LISTED = 200
STATES = ("open", "approved", "refused", "superseded")


def proposals(
    actor: Actor, *, state: str, person: str, facility: str, after: int, limit: int
) -> dict[str, Any]:
    """Proposals in the order in which they were made; a hospital sees its own. Raises Refusal 403."""
    actor.must(Act.PROPOSALS_READ)
    asked: tuple[tuple[LiteralString, str | None], ...] = (
        ("state = %s", state or None),
        ("person = %s", person or None),
        ("facility = %s", actor.facility or facility or None),
    )
    conditions: list[LiteralString] = ["id > %s", *(c for c, value in asked if value is not None)]
    values = [after, *(value for _, value in asked if value is not None), limit + 1]
    db = tables.driver()
    with db.transaction():
        rows = db.execute(
            f"{SHOWN} WHERE {' AND '.join(conditions)} ORDER BY id LIMIT %s", values
        ).fetchall()
        shown = [said(row) for row in rows[:limit]]
        record(actor, "proposals.list", "proposals", detail={"rows": len(shown)})
        each = ((subject_of(one["person"]), {"proposal": one["proposal_id"]}) for one in shown)
        record_each(actor, "proposals.read", each)
    last = shown[-1]["proposal_id"] if len(rows) > limit else None
    return {"proposals": shown, "after": None if last is None else int(last)}
