"""A table as a sheet that offices open: CSV in UTF-8 with its mark, in which no cell begins a formula."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from django.http import HttpRequest, HttpResponse

from doudi.dates import CHINA
from doudi.money import yuan
from doudi.wire.sheets.inert import shielded, visible
from doudi_web.tenancy.refusals import Refusal

MOST = 50_000
"""Rows that a sheet holds."""

Row = TypeVar("Row")


def table_of(request: HttpRequest) -> str | None:
    """Which table of a page is asked for as a sheet: its name, empty where it has one; None: the page itself."""
    return request.GET.get("table", "")[:20] if request.GET.get("as") == "csv" else None


def all_rows(read: Callable[[int], Sequence[Row]]) -> Sequence[Row]:
    """All rows of a list; `read` takes how many it gives at most.

    Raises Refusal 422 where there are more than a sheet holds: a part would pass for all.
    """
    rows = read(MOST + 1)
    if len(rows) > MOST:
        raise Refusal.of(422, "S612", "rows", limit=f"{MOST:,}")
    return rows


def amount_cell(amount: int | None) -> str | None:
    """Fen as a cell of a sheet: yuan as the wire writes it; empty where there is no amount."""
    return None if amount is None else yuan(amount)


_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


def _cell(cell: object) -> str:
    """A cell as it stands in the file: a number whatever its sign, a moment in China, a text without a formula."""
    if isinstance(cell, datetime):
        cell = cell.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
    text = "" if cell is None else str(cell)
    return text if _NUMBER.fullmatch(text) else shielded(visible(text))


def sheet(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """The answer that is saved as a file. Amounts are numbers as they are written; texts cannot begin a formula;
    moments are told as they are in China."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow([_cell(cell) for cell in row])
    answer = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
