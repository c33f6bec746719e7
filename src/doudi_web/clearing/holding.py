"""Holding floor amounts: one that is on its way in a payment is in no other, and nobody decides on it beside it."""

from collections.abc import Sequence

import psycopg

from doudi.errors import fault
from doudi_web.settlement import tables
from doudi_web.tenancy.refusals import Refusal

LOCK = "clearing:floor"
"""Who decides on floor amounts, or holds them, does so alone."""

_HELD = (
    "SELECT entry, holder FROM clearing_hold WHERE entry = ANY(%s) AND holder <> %s ORDER BY entry"
)
_HOLD = "INSERT INTO clearing_hold (entry, holder) SELECT e, %s FROM unnest(%s::bigint[]) AS e"
_LET_GO = "DELETE FROM clearing_hold WHERE holder = %s AND entry = ANY(%s)"


def must_be_free(
    db: "psycopg.Connection[tables.Row]", entries: Sequence[int], holder: str = ""
) -> None:
    """Raises Refusal 409 with every amount that another payment holds."""
    held = db.execute(_HELD, [list(entries), holder]).fetchall()
    if held:
        raise Refusal(
            409, [fault("S721", f"entry {entry}", entry=entry, batch=by) for entry, by in held]
        )


def hold(db: "psycopg.Connection[tables.Row]", entries: Sequence[int], holder: str) -> None:
    """Hold amounts for a payment. Raises Refusal 409 where another one does."""
    must_be_free(db, entries)
    db.execute(_HOLD, [holder, list(entries)])


def let_go(db: "psycopg.Connection[tables.Row]", entries: Sequence[int], holder: str) -> None:
    """A payment holds these amounts no longer."""
    db.execute(_LET_GO, [holder, list(entries)])
