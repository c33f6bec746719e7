"""Fills a running service with a county through its interface: facilities, people, then a year of bills.

Bills go in the order in which they were settled, each person's always by the same client, so that many clients
may send at once. A message's id follows from seed and visit: a run that broke off is taken up where it stopped.
"""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from doudi_lab.county import County
from doudi_lab.visits import Visit

_BATCH = 500  # persons in one request
_TRIES = 6  # after the first
_FIRST_WAIT_SECONDS = 0.2
_REFUSALS_KEPT = 20


@dataclass(frozen=True, slots=True)
class Tokens:
    """Keys of the service: `register` of a district's administrator, `settle` of a client that may back-date.

    Without a key the step is left out.
    """

    register: str | None
    settle: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A bill that the service did not settle: the status of its answer, and the codes of its faults."""

    visit: str
    status: int
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filled:
    """What a run did. `seconds` and `latencies` (in seconds, as the answers came) are those of the bills alone."""

    facilities: int
    persons: int
    statuses: Mapping[int, int]
    """Bills by the status of their answer: 201 settled now, 200 settled before."""
    refused: tuple[Refused, ...]
    """The first of them."""
    seconds: float
    latencies: tuple[float, ...]

    @property
    def bills(self) -> int:
        return sum(self.statuses.values())

    @property
    def settled(self) -> int:
        """Bills that are settled, now or before."""
        return self.statuses.get(200, 0) + self.statuses.get(201, 0)

    @property
    def rate(self) -> float:
        """Bills a second."""
        return self.bills / self.seconds if self.seconds else 0.0

    def latency(self, share: float) -> float:
        """The latency that this share of answers did not exceed, in seconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class NotFilled(Exception):
    """The service did not take facilities or persons, or did not answer."""


@dataclass(slots=True)
class _Told:
    """What the clients tell one another."""

    total: int
    progress: Callable[[int, int], None] | None
    lock: threading.Lock = field(default_factory=threading.Lock)
    statuses: Counter[int] = field(default_factory=Counter[int])
    latencies: list[float] = field(default_factory=list[float])
    refused: list[Refused] = field(default_factory=list[Refused])
    broken: list[Exception] = field(default_factory=list[Exception])

    def answer(self, visit: Visit, status: int, text: bytes, seconds: float) -> None:
        """One answer more."""
        with self.lock:
            self.statuses[status] += 1
            self.latencies.append(seconds)
            if status not in (200, 201) and len(self.refused) < _REFUSALS_KEPT:
                self.refused.append(Refused(visit.id, status, _codes(text)))
            if self.progress is not None:
                self.progress(len(self.latencies), self.total)


def fill(
    county: County,
    url: str,
    tokens: Tokens,
    *,
    clients: int = 8,
    progress: Callable[[int, int], None] | None = None,
    until: date | None = None,
) -> Filled:
    """Send a county to the service at `url`; with `until` only visits settled before that day. Raises NotFilled."""
    facilities = persons = 0
    if tokens.register is not None:
        facilities, persons = _register(county, url, tokens.register)
    if tokens.settle is None:
        return Filled(facilities, persons, {}, (), 0.0, ())
    visits = [v for v in county.visits() if until is None or v.settled.date() < until]
    shares = _shares(visits, clients)
    told = _Told(sum(map(len, shares)), progress)
    start = time.perf_counter()
    threads = [
        threading.Thread(target=_client, args=(county, url, tokens.settle, share, told))
        for share in shares
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if told.broken:
        raise NotFilled(str(told.broken[0])) from told.broken[0]
    return Filled(
        facilities, persons, dict(told.statuses), tuple(told.refused), time.perf_counter() - start,
        tuple(told.latencies),
    )  # fmt: skip


def message_id(county: County, visit: Visit) -> str:
    """The message that asks for a visit: the same whenever it is asked again."""
    return f"synth-{county.seed}-{county.year}-{visit.id}"


def _shares(visits: Sequence[Visit], clients: int) -> list[list[Visit]]:
    """Each client's visits: all of a person's go to one, in order."""
    shares: list[list[Visit]] = [[] for _ in range(clients)]
    for visit in visits:
        shares[visit.person.number % clients].append(visit)
    return shares


def _register(county: County, url: str, token: str) -> tuple[int, int]:
    service = Service(url, token)
    facilities = [asdict(facility) for facility in county.facilities]
    service.must("/api/v1/facilities", {"facilities": facilities})
    for first in range(0, len(county.persons), _BATCH):
        batch = county.persons[first : first + _BATCH]
        service.must("/api/v1/persons", {"persons": [person.in_register() for person in batch]})
    return len(facilities), len(county.persons)


def _client(county: County, url: str, token: str, visits: Sequence[Visit], told: _Told) -> None:
    service = Service(url, token)
    try:
        for visit, bill in zip(visits, county.bills(visits), strict=True):
            if told.broken:
                return
            message = {"message_id": message_id(county, visit), "bill": bill}
            body = json.dumps(message, ensure_ascii=False).encode()
            start = time.perf_counter()
            status, text = service.post("/api/v1/settlements", body)
            told.answer(visit, status, text, time.perf_counter() - start)
    except Exception as error:  # told to whoever asked; the other clients stop
        told.broken.append(error)


class Service:
    """One connection to the service, kept open; opened anew where it broke."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        self._connection = kind(parts.netloc, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def must(self, path: str, value: Any, *, method: str = "POST", refused: bool = False) -> bytes:
        """Send what has to be taken, or has to be refused for its faults. Raises NotFilled."""
        status, text = self.post(path, json.dumps(value, ensure_ascii=False).encode(), method)
        if status != 422 if refused else not 200 <= status < 300:
            raise NotFilled(f"{path} {status} {'、'.join(_codes(text))}")
        return text

    def post(self, path: str, body: bytes, method: str = "POST") -> tuple[int, bytes]:
        """Status and text of the answer; asked again while the service is away. Raises NotFilled."""
        status, text = self._once(method, path, body)
        for tried in range(_TRIES):
            if status not in (0, 503):
                break
            time.sleep(_FIRST_WAIT_SECONDS * 2**tried)
            status, text = self._once(method, path, body)
        if status == 0:
            raise NotFilled(f"{path}：服务没有回答")
        return status, text

    def _once(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Status 0 where no answer came."""
        try:
            self._connection.request(method, path, body, self._headers)
            answer = self._connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return 0, b""


def _codes(text: bytes) -> tuple[str, ...]:
    """The codes of the faults that an answer tells; none where it is no answer of the service's."""
    try:
        return tuple(str(one["code"]) for one in json.loads(text)["faults"])
    except (ValueError, KeyError, TypeError):
        return ()
