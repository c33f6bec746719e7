"""Who goes home: visits that are discharged and not settled, of a hospital or of the district."""

from typing import Any

from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import told
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

MOST = 1_000
"""How many are counted."""

_WHERE = "v.settled IS NULL AND v.discharged IS NOT NULL AND (%s::text IS NULL OR v.facility = %s)"
_GOING = f"""
SELECT v.id, v.visit, v.facility, v.person, v.header::json ->> 'kind', v.header::json ->> 'admitted', v.discharged,
  (SELECT count(*) FROM settlement_feeline l WHERE l.visit_id = v.id AND l.withdrawn IS NULL)
FROM settlement_visit v WHERE {_WHERE} AND (%s::bigint IS NULL OR
  (v.discharged, v.id) > (SELECT b.discharged, b.id FROM settlement_visit b WHERE b.id = %s))
ORDER BY v.discharged, v.id LIMIT %s
"""
_COUNT = f"SELECT count(*) FROM (SELECT 1 FROM settlement_visit v WHERE {_WHERE} LIMIT %s) going"


def going(actor: Actor, behind: int | None, limit: int) -> dict[str, Any]:
    """A page of those who wait to be settled, who waits longest first; how many there are, up to MOST.

    `behind` names the last one of a page where there are more. Raises Refusal 403.
    """
    actor.must(Act.PRECHECK)
    of, db = actor.facility, tables.driver()
    with db.transaction():
        rows = db.execute(_GOING, [of, of, behind, behind, limit + 1]).fetchall()
        shown = rows[:limit]
        record(actor, "visits.going", "visits", detail={"visits": len(shown)})
        each = ((subject_of(row[3]), {"visit": row[1]}) for row in shown)
        record_each(actor, "visits.read", each)
    count = db.execute(_COUNT, [of, of, MOST + 1]).fetchone()
    assert count is not None
    return {
        "visits": [
            {"visit_id": visit, "facility": facility, "person": person, "kind": kind, "admitted": admitted,
             "discharged": told(discharged), "lines": lines}
            for _number, visit, facility, person, kind, admitted, discharged, lines in shown
        ],
        "behind": shown[-1][0] if len(rows) > limit else None,
        "count": min(count[0], MOST), "is_whole": count[0] <= MOST,
    }  # fmt: skip


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
