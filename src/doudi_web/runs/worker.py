"""The worker: takes what was asked for, one after the other, and writes how far it is and what came of it.

The work has a connection of its own, in this thread; the heartbeat and the progress are written on another one, so
that they are seen while the work is in the midst of a transaction.
"""

import json
import logging
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import (
    DatabaseError,
    DataError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)

from doudi.errors import Fault, Faulty, fault
from doudi.wire.settlements import fault_json
from doudi_web.audit_log.actions import record
from doudi_web.runs.models import DONE, FAILED, QUEUED, RUNNING, Run
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor

Progress = Callable[[int, int | None], None]
"""Told how much is done, of how much where that is known; ends the work where the service stops."""

Work = Callable[[Mapping[str, Any], Progress], dict[str, Any]]
"""What is done. It gets the parameters, and under `run`, `asked_by`, `role` and `reason` who asked for it and why;
what it returns is shown as the run's result. It may raise Refusal or Faulty."""

BEAT_SECONDS = 1.0
LOST_SECONDS = 20
"""A run whose heart has not beaten for so long has no process any more."""

_log = logging.getLogger("doudi.runs")
_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, OperationalError, InterfaceError)


class Stopped(Exception):
    """The service stops: the work ends where it is."""


class Lost(Exception):
    """Somebody took the run for dead: what would come of it is not wanted any more."""


def work(stop: threading.Event, works: Mapping[str, Work], *, look: float = 1.0) -> None:
    """Do what is asked for until told to stop. No fault of a run, and no database that is away, ends this."""
    while not stop.wait(look):
        try:
            take_up_lost()
            while not stop.is_set() and run_next(stop, works):
                pass
        except Exception as error:  # the database is away: it is asked again
            _log.error("no run taken: %s", type(error).__name__)
        finally:
            connection.close()  # nothing is held between two looks, and no other process inherits it


_LOST = """
UPDATE runs_run SET state = %s, ended = %s, message = %s, faults = %s
WHERE state = %s AND heartbeat < clock_timestamp() - make_interval(secs => %s) RETURNING id
"""
_CLAIM = """
UPDATE runs_run SET state = %s, started = %s, heartbeat = clock_timestamp() WHERE id = (
  SELECT id FROM runs_run WHERE state = %s ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id
"""
_BEAT = "UPDATE runs_run SET heartbeat = clock_timestamp(), done = %s, of = %s WHERE id = %s AND state = %s"


def take_up_lost() -> list[int]:
    """End the runs whose process has died: nobody would wait for them for ever. Their numbers."""
    told = fault("S567", "run", seconds=LOST_SECONDS)
    faults = json.dumps([fault_json(told)], ensure_ascii=False)
    with connection.cursor() as cursor:
        cursor.execute(_LOST, [FAILED, now(), told.what, faults, RUNNING, LOST_SECONDS])
        found = [number for (number,) in cursor.fetchall()]
    for number in found:
        _log.error("run %d had no process any more", number)
    return found


def run_next(stop: threading.Event, works: Mapping[str, Work]) -> bool:
    """Do the oldest run that waits; whether there was one."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [RUNNING, now(), QUEUED])
        row = cursor.fetchone()
    if row is None:
        return False
    run = Run.objects.get(pk=row[0])
    connection.close()  # the work begins on one of its own
    with _beating(run, stop) as heart:
        outcome = _outcome(run, works.get(run.kind), heart)
        connection.close()  # whatever it left open is undone
        if not heart.is_lost:
            _end(run, outcome, heart, stop)
    return True


@dataclass(slots=True)
class _Heart:
    """How far a run is, for the thread that writes it."""

    stop: threading.Event
    done: int = 0
    of: int | None = None
    is_lost: bool = False
    ended: threading.Event = field(default_factory=threading.Event)

    def __call__(self, done: int, of: int | None) -> None:
        """The work tells how far it is. Raises Stopped, Lost."""
        self.done, self.of = done, of
        if self.stop.is_set():
            raise Stopped
        if self.is_lost:
            raise Lost


@contextmanager
def _beating(run: Run, stop: threading.Event) -> Generator[_Heart]:
    heart = _Heart(stop)
    beating = threading.Thread(target=_beat, args=(run.pk, heart), daemon=True)
    beating.start()
    try:
        yield heart
    finally:
        heart.ended.set()
        beating.join()


def _beat(number: int, heart: _Heart) -> None:
    """Write the heartbeat and the progress every second until the work has ended."""
    while not heart.ended.wait(BEAT_SECONDS):
        try:
            with connection.cursor() as cursor:
                cursor.execute(_BEAT, [heart.done, heart.of, number, RUNNING])
                heart.is_lost = heart.is_lost or cursor.rowcount == 0
        except DatabaseError as error:  # it is away: the next beat asks again
            _log.warning("no heartbeat of run %d: %s", number, type(error).__name__)
            connection.close()
    connection.close()


@dataclass(frozen=True, slots=True)
class _Outcome:
    result: dict[str, Any] | None
    faults: tuple[Fault, ...] = ()


def _outcome(run: Run, wanted: Work | None, heart: _Heart) -> _Outcome:
    """What comes of the work, whatever it is."""
    where = f"run:{run.pk}"
    if wanted is None:
        return _Outcome(None, (fault("S565", where, kind=run.kind),))
    asked = {"run": run.pk, "asked_by": run.asked_by, "role": run.role, "reason": run.reason}
    try:
        result = wanted({**run.parameters, **asked}, heart)
        json.dumps(result)
    except (Refusal, Faulty) as refused:
        return _Outcome(None, tuple(refused.faults))
    except Stopped:
        return _Outcome(None, (fault("S568", where),))
    except Lost:
        return _Outcome(None)
    except _AWAY as error:
        return _Outcome(None, (fault("S504", where, kind=type(error).__name__),))
    except Exception as error:
        _log.error("defect in run %d", run.pk, exc_info=error)
        return _Outcome(None, (fault("S500", where),))
    return _Outcome(result)


def _end(run: Run, outcome: _Outcome, heart: _Heart, stop: threading.Event) -> None:
    """Write what came of it. Where the database is away it is asked again, until the service itself stops."""
    while True:
        try:
            _written(run, outcome, heart)
            return
        except DataError:  # the result holds what no row can
            outcome = _Outcome(None, (fault("S500", f"run:{run.pk}"),))
        except _AWAY as error:
            _log.warning("run %d cannot be ended yet: %s", run.pk, type(error).__name__)
            if stop.wait(BEAT_SECONDS):
                return
        finally:
            connection.close()


def _written(run: Run, outcome: _Outcome, heart: _Heart) -> None:
    state = FAILED if outcome.faults else DONE
    with transaction.atomic():
        count = Run.objects.filter(pk=run.pk, state=RUNNING).update(
            state=state, ended=now(), done=heart.done, of=heart.of, result=outcome.result,
            message=outcome.faults[0].what[:400] if outcome.faults else "",
            faults=[fault_json(one) for one in outcome.faults],
        )  # fmt: skip
        if count:
            codes = [one.code for one in outcome.faults]
            who = Actor(run.asked_by, Role(run.role))
            record(who, f"runs.{state}", f"run:{run.pk}", detail={"kind": run.kind, "codes": codes})
