"""Clients that ask a server over HTTP, and how long they wait: as many as it can answer, or at a stated rate."""

import http.client
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

CLIENTS = 8
_LEAD_SECONDS = 0.1  # until every client is connected


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, and the status that it must be answered with."""

    method: str
    path: str
    body: bytes | None
    status: int


@dataclass(frozen=True, slots=True)
class Rate:
    """Answers: how many, how many a second, and in milliseconds what half and 99 of 100 took at the most."""

    count: int
    per_second: float
    p50: float
    p99: float


def flat_out(port: int, token: str, requests: Iterator[Request], seconds: float) -> Rate:
    """As many as eight clients get answered, each asking again as soon as it is answered (a closed loop).

    It ends after so many seconds, or with the last request where there is one. Raises AssertionError where an
    answer has another status than it must.
    """
    taken, spent = _by_clients(port, token, requests, lambda start: _at_once(start + seconds))
    return _rate(taken, spent)


def paced(
    port: int, token: str, requests: Iterator[Request], per_second: float, seconds: float, seed: int
) -> Rate:
    """Requests that fall due by chance, so many a second on average, whether or not earlier ones are answered.

    Each takes the next free client. What it waits counts from when it was due, so a server that stalls is not
    spared the requests that it held up (an open loop). Raises AssertionError as `flat_out` does.
    """
    dues = due_times(per_second, seconds, seed)
    taken, spent = _by_clients(
        port, token, requests, lambda start: iter([start + due for due in dues])
    )
    return _rate(taken, spent)


def due_times(per_second: float, seconds: float, seed: int) -> list[float]:
    """When requests fall due, in seconds from the start: a Poisson process, the same for the same seed."""
    rng = random.Random(seed)
    found: list[float] = []
    at = rng.expovariate(per_second)
    while at < seconds:
        found.append(at)
        at += rng.expovariate(per_second)
    return found


def at_share(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the ordered values does not exceed (the nearest rank)."""
    rank = -int(-share * len(ordered) // 1)
    return ordered[max(rank, 1) - 1]


def _at_once(until: float) -> Iterator[float]:
    """Due whenever a client is free."""
    while (at := time.perf_counter()) < until:
        yield at


def _rate(taken: list[float], spent: float) -> Rate:
    ordered = sorted(one * 1000 for one in taken)
    return Rate(
        len(ordered), len(ordered) / spent, at_share(ordered, 0.50), at_share(ordered, 0.99)
    )


class _Turns:
    """The requests and when each is due, shared by the clients: whoever is free takes the next."""

    def __init__(self, requests: Iterator[Request], dues: Iterator[float]) -> None:
        self._requests, self._dues, self._lock = requests, dues, threading.Lock()

    def __iter__(self) -> Iterator[tuple[float, Request]]:
        while True:
            with self._lock:
                request, due = next(self._requests, None), next(self._dues, None)
            if request is None or due is None:
                return
            yield due, request


def _by_clients(
    port: int,
    token: str,
    requests: Iterator[Request],
    dues: Callable[[float], Iterator[float]],
) -> tuple[list[float], float]:
    """What each request took from when it was due, and from the start to the last answer; in seconds."""
    start = time.perf_counter() + _LEAD_SECONDS
    turns = _Turns(requests, dues(start))
    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(_client, port, token, start, turns) for _ in range(CLIENTS)]
    return [one for client in clients for one in client.result()], time.perf_counter() - start


def _client(port: int, token: str, start: float, turns: _Turns) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    taken: list[float] = []
    connection.connect()
    time.sleep(max(start - time.perf_counter(), 0))
    for due, request in turns:
        time.sleep(max(due - time.perf_counter(), 0))
        connection.request(request.method, request.path, request.body, headers)
        answer = connection.getresponse()
        content = answer.read()
        taken.append(time.perf_counter() - due)
        assert answer.status == request.status, f"{answer.status}: {content[:300]!r}"
    connection.close()
    return taken
