"""Many at once: some serial order, no fen lost or doubled."""

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from web.served import Json, Served, served
from web.test_settling import bill
from web.whole import (
    every_amount_is_the_engines,
    nothing_is_half_written,
    standing_settlements,
    sums_are_those_of_the_settlements,
)

CLIENTS = 50


@pytest.fixture(scope="module")
def running(module_folder: Path) -> Iterator[Served]:
    with served(module_folder) as service:
        yield service


def _all_at_once(requests: list[tuple[Served, str, Json]]) -> list[tuple[int, Json]]:
    """Every request in a thread of its own, let go together."""
    gate = threading.Barrier(len(requests))
    answers: dict[int, tuple[int, Json]] = {}

    def ask(number: int, service: Served, token: str, body: Json) -> None:
        gate.wait()
        answers[number] = service.ask("POST", "/api/v1/settlements", token, body, within=60)

    threads = [
        threading.Thread(target=ask, args=(n, *request)) for n, request in enumerate(requests)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answers[n] for n in range(len(requests))]


def _fen(yuan: str) -> int:
    return int(yuan.replace(".", ""))


# Catches a sum that two settlements read before either wrote: the cap would be spent twice.
def test_fifty_clients_settle_one_person_at_once_in_some_order(running: Served) -> None:
    token = running.token("system_client", "--backdate")
    asked = [
        (running, token, {"message_id": f"c{n}", "bill": bill(f"C{n}", "PC", f"{20_000 + n}.07")})
        for n in range(CLIENTS)
    ]
    answers = _all_at_once(asked)
    assert Counter(status for status, _ in answers) == {201: CLIENTS}
    assert sum(_fen(answer["payments"]["basic"]) for _, answer in answers) == 80_000_00
    assert every_amount_is_the_engines(running.database) >= CLIENTS
    sums_are_those_of_the_settlements(running.database)
    nothing_is_half_written(running.database)


# Catches an idempotency that looks first and writes later.
def test_a_message_repeated_at_once_is_answered_once(running: Served) -> None:
    token = running.token("system_client", "--backdate")
    body = {"message_id": "same", "bill": bill("S1", "PS")}
    answers = _all_at_once([(running, token, body)] * 20)
    assert Counter(status for status, _ in answers) == {201: 1, 200: 19}
    assert len({str(answer) for _, answer in answers}) == 1
    assert (
        len(
            [
                1
                for result, _ in standing_settlements(running.database)
                if result["visit_id"] == "S1"
            ]
        )
        == 1
    )


# Catches a visit that is settled under two messages.
def test_one_visit_under_many_messages_at_once_is_settled_once(running: Served) -> None:
    token = running.token("system_client", "--backdate")
    asked = [(running, token, {"message_id": f"v{n}", "bill": bill("V1", "PV")}) for n in range(20)]
    answers = _all_at_once(asked)
    assert Counter(status for status, _ in answers) == {201: 1, 409: 19}


# Catches locks of persons alone: the wrong person and the right one at once would both be paid.
def test_one_visit_said_to_be_of_two_persons_at_once_is_settled_once(running: Served) -> None:
    token = running.token("system_client", "--backdate")
    asked = [
        (running, token, {"message_id": f"w{n}-{person}", "bill": bill(f"W{n}", f"{person}{n}")})
        for n in range(12)
        for person in ("PW", "PX")
    ]
    answers = _all_at_once(asked)
    for one, other in zip(answers[::2], answers[1::2], strict=True):
        assert sorted((one[0], other[0])) == [201, 409]


# Catches a refused bill that is put in quarantine after its mended one was settled.
def test_a_visit_that_is_settled_waits_in_no_quarantine(running: Served) -> None:
    token = running.token("system_client", "--backdate")
    asked: list[tuple[Served, str, Json]] = []
    for n in range(20):
        right = bill(f"Q{n}", f"PQ{n}")
        wrong = {**right, "facility": {**right["facility"], "level": "9"}}
        asked += [
            (running, token, {"message_id": f"q{n}-{name}", "bill": stated})
            for name, stated in (("wrong", wrong), ("right", right))
        ]
    answers = _all_at_once(asked)
    assert [status for status, _ in answers[1::2]] == [201] * 20
    with psycopg.connect(running.database) as database:
        waiting = database.execute(
            "SELECT q.visit FROM settlement_quarantined q JOIN settlement_settlement s ON s.visit = q.visit"
            " WHERE q.released IS NULL"
        ).fetchall()
    assert waiting == []
