"""The clients of the measurements: when requests fall due, from when a wait counts, what share is told."""

import http.server
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise, repeat
from statistics import mean, stdev

import pytest

from benchmarks.figures import Figure, show
from benchmarks.load import CLIENTS, Request, at_share, due_times, flat_out, paced

ASK = Request("POST", "/", b"{}", 201)


@contextmanager
def _server(answer: Callable[[], int]) -> Iterator[int]:
    """A server that answers one request after another with the status that `answer` gives; its port."""
    turn = threading.Lock()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            with turn:
                status = answer()
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_requests_fall_due_by_chance_and_the_same_seed_falls_the_same() -> None:
    dues = due_times(50, 60, seed=1)
    assert dues == due_times(50, 60, seed=1)
    assert dues != due_times(50, 60, seed=2)
    gaps = [b - a for a, b in pairwise(dues)]
    assert min(gaps) > 0
    assert 0 < dues[0] < dues[-1] < 60
    assert mean(gaps) == pytest.approx(1 / 50, rel=0.1)
    assert stdev(gaps) == pytest.approx(
        mean(gaps), rel=0.1
    )  # exponential: evenly spaced ones have none


@pytest.mark.parametrize(
    ("count", "share", "value"),
    [(100, 0.99, 99), (100, 0.5, 50), (1000, 0.99, 990), (10, 0.99, 10), (1, 0.5, 1), (3, 0.5, 2)],
)
def test_a_share_is_told_by_the_nearest_rank(count: int, share: float, value: int) -> None:
    assert at_share(range(1, count + 1), share) == value


# Catches a wait that counts from when the request was sent: a stalled server would hide what it held up.
def test_a_wait_counts_from_when_the_request_was_due() -> None:
    stalled = iter([0.9])

    def answer() -> int:
        time.sleep(next(stalled, 0))
        return 201

    with _server(answer) as port:
        rate = paced(port, "", repeat(ASK), 100, 1.0, seed=1)
    assert rate.count == len(due_times(100, 1.0, seed=1))
    assert rate.p50 > 250


def test_without_a_stall_nobody_waits_long() -> None:
    with _server(lambda: 201) as port:
        rate = paced(port, "", repeat(ASK), 100, 1.0, seed=1)
    assert rate.p50 < 250


def test_a_closed_loop_keeps_every_client_busy_until_the_end() -> None:
    asking: set[str] = set()

    def answer() -> int:
        asking.add(threading.current_thread().name)
        return 201

    with _server(answer) as port:
        rate = flat_out(port, "", repeat(ASK), 0.5)
        ended = flat_out(port, "", iter([ASK] * 20), 60)
    assert len(asking) >= CLIENTS
    assert rate.count > 2 * CLIENTS
    assert rate.per_second <= rate.count / 0.5
    assert ended.count == 20


@pytest.mark.parametrize("ask", [flat_out, lambda *a: paced(*a[:3], 100, 0.2, 1)])
def test_a_wrong_answer_stops_the_measurement(ask: Callable[..., object]) -> None:
    statuses = iter([201, 201, 503])
    with _server(lambda: next(statuses, 201)) as port, pytest.raises(AssertionError, match="503"):
        ask(port, "", repeat(ASK), 0.2)


def test_each_figure_is_printed_with_its_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    show(
        [
            Figure("rate", 299.0, "/s", 300, at_least=True),
            Figure("share", 50.0, "%", 50, at_least=True),
            Figure("wait", 50.1, "ms", 50, {"bare": 0.5}),
            Figure("time", 9.0, "µs", 10),
            Figure("of it", 1.0, "µs"),
        ]
    )
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "rate 299.000 /s at least 300 /s MISSED",
        "share 50.000 % at least 50 % held",
        "wait 50.100 ms limit 50 ms MISSED",
        "bare: 0.5 x",
        "time 9.000 µs limit 10 µs held",
        "of it 1.000 µs",
    ]
