"""Sealing: what is committed and not yet in the log gets the next places, and a signed head says so.

One sealer at a time, and it holds nobody up: settlements take no lock that it takes. A posting that is committed
late, under a lower number, simply gets a later place.
"""

import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass

import psycopg
from django.db import connection

from doudi_web.settlement import merkle, tables
from doudi_web.settlement.heads import FIRST, Head, is_signed, public_key, signed
from doudi_web.settlement.ledger import instant
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal

_log = logging.getLogger("doudi.seal")

_SEALER = 0x7365616C6572  # the lock of the one sealer
_ONE_SEAL = 10_000  # postings under one head: memory stays bounded after a long pause
_FULL_EVERY = 100  # of so many looks of the timer one is at all numbers
_LATE = 10_000  # numbers behind the last one sealed where the quick look expects late postings

_UNSEALED = """
SELECT p.id, p.commitment FROM settlement_posting p
WHERE p.id > %s AND NOT EXISTS (SELECT 1 FROM settlement_node n WHERE n.posting = p.id) ORDER BY p.id LIMIT %s
"""
_WRITE = """
WITH nodes AS (
  INSERT INTO settlement_node (level, place, digest, posting)
  SELECT * FROM unnest(%s::smallint[], %s::bigint[], %s::bytea[], %s::bigint[]))
INSERT INTO settlement_seal (size, root, before, sealed, digest, signature) VALUES (%s, %s, %s, %s, %s, %s)
"""


@dataclass(frozen=True, slots=True)
class Sealed:
    """How many postings a sealing put into the log, and the head that stands now."""

    count: int
    head: Head | None


def seal(*, everything: bool = True) -> Sealed:
    """Seal what is committed. `everything`: also wait for another sealer, and look at all numbers, however old.

    Raises Refusal 503 where the clock went back, or where the key is not the one of the last head.
    """
    db = tables.driver()
    count = 0
    while True:
        with db.transaction():
            taken = _take_turn(db, wait=everything)
            last = last_head(db)
            found = _unsealed(db, everything=everything) if taken else []
            head = _sealed(db, last, found) if found else last
        count += len(found)
        if len(found) < _ONE_SEAL:
            return Sealed(count, head)


def _take_turn(db: "psycopg.Connection[tables.Row]", *, wait: bool) -> bool:
    if wait:
        db.execute("SELECT pg_advisory_xact_lock(%s)", [_SEALER])
        return True
    row = db.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SEALER]).fetchone()
    return row is not None and row[0]


def last_head(db: "psycopg.Connection[tables.Row]") -> Head | None:
    """The head that stands."""
    row = db.execute(
        "SELECT size, root, before, sealed, digest, signature FROM settlement_seal ORDER BY size DESC LIMIT 1"
    ).fetchone()
    return None if row is None else Head(*row)


def _unsealed(db: "psycopg.Connection[tables.Row]", *, everything: bool) -> list[tables.Row]:
    after = 0
    if not everything:
        row = db.execute("SELECT coalesce(max(posting), 0) FROM settlement_node").fetchone()
        after = max(0, row[0] - _LATE) if row else 0
    tables.plan_for_values(db)
    return db.execute(_UNSEALED, [after, _ONE_SEAL]).fetchall()


def _sealed(
    db: "psycopg.Connection[tables.Row]", last: Head | None, found: list[tables.Row]
) -> Head:
    """Write the nodes that these postings finish, and the head over them. Raises Refusal 503."""
    at = now()
    if last is not None and at < last.sealed:
        raise Refusal.of(503, "S459", str(last.size), now=instant(at), last=instant(last.sealed))
    if last is not None and not is_signed(last.digest, last.signature, public_key()):
        raise Refusal.of(503, "S468", str(last.size), size=last.size)
    size = last.size if last else 0
    keys = merkle.peaks(size)
    stood = read_nodes(db, keys)
    stack = [stood[key] for key in keys]
    leaves = [merkle.leaf(commitment) for _, commitment in found]
    nodes = list(merkle.grown(size, stack, leaves))
    postings = [found[place - size][0] if level == 0 else None for level, place, _ in nodes]
    head = signed(size + len(found), merkle.folded(stack), last.digest if last else FIRST, at)
    db.execute(
        _WRITE,
        [[level for level, _, _ in nodes], [place for _, place, _ in nodes], [d for _, _, d in nodes], postings,
         head.size, head.root, head.before, head.sealed, head.digest, head.signature],
    )  # fmt: skip
    return head


def read_nodes(
    db: "psycopg.Connection[tables.Row]", keys: Iterable[merkle.Key]
) -> dict[merkle.Key, bytes]:
    """Stored nodes by level and place; for any head or proof O(log n) of them."""
    asked = list(keys)
    rows = db.execute(
        "SELECT n.level, n.place, n.digest FROM unnest(%s::smallint[], %s::bigint[]) AS k(level, place)"
        " JOIN settlement_node n ON n.level = k.level AND n.place = k.place",
        [[level for level, _ in asked], [place for _, place in asked]],
    )
    return {(level, place): digest for level, place, digest in rows}


def keep_sealing(stop: threading.Event, seconds: float) -> None:
    """Seal every few seconds until told to stop. The head in the log is a witness outside the database."""
    look = 0
    while not stop.wait(seconds):
        try:
            done = seal(everything=look % _FULL_EVERY == 0)
            look += 1
            if done.count and done.head is not None:
                _log.info("sealed up to %d: %s", done.head.size, done.head.digest.hex())
        except Refusal as refused:
            _log.error("not sealed: %s", refused.faults[0].what)
        except Exception as error:  # the database is away: it is asked again
            _log.error("not sealed: %s", type(error).__name__)
        finally:
            connection.close()  # nothing is held between two looks, and no other process inherits it
