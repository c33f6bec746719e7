"""What an audit reads: each standing settlement with all that belongs to it, a few hundred at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

import psycopg

from doudi_web.settlement import tables
from doudi_web.settlement.replaying import Stored

BATCH = 200


@dataclass(frozen=True, slots=True)
class Range:
    """Which settlements: settled within [start, end), of a hospital."""

    start: datetime | None = None
    end: datetime | None = None
    facility: str = ""


@dataclass(frozen=True, slots=True)
class Posted:
    """The posting of a settlement, as it commits to everything."""

    id: int
    client: str
    message: str
    posted: datetime
    month: str
    reason: str
    salt: bytes | None
    parts: bytes
    content: bytes
    commitment: bytes
    entries: Sequence[tuple[str, int]]
    sums: Sequence[tuple[str, int, str, int]]


@dataclass(frozen=True, slots=True)
class Audited:
    """A standing settlement. Without `stored` nothing is left to judge, without `posted` its posting is gone."""

    id: int
    visit: str
    person: str
    facility: str
    client: str
    message: str
    message_digest: bytes
    stored: Stored | None
    posted: Posted | None
    is_erased: bool
    figures: Sequence[tuple[str, dict[str, int]]]
    """(source, fen by name) as they were last stated from outside."""
    reliefs: Sequence[tuple[str, int]] = ()
    """(account, fen) of who bears what in the place of the patient."""


_WHERE: LiteralString = """
NOT EXISTS (SELECT 1 FROM settlement_posting u WHERE u.settlement = s.id AND u.kind = 'reverse')
  AND (%(start)s::timestamptz IS NULL OR s.settled >= %(start)s)
  AND (%(end)s::timestamptz IS NULL OR s.settled < %(end)s)
  AND (%(facility)s = '' OR s.facility = %(facility)s)
  AND s.id >= %(first)s AND s.id < %(behind)s
"""
COUNT = f"""
SELECT count(*), coalesce(min(s.id), 0), coalesce(max(s.id), 0) FROM settlement_settlement s WHERE {_WHERE}
"""
_STANDING = f"""
SELECT s.id, s.visit, s.person, s.facility, s.settled, s.sequence, s.year, s.result, s.evidence, s.client,
  s.message, s.message_digest,
  EXISTS (SELECT 1 FROM settlement_posting x WHERE x.settlement = s.id AND x.kind = 'erase'),
  p.id, p.client, p.message, p.posted, p.month, p.reason, p.salt, p.parts, p.content, p.commitment
FROM settlement_settlement s LEFT JOIN LATERAL (
  SELECT * FROM settlement_posting p WHERE p.settlement = s.id AND p.kind = 'settle' ORDER BY p.id LIMIT 1
  ) p ON true
WHERE {_WHERE} ORDER BY s.id
"""
_ENTRIES = (
    "SELECT posting, account, amount FROM settlement_entry WHERE posting = ANY(%s) ORDER BY id"
)
_SUMS = """
SELECT posting, owner, year, name, amount FROM settlement_accumulatorentry WHERE posting = ANY(%s) ORDER BY id
"""
_RELIEFS = """
SELECT p.settlement, e.account, e.amount FROM settlement_posting p JOIN settlement_entry e ON e.posting = p.id
WHERE p.settlement = ANY(%s) AND p.kind = 'relief' AND e.amount > 0 ORDER BY e.id
"""
_FIGURES = """
SELECT DISTINCT ON (f.facility, f.visit, f.source) f.facility, f.visit, f.source, f.amounts::json
FROM oversight_figure f JOIN unnest(%s::text[], %s::text[]) AS of(facility, visit) USING (facility, visit)
ORDER BY f.facility, f.visit, f.source, f.id DESC
"""

ALL = 2**63 - 1


def values_of(of: Range, first: int = 0, behind: int = ALL) -> dict[str, Any]:
    """The values of a range in SQL, of the settlements whose number is in [first, behind)."""
    return {
        "start": of.start,
        "end": of.end,
        "facility": of.facility,
        "first": first,
        "behind": behind,
    }


def audited(
    db: "psycopg.Connection[tables.Row]", of: Range, first: int, behind: int
) -> Iterator[list[Audited]]:
    """The standing settlements of a range, a batch at a time, in the order in which they were written."""
    with db.cursor(name="audited") as cursor:
        cursor.itersize = BATCH
        cursor.execute(_STANDING, values_of(of, first, behind))
        while rows := cursor.fetchmany(BATCH):
            yield _with_rows(db, rows)


def _with_rows(db: "psycopg.Connection[tables.Row]", rows: Sequence[tables.Row]) -> list[Audited]:
    postings = [row[13] for row in rows if row[13] is not None]
    entries: dict[int, list[tuple[str, int]]] = {}
    for posting, account, amount in db.execute(_ENTRIES, [postings]):
        entries.setdefault(posting, []).append((account, amount))
    sums: dict[int, list[tuple[str, int, str, int]]] = {}
    for posting, *rest in db.execute(_SUMS, [postings]):
        sums.setdefault(posting, []).append((rest[0], rest[1], rest[2], rest[3]))
    figures: dict[tuple[str, str], list[tuple[str, dict[str, int]]]] = {}
    reliefs: dict[int, list[tuple[str, int]]] = {}
    for settlement, account, amount in db.execute(_RELIEFS, [[row[0] for row in rows]]):
        reliefs.setdefault(settlement, []).append((account, amount))
    asked = [[row[3] for row in rows], [row[1] for row in rows]]
    for facility, visit, source, amounts in db.execute(_FIGURES, asked):
        figures.setdefault((facility, visit), []).append((source, amounts))
    return [
        _one(
            row,
            entries.get(row[13], ()),
            sums.get(row[13], ()),
            figures.get((row[3], row[1]), ()),
            reliefs.get(row[0], ()),
        )
        for row in rows
    ]


def _one(
    row: tables.Row,
    entries: Sequence[tuple[str, int]],
    sums: Sequence[tuple[str, int, str, int]],
    figures: Sequence[tuple[str, dict[str, int]]],
    reliefs: Sequence[tuple[str, int]],
) -> Audited:
    number, visit, person, facility, settled, sequence, year, result, evidence = row[:9]
    client, message, digest, is_erased = row[9:13]
    posting: tuple[Any, ...] = row[13:]
    stored = posted = None
    if posting[0] is not None:
        posted = Posted(*posting, entries=entries, sums=sums)
        if result is not None and evidence is not None:
            stored = Stored(
                number, posting[0], visit, person, facility, settled, sequence, year, result, evidence
            )  # fmt: skip
    return Audited(
        number, visit, person, facility, client, message, digest, stored, posted, is_erased, figures, reliefs
    )  # fmt: skip
