"""Who goes home: visits that are discharged and not settled, of a hospital or of the district."""

from typing import Any

from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import told
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

LISTED = 200

_WHERE = "v.settled IS NULL AND v.discharged IS NOT NULL AND (%s::text IS NULL OR v.facility = %s)"
_GOING = f"""
SELECT v.visit, v.facility, v.person, v.header::json ->> 'kind', v.header::json ->> 'admitted', v.discharged,
  (SELECT count(*) FROM settlement_feeline l WHERE l.visit_id = v.id AND l.withdrawn IS NULL)
FROM settlement_visit v WHERE {_WHERE} ORDER BY v.discharged, v.id LIMIT %s
"""


def going(actor: Actor, limit: int = LISTED) -> list[dict[str, Any]]:
    """Those who wait to be settled, who waits longest first. Raises Refusal 403."""
    actor.must(Act.PRECHECK)
    db = tables.driver()
    with db.transaction():
        rows = db.execute(_GOING, [actor.facility, actor.facility, limit]).fetchall()
        record(actor, "visits.going", "visits", detail={"visits": len(rows)})
        record_each(actor, "visits.read", ((subject_of(row[2]), {"visit": row[0]}) for row in rows))
    return [
        {"visit_id": visit, "facility": facility, "person": person, "kind": kind, "admitted": admitted,
         "discharged": told(discharged), "lines": lines}
        for visit, facility, person, kind, admitted, discharged, lines in rows
    ]  # fmt: skip


def next_to_settle(actor: Actor) -> tuple[str, str] | None:
    """The visit and hospital of who waits longest. Raises Refusal 403."""
    actor.must(Act.PRECHECK)
    row = (
        tables.driver()
        .execute(
            f"SELECT v.visit, v.facility FROM settlement_visit v WHERE {_WHERE}"
            " ORDER BY v.discharged, v.id LIMIT 1",
            [actor.facility, actor.facility],
        )
        .fetchone()
    )
    return None if row is None else (row[0], row[1])


def count_going(actor: Actor) -> int:
    """How many wait to be settled, up to a hundred."""
    row = (
        tables.driver()
        .execute(
            f"SELECT count(*) FROM (SELECT 1 FROM settlement_visit v WHERE {_WHERE} LIMIT 100) going",
            [actor.facility, actor.facility],
        )
        .fetchone()
    )
    return 0 if row is None else row[0]
