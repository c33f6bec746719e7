"""Whose sums moved: the ledger's new postings, each seen once, and the running visits of those persons marked."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg

from doudi_web.settlement import tables
from doudi_web.settlement.accumulators import person_of
from doudi_web.tenancy.clock import now

LATE = 120.0
"""Seconds in which a posting of a lower number may still be committed. What came later still is found on the next
day, when everything is looked at."""

_NEW = """
SELECT p.id, s.person, o.owner FROM settlement_posting p
LEFT JOIN settlement_settlement s ON s.id = p.settlement LEFT JOIN settlement_opening o ON o.id = p.opening
WHERE p.id > %s ORDER BY p.id
"""
_MARK = """
WITH moved AS (
  SELECT k.visit_id FROM wards_kept k JOIN unnest(%s::text[], %s::timestamptz[]) AS x(person, until)
    ON k.person = x.person AND k.as_of <= x.until
  WHERE k.settled IS NULL ORDER BY k.visit_id FOR UPDATE OF k)
UPDATE wards_kept SET marks = marks + 1 WHERE visit_id IN (SELECT visit_id FROM moved)
"""
"""In the order of the visits, in which they are looked at anew too: neither waits for the other in a circle."""
_SEEN = """
INSERT INTO wards_watched (id, posting) VALUES (1, %s)
ON CONFLICT (id) DO UPDATE SET posting = EXCLUDED.posting
"""


@dataclass(frozen=True, slots=True)
class _Look:
    """A look: when, up to which posting, whose were new."""

    began: float
    at: datetime
    top: int
    persons: Sequence[str]


class Watch:
    """Which postings have been seen: all up to `low`, and some above it."""

    def __init__(self) -> None:
        self._low: int | None = None
        self._seen: set[int] = set()
        self._looks: deque[_Look] = deque()

    def look(self, db: "psycopg.Connection[tables.Row]", late: float = LATE) -> int:
        """Mark the running visits of whose sums moved since; how many postings were new.

        They are marked once more when nothing late can come: a figure may have been begun before, and kept after.
        """
        low = _begin(db) if self._low is None else self._low
        at = now()
        with db.transaction():
            tables.plan_for_values(db)
            rows = db.execute(_NEW, [low]).fetchall()
        new = [row for row in rows if row[0] not in self._seen]
        of = {person or (owner and person_of(owner)) for _, person, owner in new}
        began, top = time.monotonic(), max((row[0] for row in rows), default=low)
        marked = [(sorted(one for one in of if one), now())]
        self._looks.append(_Look(began, at, top, marked[0][0]))
        while self._looks and self._looks[0].began <= began - late:
            earlier = self._looks.popleft()
            low = max(low, earlier.top)
            marked.append((list(earlier.persons), earlier.at))
        with db.transaction():
            of_whom = [(person, until) for persons, until in marked for person in persons]
            if of_whom:
                db.execute(_MARK, [list(column) for column in zip(*of_whom, strict=True)])
            if low != self._low:
                db.execute(_SEEN, [low])
        self._low = low
        self._seen = {row[0] for row in rows if row[0] > low}
        return len(new)


def _begin(db: "psycopg.Connection[tables.Row]") -> int:
    """Up to where it was seen when somebody looked last; at first all that is there is still to be looked at."""
    row = db.execute("SELECT posting FROM wards_watched WHERE id = 1").fetchone()
    if row is not None:
        return row[0]
    last = db.execute("SELECT coalesce(max(id), 0) FROM settlement_posting").fetchone()
    assert last is not None
    return max(0, last[0] - _FIRST)


_FIRST = 10_000
"""Postings that the first look of all goes back: none of the kept figures is older than it."""
