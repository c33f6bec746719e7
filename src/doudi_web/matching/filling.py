"""Writing where to look: the lines of a hospital that stand for nothing, the items they charge, what is doubted."""

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg

from doudi.dates import CHINA
from doudi.mapping_check import check_mapping
from doudi.wire.bill_form import LineForm
from doudi_web.matching.alike import likeness_of
from doudi_web.matching.charged import Charged, parsed, to_look_at
from doudi_web.policy.rules import Rules
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import now

Driver = psycopg.Connection[tables.Row]

NAME_KEPT = 400
"""Characters of an item's name that the queue keeps."""
NAMES_DIFFER = 35
"""Likeness of two names below which somebody should look whether they mean one thing."""
_BATCH = 500  # visits whose lines are held at a time


@dataclass(frozen=True, slots=True)
class Found:
    """A line to look at, and where it stands: a running visit's line, or a refused bill."""

    charged: Charged
    visit: int | None = None
    feeline: int | None = None
    refused: int | None = None


def lists_told(ruling: Rules, facility: str) -> str:
    """On which lists a hospital's lines are looked up: another text is another list."""
    return f"{ruling.catalogue_digest or '-'} {ruling.mapping_digests.get(facility, '-')}"


_ITEMS = """
INSERT INTO matching_item (facility, code, name, stated_code, unit_price, found, suggestions, suggested_for, kept)
SELECT %s, code, name, stated, price, %s, '[]', '', ''
FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[]) AS x(code, name, stated, price)
ON CONFLICT (facility, code) DO UPDATE
SET name = excluded.name, stated_code = excluded.stated_code, suggested_for = '',
    unit_price = coalesce(excluded.unit_price, matching_item.unit_price)
WHERE (matching_item.name, matching_item.stated_code) <> (excluded.name, excluded.stated_code)
"""
_LINES = """
INSERT INTO matching_line (facility, item, what, visit, feeline, refused, line, amount, day)
SELECT %s, i.id, x.what, x.visit, x.feeline, x.refused, x.line, x.amount, x.day
FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::date[])
  AS x(code, what, visit, feeline, refused, line, amount, day)
JOIN matching_item i ON i.facility = %s AND i.code = x.code
ON CONFLICT DO NOTHING
"""


def add(db: Driver, facility: str, found: Sequence[Found]) -> None:
    """Keep lines to look at, each once, and their items."""
    if not found:
        return
    items = {one.charged.code: one.charged for one in found}
    _add_items(
        db, facility,
        [(c.code, c.name[:NAME_KEPT], c.stated_code, c.unit_price) for c in items.values()],
    )  # fmt: skip
    of = [one.charged for one in found]
    db.execute(
        _LINES,
        [
            facility, [c.code for c in of], [c.what for c in of], [f.visit for f in found],
            [f.feeline for f in found], [f.refused for f in found], [c.line for c in of],
            [c.amount for c in of], [c.day for c in of], facility,
        ],
    )  # fmt: skip


def _add_items(
    db: Driver, facility: str, items: Sequence[tuple[str, str, str, int | None]]
) -> None:
    """In the order of their codes: whoever keeps two hospitals' queues at once waits, and is not waited for."""
    ordered = sorted(items)
    columns = [list(column) for column in zip(*ordered, strict=True)]
    db.execute(_ITEMS, [facility, now(), *columns])


_RUNNING = """
SELECT id FROM settlement_visit WHERE facility = %s AND settled IS NULL AND id > %s ORDER BY id LIMIT %s
"""
_CHARGED = """
SELECT visit_id, id, content::json FROM settlement_feeline
WHERE visit_id = ANY(%s) AND withdrawn IS NULL ORDER BY id
"""


def look_through(db: Driver, facility: str, ruling: Rules, day: date) -> None:
    """Look at all that a hospital charges and has mapped, on the lists in force that day."""
    db.execute("DELETE FROM matching_line WHERE facility = %s", [facility])
    last = 0
    while True:
        rows = db.execute(_RUNNING, [facility, last, _BATCH]).fetchall()
        if rows:
            visits_again(db, facility, [visit for (visit,) in rows], ruling, day)
            last = rows[-1][0]
        if len(rows) < _BATCH:
            break
    refused_again(db, facility, ruling, day)
    _doubts_again(db, facility, ruling, day)
    db.execute(
        "INSERT INTO matching_looked (facility, lists, day, at) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (facility) DO UPDATE SET lists = excluded.lists, day = excluded.day, at = excluded.at",
        [facility, lists_told(ruling, facility), day, now()],
    )


def visits_again(
    db: Driver, facility: str, visits: Sequence[int], ruling: Rules, day: date
) -> None:
    """Look at all lines of running visits."""
    of: dict[int, list[tuple[int, LineForm]]] = {visit: [] for visit in visits}
    for visit, number, content in db.execute(_CHARGED, [list(visits)]):
        of[visit] += [(number, line) for line in parsed([content])]
    lists, found = ruling.lists_of(facility), list[Found]()
    for visit, lines in of.items():
        among = {line.id: line for _, line in lines}
        numbers = {line.id: number for number, line in lines}
        found += [
            Found(charged, visit, numbers[charged.line])
            for charged in to_look_at(among.values(), among, lists, day)
        ]
    db.execute("DELETE FROM matching_line WHERE visit = ANY(%s)", [list(visits)])
    add(db, facility, found)


_REFUSED = """
SELECT q.id, q.bill, q.settled FROM settlement_quarantined q
WHERE q.released IS NULL AND q.bill <> '' AND q.facility = %s AND (%s::bigint[] IS NULL OR q.id = ANY(%s))
  AND NOT EXISTS (SELECT 1 FROM settlement_visit v
                  WHERE v.facility = q.facility AND v.visit = q.visit AND v.settled IS NULL)
ORDER BY q.id
"""


def refused_again(
    db: Driver, facility: str, ruling: Rules, day: date, numbers: Sequence[int] | None = None
) -> None:
    """Look at the lines of refused bills that stand, all of a hospital or some; those of a running visit are read
    there."""
    wanted = None if numbers is None else list(numbers)
    lists = ruling.lists_of(facility)
    rows = db.execute(_REFUSED, [facility, wanted, wanted]).fetchall()
    for number, bill, settled in rows:
        lines = {line.id: line for line in parsed(_lines_of(bytes(bill)))}
        at = settled.astimezone(CHINA).date() or day
        found = [Found(x, refused=number) for x in to_look_at(lines.values(), lines, lists, at)]
        add(db, facility, found)


def _lines_of(bill: bytes) -> Iterator[Mapping[str, Any]]:
    """The lines of a refused bill, whose form may be wrong in any way."""
    stated: Any = json.loads(zlib.decompress(bill))
    lines: Any = stated.get("lines") if isinstance(stated, dict) else None
    for line in lines if isinstance(lines, list) else ():
        if isinstance(line, dict):
            yield line


_DOUBTS = """
INSERT INTO matching_doubt (facility, item, what, code, own, catalogue, mark)
SELECT %s, i.id, x.what, x.code, x.own, x.catalogue, x.mark
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
  AS x(own_code, what, code, own, catalogue, mark)
JOIN matching_item i ON i.facility = %s AND i.code = x.own_code
"""


def _doubts_again(db: Driver, facility: str, ruling: Rules, day: date) -> None:
    """What the catalogue does not bear out of the mapping as it stands that day."""
    db.execute("DELETE FROM matching_doubt WHERE facility = %s", [facility])
    found = list(_doubts(ruling, facility, day))
    if not found:
        return
    mapping = ruling.lists_of(facility).mapping
    named = {own: mapping.by_code[own][0].name or own for own, *_ in found}
    known = db.execute(
        "SELECT code FROM matching_item WHERE facility = %s AND code = ANY(%s)",
        [facility, list(named)],
    )
    new = sorted(set(named) - {code for (code,) in known.fetchall()})
    if new:
        _add_items(db, facility, [(code, named[code][:NAME_KEPT], "", None) for code in new])
    columns = [list(column) for column in zip(*found, strict=True)]
    db.execute(_DOUBTS, [facility, *columns, facility])


def _doubts(
    ruling: Rules, facility: str, day: date
) -> Iterable[tuple[str, str, str, str, str, str]]:
    """(own code, what, code, own, catalogue, mark) of each doubt."""
    lists = ruling.lists_of(facility)
    if not lists.catalogue.items:
        return
    for one in check_mapping(lists.mapping, lists.catalogue, (), day).doubts:
        yield _doubt(one.mapped.hospital_code, one.what, one.mapped.code, one.own, one.catalogue)
    for entries in lists.mapping.by_code.values():
        for entry in entries:
            item = lists.catalogue.item(entry.code, day) if entry.span.covers(day) else None
            if item is None or not entry.name or entry.name == item.name:
                continue
            if likeness_of(entry.name, item.name) < NAMES_DIFFER:
                yield _doubt(entry.hospital_code, "name_differs", entry.code, entry.name, item.name)


def _doubt(
    own_code: str, what: str, code: str, own: str, catalogue: str
) -> tuple[str, str, str, str, str, str]:
    text = "\n".join((what, code, own, catalogue))
    mark = hashlib.sha256(text.encode()).hexdigest()[:16]
    return own_code, what, code, own, catalogue, mark
