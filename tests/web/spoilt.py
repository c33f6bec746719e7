"""Right requests made wrong: their bodies, headers, queries and addresses, each in some of many ways."""

import gzip
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from web.sent import Request

DAYS = [
    "0001-01-01", "9999-12-31", "2019-02-29", "2020-02-29", "0000-00-00", "2019-13-01", "2019-06-13T24:00:00+08:00",
    "2019-06-13T23:59:60+08:00", "2019-06-13T00:00:00+99:99", "2019-06-13T00:00:00", "+12019-01-01", "2019-W24-4",
    "1900-01-01", "2200-12-31", "2019-06-13T00:00:00.123456789Z", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00", "20190613", "2019-6-3", "1e9",
]  # fmt: skip
NUMBERS: list[Any] = [
    0, -1, 1, 2**31, 2**63, -(2**63) - 1, 2**64, 10**30, "0", "-0.00", "0.005", "1e5", "1E+400", "-1e-400",
    "99999999999999.99", "9" * 40, "9" * 400, "0.1234567890123456789", "١٢", "１００", "1,000.00", " 1", "1_0",
    "0x10", "NaN", "Infinity", "+5", ".5", "5.", "--1", 1.5, -0.0, 1e308, 1e-308,
]  # fmt: skip
TEXTS = [
    "", " ", "\u0000", "a\u0000b", "\u202e文", "\ufeff", "\U0001f600", "é", "A" * 41, "A" * 65, "甲" * 401,
    "x" * 5000, "../../etc/passwd", "..\\..\\", "a/b", "%00", "%2e%2e%2f", "'; DROP TABLE x; --", "\" OR 1=1",
    "${7*7}", "{{7*7}}", "{0}", "{value}", "%s", "<script>x</script>", "a\r\nSet-Cookie: x=1", "\x1b[31m", "\u2028",
    "\ud800", "\udfff\ud800", "null", "true", "[]", "p:S1", "e:2:S1", "S1", "F", "V1", "m1", "token:1", "account:1",
]  # fmt: skip
OTHERS: list[Any] = [None, True, False, [], {}, [[]], {"": ""}, [None] * 3, {"code": []}, [{}]]
Spoil = Callable[[random.Random, Request], Request]


def atom(chance: random.Random) -> Any:
    """A value that is right nowhere, or hardly anywhere."""
    return chance.choice(chance.choice([DAYS, NUMBERS, TEXTS, OTHERS]))


def _written(value: Any) -> bytes:
    """JSON text, with half characters as JSON may write them."""
    return json.dumps(value).encode()


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _places(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _places(inner, (*path, number))


def _holder(value: Any, path: tuple[Any, ...]) -> Any:
    for part in path[:-1]:
        value = value[part]
    return value


def _of_json(change: Callable[[random.Random, Any, tuple[Any, ...]], Any]) -> Spoil:
    """A change at one place of a body that is JSON; others stay."""

    def spoil(chance: random.Random, request: Request) -> Request:
        try:
            value = json.loads(request.body or b"")
        except (ValueError, RecursionError):
            return request
        places = list(_places(value))
        if not places:
            return _with(request, _written(atom(chance)))
        path = chance.choice(places)
        change(chance, _holder(value, path), path)
        return _with(request, _written(value))

    return spoil


def _with(request: Request, body: bytes) -> Request:
    return Request(request.method, request.target, body, request.headers, request.address)


def _replace(chance: random.Random, holder: Any, path: tuple[Any, ...]) -> None:
    holder[path[-1]] = atom(chance)


def _remove(_: random.Random, holder: Any, path: tuple[Any, ...]) -> None:
    del holder[path[-1]]


def _wrap(chance: random.Random, holder: Any, path: tuple[Any, ...]) -> None:
    inner = holder[path[-1]]
    holder[path[-1]] = chance.choice([[inner], {"id": inner}, [inner, inner], [[inner]]])


def _swap(chance: random.Random, holder: Any, path: tuple[Any, ...]) -> None:
    keys = list(holder) if isinstance(holder, dict) else range(len(holder))
    other = chance.choice(list(keys))
    holder[path[-1]], holder[other] = holder[other], holder[path[-1]]


def _add(chance: random.Random, holder: Any, _: tuple[Any, ...]) -> None:
    if isinstance(holder, dict):
        holder[str(atom(chance))[:100]] = atom(chance)
    else:
        holder.append(atom(chance))


def _rename(chance: random.Random, holder: Any, path: tuple[Any, ...]) -> None:
    if isinstance(holder, dict):
        name = path[-1]
        other = chance.choice(
            [name.upper(), f"{name} ", f"{name}s", name[:-1], f"\ufeff{name}", "__proto__"]
        )
        holder[other] = holder.pop(name)


def _many(chance: random.Random, holder: Any, path: tuple[Any, ...]) -> None:
    holder[path[-1]] = [holder[path[-1]]] * chance.choice([2, 50, 1001])


def _deep(chance: random.Random, holder: Any, path: tuple[Any, ...]) -> None:
    inner = holder[path[-1]]
    for _ in range(chance.choice([5, 39, 40, 41, 200])):
        inner = [inner] if chance.random() < 0.5 else {"a": inner}
    holder[path[-1]] = inner


def _flip(chance: random.Random, request: Request) -> Request:
    made = bytearray(request.body or b"")
    for _ in range(chance.randint(1, 6) if made else 0):
        made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
    return _with(request, bytes(made))


def _cut(chance: random.Random, request: Request) -> Request:
    body = request.body or b""
    return _with(request, body[: chance.randint(0, len(body))])


def _insert(chance: random.Random, request: Request) -> Request:
    body = request.body or b""
    at = chance.randint(0, len(body))
    more = chance.choice(
        [b"\x00", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"NaN", b"-Infinity", b"1e999", b"\\ud800", b"{", b"]",
         b",", b'"', b"//", b"\xef\xbb\xbf", b"9" * 5000, b"\\u0000", b"\n" * 100]
    )  # fmt: skip
    return _with(request, body[:at] + more + body[at:])


def _twice(_: random.Random, request: Request) -> Request:
    """Every key of the outer mapping a second time, with the last value first."""
    body = (request.body or b"{}").strip()
    return _with(
        request, body[:-1] + b"," + body[1:] if body[:1] == b"{" and len(body) > 2 else body * 2
    )


def _whole(chance: random.Random, request: Request) -> Request:
    body = request.body or b"{}"
    made: list[Callable[[], bytes]] = [
        lambda: b"", lambda: b"null", lambda: b"[]", lambda: b"{}", lambda: b'"x"', lambda: b"0", lambda: b"NaN",
        lambda: b"[" * 100_000, lambda: b'{"a":' * 50_000, lambda: b"[" * 3000 + b"]" * 3000,
        lambda: body.decode("utf-8", "replace").encode("utf-16"),
        lambda: body.decode("utf-8", "replace").encode("gbk", "replace"),
        lambda: body + b"\n" + body, lambda: b"9" * 5000, lambda: b"-" + b"1" * 400 + b".0",
        lambda: b'{"' + b"a" * 200_000 + b'": 1}', lambda: b"\x1f\x8b" + body, lambda: b"PK\x03\x04" + body,
        lambda: b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/hosts'>]><x>&a;</x>",
        lambda: b"\xff" * 100, lambda: b"a: &a [*a]", lambda: b" " * 100_000,
        lambda: b"{" + b",".join(b'"k%d":1' % n for n in range(10_001)) + b"}",
    ]  # fmt: skip
    return _with(request, chance.choice(made)())


def _squeezed(_: random.Random, request: Request) -> Request:
    made = _with(request, gzip.compress(request.body or b"", mtime=0))
    return made.with_headers(("Content-Encoding", "gzip"))


_TYPES = [
    "text/plain", "text/csv", "application/x-www-form-urlencoded", "multipart/form-data",
    "multipart/form-data; boundary=x", "application/json; charset=utf-16", "application/json; charset=nonsense",
    "application/json, text/html", "", "json", "*/*", "application/xml", "a" * 300,
    "text/html; charset=\"", "application/octet-stream", "APPLICATION/JSON",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
]  # fmt: skip
_HEADERS = [
    ("Accept", "application/xml"), ("Accept", "*/*;q=0"), ("Accept-Language", "xx" * 100),
    ("Accept-Charset", "utf-7"),
    ("X-HTTP-Method-Override", "DELETE"), ("X-Method-Override", "PUT"), ("X-Forwarded-For", "127.0.0.1, ::1"),
    ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil.example"), ("Forwarded", "for=127.0.0.1"),
    ("Range", "bytes=0-1"), ("If-Match", '"x"'), ("If-None-Match", "*"), ("If-Modified-Since", "no day"),
    ("Expect", "100-continue"), ("Origin", "null"), ("Referer", "http://evil.example/\xff"),
    ("X-Request-Id", "../../x"),
    ("Cookie", "doudi_session=x; =; ;;a"), ("Cookie", "csrftoken=" + "x" * 4000), ("Host", "127.0.0.1:99999"),
    ("Host", "evil.example"), ("Host", "a b"), ("Host", ""), ("Host", "[::1"), ("Host", "x" * 3000),
    ("Host", "\xe7\x94\xb2"),
    ("Authorization", "Bearer"), ("Authorization", "Basic YTpi"), ("Authorization", "Bearer \xff\xfe"),
    ("Authorization", ""),
    ("Authorization", "Bearer " + "x" * 8000), ("Transfer-Encoding", "chunked"), ("Upgrade", "websocket"),
    ("Trailer", "X"),
    ("X-CSRFToken", "x"), ("User-Agent", "() { :; }; x"), ("Connection", "close, Authorization"),
]  # fmt: skip


def _typed(chance: random.Random, request: Request) -> Request:
    return request.with_headers(("Content-Type", chance.choice(_TYPES)))


def _headed(chance: random.Random, request: Request) -> Request:
    return request.with_headers(chance.choice(_HEADERS))


def _addressed(change: Callable[[random.Random, bytes, bytes], tuple[bytes, bytes]]) -> Spoil:
    def spoil(chance: random.Random, request: Request) -> Request:
        path, _, query = request.target.partition(b"?")
        path, query = change(chance, path, query)
        made = path + (b"?" + query if query else b"")
        return Request(request.method, made, request.body, request.headers, request.address)

    return spoil


def _text(chance: random.Random) -> bytes:
    made = "".join(f"%{b:02X}" for b in str(atom(chance)).encode("utf-8", "surrogatepass"))
    return chance.choice(
        [made.encode(), made.encode(), b"%ff%fe", b"%", b"%zz", b"+", b"1" * 3000, b"%2500"]
    )


def _query(chance: random.Random, path: bytes, query: bytes) -> tuple[bytes, bytes]:
    names = [part.partition(b"=")[0] for part in query.split(b"&") if part]
    common = [
        b"year",
        b"after",
        b"limit",
        b"name",
        b"reason",
        b"effects",
        b"open",
        b"facility",
        b"unmask",
        b"known_at",
    ]
    name = chance.choice([*names, *names, *common])
    made: list[Callable[[], bytes]] = [
        lambda: b"%s&%s=%s" % (query, name, _text(chance)), lambda: b"%s=%s&%s" % (name, _text(chance), query),
        lambda: b"%s=%s" % (name, _text(chance)), lambda: query + b"&" + query, lambda: b"", lambda: b"&&&=&",
        lambda: b"%s[]=1&%s[a]=2" % (name, name), lambda: b"&".join(b"a%d=1" % n for n in range(1500)),
        lambda: query + b"#x?y", lambda: query.replace(b"=", b""), lambda: name + b"=" + b"x" * 20_000,
    ]  # fmt: skip
    return path, chance.choice(made)()


def _path(chance: random.Random, path: bytes, query: bytes) -> tuple[bytes, bytes]:
    parts = path.split(b"/")
    at = chance.randrange(1, len(parts))
    made: list[Callable[[], bytes]] = [
        lambda: b"/".join([*parts[:at], _text(chance), *parts[at + 1 :]]),
        lambda: b"/".join([*parts[:-1], _text(chance)]),
        lambda: path + b"/", lambda: path.replace(b"/api", b"/api/.."), lambda: b"/" + path, lambda: path + b";x=1",
        path.upper, lambda: path + b"%2f..%2f..%2fetc%2fpasswd", lambda: path + b"/" + b"a" * 9000,
        lambda: path + b"\xff\x01", lambda: path + b"%0d%0aSet-Cookie:%20x=1", lambda: path + b".json",
    ]  # fmt: skip
    return chance.choice(made)(), query


def _method(chance: random.Random, request: Request) -> Request:
    method = chance.choice(
        ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW", "get"]
    )
    return Request(method, request.target, request.body, request.headers, request.address)


_OF_BODY: list[Spoil] = [
    *(_of_json(one) for one in (_replace, _replace, _replace, _remove, _wrap, _swap, _add, _rename, _many, _deep)),
    _flip, _cut, _insert, _twice, _whole, _squeezed, _typed,
]  # fmt: skip
_OF_ALL: list[Spoil] = [_headed, _addressed(_query), _addressed(_path), _method]


def spoilt(chance: random.Random, request: Request) -> Request:
    """The request, made wrong in one to three ways."""
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        ways = _OF_BODY if request.body is not None and chance.random() < 0.75 else _OF_ALL
        request = chance.choice(ways)(chance, request)
    return request
