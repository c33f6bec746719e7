"""What a look at a file finds: its columns, each row with its state and faults, what it does to each visit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from doudi.errors import Fault
from doudi.source_text import Value
from doudi.wire.columns import Found


class Kind(StrEnum):
    """What a file is a list of."""

    FEES = "fees"
    VISITS = "visits"
    PERSONS = "persons"


class State(StrEnum):
    """What becomes of a row: the tabs of the page."""

    FAULTY = "faulty"
    CLASH = "clash"
    NEW = "new"
    CHANGED = "changed"  # a person of the register in whom something changes
    SAME = "same"
    GONE = "gone"  # a line that was taken out by hand since, and is not brought back


@dataclass(frozen=True, slots=True)
class CellFault:
    """A fault of a row, and the column of its cell where it is of one."""

    column: int | None
    fault: Fault


@dataclass(slots=True)
class RowSeen:
    """A row of the file, from 0: of whom or of which visit it is, and what becomes of it."""

    row: int
    of: str
    key: str = ""
    state: State = State.NEW
    faults: list[CellFault] = field(default_factory=list[CellFault])
    amount: int = 0
    content: Mapping[str, Value] | None = None
    """What is written of it: a line, or a visit's header."""
    again: bool = False
    """Whether it was taken in and taken back before."""

    def refuse(self, column: int | None, found: Fault, state: State = State.FAULTY) -> None:
        """Say what is wrong with it."""
        self.faults.append(CellFault(column, found))
        self.state = state


@dataclass(slots=True)
class VisitSeen:
    """A visit of the file: lines and fen that stand, and that come."""

    visit: str
    lines: int = 0
    standing: int = 0
    new: int = 0
    coming: int = 0
    held: int = 0  # rows that cannot come as they are

    def json(self) -> dict[str, Any]:
        """As it is kept of a look."""
        return {
            "visit": self.visit, "lines": self.lines, "standing": self.standing, "new": self.new,
            "coming": self.coming, "held": self.held,
        }  # fmt: skip


@dataclass(slots=True)
class Seen:
    """A look at a whole file. `faults` are those of no row: while there is one, nothing of it can be taken in."""

    found: Found | None
    rows: Sequence[RowSeen] = ()
    visits: Sequence[VisitSeen] = ()
    faults: Sequence[Fault] = ()
    prints: Mapping[str, Any] = field(default_factory=dict[str, Any])
    unchanged: int = 0
    """Persons of the register who stay as they are: they have no row of their own."""

    def count(self, state: State) -> int:
        """The rows of a state."""
        return sum(row.state is state for row in self.rows)

    def counts(self) -> dict[str, int]:
        """How many of each, and the fen that come."""
        made = {state.value: self.count(state) for state in State}
        made["same"] += self.unchanged
        made["rows"] = len(self.rows)
        made["file_faults"] = len(self.faults)
        made["coming"] = sum(row.amount for row in self.rows if row.state is State.NEW)
        return made
