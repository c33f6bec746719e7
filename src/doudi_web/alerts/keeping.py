"""Keeping the alerts: what the ledger brought is looked at a moment later; everything again each night, and where
values, the register or the wards moved."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, LiteralString

from django.db import connection

from doudi.dates import CHINA
from doudi_web.alerts import by_person, by_place, by_visit, claims
from doudi_web.alerts.found import Asked, Driver, Found
from doudi_web.alerts.raising import settle
from doudi_web.alerts.rules import (
    BUDGET,
    DILUTION,
    DOUBLE,
    HOUSEHOLD,
    LARGE_FLOOR,
    PERIOD,
    SHARE,
    SPLIT,
    STANDING,
    Rule,
)
from doudi_web.alerts.values import amounts
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import now

_log = logging.getLogger("doudi.alerts")
PAUSE = 5.0
PROMISED = 120.0
"""Seconds that alerts may be behind the ledger before the page says so in amber."""
BATCH = 2_000
YEAR = 366
"""Days that are looked back upon."""
KEEPING = 0x616C6572  # the lock of who keeps
Find = Callable[[Driver, Asked], Iterator[Found]]

OF_PERSONS: Sequence[tuple[Rule, Find]] = (
    (SPLIT, by_person.split), (DOUBLE, by_person.double), (DILUTION, by_visit.dilution),
    (LARGE_FLOOR, by_visit.large_floor), (HOUSEHOLD, by_place.household),
)  # fmt: skip
"""Rules whose causes move with what is settled of a person."""
OF_ALL: Sequence[tuple[Rule, Find]] = (
    (SHARE, by_visit.share), (STANDING, by_place.standing), (BUDGET, by_place.budget), (PERIOD, by_place.period),
)  # fmt: skip
"""Rules that read few rows, and are asked of all whenever anything moved."""


@dataclass(frozen=True, slots=True)
class AsOf:
    """How far the alerts are: as of when, whether ever whole, how many seconds ago, how long all took."""

    at: datetime | None
    is_whole: bool
    seconds: float
    took: float

    @property
    def is_late(self) -> bool:
        """Whether they are older than was promised."""
        return not self.is_whole or self.seconds > PROMISED


_STATE: LiteralString = """
SELECT low, day, value, mark, is_whole, late_days FROM alerts_state
"""
_BEGIN: LiteralString = """
INSERT INTO alerts_state (id, low, value, mark, seconds, is_whole, late_days)
VALUES (1, 0, 0, '', 0, false, 0) ON CONFLICT DO NOTHING
"""
_NEW: LiteralString = """
SELECT p.id, p.settlement FROM settlement_posting p
WHERE p.id > %s AND (p.id <= (SELECT low FROM indicators_state)
    OR EXISTS (SELECT 1 FROM indicators_seen s WHERE s.posting = p.id))
  AND NOT EXISTS (SELECT 1 FROM alerts_looked l WHERE l.posting = p.id) ORDER BY p.id LIMIT %s
"""
"""What the figures have folded in and was not looked at; what they have not waits for them. Above their `low` a
posting of a lower number may still come: what was looked at there is noted one by one."""
_NOTE = "INSERT INTO alerts_looked (posting) SELECT unnest(%s::bigint[]) ON CONFLICT DO NOTHING"
_MARK: LiteralString = """
SELECT concat_ws('.', (SELECT last_value FROM wards_revision), (SELECT coalesce(max(id), 0) FROM register_import),
  (SELECT coalesce(max(id), 0) FROM indicators_budget), (SELECT coalesce(max(posting), 0) FROM indicators_seen),
  (SELECT low FROM indicators_state))
"""


@dataclass(frozen=True, slots=True)
class _At:
    """Where a look stands: behind which posting, and up to which the figures had everything as it began."""

    after: int
    settled: int
    began: float


def look(db: Driver, stop: threading.Event | None = None) -> int | None:
    """Bring the alerts up to what the figures know; how many changed. None: somebody else keeps."""
    at, count = _At(0, -1, time.monotonic()), 0
    while stop is None or not stop.is_set():
        with db.transaction():
            if not _alone(db):
                return None
            tables.plan_for_values(db)
            db.execute(_BEGIN)
            step = _step(db, at)
        count += step.changed
        if step.then is None:
            break
        at = step.then
    return count


@dataclass(frozen=True, slots=True)
class _Step:
    """How many alerts changed, and where the look goes on, unless it is done."""

    changed: int
    then: _At | None


def _step(db: Driver, at: _At) -> _Step:
    """One transaction: a batch of what is new; once nothing is, the rules that are asked of all."""
    row = db.execute(_STATE).fetchone()
    assert row is not None
    low, day, value, mark, is_whole, late_days = row
    values, last = amounts()
    moment, today = now(), now().astimezone(CHINA).date()
    if late_days != values[DILUTION.code]["days"]:
        return _anew(db, values[DILUTION.code]["days"], at)
    settled = at.settled
    if settled < 0:
        told = db.execute("SELECT low FROM indicators_state").fetchone()
        if told is None:
            return _Step(0, None)
        (settled,) = told
    new = db.execute(_NEW, [max(low, at.after), BATCH]).fetchall()
    touched = claims.fold(db, sorted({n for _, n in new if n is not None}), late_days)
    whole = is_whole and day == today and value == last
    changed = 0
    if whole and touched:
        changed += _of_persons(db, _asked(db, today), values, sorted(touched), moment)
    db.execute(_NOTE, [[posting for posting, _ in new if posting > settled]])
    if len(new) == BATCH:
        _raise_low(db, min(settled, new[-1][0]))
        return _Step(changed, _At(new[-1][0], settled, at.began))
    _raise_low(db, settled)
    (moved,) = db.execute(_MARK).fetchone() or ("",)
    if not whole:
        changed += _of_persons(db, _asked(db, today), values, None, moment)
    if not whole or moved != mark:
        changed += _of_all(db, _asked(db, today), values, moment)
    db.execute(
        "UPDATE alerts_state SET as_of = %s, looked = clock_timestamp(), is_whole = true, day = %s, value = %s,"
        " mark = %s, seconds = CASE WHEN %s THEN seconds ELSE %s END",
        [moment, today, last, moved, whole, time.monotonic() - at.began],
    )
    return _Step(changed, None)


def _raise_low(db: Driver, low: int) -> None:
    """Everything up to a posting was looked at; what was noted one by one below it is not needed any more."""
    db.execute("UPDATE alerts_state SET low = greatest(low, %s)", [low])
    db.execute("DELETE FROM alerts_looked WHERE posting <= (SELECT low FROM alerts_state)")


def _alone(db: Driver) -> bool:
    row = db.execute("SELECT pg_try_advisory_xact_lock(%s)", [KEEPING]).fetchone()
    return row is not None and bool(row[0])


def _anew(db: Driver, late_days: int, at: _At) -> _Step:
    """Claims rest on how many days count as a stay's last: they are made anew."""
    db.execute("TRUNCATE alerts_claim, alerts_looked")
    db.execute("UPDATE alerts_state SET low = 0, is_whole = false, late_days = %s", [late_days])
    return _Step(0, _At(0, -1, at.began))


def _asked(db: Driver, today: date) -> Asked:
    names = dict(db.execute("SELECT code, name FROM tenancy_facility").fetchall())
    names |= dict(db.execute("SELECT code, name FROM tenancy_township").fetchall())
    return Asked(today, today - timedelta(days=YEAR), {}, None, names)


def _of_persons(
    db: Driver, asked: Asked, values: Mapping[str, Any], persons: list[str] | None, at: datetime
) -> int:
    """What the rules of persons find of these, or of everybody."""
    if persons is None:
        by_visit.count_peers(db, asked)
    count = 0
    for rule, find in OF_PERSONS:
        keys = persons
        if persons is not None and rule is HOUSEHOLD:
            keys = by_place.households_of(db, persons)
        own = replace(asked, values=values[rule.code], persons=persons)
        since = asked.since + timedelta(days=1)  # what they find came after that day
        if rule in (SPLIT, DOUBLE):
            since = by_person.first_day(asked.today)
        if rule is HOUSEHOLD:
            since = date(asked.today.year, 1, 1)
        count += settle(db, rule, own.values, find(db, own), since, keys, at, asked.today)
    return count


def _of_all(db: Driver, asked: Asked, values: Mapping[str, Any], at: datetime) -> int:
    count = 0
    for rule, find in OF_ALL:
        own = replace(asked, values=values[rule.code])
        since = asked.since
        if rule is SHARE:
            since = asked.today - timedelta(days=own.values["back"] - 1)
        if rule is STANDING:
            since = asked.today.replace(day=1)
        if rule in (BUDGET, PERIOD):
            since = date(asked.today.year, 1, 1)
        count += settle(db, rule, own.values, find(db, own), since, None, at, asked.today)
    return count


def keep(stop: threading.Event | None = None) -> int:
    """Bring the alerts up to date; how many changed."""
    return look(tables.driver(), stop) or 0


_AS_OF: LiteralString = """
SELECT as_of, is_whole, extract(epoch FROM clock_timestamp() - looked)::float8, seconds FROM alerts_state
"""


def as_of(db: Driver) -> AsOf:
    """How far the alerts are."""
    row = db.execute(_AS_OF).fetchone()
    if row is None:
        return AsOf(None, is_whole=False, seconds=0.0, took=0.0)
    return AsOf(row[0], row[1], 0.0 if row[2] is None else row[2], row[3])


def keep_looking(stop: threading.Event, _: float) -> None:
    """Look at what moved, a moment after it did, until told to stop."""
    while not stop.wait(PAUSE):
        try:
            began = time.monotonic()
            count = keep(stop)
            if time.monotonic() - began > PAUSE:
                _log.info("%d alerts changed in %.1f s", count, time.monotonic() - began)
        except Exception as error:  # the database is away: it is asked again
            _log.error("alerts not looked at: %s", type(error).__name__)
        finally:
            connection.close()  # nothing is held between two looks
