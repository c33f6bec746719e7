"""Keeping the figures: what is new in ledger and register since the last look is folded in, again and again.

Numbers are given before they are committed: what is below the highest may still come. A look notes the highest
number and who was at work; once all of them have ended, everything up to it has been seen.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

import psycopg
from django.db import connection

from doudi_web.indicators.facts import LIVES, TOWNSHIP
from doudi_web.indicators.folding import fold
from doudi_web.indicators.people import count_people
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import now

_log = logging.getLogger("doudi.indicators")
Driver = psycopg.Connection[tables.Row]
PAUSE = 2.0
PROMISED = 60.0
"""Seconds that the figures may be behind before the page says so in amber."""
BATCH = 5_000
AT_SIGHT = 400
"""Postings that somebody who opens the page waits for; what is more is the keeper's."""
FOLDING = 0x696E6469  # the lock of who folds
_SETTLING = "5 seconds"
"""A number is taken a moment before its transaction is seen to be at work."""


@dataclass(frozen=True, slots=True)
class AsOf:
    """How far the figures are: as of when, whether ever whole, how many seconds ago by the real clock, how many
    postings are not in yet (up to a limit)."""

    at: datetime | None
    is_whole: bool
    seconds: float
    waiting: int

    @property
    def is_late(self) -> bool:
        """Whether they are older than was promised."""
        return not self.is_whole or self.seconds > PROMISED


_NEW: LiteralString = """
SELECT p.id, p.settlement FROM settlement_posting p
WHERE p.id > greatest((SELECT low FROM indicators_state), %s)
  AND NOT EXISTS (SELECT 1 FROM indicators_seen s WHERE s.posting = p.id) ORDER BY p.id LIMIT %s
"""
_COLLECTED: LiteralString = """
SELECT f.settlement FROM indicators_fact f WHERE f.waits <> 0 AND f.waits IS DISTINCT FROM (
  SELECT round((c.says ->> 'amount')::numeric * 100)::bigint FROM settlement_proposal c
  WHERE c.settlement = f.settlement AND c.kind = 'collect' AND c.state = 'open')
"""
"""What waited for approval and waits no more."""
_CHANGED: LiteralString = """
SELECT p.id, p.household_id FROM register_person p, indicators_state i WHERE p.changed_by_id > i.import_low
"""
_MOVED: LiteralString = f"""
WITH near AS MATERIALIZED (
  SELECT unnest(%(persons)s::text[]) AS id UNION
  SELECT o.id FROM register_person o WHERE o.household_id = ANY(%(households)s))
SELECT f.settlement FROM near JOIN settlement_settlement s ON s.person = near.id
JOIN indicators_fact f ON f.settlement = s.id {LIVES}
WHERE (f.township, f.district) IS DISTINCT FROM (coalesce({TOWNSHIP}, f.district || '000'),
  coalesce(p.district_id, f.district))
LIMIT %(limit)s
"""
"""Whose person is registered elsewhere by now."""
_SEE = "INSERT INTO indicators_seen (posting) SELECT unnest(%s::bigint[]) ON CONFLICT DO NOTHING"
_SETTLE_HORIZON = f"""
UPDATE indicators_state SET low = top, import_low = import_top, horizon = ''
WHERE horizon <> '' AND (
  pg_snapshot_xmin(pg_current_snapshot()) >= horizon::xid8 AND marked < clock_timestamp() - interval '{_SETTLING}')
RETURNING low
"""
_MARK_HORIZON = """
UPDATE indicators_state SET horizon = pg_snapshot_xmax(pg_current_snapshot())::text, marked = clock_timestamp(),
  top = greatest(low, (SELECT coalesce(max(posting), 0) FROM indicators_seen)),
  import_top = (SELECT coalesce(max(id), 0) FROM register_import)
WHERE (horizon = '' OR horizon::xid8 > pg_snapshot_xmax(pg_current_snapshot()))
  AND ((SELECT count(*) FROM indicators_seen) > 0
    OR import_low < (SELECT coalesce(max(id), 0) FROM register_import))
"""
"""A horizon beyond all that ever ran is of another server, from which this was restored."""
_LOOKED = """
UPDATE indicators_state SET as_of = %s, looked = clock_timestamp(), is_whole = true
"""
_AS_OF = """
SELECT as_of, is_whole, extract(epoch FROM clock_timestamp() - looked)::float8,
  (SELECT count(*) FROM (SELECT 1 FROM settlement_posting p WHERE p.id > low
     AND NOT EXISTS (SELECT 1 FROM indicators_seen s WHERE s.posting = p.id) LIMIT %s) w)
FROM indicators_state
"""


@dataclass(frozen=True, slots=True)
class _Looked:
    """A look: how many settlements it folded in, the last posting, whether nothing more was there behind it."""

    count: int
    last: int
    is_all: bool


def look(db: Driver, limit: int = BATCH) -> int | None:
    """One look: fold in what is new, up to so many postings; how many settlements. None: somebody else folds."""
    found = _look(db, limit, 0)
    return None if found is None else found.count


def _look(db: Driver, limit: int, after: int) -> _Looked | None:
    """The same for postings behind one. Only a look from the beginning (0) asks what else moved, and can say that
    everything was seen.
    """
    at = now()
    with db.transaction():
        if not _alone(db):
            return None
        tables.plan_for_values(db)
        db.execute("INSERT INTO indicators_state (id, low, import_low, top, import_top, horizon, is_whole,"
                   " people_import) VALUES (1, 0, 0, 0, 0, '', false, -1) ON CONFLICT DO NOTHING")  # fmt: skip
        new = db.execute(_NEW, [after, limit]).fetchall()
        touched = {settlement for _, settlement in new if settlement is not None}
        moved: list[tables.Row] = []
        if not after:
            moved = _moved(db, limit)
            touched |= {number for (number,) in (*db.execute(_COLLECTED).fetchall(), *moved)}
        fold(db, sorted(touched))
        db.execute(_SEE, [[posting for posting, _ in new]])
        is_all = len(new) < limit and len(moved) < limit
        if is_all and not after:
            _settle(db)
            db.execute(_LOOKED, [at])
    count = len(touched) + max(len(new) - len(touched), 0)
    return _Looked(count, new[-1][0] if new else after, is_all)


def _looks(db: Driver, stop: threading.Event | None = None) -> Iterator[int]:
    """Looks until nothing is left, each behind the last, then once more from the beginning; what each folded in.

    A posting of a lower number may have come meanwhile. Each from the beginning would read all that is seen again.
    """
    after = 0
    while stop is None or not stop.is_set():
        found = _look(db, BATCH, after)
        if found is None:
            return
        yield found.count
        if found.is_all and not after:
            return
        after = 0 if found.is_all else found.last


def _moved(db: Driver, limit: int) -> list[tables.Row]:
    """Settlements of those whom the register has elsewhere than their facts, or whose household it has."""
    changed = db.execute(_CHANGED).fetchall()
    if not changed:
        return []
    persons, households = {id_ for id_, _ in changed}, {code for _, code in changed if code}
    values = {"persons": [*persons], "households": [*households], "limit": limit}
    return db.execute(_MOVED, values).fetchall()


def _alone(db: Driver) -> bool:
    row = db.execute("SELECT pg_try_advisory_xact_lock(%s)", [FOLDING]).fetchone()
    return row is not None and bool(row[0])


def _settle(db: Driver) -> None:
    """Everything that is there has been seen: what was noted earlier may hold by now, and a new note is made."""
    settled = db.execute(_SETTLE_HORIZON).fetchone()
    if settled is not None:
        db.execute("DELETE FROM indicators_seen WHERE posting <= %s", [settled[0]])
    db.execute(_MARK_HORIZON)


def keep(stop: threading.Event | None = None) -> int:
    """Fold in all that is new, and count people anew where the register moved; how many were folded."""
    db = tables.driver()
    count = sum(_looks(db, stop))
    count_people(db)
    return count


def up_to_date(db: Driver) -> AsOf:
    """How far the figures are; a little that is new is folded in at sight, so that what was just done is seen."""
    if _as_of(db).waiting <= AT_SIGHT:
        look(db, AT_SIGHT + 1)
    count_people(db, at_sight=True)
    return _as_of(db)


def _as_of(db: Driver) -> AsOf:
    row = db.execute(_AS_OF, [AT_SIGHT + 1]).fetchone()
    if row is None:
        some = db.execute(
            "SELECT count(*) FROM (SELECT 1 FROM settlement_posting LIMIT %s) w", [AT_SIGHT + 1]
        )
        return AsOf(None, is_whole=False, seconds=0.0, waiting=(some.fetchone() or (0,))[0])
    at, is_whole, seconds, waiting = row
    return AsOf(at, is_whole, 0.0 if seconds is None else seconds, waiting)


_EMPTY = """
TRUNCATE indicators_fact, indicators_cell, indicators_share, indicators_paid, indicators_spent,
  indicators_controlled, indicators_seen, indicators_state
"""


def rebuild(progress: Callable[[int], None] | None = None) -> int:
    """Forget all that is kept and fold everything anew; how many settlements stand. Breaks off anywhere, goes on
    later: whoever looks next goes on."""
    db = tables.driver()
    with db.transaction():
        db.execute("SELECT pg_advisory_xact_lock(%s)", [FOLDING])
        db.execute(_EMPTY)
    count = 0
    for found in _looks(db):
        count += found
        if progress is not None:
            progress(count)
    count_people(db)
    row = db.execute("SELECT count(*) FROM indicators_fact").fetchone()
    return 0 if row is None else row[0]


def keep_looking(stop: threading.Event, _: float) -> None:
    """Fold in what is new, a moment after it came, until told to stop."""
    while not stop.wait(PAUSE):
        try:
            began = time.monotonic()
            count = keep(stop)
            if count > BATCH:
                _log.info("folded %d settlements in %.1f s", count, time.monotonic() - began)
        except Exception as error:  # the database is away: it is asked again
            _log.error("not folded: %s", type(error).__name__)
        finally:
            connection.close()  # nothing is held between two looks
