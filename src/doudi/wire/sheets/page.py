"""A table that goes out: headings that say what their column holds, and rows of plain values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto


class Holds(Enum):
    """What a column holds, and in what unit its values are."""

    TEXT = auto()  # text as somebody wrote it: codes, ids, names, sentences
    AMOUNT = auto()  # fen
    COUNT = auto()  # a whole number
    SHARE = auto()  # parts of 10,000
    NUMBER = auto()  # millionths: quantities, unit prices
    DAY = auto()


Value = str | int | date | None


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's title, and what stands below it."""

    title: str
    holds: Holds = Holds.TEXT


@dataclass(frozen=True, slots=True)
class Page:
    """One sheet: its name, its headings, its rows; each value is of its column's kind, or None."""

    name: str
    headings: tuple[Heading, ...]
    rows: Sequence[Sequence[Value]]
