"""Floor amounts that are finished, as sums by hospital and month: what is read does not grow with the years.

Finished is what was paid, and what a reversal cancelled before anybody approved it: nobody decides on it any more.
Up to `low` an entry of the floor fund is in a sum, or among the open ones; behind it all are read one by one. Who
decides keeps this up, alone, and within the same transaction: a sum has never what an amount beside it says too.
"""

from collections.abc import Collection
from typing import LiteralString

import psycopg

from doudi_web.clearing.floor import ITEMS, Item, State
from doudi_web.settlement import tables

Driver = psycopg.Connection[tables.Row]
LEAST = 1_000
"""Entries behind `low` that are worth going through: until then all are read one by one."""
AT_ONCE = 50_000
"""Entries that one decision goes through: more are the next ones'."""
_SETTLING: LiteralString = "5 seconds"
"""A number is taken a moment before its transaction is seen to be at work."""

_BEGIN: LiteralString = """
INSERT INTO clearing_floormark (id, low, top, horizon) VALUES (1, 0, 0, '') ON CONFLICT DO NOTHING
"""
_HOLDS: LiteralString = f"""
WITH before AS (SELECT low FROM clearing_floormark)
UPDATE clearing_floormark m SET low = m.top, horizon = '' FROM before
WHERE m.horizon <> '' AND pg_snapshot_xmin(pg_current_snapshot()) >= m.horizon::xid8
  AND m.marked < clock_timestamp() - interval '{_SETTLING}'
RETURNING before.low, m.top
"""
"""Numbers are given before they are committed: only once all who were at work at the mark have ended, nothing of a
lower number can come."""
_MARK: LiteralString = """
UPDATE clearing_floormark SET horizon = pg_snapshot_xmax(pg_current_snapshot())::text, marked = clock_timestamp(),
  top = (SELECT max(id) FROM (SELECT id FROM settlement_entry
    WHERE account = 'fund:floor' AND id > low ORDER BY id LIMIT %(most)s) x)
WHERE (horizon = '' OR horizon::xid8 > pg_snapshot_xmax(pg_current_snapshot()))
  AND (SELECT count(*) FROM (SELECT 1 FROM settlement_entry
    WHERE account = 'fund:floor' AND id > low LIMIT %(least)s) x) = %(least)s
"""
"""A horizon beyond all that ever ran is of another server, from which this was restored."""
_ADD: LiteralString = """
INSERT INTO clearing_flooropen (entry)
SELECT id FROM settlement_entry WHERE account = 'fund:floor' AND id > %s AND id <= %s
"""
_SWEEP: LiteralString = f"""
WITH finished AS (
  SELECT i.* FROM ({ITEMS} AND e.id IN (SELECT entry FROM clearing_flooropen WHERE {{which}})) AS i
    (id, kind, settlement, assessment, visit, facility, posted, month, amount, state)
  WHERE i.state = 'paid' OR (i.state = 'cancelled' AND NOT EXISTS (
    SELECT 1 FROM settlement_posting q JOIN settlement_entry o ON o.posting = q.id AND o.account = 'fund:floor'
    JOIN clearing_floorstate f ON f.entry = o.id AND f.state = 'approved' WHERE q.settlement = i.settlement))),
gone AS (DELETE FROM clearing_flooropen o USING finished d WHERE o.entry = d.id)
INSERT INTO clearing_floordone AS k (facility, month, state, items, amount)
SELECT facility, month, state, count(*), sum(amount) FROM finished GROUP BY 1, 2, 3
ON CONFLICT (facility, month, state) DO UPDATE
SET items = k.items + excluded.items, amount = k.amount + excluded.amount
"""
"""What was approved and then reversed may have left with the bank: it stays open."""


def finish(db: Driver, state: State, items: Collection[Item]) -> None:
    """Keep up what is finished, after these were decided so. The caller decides alone, and commits."""
    db.execute(_BEGIN)
    if state == State.PAID:
        paid = [one.entry for one in items]
        db.execute(_SWEEP.replace("{which}", "entry = ANY(%s)"), [paid])
    held = db.execute(_HOLDS).fetchone()
    if held is not None:
        db.execute(_ADD, held)
        db.execute(_SWEEP.replace("{which}", "true"))
    db.execute(_MARK, {"most": AT_ONCE, "least": LEAST})
