"""The queue is kept while bills come in: lines are looked at after they were charged, by whoever keeps the queue.

Nothing is added to the way of a charged line. What is kept is where to look: whether a visit still runs and a line
stands is asked when the queue is read, so that nothing that has gone is ever shown. What is new is seen at the next
look, seconds later; until then whoever reads the queue is told how much is not in it yet.
"""

import logging
import threading
from collections import defaultdict
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from pydantic_core import to_json

from doudi.dates import CHINA
from doudi.wire.bill_form import LineForm
from doudi_web.matching.alike import Likeness, index_of
from doudi_web.matching.charged import parsed, to_look_at
from doudi_web.matching.filling import (
    Driver,
    Found,
    add,
    lists_told,
    look_through,
    refused_again,
    visits_again,
)
from doudi_web.policy.rules import Rules, generation, rules
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import now

_KEEPING = 0x6D6174636869  # the lock under which one keeps the queue
_PAGE = 5_000  # lines read at a time
_OVERLAP = 10_000  # lines before the last one that the first look of all reads again
_TOLD = 1_000  # new lines that are counted
_SUGGESTED = 50  # items that get their suggestions in one look
_log = logging.getLogger("doudi.matching")


@dataclass(slots=True)
class _Mark:
    """How far lines were read, as `models.Mark` says."""

    done: int
    seen: int
    pending: int | None
    until: int | None


def keep_up() -> bool:
    """Look at what came since the last look. One looks at a time; where somebody does, this is False at once.

    Each hospital that is looked through is a transaction of its own: whoever confirms meanwhile waits for one.
    """
    db = tables.driver()
    with _alone_or_not(db) as is_mine:
        if not is_mine:
            return False
        ruling, day = rules(generation()), now().astimezone(CHINA).date()
        _begin(db)
        stale = _stale(db, ruling, day)
    for facility in stale:
        with _alone_or_not(db) as is_mine:
            if not is_mine:
                return False
            look_through(db, facility, ruling, day)
    with _alone_or_not(db) as is_mine:
        if is_mine:
            _run_again(db, ruling, day)
            _new_lines(db, ruling, day)
            _new_refused(db, ruling, day)
            _suggest(db, ruling, day)
    return is_mine


@contextmanager
def _alone_or_not(db: Driver) -> Generator[bool]:
    """A transaction, and whether nobody else keeps the queue until it ends."""
    with db.transaction():
        row = db.execute("SELECT pg_try_advisory_xact_lock(%s)", [_KEEPING]).fetchone()
        yield row is not None and bool(row[0])


def keep_keeping(stop: threading.Event, seconds: float) -> None:
    """Keep the queue until told to stop."""
    while not stop.wait(seconds):
        try:
            keep_up()
        except Exception as error:  # the database is away: it is asked again
            _log.error("queue not kept: %s", type(error).__name__)
        finally:
            connection.close()  # nothing is held between two looks, and no other process inherits it


def alone(db: Driver) -> None:
    """Nobody else keeps the queue until the transaction ends."""
    db.execute("SELECT pg_advisory_xact_lock(%s)", [_KEEPING])


def look_again(db: Driver, facility: str, codes: Sequence[str]) -> None:
    """Look again at the lines of items whose mapping has just changed; the rest of the hospital follows."""
    ruling, day = rules(generation()), now().astimezone(CHINA).date()
    rows = db.execute(
        "SELECT DISTINCT l.visit FROM matching_line l JOIN matching_item i ON i.id = l.item"
        " WHERE i.facility = %s AND i.code = ANY(%s) AND l.visit IS NOT NULL",
        [facility, list(codes)],
    ).fetchall()
    visits = [visit for (visit,) in rows]
    running = db.execute(
        "SELECT id FROM settlement_visit WHERE id = ANY(%s) AND settled IS NULL", [visits]
    )
    visits_again(db, facility, [visit for (visit,) in running.fetchall()], ruling, day)
    db.execute("DELETE FROM matching_line WHERE facility = %s AND refused IS NOT NULL", [facility])
    refused_again(db, facility, ruling, day)


_NOT_YET = """
SELECT (SELECT count(*) FROM (
    SELECT FROM settlement_feeline WHERE id > coalesce((SELECT seen FROM matching_mark WHERE id = 1), 0)
    LIMIT %s) x),
  (SELECT at FROM matching_mark WHERE id = 1),
  (SELECT lists FROM matching_looked WHERE facility = %s), (SELECT day FROM matching_looked WHERE facility = %s)
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """How far the queue of a hospital is: `lines` charged at any hospital since the last look, up to a thousand;
    whether the hospital was looked at on the lists and the day that hold now; when the last look was."""

    lines: int
    on_lists: bool
    at: datetime | None

    @property
    def is_current(self) -> bool:
        """Whether nothing is left to look at."""
        return self.on_lists and self.lines == 0


def kept(db: Driver, facility: str) -> Kept:
    """How far a hospital's queue is. Where nothing was looked at yet there is nothing but new lines."""
    ruling, day = rules(generation()), now().astimezone(CHINA).date()
    row = db.execute(_NOT_YET, [_TOLD, facility, facility]).fetchone()
    assert row is not None
    lines, at, lists, looked = row
    on_lists = lists is None or (lists, looked) == (lists_told(ruling, facility), day)
    return Kept(lines, on_lists, at)


_EVERY = """
INSERT INTO matching_looked (facility, lists, day, at)
SELECT DISTINCT facility, '', date '1900-01-01', %s::timestamptz FROM settlement_visit WHERE settled IS NULL
ON CONFLICT DO NOTHING
"""


def _begin(db: Driver) -> None:
    """Where nothing was ever read: it begins near the last line, and with every hospital's running visits."""
    begun = db.execute(
        "INSERT INTO matching_mark (id, done, seen, pending, until, at)"
        " SELECT 1, greatest(0, last_value - %s), 0, NULL, NULL, %s FROM settlement_feeline_id_seq"
        " ON CONFLICT DO NOTHING RETURNING id",
        [_OVERLAP, now()],
    )
    if begun.fetchone() is not None:
        db.execute(_EVERY, [now()])


def _stale(db: Driver, ruling: Rules, day: date) -> list[str]:
    """The hospitals that were last looked at on other lists or another day, or never and have a mapping."""
    rows = db.execute("SELECT facility, lists, day FROM matching_looked").fetchall()
    looked = {facility: (lists, at) for facility, lists, at in rows}
    known = {*looked, *ruling.mappings}
    return sorted(one for one in known if looked.get(one) != (lists_told(ruling, one), day))


def _run_again(db: Driver, ruling: Rules, day: date) -> None:
    """The lines of visits whose settlement was reversed."""
    rows = db.execute(
        "WITH again AS (DELETE FROM matching_again RETURNING visit) SELECT v.facility, v.id FROM again"
        " JOIN settlement_visit v ON v.id = again.visit WHERE v.settled IS NULL"
    ).fetchall()
    for facility, visit in rows:
        visits_again(db, facility, [visit], ruling, day)


_NEW = """
SELECT l.id, l.visit_id, v.facility, l.content::json
FROM settlement_feeline l JOIN settlement_visit v ON v.id = l.visit_id
WHERE l.id > %s AND l.withdrawn IS NULL AND v.settled IS NULL ORDER BY l.id LIMIT %s
"""


def _new_lines(db: Driver, ruling: Rules, day: date) -> None:
    """Look at the lines that came since.

    Numbers are given before their rows are seen. Lines up to a number are there for good once every transaction
    that ran when the number was read has ended: whoever charges a line has locked its visit before.
    """
    mark, numbers = _marked(db), _numbers(db)
    last = mark.done
    while True:
        rows = db.execute(_NEW, [last, _PAGE]).fetchall()
        _look_at(db, rows, ruling, day)
        last = rows[-1][0] if rows else last
        if len(rows) < _PAGE:
            break
    if mark.until is not None and mark.pending is not None and numbers.running >= mark.until:
        mark.done, mark.pending, mark.until = max(mark.done, mark.pending), None, None
    if mark.pending is None and mark.seen > mark.done:
        mark.pending, mark.until = mark.seen, numbers.next
    db.execute(
        "UPDATE matching_mark SET done = %s, seen = %s, pending = %s, until = %s, at = %s WHERE id = 1",
        [mark.done, numbers.line, mark.pending, mark.until, now()],
    )


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Before a look: the last number that a line was given, the first transaction that still ran, the next one."""

    line: int
    running: int
    next: int


def _numbers(db: Driver) -> _Numbers:
    row = db.execute(
        "SELECT CASE WHEN is_called THEN last_value ELSE 0 END,"
        " pg_snapshot_xmin(pg_current_snapshot())::text::bigint,"
        " pg_snapshot_xmax(pg_current_snapshot())::text::bigint FROM settlement_feeline_id_seq"
    ).fetchone()
    assert row is not None
    return _Numbers(*row)


def _marked(db: Driver) -> _Mark:
    """How far lines were read."""
    row = db.execute("SELECT done, seen, pending, until FROM matching_mark WHERE id = 1").fetchone()
    assert row is not None
    return _Mark(*row)


def _look_at(db: Driver, rows: Sequence[tables.Row], ruling: Rules, day: date) -> None:
    """Lines as they came, of any visits of any hospitals; a hospital that was never looked at is looked through."""
    looked = {
        facility for (facility,) in db.execute("SELECT facility FROM matching_looked").fetchall()
    }
    of: dict[tuple[str, int], list[tuple[int, LineForm]]] = defaultdict(list)
    for number, visit, facility, content in rows:
        of[facility, visit] += [(number, line) for line in parsed([content])]
    for facility in sorted({facility for facility, _ in of} - looked):
        look_through(db, facility, ruling, day)
    taken_back = _taken_back(db, of)
    found: dict[str, list[Found]] = defaultdict(list)
    for (facility, visit), lines in of.items():
        if facility not in looked:
            continue
        among = taken_back.get(visit, {}) | {line.id: line for _, line in lines}
        numbers = {line.id: number for number, line in lines}
        new = [line for _, line in lines]
        found[facility] += [
            Found(charged, visit, numbers[charged.line])
            for charged in to_look_at(new, among, ruling.lists_of(facility), day)
        ]
    for facility in sorted(found):
        add(db, facility, found[facility])


def _taken_back(
    db: Driver, of: Mapping[tuple[str, int], Sequence[tuple[int, LineForm]]]
) -> dict[int, dict[str, LineForm]]:
    """The lines that new refunds take back, by visit."""
    wanted = [
        (visit, line.refunds)
        for (_, visit), lines in of.items()
        for _, line in lines
        if line.refunds is not None
    ]
    found: dict[int, dict[str, LineForm]] = defaultdict(dict)
    if wanted:
        rows = db.execute(
            "SELECT l.visit_id, l.content::json FROM settlement_feeline l"
            " JOIN unnest(%s::bigint[], %s::text[]) AS x(visit, line) ON l.visit_id = x.visit AND l.line = x.line",
            [[visit for visit, _ in wanted], [line for _, line in wanted]],
        )
        for visit, content in rows:
            found[visit] |= {line.id: line for line in parsed([content])}
    return found


_NEW_REFUSED = """
SELECT q.facility, q.id FROM settlement_quarantined q WHERE q.released IS NULL
  AND NOT EXISTS (SELECT 1 FROM matching_refused r WHERE r.refused = q.id) ORDER BY q.id
"""


def _new_refused(db: Driver, ruling: Rules, day: date) -> None:
    of: dict[str, list[int]] = defaultdict(list)
    for facility, number in db.execute(_NEW_REFUSED).fetchall():
        of[facility].append(number)
    for facility, numbers in sorted(of.items()):
        refused_again(db, facility, ruling, day, numbers)
        db.execute(
            "INSERT INTO matching_refused (refused) SELECT unnest(%s::bigint[]) ON CONFLICT DO NOTHING",
            [numbers],
        )


_WITHOUT = """
SELECT i.id, i.name, i.code, i.stated_code, i.unit_price FROM matching_item i
WHERE i.suggested_for <> %s AND (EXISTS (SELECT 1 FROM matching_line l WHERE l.item = i.id)
  OR EXISTS (SELECT 1 FROM matching_doubt d WHERE d.item = i.id)) ORDER BY i.id LIMIT %s
"""


def _suggest(db: Driver, ruling: Rules, day: date) -> None:
    """What is like the items that have no suggestions on the catalogue in force."""
    digest = ruling.catalogue_digest or ""
    if not digest:
        return
    rows = db.execute(_WITHOUT, [digest, _SUGGESTED]).fetchall()
    if not rows:
        return
    index = index_of(digest, ruling.catalogue, day)
    for number, name, code, stated, price in rows:
        likes = index.like(name, (stated, code), price)
        db.execute(
            "UPDATE matching_item SET suggestions = %s::jsonb, suggested_for = %s WHERE id = %s",
            [to_json([_told(one) for one in likes]).decode(), digest, number],
        )


def _told(one: Likeness) -> dict[str, Any]:
    return {
        "code": one.item.code,
        "score": one.score,
        "why": list(one.why),
        "identical": one.identical,
    }
