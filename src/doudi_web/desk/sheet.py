"""A table as a sheet that offices open: CSV in UTF-8 with its mark, in which no cell begins a formula."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from django.http import HttpResponse

from doudi.money import yuan
from doudi.wire.sheets.inert import shielded, visible


def amount_cell(amount: int | None) -> str | None:
    """Fen as a cell of a sheet: yuan as the wire writes it; empty where there is no amount."""
    return None if amount is None else yuan(amount)


_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


def _cell(cell: object) -> str:
    """A cell as it stands in the file: a number whatever its sign, a text that begins no formula."""
    text = "" if cell is None else str(cell)
    return text if _NUMBER.fullmatch(text) else shielded(visible(text))


def sheet(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """The answer that is saved as a file. Amounts are numbers as they are written; texts cannot begin a formula."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow([_cell(cell) for cell in row])
    answer = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
