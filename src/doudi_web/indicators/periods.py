"""Control over a period, hospital by hospital, from kept sums: of visits only those are read that came since the
sums were made, and those whose answer was erased."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, LiteralString

import psycopg

from doudi_web.audit_log.actions import record
from doudi_web.clearing.assessing import head_json, recounted
from doudi_web.clearing.figures import (
    Figures,
    Part,
    assessed_within,
    figures_json,
    figures_of_parts,
    visits_of,
)
from doudi_web.clearing.spans import Period
from doudi_web.settlement import tables
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

MOST_NEW = 400
"""Of so many settlements that are not in the sums yet each is read for itself; of more everything is read."""

_ADDED: LiteralString = """
WITH new AS MATERIALIZED (
  SELECT DISTINCT p.settlement AS id FROM settlement_posting p
  WHERE p.id > coalesce((SELECT low FROM indicators_state), 0) AND p.settlement IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM indicators_seen s WHERE s.posting = p.id) LIMIT %(most)s),
parts AS (
  SELECT c.facility, c.rate, c.n, c.total, c.measured, c.borne FROM indicators_controlled c
  WHERE c.month = ANY(%(months)s) AND {of_hospital}
  UNION ALL
  SELECT c.facility, c.rate, -1, -c.total, -c.measured, -c.borne
  FROM new JOIN indicators_fact c ON c.settlement = new.id
  WHERE c.rate IS NOT NULL AND c.month = ANY(%(months)s) AND {of_hospital})
SELECT NULL::bigint, facility, rate, sum(n)::bigint, sum(total)::bigint, sum(measured)::bigint, sum(borne)::bigint
FROM parts GROUP BY facility, rate HAVING sum(n) <> 0
UNION ALL
SELECT id, NULL, NULL, NULL, NULL, NULL, NULL FROM new
UNION ALL
SELECT c.id, NULL, NULL, NULL, NULL, NULL, NULL FROM settlement_settlement c
WHERE c.result IS NULL AND c.settled >= %(start)s AND c.settled < %(end)s AND {of_hospital}
"""
"""The sums without what is not in them as it is now, and which settlements are to be read for themselves: all of
one moment, so that none is counted twice or left out."""


def compared(
    db: "psycopg.Connection[tables.Row]", period: Period, facility: str = ""
) -> Iterator[Figures]:
    """What a period comes to, hospital by hospital, as `clearing.assessing.recounted` would tell it."""
    months = [period.year * 100 + period.first + n for n in range(period.months)]
    of_hospital: LiteralString = "c.facility = %(facility)s" if facility else "true"
    rows = db.execute(
        _ADDED.replace("{of_hospital}", of_hospital),
        {"months": months, "start": period.start, "end": period.end, "facility": facility, "most": MOST_NEW + 1},
    ).fetchall()  # fmt: skip
    alone = {number for number, *_ in rows if number is not None}
    if len(alone) > MOST_NEW:
        yield from recounted(db, period, facility)
        return
    parts: dict[str, list[Part]] = {}
    for number, code, rate, *sums in rows:
        if number is None:
            parts.setdefault(code, []).append(Part(Fraction(rate) if rate else None, *sums))
    for one in visits_of(db, period, facility, [*alone]) if alone else ():
        of = Part(one.rate, 1, one.total, one.measured, one.borne)
        parts.setdefault(one.facility, []).append(of)
    assessed = assessed_within(db, period, facility)
    for code in sorted({*parts, *assessed}):
        yield figures_of_parts(code, parts.get(code, ()), assessed.get(code, 0))


def periods(actor: Actor, period: Period, facility: str) -> dict[str, Any]:
    """What a period comes to, hospital by hospital; a hospital sees its own alone. Raises Refusal 403."""
    actor.must(Act.PERIODS_READ)
    if facility:
        actor.must_be_of(facility, Act.PERIODS_READ)
    only = actor.facility or facility
    db = tables.driver()
    with db.transaction():
        found = list(compared(db, period, only))
        record(actor, "periods.read", "periods", detail={"period": str(period), "facility": only})
    return {**head_json(period), "facilities": [figures_json(one) for one in found]}
