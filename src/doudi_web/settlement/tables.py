"""The SQL of settling: what is locked and read in one journey, and what is written in the next.

Raw SQL on the driver's own connection: each statement is prepared once, and a pipeline sends what belongs together.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from django.db import connection

from doudi_web.audit_log.actions import INSERT as RECORD
from doudi_web.settlement.ledger import Committed

Row = tuple[Any, ...]


def driver() -> "psycopg.Connection[Row]":
    """The driver's connection below Django's."""
    connection.ensure_connection()
    return connection.connection


def lock_keys(owners: Iterable[str]) -> list[int]:
    """Advisory locks of accumulator owners, in the one order in which everybody takes them."""
    digests = (hashlib.blake2b(owner.encode(), digest_size=8).digest() for owner in owners)
    return sorted({int.from_bytes(digest, "big", signed=True) for digest in digests})


def person_owner(person: str) -> str:
    """The owner of a person's sums of a year."""
    return f"p:{person}"


def stay_owner(person: str, episode: str) -> str:
    """The owner of the sums of one stay of a person."""
    return f"e:{len(person)}:{person}:{episode}"


def owners_of(person: str, episode: str) -> tuple[str, str]:
    """The owners whose sums a visit reads and moves."""
    return person_owner(person), stay_owner(person, episode)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the database knows as the owners are locked."""

    same_message: dict[str, Any] | None
    """The id and digest of an earlier answer to this message."""
    visit_settlement: int | None
    """The standing settlement of this visit."""
    sums: Sequence[Row]
    """(owner, year, name, amount), openings included."""
    person: dict[str, Any] | None
    facts: Sequence[Row]
    facility: dict[str, Any] | None
    quarantined: Sequence[Row]
    last_settled: datetime | None
    last_posted: datetime | None
    generation: int
    settlement_id: int


_SUMS = """
SELECT owner, year, name, sum(amount)::bigint FROM (
  SELECT e.owner, e.year, e.name, e.amount FROM settlement_accumulatorentry e
    WHERE e.owner = ANY(%(owners)s) AND NOT EXISTS (
      SELECT 1 FROM settlement_opening q WHERE q.owner = e.owner AND q.year = e.year AND q.name = e.name
        AND q.after_entry >= e.id)
  UNION ALL
  SELECT * FROM (SELECT DISTINCT ON (owner, year, name) owner, year, name, amount FROM settlement_opening
    WHERE owner = ANY(%(owners)s) ORDER BY owner, year, name, id DESC) latest) parts
GROUP BY 1, 2, 3
"""
"""Entries after the last opening, and the opening: what the centre stated holds all that was there before."""

_STANDING = (
    """
SELECT
  (SELECT row_to_json(x) FROM (SELECT id, encode(message_digest, 'hex') AS digest FROM settlement_settlement
     WHERE client = %(client)s AND message = %(message)s) x),
  (SELECT s.id FROM settlement_settlement s WHERE s.visit = %(visit)s AND NOT EXISTS (
     SELECT 1 FROM settlement_posting p WHERE p.settlement = s.id AND p.kind = 'reverse') LIMIT 1),
  (SELECT coalesce(json_agg(json_build_array(owner, year, name, sum)), '[]') FROM ("""
    + _SUMS
    + """) sums),
  (SELECT row_to_json(x) FROM (SELECT birth_date, district_id, attributes FROM register_person
     WHERE id = %(person)s AND withdrawn IS NULL) x),
  (SELECT coalesce(json_agg(json_build_array(kind, code, valid_from, valid_to, known) ORDER BY id), '[]')
     FROM register_fact WHERE person_id = %(person)s AND superseded IS NULL AND kind IN ('standing', 'tier')),
  (SELECT row_to_json(x) FROM (SELECT level, district, (
       SELECT coalesce(json_agg(json_build_array(level, district, valid_from)
         ORDER BY valid_from NULLS FIRST, id), '[]')
       FROM register_facilitystate WHERE facility_id = f.code AND superseded IS NULL) AS states
     FROM tenancy_facility f WHERE code = %(facility)s) x),
  (SELECT coalesce(json_agg(json_build_array(visit, settled)), '[]') FROM settlement_quarantined
     WHERE person = %(person)s AND released IS NULL AND visit <> %(visit)s),
  (SELECT settled FROM settlement_settlement WHERE person = %(person)s ORDER BY settled DESC, id DESC LIMIT 1),
  (SELECT posted FROM settlement_posting ORDER BY id DESC LIMIT 1),
  coalesce((SELECT id FROM policy_inforce WHERE since <= clock_timestamp()
     ORDER BY since DESC, id DESC LIMIT 1), 0),
"""
)
_NUMBERED = _STANDING + "  nextval('settlement_settlement_id_seq')"
_LOOKED_AT = _STANDING + "  0"

_LOCK = "SELECT pg_advisory_xact_lock(%s)"


def lock_and_read(
    db: "psycopg.Connection[Row]", owners: Sequence[str], asked: dict[str, Any]
) -> Standing:
    """Begin a transaction's work: take the owners' locks in order, then read what stands.

    The reading is a statement of its own, so that it sees what whoever held the locks before has committed.
    """
    with db.pipeline():
        for key in lock_keys(owners):
            db.execute(_LOCK, [key])
        cursor = db.execute(_NUMBERED, {**asked, "owners": list(owners)})
    row = cursor.fetchone()
    assert row is not None
    return Standing(*row)


def look(db: "psycopg.Connection[Row]", owners: Sequence[str], asked: dict[str, Any]) -> Standing:
    """What stands at this moment, without locks; no number is taken."""
    row = db.execute(_LOOKED_AT, {**asked, "owners": list(owners)}).fetchone()
    assert row is not None
    return Standing(*row)


def lock(db: "psycopg.Connection[Row]", owners: Iterable[str]) -> None:
    """Take the locks of owners until the transaction ends."""
    with db.pipeline():
        for key in lock_keys(owners):
            db.execute(_LOCK, [key])


_LATER = """
SELECT s.id FROM settlement_settlement s WHERE s.person = %s AND s.year = %s AND s.settled > %s AND NOT EXISTS (
  SELECT 1 FROM settlement_posting p WHERE p.settlement = s.id AND p.kind = 'reverse')
ORDER BY s.settled, s.id
"""


def later(
    db: "psycopg.Connection[Row]", stood: Standing | None, person: str, year: int, settled: datetime
) -> list[int]:
    """The standing settlements of a person's year behind a moment, in order; asked only where there may be any."""
    if stood is not None and (stood.last_settled is None or stood.last_settled <= settled):
        return []
    return [row[0] for row in db.execute(_LATER, [person, year, settled])]


def sums(db: "psycopg.Connection[Row]", owners: Sequence[str]) -> list[Row]:
    """(owner, year, name, amount) of owners, openings included."""
    return db.execute(_SUMS, {"owners": list(owners)}).fetchall()


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


def read_result(db: "psycopg.Connection[Row]", settlement: int) -> str | None:
    """The answer of a settlement, word for word; None where it was erased."""
    row = db.execute(
        "SELECT result FROM settlement_settlement WHERE id = %s", [settlement]
    ).fetchone()
    assert row is not None
    return row[0]


@dataclass(frozen=True, slots=True)
class Settled:
    """What one settlement writes."""

    id: int
    client: str
    message: str
    message_digest: bytes
    visit: str
    person: str
    facility: str
    settled: datetime
    year: int
    result: str
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Posted:
    """What one posting writes: its entries (account, fen) and what it adds to sums (owner, year, name, fen)."""

    kind: str
    settlement: int
    client: str
    message: str
    posted: datetime
    month: str
    reason: str
    committed: Committed
    entries: Sequence[tuple[str, int]]
    sums: Sequence[tuple[str, int, str, int]]


_SETTLEMENT = """
INSERT INTO settlement_settlement
  (id, client, message, message_digest, visit, person, facility, settled, sequence, year, result, evidence)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_POSTING = """
WITH posting AS (
  INSERT INTO settlement_posting
    (kind, settlement, client, message, posted, month, reason, salt, parts, content, commitment)
  VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id),
entries AS (
  INSERT INTO settlement_entry (posting, account, amount)
  SELECT p.id, e.account, e.amount FROM posting p, unnest(%s::text[], %s::bigint[]) AS e(account, amount))
INSERT INTO settlement_accumulatorentry (owner, year, name, amount, posting)
SELECT e.owner, e.year, e.name, e.amount, p.id
FROM posting p, unnest(%s::text[], %s::smallint[], %s::text[], %s::bigint[]) AS e(owner, year, name, amount)
"""


def write(
    db: "psycopg.Connection[Row]", settled: Settled | None, posted: Posted, recorded: Sequence[Any]
) -> None:
    """Write a settlement (where it is one), its posting with all entries, and who did it; the caller commits.

    A settled visit no longer runs, and its refused bills are released.
    """
    s, p, made = settled, posted, posted.committed
    with db.pipeline():
        if s is not None:
            db.execute(
                _SETTLEMENT,
                [s.id, s.client, s.message, s.message_digest, s.visit, s.person, s.facility, s.settled, s.id,
                 s.year, s.result, s.evidence],
            )  # fmt: skip
        db.execute(
            _POSTING,
            [p.kind, p.settlement, p.client, p.message, p.posted, p.month, p.reason, made.salt, made.parts,
             made.content, made.commitment, [a for a, _ in p.entries], [f for _, f in p.entries],
             [o for o, _, _, _ in p.sums], [y for _, y, _, _ in p.sums], [n for _, _, n, _ in p.sums],
             [f for _, _, _, f in p.sums]],
        )  # fmt: skip
        if s is not None:
            db.execute(_VISIT_SETTLED, [s.settled, s.visit, s.facility])
            db.execute(_RELEASE, [p.posted, "", s.visit])
        db.execute(RECORD, recorded)


@dataclass(frozen=True, slots=True)
class Refused:
    """What a refused bill leaves behind: its keys, when it would have been settled, content and faults."""

    visit: str
    person: str
    facility: str
    client: str
    message: str
    settled: datetime
    bill: bytes
    faults: str
    at: datetime


_VISIT_SETTLED = "UPDATE settlement_visit SET settled = %s WHERE id = %s AND facility = %s"
_RELEASE = """
UPDATE settlement_quarantined SET released = %s, reason = %s WHERE visit = %s AND released IS NULL
"""
_QUARANTINE = """
INSERT INTO settlement_quarantined
  (visit, person, facility, client, message, settled, bill, faults, reason)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, '')
"""


def quarantine(db: "psycopg.Connection[Row]", refused: Refused) -> None:
    """Keep a refused bill in the place of the visit's earlier one; the caller commits."""
    r = refused
    with db.pipeline():
        db.execute(f"{_RELEASE} AND facility = %s", [r.at, "", r.visit, r.facility])
        db.execute(
            _QUARANTINE,
            [r.visit, r.person, r.facility, r.client, r.message, r.settled, r.bill, r.faults],
        )
