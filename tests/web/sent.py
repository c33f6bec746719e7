"""Requests as a server hands them to the application, byte by byte, and what every answer must be.

`send` builds the environment of WSGI itself: what a test client would mend (a wrong length, half a character in an
address, two headers of one name) arrives as it was sent.
"""

import io
import json
import re
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import quote_from_bytes, unquote_to_bytes

import jsonschema_rs
from django.urls import Resolver404, resolve

from doudi.fault_kinds import FAULT_KINDS
from doudi_web.site.application import Application
from web.service import Json
from web.test_interface import CLOSED, OPERATIONS, closed


@dataclass(frozen=True, slots=True)
class Request:
    """A request: its address as it stands in the first line, its headers, its body."""

    method: str
    target: bytes
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    address: str = "10.8.0.1"

    def with_headers(self, *more: tuple[str, str]) -> "Request":
        """The same with more headers; one of the same name takes the place of the earlier."""
        names = {name.lower() for name, _ in more}
        kept = tuple(one for one in self.headers if one[0].lower() not in names)
        return Request(self.method, self.target, self.body, (*kept, *more), self.address)

    def shown(self) -> str:
        """The request in a few lines, for a failure."""
        body = "" if self.body is None else f"\n{self.body[:2000]!r} ({len(self.body)} bytes)"
        headers = [(n, v) for n, v in self.headers if n not in ("Authorization", "Cookie")]
        return f"{self.method} {self.target[:600]!r} {headers}{body}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: tuple[tuple[str, str], ...]
    content: bytes

    def header(self, name: str) -> str:
        """The value of a header; empty where there is none."""
        return next((v for n, v in self.headers if n.lower() == name.lower()), "")

    def cookies(self) -> dict[str, str]:
        """The cookies that it sets."""
        pairs = (v.partition(";")[0].partition("=") for n, v in self.headers if n == "Set-Cookie")
        return {name: value for name, _, value in pairs}


class Unfit(AssertionError):
    """An answer that no request may have."""


@cache
def _application() -> Callable[..., Iterable[bytes]]:
    return Application()


def send(request: Request) -> Answer:
    """The application's answer in this process. What it raises is raised here."""
    path, _, query = request.target.partition(b"?")
    body = request.body or b""
    environment: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": request.address,
        "HTTP_HOST": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in request.headers:
        key = name.upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        environment[key] = value
    if request.body is not None:
        environment.setdefault("CONTENT_LENGTH", str(len(body)))
    told: list[Any] = []
    response = _application()(
        environment, lambda status, headers, _=None: told.extend((status, headers))
    )
    try:
        content = b"".join(response)
    finally:
        response.close()  # pyright: ignore[reportAttributeAccessIssue]
    return Answer(int(told[0].split()[0]), tuple(told[1]), content)


def operation_of(request: Request) -> str | None:
    """The operation that the request's method and address mean; None where there is none."""
    path = unquote_to_bytes(request.target.partition(b"?")[0]).decode("utf-8", "replace")
    try:
        route = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", resolve(path).route)
    except Resolver404:
        return None
    return _BY_ROUTE.get((request.method.upper(), route))


_BY_ROUTE = {(method, path): name for name, (method, path, _) in OPERATIONS.items()}
_STATIC = {b"/": "text/html", b"/api/v1/openapi.json": "application/json"}
_OF_PROGRAMS = (b"/api", b"/healthz", b"/metrics")
"""Where a refusal is a fault in JSON; anywhere else it is a page, for whoever looks with a browser."""
_OF_NO_OPERATION = {400, 403, 404, 405}
"""What there is to say where nothing is at the address, or the method is not for it."""
_INSIDE = re.compile(
    rb"Traceback|File \\?\"|site-packages|\.py\b|psycopg|SELECT .* FROM|INSERT INTO|UPDATE .* SET|django\.|"
    rb"settlement_(settlement|posting|entry|visit|feeline)|register_(person|fact)|tenancy_[a-z]|audit_log_r|"
    rb"0x[0-9a-f]{6,}| object at "
)
"""What an answer would hold if it told of the program's inside; requests are made without these words."""


@cache
def _validator(operation: str, status: int) -> Any:
    answers = OPERATIONS[operation][2]["responses"]
    if str(status) not in answers:
        raise Unfit(f"{operation}: {status} is not described")
    (kind,) = answers[str(status)]["content"]
    shape = deepcopy(answers[str(status)]["content"][kind]["schema"])
    return kind, jsonschema_rs.Draft202012Validator({**closed(shape), "components": CLOSED})


def judge(request: Request, answer: Answer) -> tuple[str, Json]:
    """The operation that was asked ("-" for none) and the answer's JSON. Raises Unfit."""
    try:
        return _judged(request, answer)
    except Unfit as unfit:
        text = answer.content[:1500].decode("utf-8", "replace")
        raise Unfit(
            f"{unfit}\n{request.shown()}\n→ {answer.status} {answer.headers}\n{text}"
        ) from unfit


def _judged(request: Request, answer: Answer) -> tuple[str, Json]:
    found = _INSIDE.search(answer.content)
    if found is not None and request.target != b"/api/v1/openapi.json":
        raise Unfit(f"it tells of the inside: {found.group()!r}")
    if answer.status >= 500:
        raise Unfit("a defect")
    _headers(answer)
    operation = operation_of(request)
    kind = answer.header("Content-Type").partition(";")[0]
    if operation is None:
        static = _STATIC.get(request.target.partition(b"?")[0])
        if answer.status == 200 and kind == static:
            return "-", {}
        if answer.status not in _OF_NO_OPERATION:
            raise Unfit("nothing is there, yet it answers")
        if kind == "text/html" and not request.target.startswith(_OF_PROGRAMS):
            if b"<h1>" not in answer.content and request.method.upper() != "HEAD":
                raise Unfit("a page that says nothing")
            return "-", {}
        return "-", _faults(request, answer)
    wanted, shape = _validator(operation, answer.status)
    if kind != wanted:
        raise Unfit(f"{kind}, not {wanted}")
    if wanted != "application/json":
        return operation, {}
    if answer.status >= 400:
        return operation, _faults(request, answer)
    told = _json(answer)
    error = next(shape.iter_errors(told), None)
    if error is not None:
        raise Unfit(f"not as described: {str(error)[:600]}")
    return operation, told


def _headers(answer: Answer) -> None:
    if not re.fullmatch("[0-9a-f]{16}", answer.header("X-Request-Id")):
        raise Unfit("no request number")
    if answer.header("X-Content-Type-Options") != "nosniff":
        raise Unfit("a browser may guess the content's type")
    if any(re.search(r"[\r\n\0]", name + value) for name, value in answer.headers):
        raise Unfit("a header with a line in it")


def _json(answer: Answer) -> Any:
    def never(constant: str) -> Any:
        raise Unfit(f"{constant} is no JSON")

    def once(pairs: list[tuple[str, Any]]) -> Json:
        if len(pairs) != len(dict(pairs)):
            raise Unfit("a key twice")
        return dict(pairs)

    try:
        return json.loads(answer.content, parse_constant=never, object_pairs_hook=once)
    except ValueError as error:
        raise Unfit(f"no JSON: {error}") from error


_KEYS = ["code", "mend", "what", "where", "why"]


def _faults(request: Request, answer: Answer) -> Json:
    """Every fault of a refusal has its code, and says what, why and how to mend it, without end."""
    if request.method.upper() == "HEAD":
        return {}
    told = _json(answer)
    if not isinstance(told, dict) or list(told) != ["faults"] or not told["faults"]:
        raise Unfit("a refusal without faults")
    for fault in told["faults"]:
        if sorted(fault) != _KEYS or not all(isinstance(fault[key], str) for key in _KEYS):
            raise Unfit("a fault without its parts")
        if fault["code"] not in FAULT_KINDS or not (
            fault["what"] and fault["why"] and fault["mend"]
        ):
            raise Unfit("a fault that says nothing")
        if max(map(len, fault.values())) > 2000:
            raise Unfit("a fault that says what was sent from end to end")
        if any(
            ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 for c in "".join(fault.values()) if c != "\n"
        ):
            raise Unfit("a fault with what cannot be printed")
    return told


def target(path: str, query: Iterable[tuple[str, str]] = ()) -> bytes:
    """The address of a path and a query, whose text may hold anything."""
    asked = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in query)
    return (path + (f"?{asked}" if asked else "")).encode()


def _quoted(text: str) -> str:
    return quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe="")


def placed(path: str, **places: str) -> str:
    """A path with its places filled."""
    return path.format(**{name: _quoted(value) for name, value in places.items()})


@dataclass
class Tally:
    """How many requests of each source ended how, by operation."""

    counts: dict[str, int] = field(default_factory=dict[str, int])

    def add(self, source: str, operation: str, status: int) -> None:
        """Count one."""
        key = f"{source} {operation} {status}"
        self.counts[key] = self.counts.get(key, 0) + 1

    def operations_done(self) -> set[str]:
        """The operations of which at least one was done."""
        parts = (key.split(" ") for key in self.counts)
        return {operation for _, operation, status in parts if status.startswith("2")} - {"-"}
