"""Column maps: which column of a table holds what, found by the names that systems give, shown, overridable."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, cast

from doudi.errors import Fault, Faulty, fault
from doudi.source_text import Document, Value, read_yaml, shown
from doudi.wire.sheets import Cell, Sheet
from doudi.wire.sheets.sheet import letters

HEADER_WITHIN = 40  # rows from the top
Kind = Literal["text", "number", "rate", "day", "class", "flag", "item"]


@dataclass(frozen=True, slots=True)
class Column:
    """One thing that a table may hold: the names that it goes by, how it is written, whether it must be there."""

    key: str
    names: tuple[str, ...]
    kind: Kind
    required: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A sheet whose header is understood: where each key stands, and the columns that are not used."""

    sheet: Sheet
    header: int
    columns: Mapping[str, int]
    unused: tuple[str, ...]
    kinds: Mapping[str, Kind]

    def rows(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        """The rows below the header that hold anything."""
        for number in range(self.header + 1, len(self.sheet.rows)):
            row = self.sheet.rows[number]
            if any(cell.text.strip() for cell in row):
                yield number, row

    def title(self, key: str) -> str:
        return self.sheet.cell(self.header, self.columns[key]).text.strip()

    def place(self, row: int, key: str) -> str:
        """`fees.xlsx 第 12 行 E 列（单价）`."""
        column = self.columns.get(key)
        if column is None:
            return self.sheet.place(row)
        return f"{self.sheet.place(row, column)}（{self.title(key)}）"


@cache
def shipped(name: str) -> tuple[Column, ...]:
    """A column map that comes with the program."""
    text = files("doudi.wire").joinpath("column_maps", f"{name}.yaml").read_text("utf-8")
    stated = read_yaml(name, text).value["columns"]
    return tuple(
        Column(key, tuple(c["names"]), c.get("kind", "text"), c.get("required") is True)
        for key, c in stated.items()
    )


def overridden(columns: Sequence[Column], document: Document) -> tuple[Column, ...]:
    """The map with a site's own names: `{key: name}` or `{key: [names]}`. Raises Faulty: a key that is none."""
    value: Value = document.value
    faults: list[Fault] = []
    own: dict[str, tuple[str, ...]] = {}
    known = {column.key for column in columns}
    stated = cast("dict[str, Value]", value) if isinstance(value, dict) else {}
    if not stated:
        reason = "列名对应要写成“键: 列名”"
        faults.append(fault("F132", document.name, reason=reason, keys="、".join(sorted(known))))
    for key, names in stated.items():
        listed = cast("list[Value]", names) if isinstance(names, list) else [names]
        if key not in known or not all(isinstance(one, str) and one for one in listed):
            reason = f"不认识“{shown(key)}”" if key not in known else f"“{shown(key)}”要写列名"
            keys = "、".join(sorted(known))
            faults.append(fault("F132", document.where((key,)), reason=reason, keys=keys))
        else:
            own[key] = tuple(map(str, listed))
    if faults:
        raise Faulty(faults)
    return tuple(
        Column(c.key, own[c.key], c.kind, c.required) if c.key in own else c for c in columns
    )


def find(name: str, sheets: Sequence[Sheet], columns: Sequence[Column]) -> Found:
    """The sheet and the row whose names are those of the map. Raises Faulty: none, several, a name twice."""
    best = [(_header(sheet, columns), sheet) for sheet in sheets]
    whole = [(at, s) for at, s in best if at is not None and not _missing(s, at, columns)]
    if len(whole) > 1:
        raise Faulty([fault("F129", name, sheets="、".join(s.name for _, s in whole))])
    if not whole:
        raise Faulty([_no_header(name, best, columns)])
    at, sheet = whole[0]
    places = _places(sheet, at, columns)
    twice = [
        fault("F124", sheet.place(at), key=key, columns="、".join(letters(n) for n in found))
        for key, found in places.items()
        if len(found) > 1
    ]
    faults = [*twice, *_merged(sheet, at)]
    if faults:
        raise Faulty(faults)
    taken = {found[0] for found in places.values()}
    unused = tuple(
        cell.text.strip()
        for n, cell in enumerate(sheet.rows[at])
        if n not in taken and cell.text.strip()
    )
    return Found(
        sheet,
        at,
        {key: found[0] for key, found in places.items()},
        unused,
        {c.key: c.kind for c in columns},
    )


def _header(sheet: Sheet, columns: Sequence[Column]) -> int | None:
    """The row near the top that holds most of the names, at least two."""
    counts = [len(_places(sheet, n, columns)) for n in range(min(HEADER_WITHIN, len(sheet.rows)))]
    most = max(counts, default=0)
    return counts.index(most) if most >= 2 else None


def _places(sheet: Sheet, row: int, columns: Sequence[Column]) -> dict[str, list[int]]:
    """For each key the columns that go by one of its names; the name listed first wins over later ones."""
    named: dict[str, list[int]] = {}
    for number, cell in enumerate(sheet.rows[row]):
        if cell.text:
            named.setdefault(_plain(cell.text), []).append(number)
    found: dict[str, list[int]] = {}
    taken: set[int] = set()
    for column in columns:
        for name in column.names:
            at = [n for n in named.get(_plain(name), ()) if n not in taken]
            if at:
                found[column.key] = at
                taken.update(at)
                break
    return found


def _plain(name: str) -> str:
    """A name without case, spaces, and what stands in brackets behind it."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"\s+|[(\[].*[)\]]$|[*:]", "", text)


def _missing(sheet: Sheet, row: int, columns: Sequence[Column]) -> list[Column]:
    places = _places(sheet, row, columns)
    return [column for column in columns if column.required and column.key not in places]


def _no_header(
    name: str, best: Sequence[tuple[int | None, Sheet]], columns: Sequence[Column]
) -> Fault:
    """Which columns were not found, in the sheet that comes closest, and what stands there instead."""
    rows = [(at, s) for at, s in best if at is not None]
    if not rows:
        needed = "、".join(c.names[0] for c in columns if c.required)
        return fault("F123", name, columns=needed, seen="没有一行像表头。")
    at, sheet = min(rows, key=lambda row: len(_missing(row[1], row[0], columns)))
    needed = "、".join(c.names[0] for c in _missing(sheet, at, columns))
    seen = "、".join(shown(c.text.strip(), 20) for c in sheet.rows[at][:40] if c.text.strip())
    return fault("F123", sheet.place(at), columns=needed, seen=f"这一行有：{seen}。")


def _merged(sheet: Sheet, header: int) -> list[Fault]:
    """Cells that stand as one below the header: which row they belong to is not known."""
    ranges = [
        f"{letters(left)}{top + 1}:{letters(right)}{bottom + 1}"
        for top, left, bottom, right in sheet.merged
        if bottom > header and (top, left) != (bottom, right)
    ]
    if not ranges:
        return []
    shown_ = "、".join(ranges[:10]) + ("等" if len(ranges) > 10 else "")
    return [fault("F125", sheet.name, ranges=shown_)]
