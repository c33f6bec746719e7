"""What other rooms keep of a visit by its number: a visit that has such rows is not taken back."""

from typing import Any, LiteralString

import psycopg

_ROWS: dict[str, LiteralString] = {}


def rests(table: str, sql: LiteralString) -> None:
    """Say of a table that its rows rest on visits: `sql` finds one by the visit's number. Said as a room begins."""
    _ROWS[table] = sql


def is_rested_on(db: "psycopg.Connection[tuple[Any, ...]]", visit: int) -> bool:
    """Whether a room keeps something of the visit; who holds the visit's lock is not overtaken."""
    return any(db.execute(sql, [visit]).fetchone() is not None for sql in _ROWS.values())
