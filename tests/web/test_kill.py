"""kill -9 under load: nothing acknowledged is lost, nothing doubled or half written, and it runs again."""

import http.client
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from web.served import Json, Served
from web.test_settling import bill
from web.whole import (
    every_amount_is_the_engines,
    nothing_is_half_written,
    standing_settlements,
    sums_are_those_of_the_settlements,
)

CLIENTS = 4


@dataclass
class Load:
    """Clients that settle visit after visit, and ask again until they are answered."""

    service: Served
    token: str
    seed: int
    stop: threading.Event = field(default_factory=threading.Event)
    answered: dict[str, Json] = field(default_factory=dict[str, Json])
    wrong: list[object] = field(default_factory=list[object])

    def run(self) -> list[threading.Thread]:
        threads = [threading.Thread(target=self._client, args=(n,)) for n in range(CLIENTS)]
        for thread in threads:
            thread.start()
        return threads

    def _client(self, client: int) -> None:
        chance = random.Random(f"{self.seed}/{client}")
        number = 0
        while not self.stop.is_set():
            number += 1
            visit = f"K{client}-{number}"
            amount = f"{chance.randint(100, 60_000)}.{chance.randint(0, 99):02d}"
            body = {
                "message_id": visit,
                "bill": bill(visit, f"PK{chance.randint(1, 5)}", amount, standing=None),
            }
            answer = self._until_answered(body)
            if answer is not None:
                self.answered[visit] = answer

    def _until_answered(self, body: Json) -> Json | None:
        """Ask until there is an answer; None where the test ends before."""
        until = time.monotonic() + 90
        while time.monotonic() < until:
            with suppress(OSError, http.client.HTTPException, ValueError):
                status, answer = self.service.ask(
                    "POST", "/api/v1/settlements", self.token, body, within=10
                )
                if status in (200, 201):
                    return answer
                if status not in (502, 503):
                    self.wrong.append((status, answer))
                    return None
            time.sleep(0.05)
        self.wrong.append(("no answer", body["message_id"]))
        return None


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
    finally:
        load.stop.set()
        for thread in threads:
            thread.join()
    service.wait()
    url = f"postgresql://postgres@/doudi?host={service.data / 'postgres'}"
    assert load.wrong == []
    stood = {result["visit_id"]: result for result, _ in standing_settlements(url)}
    assert stood == load.answered  # each acknowledged one is there as it was told; and none besides
    assert every_amount_is_the_engines(url) == len(load.answered) > points
    sums_are_those_of_the_settlements(url)
    nothing_is_half_written(url)
    service.stop()


def test_killed_at_any_point_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    _killed(tmp_path, len(KILLS), seed=1)


@pytest.mark.slow
def test_killed_at_two_hundred_random_points(tmp_path: Path) -> None:
    _killed(tmp_path, 200, seed=20_191_203)
