"""Filling a service: what is sent in which order, and what happens where the service is away or says no."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any

import pytest

from doudi_lab import Tokens, fill
from doudi_lab.filling import NotFilled, message_id
from lab.test_county import banan

Got = list[tuple[str, str, dict[str, Any]]]
Says = Callable[[str, int, dict[str, Any]], int | None]


@contextmanager
def service_that_says(says: Says, answer: bytes = b"{}") -> Iterator[tuple[str, Got]]:
    """A service that answers `says(path, how many requests were before, body)`; None drops the connection."""
    got: Got = []
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = (
            -1
        )  # head and body leave together: apart, each answer waits for the first's receipt

        def do_PUT(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                status = says(self.path, len(got), body)
                got.append((self.path, self.headers["Authorization"], body))
            if status is None:
                self.close_connection = True
                return
            text = answer if status < 400 else b'{"faults": [{"code": "S403"}]}'
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _paths(got: Got) -> list[str]:
    return [path for path, _, _ in got]


def test_facilities_and_people_come_first_then_every_bill() -> None:
    made = banan(700)
    with service_that_says(lambda *_: 201) as (url, got):
        filled = fill(made, url, Tokens("admin", None))
        assert _paths(got) == ["/api/v1/facilities", "/api/v1/persons", "/api/v1/persons"]
        assert {key for _, key, _ in got} == {"Bearer admin"}
        assert [len(body["persons"]) for _, _, body in got[1:]] == [500, 200]
        assert list(got[0][2]["facilities"][0]) == ["code", "name", "level", "district"]
        assert (filled.facilities, filled.persons, filled.bills, filled.rate) == (32, 700, 0, 0.0)


def test_many_clients_keep_each_person_s_bills_in_order() -> None:
    made = banan(60)
    with service_that_says(lambda *_: 201) as (url, got):
        filled = fill(made, url, Tokens(None, "client"), clients=5)
    sent = [body for _, _, body in got]
    assert filled.statuses == {201: len(sent)}
    assert len(filled.latencies) == len(sent)
    assert filled.latency(0.5) <= filled.latency(0.99) <= max(filled.latencies)
    of_visit = {body["bill"]["visit_id"]: body for body in sent}
    assert [of_visit[b["visit_id"]]["bill"] for b in made.bills()] == list(made.bills())
    assert {v.id: message_id(made, v) for v in made.visits()} == {
        visit: body["message_id"] for visit, body in of_visit.items()
    }
    of_person: dict[str, list[str]] = {}
    for body in sent:
        of_person.setdefault(body["bill"]["person"]["id"], []).append(body["bill"]["settled"])
    assert all(a < b for times in of_person.values() for a, b in pairwise(times))


@pytest.mark.parametrize("away", [None, 503])
def test_a_service_that_was_away_is_asked_again(away: int | None) -> None:
    made = banan(5)
    with service_that_says(lambda _, before, __: away if before in (0, 1) else 201) as (url, got):
        filled = fill(made, url, Tokens(None, "client"), clients=1)
    assert filled.statuses == {201: len(made.visits())}
    assert got[0] == got[1] == got[2]


def test_bills_that_are_refused_are_told_and_the_others_go_on() -> None:
    made = banan(30)
    bad = made.visits()[3].id
    with service_that_says(lambda _, __, body: 422 if body["bill"]["visit_id"] == bad else 200) as (
        url,
        _,
    ):
        filled = fill(made, url, Tokens(None, "client"), clients=2)
    assert filled.statuses == {200: len(made.visits()) - 1, 422: 1}
    assert [(r.visit, r.status, r.codes) for r in filled.refused] == [(bad, 422, ("S403",))]


def test_a_register_that_says_no_stops_everything() -> None:
    with service_that_says(lambda *_: 403) as (url, got):
        with pytest.raises(NotFilled, match="/api/v1/facilities 403 S403"):
            fill(banan(5), url, Tokens("wrong", "client"))
        assert len(got) == 1


def test_progress_counts_every_answer() -> None:
    made, seen = banan(20), list[tuple[int, int]]()
    with service_that_says(lambda *_: 201) as (url, _):
        fill(made, url, Tokens(None, "c"), progress=lambda done, of: seen.append((done, of)))
    count = len(made.visits())
    assert seen == [(n, count) for n in range(1, count + 1)]


def test_a_service_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("doudi_lab.filling._FIRST_WAIT_SECONDS", 0.001)
    with service_that_says(lambda *_: 201) as (url, _):
        pass
    with pytest.raises(NotFilled, match="服务没有回答"):
        fill(banan(5), url, Tokens(None, "client"))
