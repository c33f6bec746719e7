"""A roll of persons held against the register: who is new, in whom something changes, what is wrong."""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import datetime

from doudi.errors import Fault, Faulty, fault
from doudi.source_text import Document
from doudi.wire.columns import Found
from doudi.wire.sheets.inert import shielded
from doudi.wire.sheets.sheet import EMPTY
from doudi_web.intake.reading import NAME, ROWS_REFUSED, place_in
from doudi_web.intake.seen import RowSeen, Seen, State
from doudi_web.register.planning import Plan, planned
from doudi_web.register.tables import roll_of


def look(found: Found, now: datetime) -> Seen:
    """What the roll would change in the register. Nothing is written."""
    numbered = {row for row, _ in found.rows()}
    if not numbered:
        return Seen(found, faults=[fault("F133", NAME)])
    try:
        document = roll_of(found)
        plan = planned(document, now, adds=True, unused=found.unused)
    except Faulty as error:
        return _refused(found, numbered, error)
    rows = list(_rows(found, plan, document))
    return Seen(found, rows, prints={"digest": plan.digest()}, unchanged=plan.unchanged)


def content_of(found: Found) -> bytes:
    """The table as it was mended, as a CSV with the rows and columns of the file: what the register keeps."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    for row in found.sheet.rows:
        writer.writerow([shielded(cell.text) for cell in row or (EMPTY,)])
    return text.getvalue().encode("utf-8-sig")


def _refused(found: Found, numbered: set[int], error: Faulty) -> Seen:
    """Each fault with the row that it names."""
    rows: dict[int, RowSeen] = {}
    whole: list[Fault] = []
    for told in error.faults:
        row, column = place_in(found, told.where)
        if row is None or row not in numbered:
            whole.append(told)
            continue
        rows.setdefault(row, RowSeen(row, "")).refuse(column, told)
    if len(rows) > ROWS_REFUSED:
        whole.append(fault("F111", NAME))
    return Seen(found, list(rows.values()), faults=whole)


def _rows(found: Found, plan: Plan, document: Document) -> Iterator[RowSeen]:
    """A row for each person in whom something changes: the first of theirs in the file."""
    places: Mapping[str, int] = {
        one["id"]: row
        for n, one in enumerate(document.value["persons"])
        if (row := place_in(found, document.where(("persons", n)))[0]) is not None
    }
    for change in plan.changes:
        state = State.NEW if change.is_new else State.CHANGED
        words = "、".join(change.keys)
        yield RowSeen(places[change.one.id], change.one.id, words, state)
