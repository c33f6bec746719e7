"""The files of an export: CSV or XLSX, split by rows, all of them or none.

What was text stays text, and nothing is run (`doudi.wire.sheets.inert`). Files are begun beside their places under
other names; `put` gives them theirs, and takes back those it has given where one cannot be.
"""

import errno
import io
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO
from xml.sax.saxutils import escape

from doudi.wire.sheets.inert import shielded, visible
from doudi.wire.sheets.sheet import letters
from doudi_web.exchange.facts import Kind, Known
from doudi_web.settlement.ledger import sm3

_CREATED = datetime(2000, 1, 1)  # noqa: DTZ001 - the same content is the same file
_TEXT, _YUAN, _WHOLE = 49, 4, 1
"""Formats that every spreadsheet knows: text, two places, whole."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of a file: its title, and what it holds."""

    title: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Shape:
    """How files are written."""

    form: str
    encoding: str
    amounts: str
    rows_per_file: int


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written: which kind of rows, how many, its SM3."""

    name: str
    what: str
    rows: int
    sm3: str

    def json(self) -> dict[str, Any]:
        """As the manifest and the run tell it."""
        return {"name": self.name, "what": self.what, "rows": self.rows, "sm3": self.sm3}


class Files:
    """The files of one export for a folder: begun in a folder of their own inside it, which nobody else reads."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError where nothing can be written there."""
        self.folder = folder
        self.begun = Path(tempfile.mkdtemp(prefix=".doudi-", dir=folder))
        self._names: list[str] = []
        self._put: list[Path] = []

    def begin(self, name: str) -> Path:
        """A file that will have that name. Raises OSError."""
        if (self.folder / name).exists():
            raise FileExistsError(errno.EEXIST, "已经有这个文件", name)
        self._names.append(name)
        return self.begun / name

    def aside(self) -> TextIO:
        """A file that goes with the folder: it has no name of its own. Raises OSError."""
        return (self.begun / "aside").open("w+", encoding="utf-8", newline="\n")

    def put(self) -> None:
        """Give every file its place; only its owner reads it. Raises OSError, and then none has one."""
        for name in self._names:
            path = self.begun / name
            path.chmod(0o600)
            with path.open("rb") as file:
                os.fsync(file.fileno())
        for name in self._names:
            target = self.folder / name
            (self.begun / name).rename(target)
            self._put.append(target)
        shutil.rmtree(self.begun)

    def drop(self) -> None:
        """As if nothing had been written."""
        for path in self._put:
            with suppress(OSError):
                path.unlink()
        shutil.rmtree(self.begun, ignore_errors=True)


class Table:
    """Rows of one kind into as many files as they need."""

    def __init__(
        self, files: Files, shape: Shape, what: str, stem: str, headings: Sequence[Heading]
    ) -> None:
        self._files, self._shape, self._what, self._stem = files, shape, what, stem
        self._headings = headings
        self._open: _Csv | _Xlsx | None = None
        self._begun: list[tuple[str, Path, int]] = []

    def add(self, values: Sequence[Known], cells: Sequence[str]) -> None:
        """Write a row: its values, and the same as text."""
        if self._open is None or self._open.rows >= self._shape.rows_per_file:
            self._close()
            name = f"{self._stem}-{len(self._begun) + 1}.{self._shape.form}"
            path = self._files.begin(name)
            made = _Csv if self._shape.form == "csv" else _Xlsx
            self._open = made(path, self._what, self._headings, self._shape)
            self._begun.append((name, path, 0))
        self._open.add(values, cells)

    def finish(self) -> list[Written]:
        """The files that were written."""
        self._close()
        return [
            Written(name, self._what, rows, sm3(path.read_bytes()).hex())
            for name, path, rows in self._begun
        ]

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
            name, path, _ = self._begun[-1]
            self._begun[-1] = (name, path, self._open.rows)
            self._open = None


class _Csv:
    """Every text in quotes, so that no cell splits; UTF-8 with its mark, which spreadsheets in China need."""

    def __init__(self, path: Path, _: str, headings: Sequence[Heading], shape: Shape) -> None:
        encoding = "utf-8-sig" if shape.encoding == "utf-8" else shape.encoding
        self._file: TextIO = path.open("w", encoding=encoding, newline="")
        self._is_text = [h.kind in (Kind.TEXT, Kind.DAY) for h in headings]
        self._file.write(",".join(_quoted(h.title) for h in headings) + "\r\n")
        self.rows = 0

    def add(self, values: Sequence[Known], cells: Sequence[str]) -> None:  # noqa: ARG002  # as the other
        """A number of ours stays a number, whatever its sign; a day is quoted as it is."""
        line = [
            _quoted(cell) if is_text and cell else cell
            for cell, is_text in zip(cells, self._is_text, strict=True)
        ]
        self._file.write(",".join(line) + "\r\n")
        self.rows += 1

    def close(self) -> None:
        self._file.close()


def _quoted(text: str) -> str:
    if text.isalnum():  # most are: nothing in them begins a formula
        return f'"{text}"'
    return '"' + shielded(visible(text)).replace('"', '""') + '"'


class _Xlsx:
    """Row after row to the disk: the memory does not grow with them.

    The library writes the workbook with its formats, a header and one sample row; the rows are written here, in the
    place of the sample, since a cell of the library's takes longer than all else that an export does.
    """

    def __init__(self, path: Path, what: str, headings: Sequence[Heading], shape: Shape) -> None:
        in_yuan = [h.kind is Kind.AMOUNT and shape.amounts == "yuan" for h in headings]
        is_text = [h.kind in (Kind.TEXT, Kind.DAY) for h in headings]
        formats = [
            _TEXT if text else _YUAN if money else _WHOLE
            for text, money in zip(is_text, in_yuan, strict=True)
        ]
        with zipfile.ZipFile(io.BytesIO(_empty(what, headings, formats))) as made:
            parts = {one.filename: made.read(one) for one in made.infolist()}
        before, after, styles = _around(parts.pop(_SHEET).decode())
        self._package = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)
        for name, content in parts.items():
            self._package.writestr(_entry(name), content)
        self._sheet = self._package.open(_entry(_SHEET), "w", force_zip64=True)
        self._sheet.write(before.encode())
        self._after = after
        self._cells = [
            (letters(n), style, text, money)
            for n, (style, text, money) in enumerate(zip(styles, is_text, in_yuan, strict=True))
        ]
        self.rows = 0

    def add(self, values: Sequence[Known], cells: Sequence[str]) -> None:
        self.rows += 1
        row = self.rows + 1
        made = [f'<row r="{row}">']
        for (column, style, is_text, in_yuan), value, cell in zip(
            self._cells, values, cells, strict=True
        ):
            if not cell:
                continue
            if is_text:
                text = cell if cell.isalnum() else _inline(visible(cell))
                told = f'<is><t xml:space="preserve">{text}</t></is>'
                made.append(f'<c r="{column}{row}" s="{style}" t="inlineStr">{told}</c>')
            else:
                number = cell if in_yuan else value
                made.append(f'<c r="{column}{row}" s="{style}"><v>{number}</v></c>')
        made.append("</row>")
        self._sheet.write("".join(made).encode())

    def close(self) -> None:
        self._sheet.write(self._after.encode())
        self._sheet.close()
        self._package.close()


_SHEET = "xl/worksheets/sheet1.xml"
_LEVEL = 1  # who gets the files waits, and the disk is there
_SAMPLE = re.compile(r'<row r="2"[^>]*>(.*?)</row>', re.DOTALL)
_STYLE = re.compile(r'<c r="[A-Z]+2" s="([0-9]+)"')
_DIMENSION = re.compile(r"<dimension [^>]*/>")
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def _empty(what: str, headings: Sequence[Heading], formats: Sequence[int]) -> bytes:
    """A workbook with a header and one row, of which each cell has its column's format."""
    import xlsxwriter  # noqa: PLC0415 # pyright: ignore[reportMissingTypeStubs] - heavy, only here

    content = io.BytesIO()
    never = dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)
    book: Any = xlsxwriter.Workbook(content, {"in_memory": True, **never})
    with book:
        book.set_properties({"created": _CREATED})
        head = book.add_format({"bold": True, "num_format": _TEXT})
        styles = {one: book.add_format({"num_format": one}) for one in (_TEXT, _YUAN, _WHOLE)}
        sheet = book.add_worksheet(what)
        for column, (heading, of) in enumerate(zip(headings, formats, strict=True)):
            sheet.set_column(column, column, max(2 * len(heading.title) + 2, 12), styles[of])
            sheet.write_string(0, column, visible(heading.title), head)
            sheet.write_blank(1, column, None, styles[of])
        sheet.freeze_panes(1, 0)
    return content.getvalue()


def _around(sheet: str) -> tuple[str, str, list[str]]:
    """What stands before and behind the sample row of a sheet, and the style of each of its cells."""
    sample = _SAMPLE.search(sheet)
    assert sample is not None, "the sample row is there"
    before = _DIMENSION.sub("", sheet[: sample.start()])
    return before, sheet[sample.end() :], _STYLE.findall(sample[1])


def _entry(name: str) -> zipfile.ZipInfo:
    """A part of the package, always of the same day."""
    made = zipfile.ZipInfo(name, _CREATED.timetuple()[:6])
    made.compress_type = zipfile.ZIP_DEFLATED
    return made


def _inline(text: str) -> str:
    """Text within a sheet: nothing in it is markup, nor the sign of a character."""
    return escape(_LOOKS_ESCAPED.sub("_x005F_", text) if "_x" in text else text)
