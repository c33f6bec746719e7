"""The rows that an export may have to write: what changed since the receiver got them, and what it must lose.

A stamp says of all that a row is made of whether it changed, without looking inside; only then is the row made.
"""

import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import psycopg
from pydantic import TypeAdapter
from typing_extensions import TypedDict  # what pydantic reads before Python 3.12

from doudi.dates import CHINA
from doudi_web.exchange.facts import PERSON, PERSON_JOINS, Facts, Person, person_of
from doudi_web.settlement import tables
from doudi_web.settlement.since import relieved

AT_ONCE = 1_000


class _Result(TypedDict, total=False):
    """Of an answer what a fact may ask for: the rest of it, which is most, is never made."""

    episode_id: str
    kind: str
    standing: str | None
    total: str
    out_of_catalogue: str
    over_ceiling: str
    first_self_pay: str
    in_scope: str
    deductible_met: str
    payments: dict[str, str]
    hospital: str
    patient: str
    provisional: str
    provisional_reasons: list[str]


class _Stated(TypedDict, total=False):
    attributes: dict[str, Any] | None


class _Bill(TypedDict, total=False):
    admitted: str | None
    discharged: str | None
    diagnoses: list[dict[str, Any]] | None
    attributes: dict[str, Any] | None
    facility: _Stated


class _Place(TypedDict, total=False):
    level: Any


class _Register(TypedDict, total=False):
    facility: _Place | None


class _Evidence(TypedDict, total=False):
    bill: _Bill
    register: _Register


_RESULT, _EVIDENCE = TypeAdapter(_Result), TypeAdapter(_Evidence)
_PERSONS = 50_000  # kept opened at once

_REVERSED = (
    "EXISTS (SELECT 1 FROM settlement_posting u WHERE u.settlement = s.id AND u.kind = 'reverse')"
)
_STANDING = (
    """
CREATE TEMP TABLE export_candidate ON COMMIT DROP AS
WITH place AS (
  SELECT facility_id, md5(json_agg(json_build_array(id, valid_from, name, superseded) ORDER BY id)::text) AS stamp
  FROM register_facilitystate GROUP BY facility_id),
stamped AS (
  SELECT s.id AS settlement, s.visit, s.facility, s.settled, s.sequence, sha256(convert_to(json_build_array(
      s.id, %(about)s::text, encode(p.name_digest, 'hex'), encode(p.id_digest, 'hex'), p.sex, p.ethnicity,
      p.birth_date, p.attributes, v.code, v.name, t.name, place.stamp)::text, 'UTF8')) AS stamp
  FROM settlement_settlement s"""
    + PERSON_JOINS
    + """
  LEFT JOIN place ON place.facility_id = s.facility
  WHERE s.result IS NOT NULL AND NOT """
    + _REVERSED
    + """)
SELECT n.settlement, n.settled, n.sequence, n.stamp, r.id AS row, false AS gone
FROM stamped n LEFT JOIN exchange_exportrow r
  ON r.profile = %(profile)s AND r.facility = n.facility AND r.visit = n.visit
WHERE r.id IS NULL OR r.stamp <> n.stamp OR r.state = 'held_back'
  OR (%(whole)s AND r.state = 'exported') OR (%(rejected)s AND r.answer = 'rejected')
UNION ALL
SELECT s.id, s.settled, s.sequence, r.stamp, r.id, true
FROM exchange_exportrow r JOIN settlement_settlement s ON s.id = r.settlement
WHERE r.profile = %(profile)s
  AND (r.digest IS NOT NULL OR (%(rejected)s AND r.state = 'withdrawn' AND r.answer = 'rejected'))
  AND NOT EXISTS (
    SELECT 1 FROM settlement_settlement s WHERE s.visit = r.visit AND s.facility = r.facility AND NOT """
    + _REVERSED
    + ")"
)
_ROWS = (
    """
SELECT c.stamp, c.row, c.gone, r.state, r.answer, r.digest, r.key, s.id, s.visit, s.person, s.facility, s.settled,
  s.year, s.result, s.evidence, relieved.by, asked.amount,"""
    + PERSON
    + """
FROM export_candidate c JOIN settlement_settlement s ON s.id = c.settlement
  LEFT JOIN exchange_exportrow r ON r.id = c.row
  LEFT JOIN (
    SELECT g.settlement, json_agg(json_build_array(e.account, e.amount) ORDER BY e.id) AS by
    FROM settlement_posting g JOIN settlement_entry e ON e.posting = g.id AND e.amount > 0
    WHERE g.kind = 'relief' GROUP BY 1) relieved ON relieved.settlement = s.id
  LEFT JOIN (
    SELECT settlement, says ->> 'amount' AS amount FROM settlement_proposal
    WHERE kind = 'collect' AND state = 'open') asked ON asked.settlement = s.id"""
    + PERSON_JOINS
    + "ORDER BY c.settled, c.sequence, c.settlement"
)
_STATES = """
SELECT facility_id, valid_from, name FROM register_facilitystate WHERE superseded IS NULL
ORDER BY facility_id, valid_from NULLS FIRST, id
"""
_NAMES = "SELECT code, name FROM tenancy_facility"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A visit that may have to be written, and where it stands with the receiver; `gone`: no settlement stands."""

    facts: Facts
    stamp: bytes
    is_known: bool
    gone: bool
    state: str
    answer: str
    digest: bytes | None
    key: bytes | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are looked for: `about` is what they depend on beside the rows themselves."""

    profile: str
    about: str
    whole: bool
    rejected: bool


class Reading:
    """Candidates in the order of the ledger, a few at a time; within the caller's transaction."""

    def __init__(self, db: "psycopg.Connection[tables.Row]", wanted: Wanted) -> None:
        """Find out which there are."""
        self._db = db
        db.execute(
            _STANDING,
            {
                "profile": wanted.profile,
                "about": wanted.about,
                "whole": wanted.whole,
                "rejected": wanted.rejected,
            },
        )
        row = db.execute("SELECT count(*) FROM export_candidate").fetchone()
        assert row is not None
        self.count: int = row[0]
        self._places = _Places(db)
        self._persons: dict[str, Person] = {}

    def each(self) -> Iterator[Candidate]:
        """All of them. While some are looked at the next ones come: the connection is taken until the last."""
        with self._db.cursor("export_candidates") as cursor, ThreadPoolExecutor(1) as beside:
            cursor.execute(_ROWS)
            coming = beside.submit(cursor.fetchmany, AT_ONCE)
            while rows := coming.result():
                coming = beside.submit(cursor.fetchmany, AT_ONCE)
                yield from map(self._candidate, rows)

    def _candidate(self, row: tables.Row) -> Candidate:
        stamp, number, gone, state, answer, digest, key, *of = row
        (
            settlement,
            visit,
            person,
            facility,
            settled,
            year,
            result,
            evidence,
            reliefs,
            collect,
            *register,
        ) = of
        known = {} if evidence is None else _EVIDENCE.validate_json(zlib.decompress(evidence))
        told = (
            {}
            if result is None
            else relieved(cast("dict[str, Any]", _RESULT.validate_json(result)), reliefs)
        )
        day = settled.astimezone(CHINA).date()
        place = known.get("register", {}).get("facility") or {}
        level = place.get("level")
        facts = Facts(
            settlement, visit, person, facility, self._places.name(facility, day), day, year, told,
            known.get("bill", {}), None if level is None else str(level), self._person(person, register),
            collect,
        )  # fmt: skip
        return Candidate(
            facts, bytes(stamp), number is not None, gone, state or "", answer or "",
            None if digest is None else bytes(digest), None if key is None else bytes(key),
        )  # fmt: skip

    def _person(self, number: str, row: list[Any]) -> Person | None:
        """Whom a row is of; opened once, since one has several visits."""
        found = self._persons.get(number) if row[0] else None
        if found is None and (found := person_of(number, row)) is not None:
            if len(self._persons) >= _PERSONS:
                self._persons.clear()
            self._persons[number] = found
        return found


class _Places:
    """What hospitals were called on which day."""

    def __init__(self, db: "psycopg.Connection[tables.Row]") -> None:
        self._now: dict[str, str] = dict(db.execute(_NAMES).fetchall())
        self._states: dict[str, list[tuple[date | None, str]]] = {}
        for code, since, name in db.execute(_STATES):
            self._states.setdefault(code, []).append((since, name))

    def name(self, code: str, day: date) -> str | None:
        """The last name that had begun on a day, before all of them the first."""
        states = self._states.get(code)
        if not states:
            return self._now.get(code)
        begun = [name for since, name in states if since is None or since <= day]
        return begun[-1] if begun else states[0][1]


def position(db: "psycopg.Connection[tables.Row]", profile: str) -> tuple[int, int]:
    """Where the last export of a profile had come to in the ledger, and where the ledger is now."""
    row = db.execute(
        "SELECT coalesce((SELECT max(last) FROM exchange_exportrun WHERE profile = %s), 0),"
        " coalesce((SELECT max(id) FROM settlement_posting), 0)",
        [profile],
    ).fetchone()
    assert row is not None
    return row[0], row[1]
