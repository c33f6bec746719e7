"""What comes over a connection, however it is written: the real server refuses it, does it once, and goes on."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from doudi_web.tenancy.roles import Role
from web.conftest import _use
from web.district import District, district
from web.journeys import tokens_of
from web.over_the_wire import answers_of, exchange, sender
from web.sent import Request, judge
from web.served import DOUDI, Served, served
from web.service import Service
from web.test_generated_requests import SEED, spoil
from web.test_interface import PERSONAL

_HOST = b"Host: 127.0.0.1\r\n"
_END = b"Connection: close\r\n\r\n"
_CHUNKED = b"Transfer-Encoding: chunked\r\n"
_SECOND = b"GET /healthz HTTP/1.1\r\nHost: smuggled\r\n\r\n"


@pytest.fixture(scope="module")
def running(module_folder: Path, service: Service) -> Iterator[Served]:
    """A real service; this process looks into the same database, and at its own again afterwards."""
    with served(module_folder) as made:
        _use(made.database)
        try:
            yield made
        finally:
            _use(service.url)


@pytest.fixture(scope="module")
def tokens(running: Served) -> dict[Role, str]:
    return tokens_of(Service(running.database))


def _get(*headers: bytes, first: bytes = b"GET /healthz HTTP/1.1\r\n") -> bytes:
    return first + b"".join(headers) + _END


def _post(*headers: bytes, body: bytes) -> bytes:
    """A bill to look at, from a hospital's system; AUTHORIZED stands where its headers come."""
    return b"POST /api/v1/precheck HTTP/1.1\r\nAUTHORIZED" + b"".join(headers) + _END + body


_MB = 2**20
_MANY = b"GET /api/v1/visits?" + b"&".join(b"a%d=1" % n for n in range(1001)) + b" HTTP/1.1\r\n"
RAW: dict[str, tuple[bytes, set[int]]] = {
    "a length below nothing": (_post(b"Content-Length: -1\r\n", body=b"{}"), {400}),
    "a length that is no number": (_post(b"Content-Length: x\r\n", body=b"{}"), {400}),
    "a length beyond all numbers": (_post(b"Content-Length: " + b"9" * 30 + b"\r\n", body=b"{}"), {400}),
    "a length of twenty thousand million": (_post(b"Content-Length: 20000000000\r\n", body=b"{}"), {413}),
    "two lengths": (_post(b"Content-Length: 2\r\nContent-Length: 5\r\n", body=b"{}" + _SECOND), {400}),
    "a length and chunks": (
        _post(b"Content-Length: 5\r\n", _CHUNKED, body=b"2\r\n{}\r\n0\r\n\r\n" + _SECOND), {400}),
    "chunks": (_post(_CHUNKED, body=b"2\r\n{}\r\n0\r\n\r\n"), {400}),
    "a chunk of no size": (_post(_CHUNKED, body=b"zz\r\n{}\r\n0\r\n\r\n" + _SECOND), {400}),
    "a length with an underscore": (_post(b"Content_Length: 2\r\n", body=b""), {422}),
    "no length": (_post(body=b""), {422}),
    "less than was said": (_post(b"Content-Length: 100\r\n", body=b"{}"), {400}),
    "more than was said": (_post(b"Content-Length: 2\r\n", body=b"{}" + _SECOND), {422}),
    "asks whether it may go on": (_post(b"Content-Length: 2\r\nExpect: 100-continue\r\n", body=b"{}"), {422}),
    "twenty megabytes": (_post(b"Content-Length: %d\r\n" % (20 * _MB), body=b" " * (20 * _MB)), {413}),
    "twenty megabytes in chunks": (
        _post(_CHUNKED, body=(b"100000\r\n" + b" " * _MB + b"\r\n") * 20 + b"0\r\n\r\n"), {400}),
    "a line within a header": (_get(_HOST, b"X: a\rb\r\n"), {400}),
    "nothing within a header": (_get(_HOST, b"X: a\0b\r\n"), {400}),
    "a folded header": (_get(_HOST, b"X: a\r\n b\r\n"), {400}),
    "two hundred headers": (_get(_HOST, *(b"X%d: 1\r\n" % n for n in range(200))), {431}),
    "a header of a megabyte": (_get(_HOST, b"X: " + b"a" * _MB + b"\r\n"), {431}),
    "an address of a hundred thousand": (_get(_HOST, first=b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n"), {414}),
    "an address of sixty thousand": (_get(_HOST, first=b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\n"), {404}),
    "an address of another host": (_get(_HOST, first=b"GET http://evil.example/healthz HTTP/1.1\r\n"), {200}),
    "an address above all": (_get(_HOST, first=b"GET /../../etc/passwd HTTP/1.1\r\n"), {404}),
    "an address with a space": (_get(_HOST, first=b"GET /api/v1/ persons HTTP/1.1\r\n"), {400}),
    "an address in plain Chinese": (_get(_HOST, first="GET /api/v1/persons/甲 HTTP/1.1\r\n".encode()), {401}),
    "an address with a line in it": (_get(_HOST, first=b"GET /%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\n"), {404}),
    "no address": (_get(_HOST, first=b"OPTIONS * HTTP/1.1\r\n"), {404}),
    "a method of our own": (_get(_HOST, first=b"BREW /healthz HTTP/1.1\r\n"), {405}),
    "a tunnel": (_get(_HOST, first=b"CONNECT evil.example:80 HTTP/1.1\r\n"), {400, 403, 404}),
    "no host": (_get(), {400}),
    "a host that is none": (_get(b"Host: a b\r\n"), {400}),
    "another charset and a thousand parameters": (
        _get(_HOST, b"Content-Type: text/plain; charset=utf-16\r\n", first=_MANY), {400}),
    "a token of no letters": (
        _get(_HOST, b"Authorization: Bearer \xff\xfe\r\n", first=b"GET /api/v1/visits HTTP/1.1\r\n"), {401}),
    "the first version": (b"GET /\r\n\r\n", {400}),
    "another language": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 100 + b"\r\n\r\n", {400}),
}  # fmt: skip
"""Bytes, and the statuses of which one is due; the second request that hides in some is never done."""
_COUNTED = (
    "settlement_settlement",
    "settlement_posting",
    "settlement_quarantined",
    "audit_log_record",
)


@pytest.mark.parametrize("name", RAW)
def test_raw_bytes_are_refused_or_done_once(
    running: Served, tokens: dict[Role, str], name: str
) -> None:
    raw, statuses = RAW[name]
    bearer = f"Authorization: Bearer {tokens[Role.SYSTEM_CLIENT]}\r\n".encode()
    raw = raw.replace(b"AUTHORIZED", _HOST + bearer + b"Content-Type: application/json\r\n")
    asked = " UNION ALL ".join(f"SELECT count(*) FROM {table}" for table in _COUNTED)
    before = running.rows(asked)
    (answer,) = answers_of(exchange(running.port, raw, leave=name == "less than was said"))
    assert answer.status in statuses, answer
    if answer.header("X-Request-Id"):
        target = raw.split(b" ")[1]
        judge(
            Request(
                raw.split(b" ")[0].decode(),
                target[target.find(b"/", 8) if b"://" in target else 0 :],
            ),
            answer,
        )
    else:  # the server itself refused, before us
        assert (answer.status >= 400, answer.content) == (True, b"")
    assert running.rows(asked) == before
    assert running.ask("GET", "/healthz")[0] == 200


def test_who_does_not_end_what_they_send_gets_no_answer_and_stops_nobody(
    running: Served, tokens: dict[Role, str]
) -> None:
    bearer = f"Authorization: Bearer {tokens[Role.SYSTEM_CLIENT]}\r\n".encode()
    begun = b"POST /api/v1/precheck HTTP/1.1\r\n" + _HOST + bearer + b"Content-Length: 100\r\n\r\n{"
    for _ in range(3):
        assert exchange(running.port, begun, within=0.3) == b""
    assert running.ask("GET", "/healthz")[0] == 200


def _over_the_wire(running: Served, tokens: dict[Role, str], requests: int) -> District:
    """Right and spoilt requests of every route that a program may use, over connections."""
    to = district(running.database, f"{SEED}/wire", tokens, send=sender(running.port))
    to.begin(without=PERSONAL)
    spoil(to, requests, 0, without=PERSONAL)
    to.end()
    return to


def test_the_real_server_answers_spoilt_requests_as_the_application_does(
    running: Served, tokens: dict[Role, str]
) -> None:
    _answers_alike(running, tokens, 60)


@pytest.mark.slow
def test_it_does_so_thousands_of_times(running: Served, folder: Path) -> None:
    with served(folder) as own:  # where nobody has begun: what is right is right once
        _use(own.database)
        try:
            _answers_alike(own, tokens_of(Service(own.database)), 5000)
        finally:
            _use(running.database)


def _answers_alike(running: Served, tokens: dict[Role, str], requests: int) -> None:
    to = _over_the_wire(running, tokens, requests)
    verified = [*DOUDI, "ledger", "verify", "--data", str(running.data), "--json"]
    assert json.loads(subprocess.run(verified, capture_output=True, check=True).stdout)["holds"]
    assert sum(to.tally.counts.values()) > requests
    defects = [line for line in running.log().splitlines() if '"defect"' in line]
    assert defects == []
    lines = [line for line in running.log().splitlines() if '"logger": "doudi.requests"' in line]
    assert {json.loads(line)["text"] for line in lines} == {"request"}
