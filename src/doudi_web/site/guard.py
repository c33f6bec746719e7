"""What stands before every route: not too many requests of one client, and headers that a browser obeys."""

import hashlib
import math
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from doudi.errors import fault
from doudi.wire.settlements import fault_json
from doudi_web.operation import space
from doudi_web.site.misfits import told_to
from doudi_web.tenancy.request_id import ADDRESS

Answer = Callable[[HttpRequest], HttpResponse]

POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)
_NOT_KNOWN = 10.0  # what a request costs its address when nobody was recognised
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_READS = re.compile(
    r"^/api/v1/(login|logout|password|one-time(/confirm)?|search/persons|precheck|wards/precheck)$"
    r"|^/desk/(login|logout|password|persons|persons/[^/]+/reveal)$|/(preview|precheck|what-if|replay)$"
)
"""What is sent and writes nothing, or next to nothing: logging in, looking for somebody, what would come of it."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})


class Buckets:
    """A bucket a client: so many requests a second on average, twice as many at once."""

    def __init__(
        self, rate: float, *, most: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate, self._size, self._most, self._clock = rate, 2 * rate, most, clock
        self._held: OrderedDict[bytes, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: bytes, cost: float = 1.0, *, owed: bool = False) -> float:
        """Take from a bucket: 0, or the seconds until there is enough again. What is owed is taken all the same."""
        with self._lock:
            at = self._clock()
            left, since = self._held.pop(key, (self._size, at))
            left = min(self._size, left + (at - since) * self._rate)
            short = cost - left
            self._held[key] = (left if short > 0 and not owed else left - cost, at)
            while len(self._held) > self._most:
                self._held.popitem(last=False)
        return max(0.0, short / self._rate)


class Guard:
    """Middleware: 429 to who asks too often, then the headers of every answer."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._buckets = Buckets(settings.REQUESTS_A_SECOND) if settings.REQUESTS_A_SECOND else None

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer one request."""
        is_here, address = _is_here(request), address_of(request)
        ADDRESS.set(address)
        wait = self._wait(request, address)
        response = _too_many(wait) if wait else _no_room(request) or self._answer(request)
        if response.status_code == 401 and self._buckets is not None:
            self._buckets.take(_key("address", address), _NOT_KNOWN, owed=True)
        _headers(request, response, is_here)
        return response

    def _wait(self, request: HttpRequest, address: str) -> float:
        """An invented token or session has a bucket of its own, but costs its address more."""
        if self._buckets is None:
            return 0.0
        named = request.headers.get("Authorization") or request.COOKIES.get(
            settings.SESSION_COOKIE_NAME
        )
        if named is None:
            return self._buckets.take(_key("address", address))
        return self._buckets.take(_key("address", address), 0.0) or self._buckets.take(
            _key("client", named)
        )


def address_of(request: HttpRequest) -> str:
    """Where a request comes from: as many proxies as the operator says stand before us are believed, no more."""
    stated = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    hops: int = settings.PROXIES
    if hops and len(stated) >= hops and stated[-hops].strip():
        return stated[-hops].strip()[:64]
    return str(request.META.get("REMOTE_ADDR", ""))


def _key(kind: str, name: str) -> bytes:
    return hashlib.blake2b(f"{kind}:{name}".encode(), digest_size=16).digest()


def _too_many(wait: float) -> HttpResponse:
    seconds = max(1, math.ceil(wait))
    told = fault("S484", "", seconds=seconds)
    response = JsonResponse(
        {"faults": [fault_json(told)]}, status=429, json_dumps_params={"ensure_ascii": False}
    )
    response["Retry-After"] = str(seconds)
    return response


def _no_room(request: HttpRequest) -> HttpResponse | None:
    """503 to a new write where the disk is nearly full; reading goes on, and who would make room may log in."""
    if request.method in _SAFE or _READS.search(request.path) or (told := space.full()) is None:
        return None
    response = told_to(request, 503, told)
    response["Retry-After"] = "60"
    return response


def _is_here(request: HttpRequest) -> bool:
    """Whether the browser speaks with this machine itself. Raises DisallowedHost before anything is done."""
    host = request.get_host()
    return host in _LOOPBACK or host.rpartition(":")[0] in _LOOPBACK


def _headers(request: HttpRequest, response: HttpResponse, is_here: bool) -> None:
    """What an answer says to a browser."""
    response.headers.setdefault("Cache-Control", "no-store")
    if response.get("Content-Type", "").startswith("text/html"):
        response.headers.setdefault("Content-Security-Policy", POLICY)
    for cookie in response.cookies.values():
        cookie["secure"] = request.is_secure() or not is_here
