"""Settlements as rows of a table: what is asked for, the newest first, each as it stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.settlement import tables
from doudi_web.settlement.since import SINCE, as_it_stands
from doudi_web.tenancy.clock import told
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

PAGE, MOST = 50, 5_000
"""Rows of a page, and of a sheet."""

REVERSED: LiteralString = (
    "EXISTS (SELECT 1 FROM settlement_posting u WHERE u.settlement = s.id AND u.kind = 'reverse')"
)
STATES: Mapping[str, LiteralString] = {
    "standing": f"NOT {REVERSED}",
    "reversed": REVERSED,
    "corrected": f"s.sequence <> s.id AND NOT {REVERSED}",
    "awaiting": "s.id IN (SELECT w.settlement FROM settlement_provisional w WHERE w.platform)",
}


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for: a person, a visit, a hospital, a span [start, end), a state; rows behind another one."""

    person: str = ""
    visit: str = ""
    facility: str = ""
    start: datetime | None = None
    end: datetime | None = None
    state: str = ""
    behind: int | None = None


_ROWS = f"""
SELECT s.id, s.person, s.visit, s.facility, s.settled, s.sequence, s.result, {SINCE}
FROM settlement_settlement s {{where}} ORDER BY s.settled DESC, s.id DESC LIMIT %s
"""


def rows(actor: Actor, query: Query, limit: int = PAGE) -> dict[str, Any]:
    """A page of settlements, the newest first; a hospital's own. Erased ones say so. Raises Refusal 403, 404, 422.

    `behind` names the last row where there are more.
    """
    actor.must(Act.SETTLEMENTS_READ)
    if query.facility:
        actor.must_be_of(query.facility, Act.SETTLEMENTS_READ)
    where, values = conditions(actor, query)
    db = tables.driver()
    with db.transaction():
        found = db.execute(_ROWS.format(where=where), [*values, limit + 1]).fetchall()
        shown = found[:limit]
        record(actor, "settlements.list", "settlements", detail={"rows": len(shown)})
        each = ((subject_of(row[1]), {"settlement": row[0]}) for row in shown)
        record_each(actor, "settlements.read", each)
    return {
        "rows": [_row(row) for row in shown],
        "behind": shown[-1][0] if len(found) > limit else None,
    }


def _row(row: tables.Row) -> dict[str, Any]:
    number, person, visit, facility, settled, sequence, result, *came = row
    head = {
        "settlement_id": str(number), "person": person, "visit_id": visit, "facility": facility,
        "settled": told(settled), "is_correction": sequence != number, "erased": result is None,
    }  # fmt: skip
    if result is None:
        return head
    stands = as_it_stands(result, *came)
    keys = (
        "pack", "total", "payments", "hospital", "patient", "kind", "standing", "control", "reversed", "sealed",
    )  # fmt: skip
    more = ("replaced_by", "asked", "collect", "provisional")
    return head | {key: stands[key] for key in (*keys, *(k for k in more if k in stands))}


def exported(actor: Actor, query: Query, reason: str) -> list[dict[str, Any]]:
    """The first MOST rows for a table that is taken away, for a stated reason. Raises Refusal 403, 404, 422."""
    with tables.driver().transaction():
        found: list[dict[str, Any]] = rows(actor, query, MOST)["rows"]
        detail = {
            "rows": len(found),
            "facility": actor.facility or query.facility,
            "state": query.state,
        }
        record(actor, "settlements.export", "settlements", reason=reason, detail=detail)
    return found


def conditions(
    actor: Actor, query: Query, *, is_page: bool = True
) -> tuple[LiteralString, list[Any]]:
    """Each condition is written out: a plan that is kept then has an index for it; of a page alone what it is
    behind. Raises Refusal 404."""
    asked: tuple[tuple[LiteralString, Any], ...] = (
        ("s.person = %s", query.person or None),
        ("s.visit = %s", query.visit or None),
        ("s.facility = %s", actor.facility or query.facility or None),
        ("s.settled >= %s", query.start),
        ("s.settled < %s", query.end),
    )
    conditions: list[LiteralString] = [c for c, value in asked if value is not None]
    values = [value for _, value in asked if value is not None]
    if query.state:
        conditions.append(STATES[query.state])
    if is_page and query.behind is not None:
        conditions.append("(s.settled, s.id) < (%s, %s)")
        values += [_settled(actor, query.behind), query.behind]
    return ("WHERE " + " AND ".join(conditions) if conditions else ""), values


def _settled(actor: Actor, number: int) -> datetime:
    row = (
        tables.driver()
        .execute("SELECT facility, settled FROM settlement_settlement WHERE id = %s", [number])
        .fetchone()
    )
    if row is None:
        raise Refusal.of(404, "S406", "behind")
    actor.must_be_of(row[0], Act.SETTLEMENTS_READ)
    return row[1]


_AWAITING = """
SELECT count(*) FROM (SELECT 1 FROM settlement_provisional
  WHERE platform AND (%s::text IS NULL OR facility = %s) LIMIT 100) waiting
"""


def count_awaiting(actor: Actor) -> int:
    """How many wait for the platform's answer, up to a hundred."""
    row = tables.driver().execute(_AWAITING, [actor.facility, actor.facility]).fetchone()
    return 0 if row is None else row[0]


def count_proposals(actor: Actor) -> int:
    """How many proposals are open, of the hospital's own where it is one; up to a hundred."""
    row = (
        tables.driver()
        .execute(
            "SELECT count(*) FROM (SELECT 1 FROM settlement_proposal WHERE state = 'open'"
            " AND (%s::text IS NULL OR facility = %s) LIMIT 100) waiting",
            [actor.facility, actor.facility],
        )
        .fetchone()
    )
    return 0 if row is None else row[0]
