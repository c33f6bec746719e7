"""How an installation is, for who keeps it running: the machine and the program, nothing of the business."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil  # which comes with the package of the database
from cryptography import x509
from django.conf import settings
from django.db import connection

from doudi.version import VERSION
from doudi_web.operation import backups, clock, space
from doudi_web.operation.backups import Kept
from doudi_web.operation.clock import Kernel
from doudi_web.operation.meters import METERS
from doudi_web.operation.space import Disk
from doudi_web.settlement import condition
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

_FAILED_DAYS = 7

_DATABASE = """
SELECT pg_database_size(current_database()), current_setting('server_version'),
  (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()),
  current_setting('max_connections')::int,
  (SELECT count(*) FROM django_migrations), (SELECT max(applied) FROM django_migrations)
"""
_QUEUE = """
SELECT count(*) FILTER (WHERE state = 'queued'), count(*) FILTER (WHERE state = 'running'),
  min(asked) FILTER (WHERE state = 'queued')
FROM runs_run WHERE state IN ('queued', 'running')
"""
_FAILED = """
SELECT f->>'code', count(*) FROM runs_run, jsonb_array_elements(faults) f
WHERE state = 'failed' AND ended > %s GROUP BY 1 ORDER BY 2 DESC, 1
"""
_UNSEALED = """
SELECT p.posted FROM settlement_posting p
WHERE p.id > (SELECT coalesce(max(posting), 0) FROM settlement_node) ORDER BY p.id LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Database:
    """The database: bytes, version, connections, and the changes of tables that it has had."""

    size: int
    version: str
    connections: int
    most: int
    applied: int
    last_applied: datetime | None
    is_migrated: bool


@dataclass(frozen=True, slots=True)
class Queue:
    """Long work: how much waits and runs, since when the oldest waits, what failed within a week by code."""

    queued: int
    running: int
    oldest: datetime | None
    failed: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Key:
    """A key in the folder of secrets: its name, and when it was made."""

    name: str
    made: datetime


@dataclass(frozen=True, slots=True)
class State:
    """How everything is."""

    version: str
    since: datetime | None
    database: Database
    disks: Sequence[Disk]
    kernel: Kernel
    jumps: Sequence[Mapping[str, Any]]
    is_forward: bool
    """Whether the clock is not before the last posting: else nothing is settled."""
    made: Kept | None
    tried: Kept | None
    can_back_up: bool
    """Whether the file of the pass-phrase was named when the service was started."""
    workers: int
    queue: Queue
    faults: Mapping[str, int]
    keys: Sequence[Key]
    certificate: datetime | None
    """The end of the certificate's validity, where its file was named."""
    unsealed: int
    unsealed_since: datetime | None


def state(actor: Actor) -> State:
    """How everything is now. Raises Refusal 403."""
    actor.must(Act.OPERATION_READ)
    _, health = condition.health()
    with connection.cursor() as cursor:
        cursor.execute(_UNSEALED)
        row = cursor.fetchone()
    return State(
        version=VERSION, since=_since(), database=_database(health["migrations"]), disks=space.disks(),
        kernel=clock.kernel(), jumps=clock.recent(), is_forward=health["clock"],
        made=backups.last(backups.MADE), tried=backups.last(backups.TRIED),
        can_back_up=bool(os.environ.get("DOUDI_BACKUP_PASSPHRASE_FILE")),
        workers=_workers(), queue=_queue(), faults=_faults(), keys=_keys(), certificate=_certificate(),
        unsealed=condition.gauges().get("unsealed_postings", ("", 0))[1],
        unsealed_since=None if row is None else row[0],
    )  # fmt: skip


def _database(is_migrated: bool) -> Database:
    with connection.cursor() as cursor:
        cursor.execute(_DATABASE)
        row = cursor.fetchone()
    assert row is not None
    size, version, connections, most, applied, last_applied = row
    return Database(size, version, connections, most, applied, last_applied, is_migrated)


def _queue() -> Queue:
    with connection.cursor() as cursor:
        cursor.execute(_QUEUE)
        row = cursor.fetchone()
        assert row is not None
        cursor.execute(_FAILED, [now() - timedelta(days=_FAILED_DAYS)])
        failed = dict(cursor.fetchall())
    queued, running, oldest = row
    return Queue(queued, running, oldest, failed)


def _faults() -> dict[str, int]:
    """Requests that were answered with a fault of the service itself since it was started, by code."""
    return dict(METERS.total().faults.most_common())


def _served_by() -> psutil.Process | None:
    """The process that started the workers; None in a process of its own."""
    try:
        return psutil.Process(int(os.environ["DOUDI_SERVED_BY"]))
    except (KeyError, ValueError, psutil.Error):
        return None


def _since() -> datetime | None:
    parent = _served_by()
    return None if parent is None else datetime.fromtimestamp(parent.create_time(), UTC)


def _workers() -> int:
    parent = _served_by()
    if parent is None:
        return 1
    own = parent.name()
    try:
        return sum(one.name() == own for one in parent.children())
    except psutil.Error:
        return 1


def _keys() -> list[Key]:
    """When each key was made, as the folder has it; a restored one was made when it was restored."""
    folder = Path(settings.DATA) / "secrets"
    found: list[Key] = []
    for name in settings.SECRETS.names():
        made = datetime.fromtimestamp((folder / name).stat().st_mtime, UTC)
        found.append(Key(name, made))
    return found


def _certificate() -> datetime | None:
    named = settings.CERTIFICATE
    if not named:
        return None
    try:
        return x509.load_pem_x509_certificate(Path(named).read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return datetime.fromtimestamp(0, UTC)  # cannot be read: as good as over


def waiting_seconds(since: datetime | None) -> float:
    """For how long something has waited."""
    return 0.0 if since is None else max(0.0, (now() - since).total_seconds())
