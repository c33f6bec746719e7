"""Pages → the bytes of a CSV or of an XLSX. What was text stays text, and nothing is run (`inert`)."""

import io
import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, assert_never
from unicodedata import east_asian_width

from doudi.errors import Faulty, fault
from doudi.money import millionths, yuan
from doudi.wire.sheets.inert import shielded, visible
from doudi.wire.sheets.page import Heading, Holds, Page, Value
from doudi.wire.sheets.sheet import CELL_LIMIT, ROW_LIMIT

ENDINGS = (".csv", ".xlsx")
_FORMATS: dict[Holds, int | str] = {  # numbers are the formats that every spreadsheet knows
    Holds.TEXT: 49,
    Holds.AMOUNT: 4,
    Holds.COUNT: 1,
    Holds.SHARE: 10,
    Holds.NUMBER: 0,
    Holds.DAY: "yyyy-mm-dd",
}
_EXACT = 10**15  # a spreadsheet keeps 15 digits
_FIRST_DAY = date(1900, 3, 1)  # before it spreadsheets disagree on days
_NARROW, _WIDE, _MEASURED = 7, 46, 300  # widths of columns; rows that are looked at for them
_MADE = datetime(2000, 1, 1)  # noqa: DTZ001 - the same content is the same file
_A4 = 9


def write(name: str, pages: Sequence[Page]) -> bytes:
    """A table by the ending of its name: all pages as an XLSX, the first as a CSV.

    Raises Faulty where a page has more rows than a table may have.
    """
    csv = name.lower().endswith(".csv")
    pages = pages[:1] if csv else pages
    long = [page for page in pages if len(page.rows) >= ROW_LIMIT]
    if long:
        details = {
            "page": long[0].name,
            "count": f"{len(long[0].rows):,}",
            "limit": f"{ROW_LIMIT - 1:,}",
        }
        raise Faulty([fault("F136", name, **details)])
    return _csv(pages[0]) if csv else _xlsx(pages)


# ------------------------------------------------------------------------ CSV


def _csv(page: Page) -> bytes:
    """UTF-8 with its mark, which spreadsheets in China need; every text in quotes, so that no cell splits."""
    lines = [",".join(_quoted(heading.title) for heading in page.headings)]
    for row in page.rows:
        cells = zip(page.headings, row, strict=True)
        lines.append(",".join(_plain(heading.holds, value) for heading, value in cells))
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8-sig")


def _plain(holds: Holds, value: Value) -> str:
    """A value as a CSV has it: a number of ours stays a number, whatever its sign."""
    match value:
        case None:
            return ""
        case str():
            return _quoted(value)
        case date():
            return value.isoformat()
        case int():
            return _number(holds, value)
        case _:
            assert_never(value)


def _quoted(text: str) -> str:
    safe = _cut(shielded(_cut(visible(text))))
    return '"' + safe.replace('"', '""') + '"'


def _number(holds: Holds, value: int) -> str:
    match holds:
        case Holds.AMOUNT:
            return yuan(value)
        case Holds.SHARE:
            return f"{yuan(value)}%"
        case Holds.NUMBER:
            return millionths(value)
        case Holds.COUNT:
            return str(value)
        case Holds.TEXT | Holds.DAY:
            raise AssertionError(f"a column of {holds} holds no number")


def _cut(text: str) -> str:
    """The text as far as a cell can hold it; that it goes on is shown."""
    if len(text) <= CELL_LIMIT // 2 or _length(text) <= CELL_LIMIT:
        return text
    kept = text[:CELL_LIMIT]
    while _length(kept) >= CELL_LIMIT:
        kept = kept[: -max(1, (_length(kept) - CELL_LIMIT) // 2)]
    return kept + "…"


def _length(text: str) -> int:
    """Characters as a spreadsheet counts them: one that is not in the first plane is two."""
    return len(text) + sum(character > "\uffff" for character in text)


# ------------------------------------------------------------------------ XLSX


def _xlsx(pages: Sequence[Page]) -> bytes:
    import xlsxwriter  # noqa: PLC0415 # pyright: ignore[reportMissingTypeStubs] - heavy, only here

    content = io.BytesIO()
    never = dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)
    made: Any = xlsxwriter.Workbook(content, {"in_memory": True, **never})
    with made as book:
        book.set_properties({"created": _MADE})
        head = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "num_format": _FORMATS[Holds.TEXT]}
        )
        formats = {
            holds: book.add_format(
                {"num_format": code, "valign": "top", "text_wrap": holds is Holds.TEXT}
            )
            for holds, code in _FORMATS.items()
        }
        for page in pages:
            _fill(book.add_worksheet(page.name), page, head, formats)
    return content.getvalue()


def _fill(sheet: Any, page: Page, head: Any, formats: dict[Holds, Any]) -> None:
    """One sheet: the header stays in sight and on every printed page; columns as wide as what they hold."""
    for column, heading in enumerate(page.headings):
        values = (_shown(heading.holds, row[column]) for row in page.rows[:_MEASURED])
        widest = max(map(_width, (heading.title, *values)))
        width = min(max(widest + 2, _NARROW), _WIDE)
        sheet.set_column(column, column, width, formats[heading.holds])
        _text(sheet, 0, column, heading.title, head)
    for number, row in enumerate(page.rows, 1):
        for column, (heading, value) in enumerate(zip(page.headings, row, strict=True)):
            if value is not None:
                _cell(sheet, number, column, heading, value, formats)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.autofilter(0, 0, len(page.rows), len(page.headings) - 1)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)


def _cell(
    sheet: Any,
    row: int,
    column: int,
    heading: Heading,
    value: str | int | date,
    formats: dict[Holds, Any],
) -> None:
    match value:
        case str():
            _text(sheet, row, column, value, formats[Holds.TEXT])
        case date() if value >= _FIRST_DAY:
            sheet.write_datetime(row, column, value, formats[Holds.DAY])
        case date():
            _text(sheet, row, column, value.isoformat(), formats[Holds.TEXT])
        case int():
            number = Decimal(_number(heading.holds, value).removesuffix("%"))
            if heading.holds is Holds.SHARE:
                number = number.scaleb(-2)
            if len(number.as_tuple().digits) > len(str(_EXACT)) - 1:
                _text(sheet, row, column, _number(heading.holds, value), formats[Holds.TEXT])
            else:
                sheet.write_number(row, column, number, formats[heading.holds])


def _text(sheet: Any, row: int, column: int, text: str, format_: Any) -> None:
    """Text as text; a cell in the format of text also stays so when somebody edits it.

    The library takes a text that begins and ends like its own markup for markup, unless it comes in pieces;
    then what looks like its sign for a character must not stand in one piece.
    """
    text = _cut(visible(text))
    if text.startswith("<r>") and text.endswith("</r>"):
        pieces = re.split("(?<=_x)", text[2:])
        sheet.write_rich_string(row, column, "<", "r", *filter(None, pieces), format_)
    else:
        sheet.write_string(row, column, text, format_)


def _shown(holds: Holds, value: Value) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case date():
            return value.isoformat()
        case int():
            return _number(holds, value)
        case _:
            assert_never(value)


def _width(text: str) -> int:
    """Columns that the longest line takes in a terminal's sense: a Chinese character is two."""
    return max(
        (
            sum(2 if east_asian_width(c) in "WF" else 1 for c in line)
            for line in text[:200].split("\n")
        ),
        default=0,
    )
