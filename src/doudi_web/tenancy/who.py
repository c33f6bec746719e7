"""Who asks: the account or client behind a request, and whether it may do what the route does."""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from doudi_web.tenancy.models import Token
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import MAY, OF_FACILITY, Act, Role

_KNOWN_SECONDS = 2.0  # a revoked token works at most this long
_KNOWN_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody at work: `key` tells clients apart in the idempotency of messages and in the audit log."""

    key: str
    role: Role
    facility: str | None = None
    township: str | None = None
    may_back_date: bool = False

    def must(self, act: Act) -> None:
        """Raises Refusal 403 unless the role may do this."""
        if self.role not in MAY[act]:
            raise Refusal.of(403, "S403", self.key, role=self.role.value, act=act.value)

    def must_be_of(self, facility: str, act: Act) -> None:
        """Raises Refusal 403 where the actor belongs to another hospital."""
        if self.facility is not None and self.facility != facility:
            raise Refusal.of(403, "S404", self.key, facility=facility, act=act.value)

    @property
    def is_bound(self) -> bool:
        """Whether the actor sees one hospital alone."""
        return self.facility is not None


_known: dict[bytes, tuple[float, Actor]] = {}


def digest(token: str) -> bytes:
    """What is kept of a token. It is long and random, so a plain hash cannot be turned round."""
    return hashlib.sha256(token.encode()).digest()


def create_token(
    name: str,
    role: Role,
    facility: str | None,
    *,
    may_back_date: bool,
    expires: datetime | None = None,
) -> str:
    """A new client's token, told once. A role of one hospital needs one."""
    if facility is None and role in OF_FACILITY:
        raise Refusal.of(422, "S405", name, role=role.value)
    token = f"doudi_{secrets.token_urlsafe(32)}"
    Token.objects.create(
        name=name, role=role.value, facility_id=facility, digest=digest(token),
        may_back_date=may_back_date, expires=expires,
    )  # fmt: skip
    return token


def actor_of(header: str | None, now: Callable[[], datetime]) -> Actor:
    """The client of `Authorization: Bearer …`. Raises Refusal 401."""
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refusal.of(401, "S401", "Authorization")
    key, at = digest(token.strip()), time.monotonic()
    found = _known.get(key)
    if found is not None and at - found[0] < _KNOWN_SECONDS:
        return found[1]
    row = Token.objects.filter(digest=key, revoked=None).first()
    if row is None or (row.expires is not None and row.expires <= now()):
        _known.pop(key, None)
        raise Refusal.of(401, "S401", "Authorization")
    actor = Actor(
        f"token:{row.pk}", Role(row.role), row.facility_id, row.township_id, row.may_back_date
    )
    if len(_known) >= _KNOWN_LIMIT:
        _known.clear()
    _known[key] = at, actor
    return actor
