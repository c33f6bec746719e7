"""What the register's own history says that it knew of a person and a hospital as a visit was settled.

A proper change through the register leaves what was known before in sight: facts are superseded, imports keep what
a person was. Where a settlement rested on something that this history does not tell of that moment, a row was
altered behind it. Every reading of the register settles in its order, so what was committed a little later than
its moment says (`_LATE`) is looked at both ways.
"""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import psycopg

from doudi_web.oversight.mismatches import Difference
from doudi_web.register import sealing
from doudi_web.settlement import tables
from doudi_web.settlement.entitled import with_register
from doudi_web.settlement.replaying import Stored

Json = dict[str, Any]

_LATE = timedelta(minutes=10)
"""How long after its moment a change of the register may have been committed."""
_JUST = timedelta(microseconds=1)

_FACTS = """
SELECT person_id, kind, code, valid_from, valid_to, known, recorded, superseded FROM register_fact
WHERE person_id = ANY(%s) AND kind IN ('standing', 'tier') ORDER BY id
"""
_PERSONS = """
SELECT p.id, p.birth_date, p.district_id, p.attributes::json, p.withdrawn, greatest(i.confirmed, i.undone)
FROM register_person p LEFT JOIN register_import i ON i.id = p.changed_by_id WHERE p.id = ANY(%s)
"""
_FACILITIES = """
SELECT f.code, f.level, f.district, s.level, s.district, s.valid_from, s.recorded, s.superseded
FROM tenancy_facility f LEFT JOIN register_facilitystate s ON s.facility_id = f.code
ORDER BY f.code, s.valid_from NULLS FIRST, s.id
"""
_IMPORTS = """
SELECT id, confirmed, undone FROM register_import WHERE confirmed IS NOT NULL AND before IS NOT NULL
ORDER BY confirmed, id
"""
_BEFORE = "SELECT before FROM register_import WHERE id = %s"
_CHAIN = """
WITH RECURSIVE chain(id) AS (
  SELECT %s::bigint
  UNION
  SELECT (s.result::json ->> 'replaces')::bigint FROM chain JOIN settlement_settlement s ON s.id = chain.id
  WHERE s.result::json ->> 'replaces' IS NOT NULL)
SELECT p.posted FROM chain JOIN settlement_posting p ON p.settlement = chain.id AND p.kind = 'settle'
"""
"""The postings of a settlement whose place was taken, and of those whose place it took."""
_OPENED = 4  # imports that are at hand


@dataclass(frozen=True, slots=True)
class _Fact:
    kind: str
    code: str
    valid_from: date
    valid_to: date | None
    known: datetime
    recorded: datetime
    superseded: datetime | None

    def stood(self, at: datetime) -> bool:
        return self.recorded <= at and (self.superseded is None or at < self.superseded)

    def row(self) -> list[Any]:
        """As settling reads it."""
        return [
            self.kind, self.code, self.valid_from.isoformat(),
            None if self.valid_to is None else self.valid_to.isoformat(), self.known.isoformat(), None,
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Person:
    """A person's own columns as they are now, and when they were last changed, as far as an import tells."""

    columns: Json
    withdrawn: datetime | None
    changed: datetime | None


@dataclass(frozen=True, slots=True)
class _State:
    """What was stated of a facility."""

    level: str
    district: str
    valid_from: date | None
    recorded: datetime
    superseded: datetime | None

    def stood(self, at: datetime) -> bool:
        return self.recorded <= at and (self.superseded is None or at < self.superseded)


@dataclass(slots=True)
class History:
    """The register's history, read for a batch of persons at a time."""

    db: "psycopg.Connection[tables.Row]"
    _facts: dict[str, list[_Fact]] = field(default_factory=dict[str, list[_Fact]])
    _persons: dict[str, _Person] = field(default_factory=dict[str, _Person])
    _facilities: dict[str, tuple[Json, list[_State]]] | None = None
    _imports: list[tuple[int, datetime, datetime | None]] | None = None
    _before: dict[int, Mapping[str, Json]] = field(default_factory=dict[int, Mapping[str, Json]])

    def read(self, persons: Iterable[str]) -> None:
        """Have the history of these persons at hand, and of no others."""
        asked = sorted(set(persons))
        self._facts, self._persons = {}, {}
        for person, *rest in self.db.execute(_FACTS, [asked]):
            self._facts.setdefault(person, []).append(_Fact(*rest))
        for person, birth_date, district, attributes, withdrawn, changed in self.db.execute(
            _PERSONS, [asked]
        ):
            columns = {
                "birth_date": birth_date.isoformat(),
                "district_id": district,
                "attributes": attributes,
            }
            self._persons[person] = _Person(columns, withdrawn, changed)

    def altered(self, stored: Stored, posted: datetime) -> tuple[Json, tuple[Difference, ...]]:
        """The person as the history tells it of the moment of posting, and what the settlement rested on
        otherwise: nothing where some moment just before it fits.

        What took the place of another settlement may rest on what was known when that one was posted.
        """
        person, found = self._of_person(stored, posted)
        there = self._of_facility(stored, posted)
        if not found and not there:
            return person, ()
        for at in (*self._moments(stored, posted), *self._replaced(stored)):
            if not self._of_person(stored, at)[1]:
                found = ()
            if not self._of_facility(stored, at):
                there = ()
        return person, (*found, *there)

    def _moments(self, stored: Stored, posted: datetime) -> Iterator[datetime]:
        """Just before each change of which a posting of that moment may not have known yet."""
        rows = (*self._facts.get(stored.person, ()), *self._facility(stored.facility)[1])
        changes = {at for row in rows for at in (row.recorded, row.superseded) if at is not None}
        changes |= {at for _, at, _ in self._confirmed()}
        for at in sorted(changes, reverse=True):
            if posted - _LATE <= at <= posted:
                yield at - _JUST

    def _replaced(self, stored: Stored) -> Iterator[datetime]:
        """When those were posted whose place it took, and just before."""
        if "replaces" in stored.result:
            for (posted,) in self.db.execute(_CHAIN, [int(stored.result["replaces"])]).fetchall():
                yield posted
                yield from self._moments(stored, posted)

    def _of_person(self, stored: Stored, at: datetime) -> tuple[Json, tuple[Difference, ...]]:
        register: Json = stored.evidence["register"]
        is_sure, person = self._person(stored.person, at)
        facts = [fact.row() for fact in self._facts.get(stored.person, ()) if fact.stood(at)]
        known = with_register(stored.evidence["bill"], person, facts, None, stored.settled)
        here: Json = json.loads(json.dumps(known.bill["person"], default=str))
        was: Json = {"registered": register["known"], **register["person"]}
        now: Json = {"registered": known.is_registered, **here}
        if not is_sure:
            now |= {key: was.get(key) for key in ("birth_date", "district", "attributes")}
        return here, tuple(_differing("person", was, now))

    def _of_facility(self, stored: Stored, at: datetime) -> tuple[Difference, ...]:
        if stored.facility not in self._known_facilities():
            return ()
        then = self._facility_then(stored.facility, at)
        known = with_register(stored.evidence["bill"], None, (), then, stored.settled)
        here: Json = json.loads(json.dumps(known.bill["facility"], default=str))
        return tuple(_differing("facility", stored.evidence["register"]["facility"] or {}, here))

    def _person(self, number: str, at: datetime) -> tuple[bool, Json | None]:
        """The person's own columns at a moment; whether they can be told; None: the register did not know them.

        They are what they are now, unless an import after that moment says what they were before it.
        """
        now = self._persons.get(number)
        if now is None or (now.withdrawn is not None and now.withdrawn <= at):
            return True, None
        facts = self._facts.get(number, ())
        if now.changed is None:
            is_later = bool(facts) and all(fact.recorded > at for fact in facts)
            return True, None if is_later else now.columns
        is_sure = True
        for number_of, confirmed, undone in self._confirmed() if now.changed > at else ():
            if confirmed <= at and (undone is None or undone <= at):
                continue
            was = self._found(number_of).get(number)
            if was is None or (was["new"] and confirmed <= at):
                continue
            if confirmed > at:
                return is_sure, None if was["new"] else {
                    key: was["columns"][key] for key in now.columns
                }
            is_sure = False  # taken back behind it: nobody keeps what it had made of them
        return is_sure, now.columns

    def _found(self, number: int) -> Mapping[str, Json]:
        """What an import found of each person that it changed."""
        if number not in self._before:
            row = self.db.execute(_BEFORE, [number]).fetchone()
            assert row is not None
            while len(self._before) >= _OPENED:
                del self._before[next(iter(self._before))]
            opened = sealing.opened_bytes(bytes(row[0]), f"import.{number}.before")
            self._before[number] = json.loads(zlib.decompress(opened))
        return self._before[number]

    def _confirmed(self) -> list[tuple[int, datetime, datetime | None]]:
        if self._imports is None:
            self._imports = [(n, at, undone) for n, at, undone in self.db.execute(_IMPORTS)]
        return self._imports

    def _known_facilities(self) -> Mapping[str, tuple[Json, list[_State]]]:
        if self._facilities is None:
            self._facilities = {}
            for code, level, district, *state in self.db.execute(_FACILITIES):
                now = {"level": level, "district": district}
                states = self._facilities.setdefault(code, (now, []))[1]
                if state[3] is not None:
                    states.append(_State(*state))
        return self._facilities

    def _facility(self, code: str) -> tuple[Json, list[_State]]:
        return self._known_facilities().get(code, ({}, []))

    def _facility_then(self, code: str, at: datetime) -> Json | None:
        """A facility with what was stated of it by a moment; before the first statement, what that says."""
        if code not in self._known_facilities():
            return None
        now, states = self._facility(code)
        stood = [state for state in states if state.stood(at)]
        if not stood and states:
            stood = [min(states, key=lambda state: state.recorded)]
        return {**now, "states": [_state_row(state) for state in stood]}


def _differing(name: str, was: Json, now: Json) -> Iterator[Difference]:
    for key in dict.fromkeys((*was, *now)):
        if was.get(key) != now.get(key):
            yield Difference(f"register.{name}.{key}", _text(was.get(key)), _text(now.get(key)))


def _state_row(state: _State) -> Sequence[Any]:
    start = None if state.valid_from is None else state.valid_from.isoformat()
    return state.level, state.district, start


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
