"""How far a sheet of an XLSX reaches and how much it holds, from its XML: at once where it is written as
programs write it, else element by element as its reader goes. Both err only towards more."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.parsers import expat

_DEPTH_LIMIT = 64  # elements within one another
_ATTRIBUTE = rb'\s+(?!r=)[\w:]+="[^"<>]*"'
_PLAIN_CELL = re.compile(
    rb"<c(?:" + _ATTRIBUTE + rb')*\s+r="([A-Z]{1,4})([0-9]{1,8})"(?:' + _ATTRIBUTE + rb")*\s*(/?)>"
)
_PLAIN_ROW = re.compile(
    rb"<row(?:" + _ATTRIBUTE + rb')*\s+r="([0-9]{1,9})"(?:' + _ATTRIBUTE + rb")*\s*/?>"
)
_UNCOMPUTED = re.compile(
    rb'<c\b[^<>]*?\sr="([A-Z]{1,4}[0-9]{1,8})"[^<>]*>\s*<f\b(?:[^<>]*/>|[^<>]*>[^<]*</f>)'
    rb"\s*(?:<v\s*/>|<v\b[^<>]*>\s*</v>)?\s*</c>"
)
_CELL, _ROW, _MERGE, _FORMULA = (
    re.compile(rb"<(?:[^\s<>/]*:)?" + name + rb"(?=[\s/>])")
    for name in (b"c", b"row", b"mergeCell", b"f")
)
_REFERENCE = re.compile(r"([A-Za-z]{1,4})([0-9]{1,8})")


@dataclass(slots=True)
class Extent:
    """The last row and column, cells that hold something, merged ranges, formulas of which no value is kept."""

    rows: int
    columns: int
    filled: int
    merged: int
    uncomputed: list[str]


def plain_extent(xml: bytes) -> Extent | None:
    """The extent where every row and cell is written plainly, its place in double quotes; else None."""
    rows = columns = cells = filled = lines = 0
    for match in _PLAIN_ROW.finditer(xml):
        lines += 1
        rows = max(rows, int(match[1]))
    if lines < _count(_ROW, xml):
        return None
    widest = b""
    for match in _PLAIN_CELL.finditer(xml):
        cells += 1
        filled += not match[3]
        rows = max(rows, int(match[2]))
        widest = max(widest, match[1], key=lambda letters: (len(letters), letters))
    if cells < _count(_CELL, xml):
        return None
    columns = _column(widest.decode())
    uncomputed = (
        [match[1].decode() for match in _UNCOMPUTED.finditer(xml)] if _FORMULA.search(xml) else []
    )
    return Extent(rows, columns, filled, _count(_MERGE, xml), uncomputed)


def _count(pattern: re.Pattern[bytes], xml: bytes) -> int:
    return sum(1 for _ in pattern.finditer(xml))


def _column(letters: str) -> int:
    """A column's number from 1; none is 0."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


class Walk:
    """A sheet gone through as the reader goes: a row or a cell that does not say where it stands is the next.

    Raises ValueError, ExpatError: what the reader would not take, or what no sheet needs.
    """

    def __init__(self, lengths: Sequence[int]) -> None:
        self.extent = Extent(0, 0, 0, 0, [])
        self.text = 0  # the lengths of the shared texts that cells show
        self._lengths = lengths
        self._row = self._column = self._depth = 0
        self._place, self._shared, self._formula = "", False, False
        self._value: list[str] | None = None
        self._said = ""

    def through(self, xml: bytes) -> None:
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartDoctypeDeclHandler = _no_doctype
        parser.Parse(xml, True)

    def _start(self, element: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEPTH_LIMIT:
            raise ValueError("too deep")
        match element.rpartition(":")[2]:
            case "row":
                stated = attributes.get("r")
                self._row, self._column = self._row + 1 if stated is None else int(stated), 0
            case "c":
                self._cell(attributes)
            case "f":
                self._formula = True
            case "v" | "t":
                self._value = []
            case "mergeCell":
                self.extent.merged += 1
            case _:
                pass

    def _cell(self, attributes: dict[str, str]) -> None:
        stated, row = attributes.get("r"), max(self._row, 1)
        self._column += 1
        if stated is not None:
            place = _REFERENCE.fullmatch(stated)
            if place is None:
                raise ValueError("a cell's place")
            self._column, row = _column(place[1]), int(place[2])
        self._place, self._shared = stated or f"R{row}C{self._column}", attributes.get("t") == "s"
        self._formula, self._said = False, ""
        extent = self.extent
        extent.rows, extent.columns = (
            max(extent.rows, row, self._row),
            max(extent.columns, self._column),
        )

    def _data(self, data: str) -> None:
        if self._value is not None:
            self._value.append(data)

    def _end(self, element: str) -> None:
        self._depth -= 1
        match element.rpartition(":")[2]:
            case "v" | "t":
                self._said += "".join(self._value or ())
                self._value = None
            case "c":
                self.extent.filled += bool(self._said)
                if self._formula and not self._said.strip():
                    self.extent.uncomputed.append(self._place)
                if self._shared and self._lengths:
                    number = int(self._said)
                    self.text += self._lengths[number] if 0 <= number < len(self._lengths) else 0
            case _:
                pass


def _no_doctype(*_: object) -> None:
    raise ValueError("a document type")
