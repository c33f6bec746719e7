"""Running visits for another system, the worst first, a page at a time."""

import time
from typing import Any, LiteralString

from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.settlement import running, tables
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor
from doudi_web.wards import keeping

LISTED = 500
"""Running visits in one answer."""
PATIENCE = 1.0
"""Seconds in which what moved is looked at anew, so that the order is of now."""
_OLD, _AT_ONCE = 500, 5  # visits that are looked at anew for an answer, and together

_WORST: LiteralString = """
SELECT v.id FROM settlement_visit v LEFT JOIN wards_kept k ON k.visit_id = v.id AND k.settled IS NULL
WHERE v.settled IS NULL AND {of}
ORDER BY CASE k.badness WHEN 2 THEN 1 ELSE coalesce(k.badness, 0) END, k.excess DESC NULLS FIRST,
  k.share DESC NULLS FIRST, v.visit, v.id OFFSET %(after)s LIMIT %(limit)s
"""
"""Of whom nothing is kept yet nobody knows how bad it is. What is over for its unmapped items alone is over here
too, as its bill says."""


def worst(actor: Actor, facility: str | None, after: int = 0) -> dict[str, Any]:
    """Running visits of a hospital (a district's actor may name one), the worst first, behind the worst `after`.

    The order is that of the kept figures; what each of the page comes to is looked at now, and the page is ordered
    by that. So an answer takes as long as its page, however many run. Raises Refusal 403.
    """
    actor.must(Act.VISITS_READ)
    if facility is not None:
        actor.must_be_of(facility, Act.VISITS_READ)
    of, db = actor.facility or facility, tables.driver()
    if of is not None:
        _refreshed(db, of)
    whose: LiteralString = "TRUE" if of is None else "v.facility = %(facility)s"
    asked = {"facility": of, "after": after, "limit": LISTED + 1}
    numbers = [number for (number,) in db.execute(_WORST.replace("{of}", whose), asked)]
    shown = running.looked_at(db, actor, numbers[:LISTED])
    with db.transaction():
        record(actor, "visits.list", "visits", detail={"facility": of, "visits": len(shown)})
        each = ((subject_of(row["person"]), {"visit": row["visit_id"]}) for row in shown)
        record_each(actor, "visits.read", each)
    is_more = len(numbers) > LISTED
    return {"visits": shown, "more": is_more, "after": after + LISTED if is_more else None}


def _refreshed(db: keeping.Driver, facility: str) -> None:
    """Look anew at what moved, as far as there is time; of a whole district the keeper alone does it."""
    until, asked = time.monotonic() + PATIENCE, keeping.bounds()
    old = keeping.stale(db, facility, asked, _OLD)
    for first in range(0, len(old), _AT_ONCE):
        if time.monotonic() > until:
            return
        keeping.refresh(db, old[first : first + _AT_ONCE], asked)
