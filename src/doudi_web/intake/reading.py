"""A file as a table: by its content, whatever it is called, with the mended cells over it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from rapidfuzz import fuzz, process

from doudi.errors import Fault, Faulty
from doudi.source_text import Document, Path
from doudi.wire import sheets
from doudi.wire.columns import Column, Found, find, overridden, shipped
from doudi.wire.fault_table import place_of
from doudi.wire.sheets.sheet import Cell, Sheet
from doudi_web.intake.seen import Kind

NAME = "清单"
"""What every file is called while it is read: its own name is somebody's text, and says nothing of a place."""

ROWS_REFUSED = 1_000
"""Rows with faults that are told of one file; what follows is one mistake made over and over."""

_ALIKE = 60
"""Of a hundred: how much two titles have in common where one may be a slip for the other."""

Cells = Mapping[tuple[int, int], str]


def columns_of(kind: Kind, chosen: str, own: Mapping[str, str]) -> tuple[Column, ...]:
    """The columns of a list, with the names that its user has said. Raises Faulty."""
    match kind:
        case Kind.FEES:
            (visit,) = shipped("of_visit")
            columns = (replace(visit, required=not chosen), *shipped("fees"))
        case Kind.VISITS:
            columns = shipped("visits")
        case Kind.PERSONS:
            columns = shipped("persons")
    return overridden(columns, Document("columns", dict(own))) if own else columns


def table_of(
    kind: Kind, content: bytes, chosen: str, own: Mapping[str, str], mended: Cells
) -> Found:
    """The table in a file. Raises Faulty: no table, no header, cells that stand as one."""
    try:
        found = find(NAME, sheets.read(NAME, content), columns_of(kind, chosen, own))
    except Faulty as error:
        raise Faulty(map(_here, error.faults)) from error
    return replace(found, sheet=mended_sheet(found.sheet, mended)) if mended else found


def mended_sheet(sheet: Sheet, mended: Cells) -> Sheet:
    """The sheet with cells in the place of others."""
    rows = list(sheet.rows)
    for (row, column), text in mended.items():
        if row < len(rows):
            cells = [*rows[row], *(Cell(""),) * (column + 1 - len(rows[row]))]
            cells[column] = Cell(text)
            rows[row] = cells
    return replace(sheet, rows=rows)


def place_in(found: Found, where: str) -> tuple[int | None, int | None]:
    """The row and the column, from 0, that a fault's place names."""
    at = place_of(where, (found.sheet.name,))
    return (None if at.row is None else at.row - 1), _number(at.column)


def near_of(found: Found, columns: Sequence[Column], title: str) -> str:
    """The name of a column that is like a title nobody knows, of those that were not found."""
    names = [name for c in columns if c.key not in found.columns for name in c.names]
    near = process.extractOne(title, names, scorer=fuzz.ratio, score_cutoff=_ALIKE)
    return near[0] if near else ""


def _number(letters: str) -> int | None:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1 if letters else None


def _here(one: Fault) -> Fault:
    """On the page a column is said by choosing it."""
    if one.code != "F123":
        return one
    return replace(one, mend="改表头，或在“哪一列是什么”里写明。")


class Places(Mapping[Path, str]):
    """Where each value stands when rows of a table are put together anew: item n is row `order[n]` of the table,
    None is of no row."""

    def __init__(self, places: Mapping[Path, str], root: str, order: Sequence[int | None]) -> None:
        self._places, self._root, self._order = places, root, order

    def __getitem__(self, path: Path) -> str:
        match path:
            case (self._root, int(number), *rest):
                row = self._order[number]
                if row is None:
                    raise KeyError(path)
                return self._places[self._root, row, *rest]
            case _:
                raise KeyError(path)

    def __iter__(self) -> Iterator[Path]:
        return ((self._root, n) for n, row in enumerate(self._order) if row is not None)

    def __len__(self) -> int:
        return sum(row is not None for row in self._order)
