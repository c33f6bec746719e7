"""Clients that settle without pause, and what must hold of the ledger when they have stopped."""

import http.client
import random
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field

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

    def end(self, threads: list[threading.Thread]) -> int:
        """Stop, and hold the ledger against what was answered; how many were."""
        self.stop.set()
        for thread in threads:
            thread.join()
        self.service.wait()
        url = self.service.database
        assert self.wrong == []
        stood = {result["visit_id"]: result for result, _ in standing_settlements(url)}
        assert stood == self.answered  # each is there as it was told, and none besides
        assert every_amount_is_the_engines(url) == len(self.answered)
        sums_are_those_of_the_settlements(url)
        nothing_is_half_written(url)
        return len(self.answered)
