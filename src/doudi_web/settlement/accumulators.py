"""Sums of persons and stays: what openings and entries come to before a place in the order of settlements."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

import psycopg

Row = tuple[Any, ...]


def person_owner(person: str) -> str:
    """The owner of a person's sums of a year."""
    return f"p:{person}"


def stay_owner(person: str, episode: str) -> str:
    """The owner of the sums of one stay of a person."""
    return f"e:{len(person)}:{person}:{episode}"


def owners_of(person: str, episode: str) -> tuple[str, str]:
    """The owners whose sums a visit reads and moves."""
    return person_owner(person), stay_owner(person, episode)


def person_of(owner: str) -> str:
    """The person whose sums an owner's are.

    >>> person_of(person_owner("P1")), person_of(stay_owner("P:1", "E:2"))
    ('P1', 'P:1')
    """
    kind, _, rest = owner.partition(":")
    if kind == "p":
        return rest
    size, _, text = rest.partition(":")
    return text[: int(size)] if size.isdecimal() else text


STANDS = "least((as_of + 1)::timestamp AT TIME ZONE 'Asia/Shanghai', received)"
"""Where an opening stands in the order: at the end of its day, or when it was received where that came before."""


def counted(entry: LiteralString, opening: LiteralString, place: LiteralString) -> LiteralString:
    """SQL: what an entry adds, beside an opening (or none), to the sum before a place in the order."""
    is_before = f"({entry}.settled, {entry}.settlement) < ({place})"
    return f"""CASE
      WHEN {entry}.id <= {opening}.after_entry AND {entry}.settled < {opening}.stands
        THEN CASE WHEN {is_before} THEN 0 ELSE -{entry}.amount END
      WHEN {is_before} THEN {entry}.amount
      ELSE 0 END"""


OPENED = f"""
SELECT DISTINCT ON (owner, year, name) owner, year, name, amount, after_entry, stands
FROM (SELECT *, {STANDS} AS stands FROM settlement_opening WHERE owner = ANY(%(owners)s)) stated
ORDER BY owner, year, name, stands DESC, id DESC
"""
"""The openings that hold: of the last day, and of those the last."""

SUMS = f"""
WITH opened AS ({OPENED})
SELECT owner, year, name, greatest(sum(amount), 0)::bigint AS sum FROM (
  SELECT e.owner, e.year, e.name,
      {counted("e", "o", "%(at)s::timestamptz, %(number)s::bigint")} AS amount
    FROM settlement_accumulatorentry e
    LEFT JOIN opened o ON o.owner = e.owner AND o.year = e.year AND o.name = e.name
    WHERE e.owner = ANY(%(owners)s)
  UNION ALL SELECT owner, year, name, amount FROM opened) parts
GROUP BY 1, 2, 3
"""
"""Sums before a place (at, number) in the order. An opening holds what the entries that it covers came to: they do
not count beside it, and those of them that stand behind the place are taken off it, down to nothing. ADR 0014."""

ALL = {"at": "infinity", "number": 0}
"""The place behind all others."""


def sums(db: "psycopg.Connection[Row]", owners: Sequence[str]) -> list[Row]:
    """(owner, year, name, amount) of owners as the next settlement finds them, openings included."""
    return db.execute(SUMS, {**ALL, "owners": list(owners)}).fetchall()


def sums_before(
    db: "psycopg.Connection[Row]", owners: Sequence[str], settled: datetime, number: int
) -> list[Row]:
    """(owner, year, name, amount) of owners before a place in the order that others stand behind."""
    return db.execute(SUMS, {"at": settled, "number": number, "owners": list(owners)}).fetchall()
