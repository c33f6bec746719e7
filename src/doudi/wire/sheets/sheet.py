"""A sheet: rows of cells as text, and what a person calls the place of each."""

from collections.abc import Sequence
from dataclasses import dataclass

from doudi.errors import Faulty, fault

ROW_LIMIT = 200_000
COLUMN_LIMIT = 500
CELL_LIMIT = 32_767  # characters in one cell, as in a spreadsheet


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's text; `flaw` is the code of what makes its text untrue, where something does."""

    text: str
    flaw: str | None = None


EMPTY = Cell("")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table. `rows` are from the first row of the file on, empty ones included; `merged` are ranges of
    cells that stand as one (first row, first column, last row, last column, from 0)."""

    name: str
    rows: Sequence[Sequence[Cell]]
    merged: tuple[tuple[int, int, int, int], ...] = ()

    def place(self, row: int, column: int | None = None) -> str:
        """`fees.xlsx 第 12 行 E 列`, from the row's and the column's number from 0."""
        where = f"{self.name} 第 {row + 1} 行"
        return where if column is None else f"{where} {letters(column)} 列"

    def cell(self, row: int, column: int) -> Cell:
        cells = self.rows[row]
        return cells[column] if column < len(cells) else EMPTY


def letters(column: int) -> str:
    """The name that a spreadsheet gives a column.

    >>> letters(0), letters(25), letters(26), letters(702)
    ('A', 'Z', 'AA', 'AAA')
    """
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def within_limits(name: str, rows: int, columns: int) -> None:
    """Raises Faulty where a table is larger than any real one."""
    for what, count, limit in (("行", rows, ROW_LIMIT), ("列", columns, COLUMN_LIMIT)):
        if count > limit:
            raise Faulty([fault("F121", name, name=what, count=f"{count:,}", limit=f"{limit:,}")])
