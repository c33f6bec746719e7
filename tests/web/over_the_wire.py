"""Requests as bytes on a connection to a real server, and what it answers to them."""

import http.client
import io
import socket
from collections.abc import Callable
from contextlib import suppress

from web.sent import Answer, Request

_READ = 1 << 16


class _Came(io.BytesIO):
    """What came, as a parser of answers wants a connection: not closed behind one answer."""

    def makefile(self, *_: object) -> "_Came":
        return self

    def close(self) -> None:
        """There may be more."""


def exchange(port: int, sent: bytes, *, leave: bool = False, within: float = 20) -> bytes:
    """All that comes back until the server closes, or nothing more comes; `leave`: the sender closes its side."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=within) as connection:
        with suppress(OSError):  # it may have refused already, before the end
            connection.sendall(sent)
            if leave:
                connection.shutdown(socket.SHUT_WR)
        with suppress(OSError):
            while more := connection.recv(_READ):
                got += more
    return got


def answers_of(got: bytes, method: str = "GET") -> list[Answer]:
    """The answers in what came back; a word that the sender may go on is none."""
    found: list[Answer] = []
    came = _Came(got)
    while came.tell() < len(got):
        response = http.client.HTTPResponse(came, method=method)  # pyright: ignore[reportArgumentType]
        response.begin()
        content = response.read()
        found.append(Answer(response.status, tuple(response.getheaders()), content))
    return found


def written(request: Request) -> bytes:
    """A request as bytes, the last of its connection."""
    names = {name.lower() for name, _ in request.headers}
    headers = [*request.headers]
    if "host" not in names:
        headers.append(("Host", "127.0.0.1"))
    if "connection" not in names:
        headers.append(("Connection", "close"))
    if request.body is not None and "content-length" not in names:
        headers.append(("Content-Length", str(len(request.body))))
    lines = [f"{name}: {value}".encode("latin-1") for name, value in headers]
    first = request.method.encode() + b" " + request.target + b" HTTP/1.1"
    return b"\r\n".join([first, *lines, b"", request.body or b""])


def sender(port: int) -> Callable[[Request], Answer]:
    """Sends each request to the server on a connection of its own."""

    def send(request: Request) -> Answer:
        found = answers_of(exchange(port, written(request)), request.method.upper())
        assert len(found) == 1, (len(found), request.shown())
        return found[0]

    return send
