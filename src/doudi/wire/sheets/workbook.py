"""XLSX: looked at from outside before it is opened, then read as a spreadsheet shows it."""

import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from doudi.errors import Faulty
from doudi.wire.sheets.package import damaged, looked_at
from doudi.wire.sheets.sheet import CELL_LIMIT, EMPTY, Cell, Counted, Sheet, within

_EXACT = 10**15  # a spreadsheet keeps 15 digits of a number


def read_workbook(name: str, content: bytes) -> tuple[Sheet, ...]:
    """The sheets that a person sees. Raises Faulty: damaged, too large inside, a formula without a value."""
    whole = looked_at(name, content)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(whole)) as book:
            shown = [
                one.name
                for one in book.sheets_metadata
                if one.typ == SheetTypeEnum.WorkSheet and one.visible == SheetVisibleEnum.Visible
            ]
            several = len(shown) > 1
            return tuple(
                _sheet(f"{name}［{title}］" if several else name, book.get_sheet_by_name(title))
                for title in shown
            )
    except Faulty:
        raise
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # the reader's own errors, a panic of its engine among them
        raise damaged(name) from error


def _sheet(name: str, sheet: CalamineSheet) -> Sheet:
    rows: list[Sequence[Cell]] = []
    counted, place = Counted(name), Sheet(name, ())
    for number, row in enumerate(_rows(sheet)):
        cells = [_cell(value) for value in row]
        counted.row([cell.text for cell in cells])
        for column, cell in enumerate(cells):
            within(place.place(number, column), "字", len(cell.text), CELL_LIMIT)
        rows.append(cells)
    return Sheet(name, rows, tuple(_merged(sheet)))


def _rows(sheet: CalamineSheet) -> Iterator[Sequence[Any]]:
    """One row at a time from the first of the sheet on; the reader leaves out empty columns on the left."""
    left = [""] * (0 if sheet.start is None else sheet.start[1])
    for row in sheet.iter_rows():
        yield [*left, *row]


def _merged(sheet: CalamineSheet) -> Iterator[tuple[int, int, int, int]]:
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        yield (top, left, bottom, right)


def _cell(value: Any) -> Cell:
    """A value as a spreadsheet shows it: 15 digits of a number, days and times as ISO writes them."""
    match value:
        case "" | None:
            return EMPTY
        case str():
            return Cell(value)
        case bool():
            return Cell("是" if value else "否")
        case int() | float():  # a workbook stores numbers as floats: they leave here as text
            if abs(value) >= _EXACT:
                return Cell(format(Decimal(value), "f"), "F127")
            return Cell(_plain(f"{value:.15g}"))
        case datetime():
            return Cell(str(value.date()) if value.time() == time() else value.isoformat(" "))
        case date() | time() | timedelta():
            return Cell(str(value))
        case _:
            return Cell(str(value))


def _plain(text: str) -> str:
    """A number without exponent and without trailing zeros.

    >>> _plain("1e-05"), _plain("12.50"), _plain("-3"), _plain("100")
    ('0.00001', '12.5', '-3', '100')
    """
    plain = format(Decimal(text), "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
