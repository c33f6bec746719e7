"""An import as it is kept: the file and what was seen of it sealed, the rows in pages, the log of what was done."""

import hashlib
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from doudi.source_text import shown
from doudi.wire.identity_numbers import has_identity_number
from doudi.wire.settlements import fault_json
from doudi_web.intake.reading import Cells, columns_of, near_of
from doudi_web.intake.seen import Kind, RowSeen, Seen, State
from doudi_web.intake.standing import Driver
from doudi_web.intake.wording import in_words
from doudi_web.register import sealing
from doudi_web.settlement.asked import canonical
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.who import Actor

Json = dict[str, Any]

READING, FAULTY, READY, CONFIRMING, PARTLY, CONFIRMED, UNDONE = (
    "reading", "faulty", "ready", "confirming", "partly", "confirmed", "undone",
)  # fmt: skip
"""How far an import is: waits to be looked at; has faults; can be taken in; is being taken in; the sound rows are
in; all is in; taken back."""

ROWS = 50
"""Rows of a page."""
NAME_LENGTH = 120
PRIVATE = frozenset({"id_number", "person.id_number", "phone", "doctor.phone"})
"""Columns whose cells are shown masked: who mends one writes it anew."""
_LONG_NUMBER = re.compile(r"[0-9]{14,17}[0-9Xx]")

_FIND = """
SELECT id, at, actor, kind, facility, visit, name, content, size, columns::json, state, revision, looked,
  counts::json, prints::json, outcome, seen, running, wanted::json, became
FROM intake_import WHERE id = %s
"""


@dataclass(frozen=True, slots=True)
class Came:
    """An import's row."""

    id: int
    at: datetime
    actor: str
    kind: Kind
    facility: str
    visit: str
    name: str
    content: bytes
    size: int
    columns: Mapping[str, str]
    state: str
    revision: int
    looked: datetime | None
    counts: Mapping[str, int]
    prints: Mapping[str, Any]
    outcome: bytes | None
    seen: bytes | None
    running: int | None
    wanted: Mapping[str, Any] | None
    became: int | None

    def file(self) -> bytes:
        """The file as it came."""
        return zlib.decompress(sealing.opened_bytes(self.content, f"intake.{self.id}"))

    def told(self) -> Json:
        """What the last look found of the file as a whole."""
        return {} if self.seen is None else opened(self.seen, f"intake.{self.id}.seen")


def find(db: Driver, number: int, *, locked: bool = False) -> Came | None:
    """An import's row; locked, nobody else changes it until the transaction ends."""
    row = db.execute(f"{_FIND}{' FOR UPDATE' if locked else ''}", [number]).fetchone()
    if row is None:
        return None
    number_, at, actor, kind, *rest = row
    return Came(number_, at, actor, Kind(kind), *rest)


def sealed(content: Any, place: str) -> bytes:
    """A JSON value, sealed for its place."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return sealing.seal_bytes(zlib.compress(text.encode(), 1), place)


def opened(content: bytes, place: str) -> Any:
    """The value of what was sealed for that place."""
    return json.loads(zlib.decompress(sealing.opened_bytes(content, place)))


def visible_name(name: str) -> str:
    """A file's name as a line of text that nothing hides in: never a path, no number of a person's.

    >>> visible_name("../../五月\\u202e.xlsx"), visible_name(""), visible_name("500113197001010014.csv")
    ('五月\\\\u202e.xlsx', '没有名字', '5*************0014.csv')
    """
    last = re.split(r"[/\\]", name)[-1].strip()
    hidden = _LONG_NUMBER.sub(lambda found: sealing.masked_number(found[0]), last)
    return shown(hidden, NAME_LENGTH) or "没有名字"


def digest_of(content: bytes) -> bytes:
    """By which the same file is known again."""
    return sealing.digest("intake", hashlib.sha256(content).hexdigest())


_NEW = """
INSERT INTO intake_import (id, at, actor, kind, facility, visit, name, content, size, digest, columns, state,
  revision, counts, prints)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, '{}', %s, 0, '{}', '{}')
"""


def keep_file(
    db: Driver, actor: Actor, kind: Kind, facility: str, visit: str, name: str, content: bytes
) -> int:
    """The file as it came, under a number."""
    row = db.execute("SELECT nextval('intake_import_id_seq')").fetchone()
    assert row is not None
    number = int(row[0])
    file = sealing.seal_bytes(zlib.compress(content, 1), f"intake.{number}")
    db.execute(
        _NEW,
        [number, now(), actor.key, kind.value, facility, visit, visible_name(name), file, len(content),
         digest_of(content), READING],
    )  # fmt: skip
    event(db, number, actor, "brought", 0, {"bytes": len(content)})
    return number


def event(db: Driver, number: int, actor: Actor, what: str, revision: int, detail: Json) -> None:
    """Write in the import's log what was done."""
    db.execute(
        "INSERT INTO intake_event (came_id, at, actor, what, revision, detail) VALUES (%s, %s, %s, %s, %s, %s)",
        [number, now(), actor.key, what, revision, json.dumps(detail)],
    )


# ------------------------------------------------------------------------ what was seen

_SEEN = """
UPDATE intake_import SET state = %s, revision = revision + 1, looked = %s, counts = %s, prints = %s, outcome = %s,
  seen = %s, running = %s WHERE id = %s RETURNING revision
"""
_PAGE = "INSERT INTO intake_page (came_id, tab, number, content) VALUES (%s, %s, %s, %s)"


def keep_seen(db: Driver, came: Came, seen: Seen, *, running: int | None = None) -> int:
    """What a look has found, in the place of what the look before found; `running` is a run that ended without
    doing what was asked, and says why. The revision."""
    counts = seen.counts()
    held = counts["faulty"] + counts["clash"] + counts["file_faults"]
    taken = db.execute(
        "SELECT 1 FROM intake_taken WHERE came_id = %s AND undone IS NULL LIMIT 1", [came.id]
    ).fetchone()
    if held:
        state = PARTLY if taken is not None or came.became is not None else FAULTY
    elif taken is not None and not counts["new"]:
        state = CONFIRMED
    else:
        state = READY
    columns = _columns(came, seen)
    titles = _titles(came, columns)
    told = {
        "columns": columns,
        "header": None if seen.found is None else seen.found.header,
        "last": None if seen.found is None else len(seen.found.sheet.rows),
        "faults": [fault_json(one) for one in seen.faults],
        "causes": _causes(seen, columns, titles),
    }
    row = db.execute(
        _SEEN,
        [state, now(), json.dumps(counts), json.dumps(dict(seen.prints)), outcome_of(seen),
         sealed(told, f"intake.{came.id}.seen"), running, came.id],
    ).fetchone()  # fmt: skip
    db.execute("DELETE FROM intake_page WHERE came_id = %s", [came.id])
    pages: list[list[Any]] = []
    for tab in State:
        rows = [_row(seen, columns, row, titles) for row in seen.rows if row.state is tab]
        pages += _pages(came.id, tab.value, rows)
    pages += _pages(came.id, "visits", [visit.json() for visit in seen.visits])
    with db.cursor() as cursor:
        cursor.executemany(_PAGE, pages)
    assert row is not None
    return int(row[0])


def outcome_of(seen: Seen) -> bytes:
    """What tells one look from another in which any row would be written, refused or read otherwise."""
    found = hashlib.sha256()
    for row in seen.rows:
        codes = [one.fault.code for one in row.faults]
        content = dict(row.content) if row.content and row.state is State.NEW else None
        found.update(
            canonical(
                [row.row, row.of, row.key, row.state.value, row.again, codes, content]
            ).encode()
        )
    found.update(canonical([[one.code, one.where] for one in seen.faults]).encode())
    return sealing.digest("intake", found.hexdigest())


def _pages(number: int, tab: str, rows: Sequence[Json]) -> list[list[Any]]:
    return [
        [number, tab, n // ROWS, sealed(rows[n : n + ROWS], f"intake.{number}.{tab}.{n // ROWS}")]
        for n in range(0, len(rows), ROWS)
    ]


def page(db: Driver, number: int, tab: str, at: int) -> list[Json]:
    """The rows of a page; none behind the last."""
    row = db.execute(
        "SELECT content FROM intake_page WHERE came_id = %s AND tab = %s AND number = %s",
        [number, tab, at],
    ).fetchone()
    return [] if row is None else opened(row[0], f"intake.{number}.{tab}.{at}")


def _columns(came: Came, seen: Seen) -> list[Json]:
    """The columns of the file, what each holds, and for one that nobody knows a name that is like it."""
    found = seen.found
    if found is None:
        return []
    keys = {at: key for key, at in found.columns.items()}
    known = columns_of(came.kind, came.visit, came.columns)
    names = {column.key: column.names[0] for column in columns_of(came.kind, came.visit, {})}
    made: list[Json] = []
    for at, cell in enumerate(found.sheet.rows[found.header]):
        title = cell.text.strip()
        if title or at in keys:
            near = "" if at in keys else near_of(found, known, title)
            key = keys.get(at)
            means = names.get(key, "") if key else ""
            made.append({"at": at, "title": shown(title), "key": key, "means": means, "near": near})
    return made


def _titles(came: Came, columns: Sequence[Json]) -> dict[str, str]:
    """What each key is called: in the file, or by its first name."""
    known = {column.key: column.names[0] for column in columns_of(came.kind, came.visit, {})}
    return {**known, **{one["key"]: one["title"] for one in columns if one["key"]}}


def _row(seen: Seen, columns: Sequence[Json], row: RowSeen, titles: Mapping[str, str]) -> Json:
    """A row as the page shows it: numbers of persons masked."""
    assert seen.found is not None
    cells = [
        cell_shown(seen.found.sheet.cell(row.row, one["at"]).text, one["key"])
        for one in columns
        if one["key"]
    ]
    made: Json = {"row": row.row + 1, "of": row.of, "key": row.key, "cells": cells}
    if row.amount:
        made["amount"] = row.amount
    if row.faults:
        made["faults"] = [
            {"column": one.column, **fault_json(in_words(one.fault, titles))} for one in row.faults
        ]
    return made


def cell_shown(text: str, key: str | None) -> str:
    """A cell's text as people see it."""
    text = text.strip()
    if key in PRIVATE:
        return sealing.masked_phone(text) if "phone" in key else sealing.masked_number(text)
    if has_identity_number(text):
        text = _LONG_NUMBER.sub(lambda found: sealing.masked_number(found[0]), text)
    return shown(text, 60)


def _causes(seen: Seen, columns: Sequence[Json], named: Mapping[str, str]) -> list[Json]:
    """What is wrong, by cause, that of most rows first; each with its first row."""
    titles = {one["at"]: one["title"] for one in columns}
    found: dict[tuple[str, int | None], Json] = {}
    for row in seen.rows:
        for one in row.faults:
            cause = found.setdefault(
                (one.fault.code, one.column),
                {"code": one.fault.code, "title": titles.get(one.column, ""),
                 "what": in_words(one.fault, named).what,
                 "row": row.row + 1, "rows": 0, "state": row.state.value},
            )  # fmt: skip
            cause["rows"] += 1
    return sorted(found.values(), key=lambda cause: (-cause["rows"], cause["row"]))[:50]


# ------------------------------------------------------------------------ mended cells


def mends(db: Driver, number: int) -> Cells:
    """The mended cells of an import: the last word for each."""
    rows = db.execute(
        'SELECT id, "row", "column", said FROM intake_mend WHERE came_id = %s ORDER BY id', [number]
    )
    return {(row, column): said_of(said, number)["after"] for _, row, column, said in rows}


def said_of(said: bytes, number: int) -> Json:
    """What a mended cell was and became."""
    return opened(said, f"intake.{number}.mend")


_MEND = """
INSERT INTO intake_mend (came_id, revision, "row", "column", title, said, at, actor)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""


def keep_mends(
    db: Driver, came: Came, actor: Actor, cells: Sequence[tuple[int, int, str, str, str]]
) -> None:
    """Cells (row, column, title, before, after) that somebody mended."""
    at = now()
    with db.cursor() as cursor:
        cursor.executemany(
            _MEND,
            [
                [came.id, came.revision, row, column, title[:200],
                 sealed({"before": before, "after": after}, f"intake.{came.id}.mend"), at, actor.key]
                for row, column, title, before, after in cells
            ],
        )  # fmt: skip


def must_be(came: Came, revision: int, states: Sequence[str], what: str) -> None:
    """Raises Refusal 409 where the import is not as it was seen, or is in no state for this."""
    if came.state not in states:
        raise Refusal.of(
            409, "S652", str(came.id), number=came.id, state=STATES[came.state], what=what
        )
    if came.revision != revision:
        raise Refusal.of(409, "S650", str(came.id), number=came.id)


STATES: Mapping[str, str] = {
    READING: "还在读", FAULTY: "有错", READY: "可以记入", CONFIRMING: "正在记入", PARTLY: "记入了一部分",
    CONFIRMED: "已经记入", UNDONE: "已经撤回",
}  # fmt: skip


def json_text(value: Any) -> str:
    """A JSON value as text."""
    return json.dumps(value, ensure_ascii=False)
