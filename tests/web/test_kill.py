"""kill -9 under load: nothing acknowledged is lost, nothing doubled or half written, and it runs again."""

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from web.load import Load
from web.served import Served


def _kill_worker(service: Served, chance: random.Random) -> None:
    workers = service.workers()  # none in the moment after another was killed
    if workers:
        os.kill(chance.choice(workers), signal.SIGKILL)


def _kill_service(service: Served, _: random.Random) -> None:
    service.kill()
    service.start()


def _kill_main(service: Served, _: random.Random) -> None:
    assert service.process is not None
    os.kill(service.process.pid, signal.SIGKILL)
    service.process.wait()
    time.sleep(1)  # the workers see that they are alone
    service.process = None
    service.start()


def _kill_postmaster(service: Served, _: random.Random) -> None:
    os.kill(service.postmaster(), signal.SIGKILL)


def _kill_backend(service: Served, chance: random.Random) -> None:
    told = Path(f"/proc/{service.postmaster()}/task/{service.postmaster()}/children").read_text()
    with suppress(ProcessLookupError, IndexError):  # it may have ended by itself
        os.kill(int(chance.choice(told.split())), signal.SIGKILL)


KILLS: list[Callable[[Served, random.Random], None]] = [
    _kill_worker, _kill_service, _kill_main, _kill_postmaster, _kill_backend,
]  # fmt: skip


def _killed(folder: Path, points: int, seed: int) -> None:
    service = Served(folder / "data")
    service.start()
    chance = random.Random(seed)
    load = Load(service, service.token("system_client", "--backdate"), seed)
    threads = load.run()
    try:
        for point in range(points):
            time.sleep(chance.uniform(0.05, 0.6))
            KILLS[point % len(KILLS)](service, chance)
            service.wait()
        assert load.end(threads) > points
    finally:
        load.stop.set()
        service.stop()


def test_killed_at_any_point_nothing_is_lost_or_doubled(folder: Path) -> None:
    _killed(folder, len(KILLS), seed=1)


@pytest.mark.slow
def test_killed_at_two_hundred_random_points(folder: Path) -> None:
    _killed(folder, 200, seed=20_191_203)
