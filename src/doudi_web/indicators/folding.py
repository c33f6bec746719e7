"""Folding facts into sums: what a settlement was is taken off, what it is now is added, in one transaction.

Sums are kept at levels; each tells apart what pages ask for together, so that no page reads a million rows.
"""

from collections.abc import Sequence
from typing import LiteralString

import psycopg

from doudi_web.indicators.facts import COLUMNS, Fact, facts_of
from doudi_web.settlement import tables

ALL, FACILITY, TOWNSHIP, BOTH, DISEASE, FACILITY_DISEASE, TOWNSHIP_DISEASE = range(7)
LEVELS: LiteralString = """(VALUES (0, '', '', ''), (1, f.facility, '', ''), (2, '', f.township, ''),
  (3, f.facility, f.township, ''), (4, '', '', f.disease), (5, f.facility, '', f.disease),
  (6, '', f.township, f.disease)) AS l(level, facility, township, disease)"""
"""What each level tells apart, beside month, kind, standing, place, district."""

_KEYS: LiteralString = "level, month, facility, township, disease, kind, standing, place, district"
SUMS: tuple[LiteralString, ...] = (
    "n", "total", "patient", "hospital", "waits", "funds", "floor", "floored", "measured", "allowed",
    "measured_total", "measured_n", "exceeded", "over",
)  # fmt: skip
_OF_FACT: tuple[LiteralString, ...] = (
    "count(*)", "sum(f.total)", "sum(f.patient)", "sum(f.hospital)", "sum(f.waits)", "sum(f.funds)", "sum(f.floor)",
    "count(*) FILTER (WHERE f.floor <> 0)", "coalesce(sum(f.measured), 0)", "coalesce(sum(f.allowed), 0)",
    "coalesce(sum(f.total) FILTER (WHERE f.measured IS NOT NULL), 0)", "count(f.measured)",
    "count(*) FILTER (WHERE f.exceeded)", "count(*) FILTER (WHERE f.over)",
)  # fmt: skip
"""The sums of facts, in the order of SUMS."""


def sums_of_facts() -> LiteralString:
    """The sums of facts `f`, each as a whole number."""
    return ", ".join([f"({one})::bigint" for one in _OF_FACT])


def _into(sign: LiteralString) -> LiteralString:
    """What facts `f` of `moved` come to, added to all sums; each part keeps its rows in one order, so that two
    foldings would not wait for each other in a circle."""
    summed: LiteralString = ", ".join([sign + one for one in _OF_FACT])
    added: LiteralString = ", ".join(
        [f"{name} = indicators_cell.{name} + EXCLUDED.{name}" for name in SUMS]
    )
    return f"""
cells AS (
  INSERT INTO indicators_cell ({_KEYS}, {", ".join(SUMS)})
  SELECT l.level, f.month, l.facility, l.township, l.disease, f.kind, f.standing, f.place, f.district,
    {summed}
  FROM moved f CROSS JOIN LATERAL {LEVELS}
  GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
  ON CONFLICT ({_KEYS}) DO UPDATE SET {added}),
shares AS (
  INSERT INTO indicators_share (level, month, facility, township, kind, standing, share, n)
  SELECT l.level, f.month, l.facility, l.township, f.kind, f.standing, f.share, {sign}count(*)
  FROM moved f CROSS JOIN LATERAL {LEVELS}
  WHERE l.level < 3 GROUP BY 1, 2, 3, 4, 5, 6, 7
  ON CONFLICT (level, kind, facility, township, month, standing, share)
    DO UPDATE SET n = indicators_share.n + EXCLUDED.n),
paid AS (
  INSERT INTO indicators_paid (level, month, facility, township, kind, standing, fund, n, amount)
  SELECT l.level, f.month, l.facility, l.township, f.kind, f.standing, p.key, {sign}count(*),
    {sign}sum(p.value::bigint)
  FROM moved f CROSS JOIN LATERAL {LEVELS} CROSS JOIN LATERAL jsonb_each_text(f.paid) p
  WHERE l.level <= 3 GROUP BY 1, 2, 3, 4, 5, 6, 7
  ON CONFLICT (level, facility, township, month, kind, standing, fund)
    DO UPDATE SET n = indicators_paid.n + EXCLUDED.n, amount = indicators_paid.amount + EXCLUDED.amount),
spent AS (
  INSERT INTO indicators_spent (day, fund, n, amount)
  SELECT f.day, p.key, {sign}count(*), {sign}sum(p.value::bigint)
  FROM moved f CROSS JOIN LATERAL jsonb_each_text(f.paid) p GROUP BY 1, 2
  ON CONFLICT (fund, day)
    DO UPDATE SET n = indicators_spent.n + EXCLUDED.n, amount = indicators_spent.amount + EXCLUDED.amount),
controlled AS (
  INSERT INTO indicators_controlled (facility, month, rate, n, total, measured, borne)
  SELECT f.facility, f.month, f.rate, {sign}count(*), {sign}sum(f.total), {sign}sum(f.measured), {sign}sum(f.borne)
  FROM moved f WHERE f.rate IS NOT NULL GROUP BY 1, 2, 3
  ON CONFLICT (facility, month, rate)
    DO UPDATE SET n = indicators_controlled.n + EXCLUDED.n, total = indicators_controlled.total + EXCLUDED.total,
      measured = indicators_controlled.measured + EXCLUDED.measured,
      borne = indicators_controlled.borne + EXCLUDED.borne)
SELECT count(*) FROM moved
"""


_GO: LiteralString = f"""
WITH moved AS (DELETE FROM indicators_fact WHERE settlement = ANY(%s) RETURNING *), {_into("-")}
"""
_TYPES: LiteralString = (
    "bigint date int text text text text text smallint text bigint bigint bigint bigint bigint bigint bigint bigint"
    " boolean boolean int jsonb text bigint"
)
_COME: LiteralString = f"""
WITH moved AS (
  INSERT INTO indicators_fact ({", ".join(COLUMNS)})
  SELECT * FROM unnest({", ".join([f"%s::{of}[]" for of in _TYPES.split(" ")])}) RETURNING *), {_into("")}
"""


def fold(db: "psycopg.Connection[tables.Row]", settlements: Sequence[int]) -> int:
    """Make facts and sums of these settlements what the ledger says now; how many of them stand.

    The caller holds the lock of folding, and commits. Doing it again changes nothing.
    """
    if not settlements:
        return 0
    found = facts_of(db, settlements)
    db.execute(_GO, [list(settlements)])
    if found:
        db.execute(_COME, _columns(found))
    return len(found)


def _columns(found: Sequence[Fact]) -> list[list[object]]:
    return [[getattr(fact, name) for fact in found] for name in COLUMNS]
