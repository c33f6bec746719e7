"""A hospital's line to the service: messages that go through, and everything that may happen to one on the way."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from doudi_lab.hospitals.wanted import Json

_AWAY = (429, 502, 503, 504)
PATIENCE_SECONDS = 120.0
_TIMEOUT_SECONDS = 60.0


class Silent(Exception):
    """The service did not answer for a long time."""


class Unread(Exception):
    """The service does not tell what everything is held against: the address, and what it answered instead."""

    def __init__(self, path: str, answer: "Answer") -> None:
        self.path, self.answer = path, answer
        super().__init__(path, answer.status)


@dataclass(frozen=True, slots=True)
class Request:
    """A request; `body` is the JSON text."""

    method: str
    path: str
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The status and the text of an answer."""

    status: int
    text: bytes

    @property
    def json(self) -> Json:
        """What it says; nothing where it is no JSON object."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        return cast("Json", found) if isinstance(found, dict) else {}

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of its faults."""
        faults: Any = self.json.get("faults", [])
        return tuple(str(one["code"]) for one in faults)


class Line:
    """A connection that is kept open, and opened anew where it broke; of one thread alone."""

    def __init__(self, url: str, token: str, patience: float = PATIENCE_SECONDS) -> None:
        self._url, self._token, self._patience = url, token, patience
        self._connection = self._connected()
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def ask(self, request: Request) -> Answer:
        """The answer; asked again while the service is away. Raises Silent."""
        until, wait = time.monotonic() + self._patience, 0.1
        while True:
            answer = self._once(request)
            if answer is not None and answer.status not in _AWAY:
                return answer
            if time.monotonic() > until:
                raise Silent(request.path)
            time.sleep(wait)
            wait = min(2.0, wait * 2)

    def read(self, path: str) -> Json:
        """What stands at an address. Raises Silent, Unread."""
        answer = self.ask(Request("GET", path))
        if answer.status != 200 or not answer.text.startswith(b"{"):
            raise Unread(path, answer)
        return answer.json

    def lose(self, request: Request) -> None:
        """Send it all, and go away before the answer comes: whether it was done, nobody here knows."""
        with suppress(OSError, http.client.HTTPException):
            line = self._connected()
            line.request(request.method, request.path, request.body, self._headers)
            _cut(line)

    def send_half(self, request: Request) -> None:
        """Promise all of it, send half, and go away."""
        body = request.body or b""
        with suppress(OSError, http.client.HTTPException):
            line = self._connected()
            line.putrequest(request.method, request.path)
            for name, value in {**self._headers, "Content-Length": str(len(body) + 9)}.items():
                line.putheader(name, value)
            line.endheaders()
            line.send(body[: len(body) // 2])
            _cut(line)

    def send_garbage(self, request: Request, noise: bytes) -> Answer | None:
        """Noise in the place of the body, and noise that is no request at all."""
        parts = urlsplit(self._url)
        with (
            suppress(OSError),
            socket.create_connection((parts.hostname, parts.port or 80), 5) as raw,
        ):
            raw.sendall(noise + b"\r\n\r\n")
        return self._once(Request(request.method, request.path, noise))

    def ask_both(self, first: Request, second: Request) -> tuple[Answer, Answer]:
        """Two requests at once on two connections. Raises Silent."""
        found: list[Answer] = []
        failed: list[Silent] = []
        other = Line(self._url, self._token, self._patience)

        def second_client() -> None:
            try:
                found.append(other.ask(second))
            except Silent as silent:
                failed.append(silent)

        thread = threading.Thread(target=second_client)
        thread.start()
        try:
            answer = self.ask(first)
        finally:
            thread.join()
            other.close()
        if failed:
            raise failed[0]
        return answer, found[0]

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _once(self, request: Request) -> Answer | None:
        """None where no answer came."""
        try:
            self._connection.request(request.method, request.path, request.body, self._headers)
            answer = self._connection.getresponse()
            return Answer(answer.status, answer.read())
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return None

    def _connected(self) -> http.client.HTTPConnection:
        parts = urlsplit(self._url)
        kinds: dict[str, Callable[..., http.client.HTTPConnection]] = {
            "http": http.client.HTTPConnection, "https": http.client.HTTPSConnection,
        }  # fmt: skip
        return kinds[parts.scheme](parts.netloc, timeout=_TIMEOUT_SECONDS)


def _cut(line: http.client.HTTPConnection) -> None:
    """Break the connection off, as a cable does: nothing is waited for."""
    if line.sock is not None:
        with suppress(OSError):
            line.sock.shutdown(socket.SHUT_RDWR)
    line.close()
