"""The SQL of settling: what is locked and read in one journey, and what is written in the next.

Raw SQL on the driver's own connection: each statement is prepared once, and a pipeline sends what belongs together.
"""

import hashlib
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from django.db import connection
from psycopg.pq import ConnStatus, TransactionStatus

from doudi_web.audit_log.actions import INSERT as RECORD
from doudi_web.settlement.accumulators import ALL, SUMS, Row
from doudi_web.settlement.ledger import Committed
from doudi_web.settlement.months import GATE, LAST_CLOSED


def driver() -> "psycopg.Connection[Row]":
    """The driver's connection below Django's."""
    connection.ensure_connection()
    return connection.connection


def plan_for_values(db: "psycopg.Connection[Row]") -> None:
    """Until the transaction ends each statement is planned for its values.

    Sessions keep one plan for any values, which is quicker for the few rows of a visit; of many rows, or where none
    are to be expected, such a plan can read whole tables.
    """
    db.execute("SET LOCAL plan_cache_mode = force_custom_plan")


def lock_keys(owners: Iterable[str]) -> list[int]:
    """Advisory locks of accumulator owners, in the one order in which everybody takes them."""
    digests = (hashlib.blake2b(owner.encode(), digest_size=8).digest() for owner in owners)
    return sorted({int.from_bytes(digest, "big", signed=True) for digest in digests})


def visit_lock(facility: str, visit: str) -> str:
    """What is locked beside the owners of sums, so that a visit is settled once, whoever it is said to be of."""
    return f"v:{len(facility)}:{facility}:{visit}"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the database knows as the owners are locked."""

    same_message: dict[str, Any] | None
    """What an earlier message of this id became: kind of posting, settlement, digest of what was settled, salt."""
    visit_settlement: int | None
    """The standing settlement of this visit."""
    running: tuple[str, Sequence[str]] | None
    """The person of this visit, where it was opened and runs, and the lines that stand in its bill."""
    sums: Sequence[Row]
    """(owner, year, name, amount), openings included."""
    person: dict[str, Any] | None
    facts: Sequence[Row]
    facility: dict[str, Any] | None
    quarantined: Sequence[Row]
    last_settled: datetime | None
    last_posted: datetime | None
    generation: int
    last_closed: str | None
    """The last month that takes no posting any more."""
    has_proposals: bool
    """Whether something is proposed of the person and not decided."""
    settlement_id: int


_OF_VISIT = """
SELECT s.id FROM settlement_settlement s WHERE s.visit = %(visit)s AND s.facility = %(facility)s AND (
  SELECT p.id FROM settlement_posting p WHERE p.settlement = s.id AND p.kind = 'reverse') IS NULL LIMIT 1
"""
"""The settlement of a hospital's visit that has not been reversed."""

_STANDING = (
    """
SELECT
  (SELECT row_to_json(x) FROM (SELECT p.kind, p.settlement, encode(s.message_digest, 'hex') AS digest,
       encode(p.salt, 'hex') AS salt
     FROM settlement_posting p LEFT JOIN settlement_settlement s ON s.id = p.settlement
     WHERE p.client = %(client)s AND p.message = %(message)s AND p.kind <> 'opening') x),
  ("""
    + _OF_VISIT
    + """),
  (SELECT json_build_array(v.person, (SELECT coalesce(json_agg(line ORDER BY l.id), '[]') FROM settlement_feeline l
       WHERE l.visit_id = v.id AND l.withdrawn IS NULL))
     FROM settlement_visit v WHERE v.visit = %(visit)s AND v.facility = %(facility)s AND v.settled IS NULL),
  (SELECT coalesce(json_agg(json_build_array(owner, year, name, sum)), '[]') FROM ("""
    + SUMS
    + """) sums),
  (SELECT row_to_json(x) FROM (SELECT birth_date, district_id, attributes FROM register_person
     WHERE id = %(person)s AND withdrawn IS NULL) x),
  (SELECT coalesce(json_agg(json_build_array(kind, code, valid_from, valid_to, known, superseded)
       ORDER BY id), '[]') FROM register_fact WHERE person_id = %(person)s
     AND (superseded IS NULL AND kind IN ('standing', 'tier') OR kind IN ('died', 'moved_out'))),
  (SELECT row_to_json(x) FROM (SELECT level, district, (
       SELECT coalesce(json_agg(json_build_array(level, district, valid_from)
         ORDER BY valid_from NULLS FIRST, id), '[]')
       FROM register_facilitystate WHERE facility_id = f.code AND superseded IS NULL) AS states
     FROM tenancy_facility f WHERE code = %(facility)s) x),
  (SELECT coalesce(json_agg(json_build_array(visit, settled)), '[]') FROM settlement_quarantined
     WHERE person = %(person)s AND released IS NULL AND (facility, visit) <> (%(facility)s, %(visit)s)),
  (SELECT settled FROM settlement_settlement WHERE person = %(person)s ORDER BY settled DESC, id DESC LIMIT 1),
  (SELECT posted FROM settlement_posting ORDER BY id DESC LIMIT 1),
  coalesce((SELECT id FROM policy_inforce WHERE since <= clock_timestamp()
     ORDER BY since DESC, id DESC LIMIT 1), 0),
  ("""
    + LAST_CLOSED
    + """),
  EXISTS (SELECT 1 FROM settlement_proposal WHERE person = %(person)s AND state = 'open'),
"""
)
_NUMBERED = _STANDING + "  nextval('settlement_settlement_id_seq')"
_LOOKED_AT = _STANDING + "  0"

_GATE = "SELECT pg_advisory_xact_lock_shared(%s)"
_LOCK = "SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key"
"""Each lock in the order of the array."""


@contextmanager
def transaction(db: "psycopg.Connection[Row]") -> Generator[bool]:
    """A transaction whose BEGIN travels with `lock_and_read` and whose COMMIT with `write`, if they are told so.

    Yields whether they are to be; inside another transaction it is a savepoint of that one, and they are not.
    """
    if db.info.transaction_status != TransactionStatus.IDLE:
        with db.transaction():
            yield False
        return
    try:
        yield True
        if db.info.transaction_status != TransactionStatus.IDLE:
            db.execute("COMMIT")
    except BaseException:
        if db.pgconn.status == ConnStatus.OK and (
            db.info.transaction_status != TransactionStatus.IDLE
        ):
            db.execute("ROLLBACK")
        raise


def lock_and_read(
    db: "psycopg.Connection[Row]", owners: Sequence[str], asked: dict[str, Any], *, begin: bool
) -> Standing:
    """Begin a transaction's work: take the locks of owners and visit in order, then read what stands.

    The reading is a statement of its own, so that it sees what whoever held the locks before has committed.
    """
    with db.pipeline():
        if begin:
            db.execute("BEGIN")
        db.execute(_GATE, [GATE])
        db.execute(_LOCK, [lock_keys([*owners, visit_lock(asked["facility"], asked["visit"])])])
        cursor = db.execute(_NUMBERED, {**asked, **ALL, "owners": list(owners)})
    row = cursor.fetchone()
    assert row is not None
    return Standing(*row)


def look(
    db: "psycopg.Connection[Row]",
    owners: Sequence[str],
    asked: dict[str, Any],
    recorded: Sequence[Any] | None,
) -> Standing:
    """What stands at this moment, without locks; no number is taken. Who looks is recorded in the same journey."""
    with db.pipeline():
        cursor = db.execute(_LOOKED_AT, {**asked, **ALL, "owners": list(owners)})
        if recorded is not None:
            db.execute(RECORD, recorded)
    row = cursor.fetchone()
    assert row is not None
    return Standing(*row)


def lock(db: "psycopg.Connection[Row]", owners: Iterable[str]) -> None:
    """Take the locks of owners until the transaction ends; no month closes until then."""
    with db.pipeline():
        db.execute(_GATE, [GATE])
        db.execute(_LOCK, [lock_keys(owners)])


def last_closed(db: "psycopg.Connection[Row]") -> str | None:
    """The last month that takes no posting any more; under a lock it stays so."""
    row = db.execute(LAST_CLOSED).fetchone()
    return None if row is None else row[0]


_LATER = """
SELECT s.id FROM settlement_settlement s
WHERE s.person = %s AND (s.year = %s OR s.result::json ->> 'episode_id' = %s)
  AND (s.settled, s.sequence) > (%s, %s) AND NOT EXISTS (
  SELECT 1 FROM settlement_posting p WHERE p.settlement = s.id AND p.kind = 'reverse')
ORDER BY s.settled, s.sequence
"""


def later(
    db: "psycopg.Connection[Row]",
    person: str,
    year: int,
    episode: str,
    settled: datetime,
    number: int,
) -> list[int]:
    """The standing settlements of a person's year, or stay, behind a place in the order, in order."""
    return [row[0] for row in db.execute(_LATER, [person, year, episode, settled, number])]


def settlement_of(db: "psycopg.Connection[Row]", facility: str, visit: str) -> int | None:
    """The settlement of a hospital's visit that was not reversed."""
    row = db.execute(_OF_VISIT, {"facility": facility, "visit": visit}).fetchone()
    return None if row is None else row[0]


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
    sequence: int
    """Its number in the order: its own id, or that of the settlement which it takes the place of."""
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
    settled: datetime
    sequence: int
    """Where the sums stand in the order: as the settlement they belong to."""


_POSTING = """
posting AS (
  INSERT INTO settlement_posting
    (kind, settlement, client, message, posted, month, reason, salt, parts, content, commitment)
  VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id),
entries AS (
  INSERT INTO settlement_entry (posting, account, amount)
  SELECT p.id, e.account, e.amount FROM posting p, unnest(%s::text[], %s::bigint[]) AS e(account, amount)),
sums AS (
  INSERT INTO settlement_accumulatorentry (owner, year, name, amount, posting, settlement, settled)
  SELECT e.owner, e.year, e.name, e.amount, p.id, %s, %s
  FROM posting p, unnest(%s::text[], %s::smallint[], %s::text[], %s::bigint[]) AS e(owner, year, name, amount))
"""
_SETTLEMENT = """
settlement AS (
  INSERT INTO settlement_settlement
    (id, client, message, message_digest, visit, person, facility, settled, sequence, year, result, evidence)
  VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)),
visit AS (UPDATE settlement_visit SET settled = %s WHERE visit = %s AND facility = %s),
released AS (
  UPDATE settlement_quarantined SET released = %s, reason = %s
  WHERE visit = %s AND facility = %s AND released IS NULL)
"""
_POST = f"WITH {_POSTING}{RECORD}"
_SETTLE = f"WITH {_SETTLEMENT}, {_POSTING}{RECORD}"
"""All rows of a settlement in one statement: it writes them or none."""


def write(
    db: "psycopg.Connection[Row]",
    settled: Settled | None,
    posted: Posted,
    recorded: Sequence[Any],
    *,
    commit: bool = False,
) -> None:
    """Write a settlement (where it is one), its posting with all entries, and who did it.

    A settled visit no longer runs, and its refused bills are released. Unless told to commit, the caller does.
    """
    s, p, made = settled, posted, posted.committed
    posting = [
        p.kind, p.settlement, p.client, p.message, p.posted, p.month, p.reason, made.salt, made.parts,
        made.content, made.commitment, [a for a, _ in p.entries], [f for _, f in p.entries],
        p.sequence, p.settled, [o for o, _, _, _ in p.sums], [y for _, y, _, _ in p.sums],
        [n for _, _, n, _ in p.sums], [f for _, _, _, f in p.sums],
    ]  # fmt: skip
    if s is None:
        statement, values = _POST, [*posting, *recorded]
    else:
        row = [
            s.id, s.client, s.message, s.message_digest, s.visit, s.person, s.facility, s.settled,
            s.sequence, s.year, s.result, s.evidence, s.settled, s.visit, s.facility, p.posted, "", s.visit,
            s.facility,
        ]  # fmt: skip
        statement, values = _SETTLE, [*row, *posting, *recorded]
    with db.pipeline():
        db.execute(statement, values)
        if commit:
            db.execute("COMMIT")


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


_RELEASE = """
UPDATE settlement_quarantined SET released = %s, reason = %s
WHERE visit = %s AND facility = %s AND released IS NULL
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
        db.execute(_RELEASE, [r.at, "", r.visit, r.facility])
        db.execute(
            _QUARANTINE,
            [r.visit, r.person, r.facility, r.client, r.message, r.settled, r.bill, r.faults],
        )
