"""Keeping what running visits come to: which of them moved since they were looked at last, and looking anew.

Nothing is marked where fees are charged and visits settled, beyond a count on the visit's own row: what a figure
rests on is kept with it and compared. Only a person's sums, which other visits move, are followed in the ledger
(`watching`).
"""

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, LiteralString

import psycopg
from django.db import InterfaceError, OperationalError, connection

from doudi.dates import CHINA
from doudi_web.policy.rules import generation
from doudi_web.review.alerts import Alert, noticed, open_alerts
from doudi_web.review.events import Event, events_of
from doudi_web.review.held import Need as Review
from doudi_web.review.held import held_of
from doudi_web.settlement import running, tables
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.wards.figures import UNDECIDED, Figures, defective, figures_of
from doudi_web.wards.needs import MUST, Urgency, needs_of, urgency_of
from doudi_web.wards.watching import Watch

_log = logging.getLogger("doudi.wards")
Driver = psycopg.Connection[tables.Row]
_OF_ALL = (
    Refusal, psycopg.OperationalError, psycopg.InterfaceError, OperationalError, InterfaceError,
)  # fmt: skip
"""What keeps every visit from being looked at, not one of them."""
BATCH = 50  # visits that are read at once
PAUSE = 2.0
"""Seconds between two looks of the keeper: as long a list lags behind what a hospital sends."""

BESIDE: LiteralString = """
FROM settlement_visit v
LEFT JOIN wards_kept k ON k.visit_id = v.id
LEFT JOIN register_person p ON p.id = v.person
LEFT JOIN wards_stay t ON t.visit_id = v.id
"""
"""A running visit beside what is kept of it and what that rests on."""
_STATE: LiteralString = """
(SELECT coalesce(max(f.id), 0) FROM register_facilitystate f WHERE f.facility_id = v.facility)"""
_ALERT: LiteralString = (
    "coalesce((SELECT r.id FROM review_alert r WHERE r.visit = v.id AND r.closed IS NULL), 0)"
)
"""The open alert of a visit, 0 where there is none."""
_REGISTERED: LiteralString = "CASE WHEN p.withdrawn IS NULL THEN p.changed_by_id END"
HAS_MOVED: LiteralString = """k.settled IS NOT NULL OR k.moved <> v.moved
  OR k.generation <> %(generation)s OR k.day <> %(today)s OR k.marks <> k.marks_known"""
"""What of it is seen on the two rows alone."""
IS_STALE: LiteralString = f"""(k.visit_id IS NULL OR {HAS_MOVED}
  OR k.registered IS DISTINCT FROM {_REGISTERED} OR k.facility_state <> {_STATE}
  OR k.stay <> coalesce(t.version, 0)
  OR k.alert <> {_ALERT}
  OR k.event <> coalesce((SELECT max(e.id) FROM review_event e WHERE e.visit = v.id), 0))"""
"""Whether what is kept rests on something that has moved since."""

_STALE = f"""
SELECT v.id {BESIDE}
WHERE v.settled IS NULL AND {{of}} AND {IS_STALE} ORDER BY k.as_of NULLS FIRST, v.id LIMIT %(limit)s
"""
_RESTS_ON = f"""
SELECT v.id, v.moved, {_REGISTERED}, {_STATE}, coalesce(t.version, 0), coalesce(k.marks, 0),
  t.planned_discharge, {_ALERT} {BESIDE} WHERE v.id = ANY(%(visits)s)
"""
IS_UNDONE: LiteralString = """
(SELECT u.id FROM settlement_posting u WHERE u.settlement = k.settlement AND u.kind = 'reverse') IS NOT NULL"""
"""Whether the settlement that is kept stands no more: the visit runs again, or another took its place. It is asked
of each row by itself: as EXISTS it may be planned as one reading of all reversals there ever were."""
_LEFT: LiteralString = f"""
SELECT k.visit_id FROM wards_kept k JOIN settlement_visit v ON v.id = k.visit_id
WHERE v.settled IS NOT NULL AND (k.settled IS NULL OR {IS_UNDONE}) AND {{of}}
"""
"""Kept visits that have been settled in the meantime, or anew."""
_SETTLED = """
UPDATE wards_kept k SET settled = v.settled, settlement = s.id, needs = '{}', who = '{}', urgency = %(settled)s,
  as_of = %(at)s, day = %(today)s, discharged = coalesce(k.discharged, v.settled),
  leaves = (coalesce(k.discharged, v.settled) AT TIME ZONE 'Asia/Shanghai')::date,
  total = (r.told ->> 'total')::numeric * 100, patient = (r.told ->> 'patient')::numeric * 100,
  hospital = (r.told ->> 'hospital')::numeric * 100,
  floor = coalesce((r.told -> 'payments' ->> 'floor')::numeric * 100, 0),
  funds = (SELECT coalesce(sum(value::numeric * 100), 0) FROM jsonb_each_text(r.told -> 'payments')),
  share = (r.told -> 'control' ->> 'share')::numeric * 10000,
  status = coalesce(r.told -> 'control' ->> 'status', 'none'),
  excess = (r.told -> 'control' ->> 'excess')::numeric * 100,
  measured = (r.told -> 'control' ->> 'measured')::numeric * 100, unmapped = 0, unmapped_amount = 0,
  share_least = NULL, share_most = NULL, otherwise = NULL, faults = '{}', revision = nextval('wards_revision')
FROM settlement_visit v
CROSS JOIN LATERAL (
  SELECT s.id, s.result FROM settlement_settlement s WHERE s.visit = v.visit AND s.facility = v.facility
  AND NOT EXISTS (SELECT 1 FROM settlement_posting p WHERE p.settlement = s.id AND p.kind = 'reverse') LIMIT 1) s
CROSS JOIN LATERAL (SELECT s.result::jsonb AS told) r
WHERE k.visit_id = v.id AND v.id = ANY(%(visits)s) AND v.settled IS NOT NULL
"""
"""What was settled stands in the place of what it would come to, until the day is over."""
_OVER = """
DELETE FROM wards_kept k WHERE (settled IS NOT NULL AND day < %s)
OR NOT EXISTS (SELECT 1 FROM settlement_visit v WHERE v.id = k.visit_id)
"""
"""A visit that was opened by mistake may have been taken back."""


@dataclass(frozen=True, slots=True)
class _RestsOn:
    """What the figures of a visit rest on, read before they are made: what moves meanwhile makes them old."""

    visit_id: int
    moved: int
    registered: int | None
    facility_state: int
    stay: int
    marks_known: int
    planned: datetime | None
    alert: int


def bounds() -> dict[str, Any]:
    """The rules and the day that every figure rests on."""
    return {"generation": generation(), "today": today()}


def today() -> date:
    """The day in China."""
    return now().astimezone(CHINA).date()


def stale(db: Driver, facility: str | None, asked: Mapping[str, Any], limit: int) -> list[int]:
    """Running visits whose figures are old or missing, the oldest first."""
    of = "TRUE" if facility is None else "v.facility = %(facility)s"
    values = {**asked, "facility": facility, "limit": limit}
    return [number for (number,) in db.execute(_STALE.format(of=of), values)]


def refresh(db: Driver, numbers: Sequence[int], asked: Mapping[str, Any]) -> None:
    """Look at these running visits anew and keep what they come to; who was settled meanwhile is passed over."""
    if not numbers:
        return
    at = now()
    rests = [_RestsOn(*row) for row in db.execute(_RESTS_ON, {"visits": list(numbers)}).fetchall()]
    of = {rest.visit_id: rest for rest in rests}
    found = [
        (visit, _looked(db, visit, of[visit.number], at))
        for visit in running.of_numbers(db, numbers)
    ]
    alerts, events = open_alerts(db, numbers), events_of(db, numbers)
    made = [
        _row(visit, figures, of[visit.number], asked, at)
        | _of_review(figures, alerts.get(visit.number), events[visit.number], asked["today"])
        for visit, figures in found
    ]
    if made:
        with db.transaction():
            db.cursor().executemany(_KEEP, made)


def _looked(db: Driver, visit: running.Visit, rest: _RestsOn, at: datetime) -> Figures:
    """What a visit comes to, its alerts brought up to it.

    A defect of ours in one of them is kept as such, and the others are looked at; that the clock went back or the
    database is away is raised, since it is of all of them.
    """
    try:
        figures, looked = figures_of(visit, rest.planned, at)
        if looked is not None and (figures.is_alerting or rest.alert):
            with db.transaction():
                noticed(db, visit, looked, counted=False)
    except _OF_ALL:
        raise
    except Exception as error:
        _log.error("visit %d is not looked at: %s", visit.number, type(error).__name__)
        return defective(visit, rest.planned)
    return figures


def _of_review(
    figures: Figures, alert: Alert | None, events: Sequence[Event], day: date
) -> dict[str, Any]:
    """What is to be done, by what was said and decided of the visit so far."""
    held = held_of(alert, events)
    review = Review.NOTHING if figures.status == UNDECIDED else held.need
    needs = needs_of(replace(figures.seen, review=review), day)
    return {
        "needs": [need.value for need in needs],
        "who": list(dict.fromkeys(MUST[need].value for need in needs)),
        "urgency": urgency_of(needs, figures.status),
        "due": held.due,
        "alert": 0 if alert is None else alert.id,
        "event": events[-1].id if events else 0,
    }


def follow(db: Driver, facility: str | None, asked: Mapping[str, Any]) -> int:
    """Who has been settled since stands in the list as settled, with the settlement that stands; how many."""
    of = "TRUE" if facility is None else "k.facility = %(facility)s"
    found = db.execute(_LEFT.replace("{of}", of), {"facility": facility})
    visits = [number for (number,) in found]
    if visits:
        values = {"visits": visits, "at": now(), "settled": Urgency.SETTLED, **asked}
        with db.transaction():
            db.execute(_SETTLED, values)
    return len(visits)


def keep(watch: Watch, stop: threading.Event | None = None) -> int:
    """Look anew at everything that moved; how many visits were looked at."""
    db, count = tables.driver(), 0
    watch.look(db)
    asked = bounds()
    count += follow(db, None, asked)
    with db.transaction():
        db.execute(_OVER, [asked["today"]])
    looked: set[int] = set()
    while stop is None or not stop.is_set():
        found = stale(db, None, asked, BATCH)
        if looked.issuperset(
            found
        ):  # what moves as fast as it is looked at waits for the next time
            break
        refresh(db, found, asked)
        looked.update(found)
        asked = bounds()
    return count + len(looked)


def keep_looking(stop: threading.Event, _: float) -> None:
    """Look at what moved, a moment after it did, until told to stop."""
    watch = Watch()
    while not stop.wait(PAUSE):
        try:
            began = time.monotonic()
            count = keep(watch, stop)
            if count > BATCH:
                _log.info("looked at %d visits in %.1f s", count, time.monotonic() - began)
        except Exception as error:  # the database is away: it is asked again
            _log.error("not looked: %s", type(error).__name__)
        finally:
            connection.close()  # nothing is held between two looks, and no other process inherits it


def _row(
    visit: running.Visit, f: Figures, rest: _RestsOn, asked: Mapping[str, Any], at: datetime
) -> dict[str, Any]:
    return {
        "visit_id": visit.number, "visit": visit.id, "facility": visit.facility, "person": visit.person,
        "kind": f.kind, "admitted": f.admitted, "discharged": f.discharged, "leaves": f.seen.leaves,
        "settled": None, "settlement": None, "standing": f.standing, "standing_title": f.standing_title,
        "standing_to": f.seen.standing_to or f.seen.ended, "entitled": f.seen.entitled, "status": f.status,
        "share": f.share, "share_least": f.share_least, "share_most": f.share_most, "limit": f.limit,
        "near": f.near,
        "excess": f.excess, "room": f.room, "total": f.total, "measured": f.measured, "funds": f.funds,
        "hospital": f.hospital, "floor": f.floor, "patient": f.patient, "otherwise": f.otherwise,
        "unmapped": f.seen.unmapped, "unmapped_amount": f.unmapped_amount, "faults": list(f.faults),
        "badness": f.badness, "as_of": at, "moved": rest.moved,
        "registered": rest.registered, "facility_state": rest.facility_state,
        "generation": asked["generation"], "day": asked["today"], "stay": rest.stay,
        "marks_known": rest.marks_known,
    }  # fmt: skip


_COLUMNS: LiteralString = (
    "visit_id visit facility person kind admitted discharged leaves settled settlement standing standing_title"
    " standing_to entitled status share share_least share_most limit near excess room total measured funds hospital"
    " floor patient otherwise unmapped unmapped_amount faults needs who due urgency badness as_of moved registered"
    " facility_state generation day stay alert event marks_known"
)


_SHOWN: tuple[LiteralString, ...] = (
    "status", "share", "total", "patient", "hospital", "needs", "leaves", "settled", "standing", "unmapped", "stay",
    "event",
)  # fmt: skip
"""What somebody who looks at the list would see change."""


def _keep() -> LiteralString:
    """The statement that keeps a row. Where of two looks at once the earlier one stays, it is seen to be old."""
    names: list[LiteralString] = _COLUMNS.split(" ")
    into: LiteralString = ", ".join([f'"{name}"' for name in names])
    values: LiteralString = ", ".join([f"%({name})s" for name in names])
    sets: LiteralString = ", ".join([f'"{name}" = EXCLUDED."{name}"' for name in names[1:]])
    of_kept: LiteralString = ", ".join([f"wards_kept.{name}" for name in _SHOWN])
    of_new: LiteralString = ", ".join([f"EXCLUDED.{name}" for name in _SHOWN])
    return (
        f"INSERT INTO wards_kept ({into}, marks, revision) VALUES ({values}, 0, nextval('wards_revision'))"
        f" ON CONFLICT (visit_id) DO UPDATE SET {sets}, revision = CASE"
        f" WHEN ({of_kept}) IS DISTINCT FROM ({of_new}) THEN EXCLUDED.revision ELSE wards_kept.revision END"
    )


_KEEP = _keep()
