"""What verifying finds and counts, and how it reads."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import LiteralString

import psycopg

from doudi.errors import Fault, fault
from doudi_web.settlement import tables

LIMIT = 200  # findings that are told; all are counted


@dataclass(frozen=True, slots=True)
class Erasure:
    """A settlement whose content was erased: by whom, when, why."""

    settlement: int
    by: str
    at: str
    reason: str


@dataclass(slots=True)
class Findings:
    """What is broken, and the postings and persons at which something was named already."""

    faults: list[Fault] = field(default_factory=list)
    count: int = 0
    postings: set[int] = field(default_factory=set)
    persons: set[str] = field(default_factory=set)

    def add(self, code: str, where: str, posting: int | None = None, /, **details: object) -> None:
        """One more."""
        self.count += 1
        if len(self.faults) < LIMIT:
            self.faults.append(fault(code, where, **details))
        if posting is not None:
            self.postings.add(posting)


@dataclass(slots=True)
class Counts:
    """How much was looked at."""

    settlements: int = 0
    openings: int = 0
    postings: int = 0
    entries: int = 0
    sums: int = 0
    sealed: int = 0
    heads: int = 0
    unsealed: int = 0


@contextmanager
def streamed(
    db: "psycopg.Connection[tables.Row]", name: str, sql: LiteralString
) -> Generator[Iterator[tables.Row]]:
    """The rows of a statement, a few at a time."""
    with db.cursor(name=name) as cursor:
        cursor.itersize = 1000
        cursor.execute(sql)
        yield iter(cursor)
