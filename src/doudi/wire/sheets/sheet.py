"""A sheet: rows of cells as text, and what a person calls the place of each."""

from collections.abc import Sequence
from dataclasses import dataclass

from doudi.errors import Faulty, fault

ROW_LIMIT = 200_000
COLUMN_LIMIT = 500
CELL_LIMIT = 32_767  # characters in one cell, as in a spreadsheet
AREA_LIMIT = 4_000_000  # cells from the first to the last, empty ones included
FILLED_LIMIT = 2_000_000  # cells that hold something
TEXT_LIMIT = 64_000_000  # characters in all cells together


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
    within(name, "行", rows, ROW_LIMIT)
    within(name, "列", columns, COLUMN_LIMIT)


def within(where: str, what: str, count: int, limit: int) -> None:
    """Raises Faulty where there is more of something than any real table has."""
    if count > limit:
        raise Faulty([fault("F121", where, name=what, count=f"{count:,}", limit=f"{limit:,}")])


class Counted:
    """Rows on their way in: each is within the limits alone, and with those before it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._rows = self._area = self._filled = self._text = 0

    def row(self, texts: Sequence[str]) -> None:
        """Raises Faulty where this row is one too many, or holds too much."""
        self._rows += 1
        self._area += len(texts)
        held = [len(text) for text in texts if text]
        self._filled += len(held)
        self._text += sum(held)
        within_limits(self._name, self._rows, len(texts))
        within(self._name, "格", self._area, AREA_LIMIT)
        within(self._name, "有内容的格", self._filled, FILLED_LIMIT)
        within(self._name, "全部文字", self._text, TEXT_LIMIT)
