"""Disk full, connections lost, a disk that hangs: a clear error, nothing lost, recovery without hands."""

import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from web.load import Load
from web.served import Served


def _processes(service: Served) -> list[int]:
    """The database's postmaster and its children."""
    master = service.postmaster()
    with suppress(OSError):
        told = Path(f"/proc/{master}/task/{master}/children").read_text()
        return [master, *map(int, told.split())]
    return [master]


@contextmanager
def _disk_full(service: Served) -> Iterator[None]:
    """No file of the database may be written beyond its first half megabyte: the log of changes neither."""
    _limit(service, 2**19)
    yield
    until = time.monotonic() + 20
    while time.monotonic() < until:  # the database may be starting again at any moment
        with suppress(OSError, subprocess.SubprocessError):
            _limit(service, None)
            return
        time.sleep(0.05)


def _limit(service: Served, size: int | None) -> None:
    """A soft limit of the database's processes, set by a process of its own user; None lifts it."""
    pids = _processes(service)
    user = Path(f"/proc/{pids[0]}").stat().st_uid

    def lower() -> None:
        os.setuid(user)
        for pid in pids:
            with suppress(ProcessLookupError):
                _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard if size is None else size, hard))

    subprocess.run(["true"], preexec_fn=lower, check=True)  # noqa: PLW1509: nothing else runs in the child


@contextmanager
def _connections_lost(service: Served) -> Iterator[None]:
    """Every connection of the service is cut, again and again."""
    for _ in range(10):
        with psycopg.connect(service.database, autocommit=True) as database:
            database.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = 'doudi' AND pid <> pg_backend_pid()"
            )
        time.sleep(0.1)
    yield


@contextmanager
def _disk_hangs(service: Served) -> Iterator[None]:
    """Whatever the database was writing takes seconds longer."""
    stopped = _processes(service)
    for pid in stopped:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    yield
    for pid in stopped:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize(
    "misfortune",
    [
        pytest.param(_disk_full, marks=pytest.mark.slow),
        pytest.param(_connections_lost, marks=pytest.mark.slow),
        pytest.param(_disk_hangs, marks=pytest.mark.slow),
    ],
)
def test_nothing_is_lost_and_it_goes_on_by_itself(
    folder: Path, misfortune: Callable[[Served], "contextmanager[None]"]
) -> None:
    service = Served(folder / "data")
    service.start()
    load = Load(service, service.token("system_client", "--backdate"), seed=3)
    threads = load.run()
    try:
        time.sleep(1)
        with misfortune(service):
            time.sleep(3)
        service.wait()
        before = len(load.answered)
        time.sleep(1.5)
    finally:
        answered = load.end(threads)
        service.stop()
    assert answered > before > 0
