"""Faults as a table: the officer mends the fee list beside it, row by row."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from doudi.errors import Fault
from doudi.wire.sheets import Heading, Holds, Page

_REST = re.compile(
    r"(?:［(?P<sheet>.*?)］)?"
    r"(?::(?P<line>[0-9]{1,9})(?![0-9])"
    r"| 第 (?P<row>[0-9]{1,9}) 行(?: (?P<column>[A-Z]{1,4}) 列(?:（(?P<title>.*)）)?)?)?"
    r"(?: (?P<path>.+))?",
    re.DOTALL,
)
_FILE = re.compile(
    r"(?P<name>.+?)(?=［[^］]*］ 第 [0-9]+ 行| 第 [0-9]+ 行|:[0-9]+(?: |$)|$)", re.DOTALL
)
_HEADINGS = (
    Heading("代码"), Heading("文件"), Heading("表"), Heading("行", Holds.COUNT), Heading("列"), Heading("列名"),
    Heading("键"), Heading("哪里错了"), Heading("为什么"), Heading("怎么改"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands, taken apart; what is not said is empty."""

    file: str
    sheet: str = ""
    row: int | None = None
    column: str = ""
    title: str = ""
    path: str = ""


def place_of(where: str, files: Iterable[str] = ()) -> Place:
    """A fault's place taken apart; `files` are the names of the files that were brought.

    >>> place_of("fees.xlsx［五月］ 第 3 行 B 列（金额（元）） lines[1].amount")
    Place(file='fees.xlsx', sheet='五月', row=3, column='B', title='金额（元）', path='lines[1].amount')
    >>> place_of("bill.yaml:12 lines[1].code"), place_of("a 第 1 行.csv", ["a 第 1 行.csv"])
    (Place(file='bill.yaml', sheet='', row=12, column='', title='', path='lines[1].code'), \
Place(file='a 第 1 行.csv', sheet='', row=None, column='', title='', path=''))
    """
    for name in sorted(files, key=len, reverse=True):
        if where.startswith(name):
            found = _REST.fullmatch(where[len(name) :])
            if found is not None:
                return _place(name, found)
    named = _FILE.match(where)
    found = None if named is None else _REST.fullmatch(where[named.end() :])
    return Place(where) if named is None or found is None else _place(named["name"], found)


def _place(name: str, found: re.Match[str]) -> Place:
    row = found["line"] or found["row"]
    return Place(
        name,
        found["sheet"] or "",
        None if row is None else int(row),
        found["column"] or "",
        found["title"] or "",
        found["path"] or "",
    )


def fault_page(faults: Sequence[Fault], files: Iterable[str] = ()) -> Page:
    """One row a fault, in the order in which they are told."""
    names = tuple(files)
    rows: list[tuple[str | int | None, ...]] = []
    for one in faults:
        at = place_of(one.where, names)
        place = (at.file, at.sheet, at.row, at.column, at.title, at.path)
        rows.append((one.code, *place, one.what, one.why, one.mend))
    return Page("错误", _HEADINGS, rows)
