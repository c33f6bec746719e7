"""XLSX: looked at from outside before it is opened, then read as a spreadsheet shows it."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from doudi.errors import Faulty, fault
from doudi.wire.sheets.sheet import CELL_LIMIT, EMPTY, Cell, Sheet, letters, within_limits

ENTRY_LIMIT = 2_000  # parts in the package
UNPACKED_LIMIT_MB = 96
AREA_LIMIT = 4_000_000  # cells from the first to the last, empty ones included
_EXACT = 10**15  # a spreadsheet keeps 15 digits of a number

_REFERENCE = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,4})([0-9]{1,8})"')
_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="([0-9]{1,9})"')
_UNCOMPUTED = re.compile(
    rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,4}[0-9]{1,8})"[^>]*>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)'
    rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)


def read_workbook(name: str, content: bytes) -> tuple[Sheet, ...]:
    """The sheets that a person sees. Raises Faulty: damaged, too large inside, a formula without a value."""
    _look_inside(name, content)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
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
        raise _damaged(name) from error


def _damaged(name: str) -> Faulty:
    reason = "不是完好的 XLSX 文件"
    return Faulty([fault("F120", name, reason=reason, mend_="用表格软件打开，另存一份。")])


def _look_inside(name: str, content: bytes) -> None:
    """Sizes before anything is unpacked, then where cells stand and whether formulas have values."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
            size = sum(part.file_size for part in parts)
            if len(parts) > ENTRY_LIMIT or size > UNPACKED_LIMIT_MB * 2**20:
                shown = f"{-(-size // 2**20):,} MB"
                limit = f"{UNPACKED_LIMIT_MB} MB"
                raise Faulty([fault("F121", name, name="展开后的内容", count=shown, limit=limit)])
            for part in parts:
                if re.fullmatch(r"xl/worksheets/[^/]+\.xml", part.filename, re.IGNORECASE):
                    _look_at_cells(name, _unpacked(name, package, part))
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError) as error:
        raise _damaged(name) from error


def _unpacked(name: str, package: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    """A part's bytes, never more of them than it says to have."""
    try:
        with package.open(part) as stream:
            unpacked = stream.read(part.file_size + 1)
    except (EOFError, OSError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise _damaged(name) from error
    if len(unpacked) > part.file_size:
        raise _damaged(name)
    return unpacked


def _look_at_cells(name: str, xml: bytes) -> None:
    """A cell far away makes a table as large as all that lies between; a formula may have no value."""
    last_row = max((int(m[1]) for m in _ROW.finditer(xml)), default=0)
    last_column = 0
    for match in _REFERENCE.finditer(xml):
        last_row = max(last_row, int(match[2]))
        last_column = max(last_column, _number(match[1]))
    within_limits(name, last_row, last_column)
    if last_row * last_column > AREA_LIMIT:
        area = f"{last_row * last_column:,}"
        raise Faulty([fault("F121", name, name="格", count=area, limit=f"{AREA_LIMIT:,}")])
    without = [m[1].decode() for m in _UNCOMPUTED.finditer(xml)]
    if without:
        cells = "、".join(without[:10]) + ("等" if len(without) > 10 else "")
        raise Faulty([fault("F126", name, cells=cells)])


def _number(letters_: bytes) -> int:
    """A column's number from 1."""
    number = 0
    for letter in letters_:
        number = number * 26 + letter - ord("A") + 1
    return number


def _sheet(name: str, sheet: CalamineSheet) -> Sheet:
    rows: list[Sequence[Cell]] = []
    for number, row in enumerate(sheet.to_python(skip_empty_area=False)):
        cells = [_cell(value) for value in row]
        long = next((n for n, cell in enumerate(cells) if len(cell.text) > CELL_LIMIT), None)
        if long is not None:
            where = f"{name} 第 {number + 1} 行 {letters(long)} 列"
            count, limit = f"{len(cells[long].text):,}", f"{CELL_LIMIT:,}"
            raise Faulty([fault("F121", where, name="字", count=count, limit=limit)])
        rows.append(cells)
    return Sheet(name, rows, tuple(_merged(sheet)))


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
        case int() | float():
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
