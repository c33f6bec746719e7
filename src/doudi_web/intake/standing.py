"""What the database holds of the visits that a file names, and whether one of them has moved since."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from doudi.source_text import Value
from doudi_web.settlement import tables

Driver = psycopg.Connection[tables.Row]

_VISITS = """
SELECT v.visit, v.id, v.person, v.header::json, v.discharged, count(l.id), coalesce(max(l.id), 0),
  count(l.withdrawn), coalesce(extract(epoch FROM max(l.withdrawn))::text, ''), (
    SELECT s.id FROM settlement_settlement s WHERE s.visit = v.visit AND s.facility = v.facility AND NOT EXISTS (
      SELECT 1 FROM settlement_posting p WHERE p.settlement = s.id AND p.kind = 'reverse') LIMIT 1)
FROM settlement_visit v LEFT JOIN settlement_feeline l ON l.visit_id = v.id
WHERE v.facility = %s AND v.visit = ANY(%s) GROUP BY v.id
"""
_LINES = """
SELECT visit_id, line, content::json, withdrawn FROM settlement_feeline WHERE visit_id = ANY(%s) ORDER BY id
"""
_UNDONE = """
SELECT DISTINCT ON (visit, line) visit, line, undone FROM intake_taken
WHERE visit = ANY(%s) AND line <> '' ORDER BY visit, line, id DESC
"""
_LOCK = (
    "SELECT id FROM settlement_visit WHERE facility = %s AND visit = ANY(%s) ORDER BY id FOR UPDATE"
)


@dataclass(frozen=True, slots=True)
class LineHeld:
    """A line that a visit has: `again` where it may stand again, as an import put it there and was undone."""

    content: Mapping[str, Value]
    withdrawn: datetime | None
    again: bool


@dataclass(frozen=True, slots=True)
class VisitHeld:
    """A visit as the database has it."""

    number: int
    visit: str
    person: str
    header: Mapping[str, Value]
    discharged: datetime | None
    settlement: int | None
    print: Sequence[Any]
    """Lines, the last line's number, lines taken out, when the last was, when the patient went home, settlement."""


def visits_held(db: Driver, facility: str, visits: Collection[str]) -> dict[str, VisitHeld]:
    """The visits of a hospital by their numbers."""
    found: dict[str, VisitHeld] = {}
    for row in db.execute(_VISITS, [facility, list(visits)]):
        visit, number, person, header, discharged, count, last, out, went, settlement = row
        home = None if discharged is None else discharged.isoformat()
        prints = [count, last, out, went, home, settlement]
        found[visit] = VisitHeld(number, visit, person, header, discharged, settlement, prints)
    return found


def lines_held(db: Driver, visits: Iterable[VisitHeld]) -> dict[int, dict[str, LineHeld]]:
    """The lines of visits, by the visit's number and their own."""
    numbers = [visit.number for visit in visits]
    undone = {(visit, line): at for visit, line, at in db.execute(_UNDONE, [numbers])}
    found: dict[int, dict[str, LineHeld]] = {number: {} for number in numbers}
    for visit, line, content, withdrawn in db.execute(_LINES, [numbers]):
        is_again = withdrawn is not None and undone.get((visit, line)) == withdrawn
        found[visit][line] = LineHeld(content, withdrawn, is_again)
    return found


def prints_of(held: Mapping[str, VisitHeld], visits: Iterable[str]) -> dict[str, Any]:
    """What each visit is like; one that is not there is None."""
    return {visit: list(held[visit].print) if visit in held else None for visit in visits}


def lock(db: Driver, facility: str, visits: Collection[str]) -> None:
    """Nobody writes to these visits until the transaction ends; the order is everybody's."""
    db.execute(_LOCK, [facility, list(visits)])


def moved(before: Sequence[Any] | None, after: Sequence[Any] | None) -> str:
    """What happened to a visit between two looks, in words; empty where nothing did."""
    if before == after or (
        before is not None and after is not None and list(before) == list(after)
    ):
        return ""
    if after is None:
        return "已经撤销"
    if before is None:
        return "已经开了"
    words: list[str] = []
    if after[5] != before[5]:
        words.append("撤销了结算" if after[5] is None else "已经结算")
    if after[4] != before[4]:
        words.append("办了出院")
    if after[0] > before[0]:
        words.append(f"多了 {after[0] - before[0]} 行")
    if after[2] > before[2]:
        words.append(f"撤回了 {after[2] - before[2]} 行")
    return "、".join(words) or "费用行变了"
