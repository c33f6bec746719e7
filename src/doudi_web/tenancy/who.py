"""Who asks: the account or client behind a request, and whether it may do what the route does."""

import hashlib
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from doudi_web.tenancy.models import Account, Token
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import MAY, OF_FACILITY, OF_TOWNSHIP, TITLES, WORDS, Act, Role

Visited = Callable[[str, Sequence[str]], set[str]]
"""Of these persons those who were at that hospital."""

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

    def may(self, act: Act) -> bool:
        """Whether the role may do this."""
        return self.role in MAY[act]

    def must(self, act: Act) -> None:
        """Raises Refusal 403 unless the role may do this."""
        if not self.may(act):
            may = "、".join(TITLES[role] for role in Role if role in MAY[act])
            raise Refusal.of(
                403, "S403", self.key, title=TITLES[self.role], role=self.role.value, does=WORDS[act],
                act=act.value, may=may,
            )  # fmt: skip

    def must_be_of(self, facility: str, act: Act) -> None:
        """Raises Refusal 403 where the actor belongs to another hospital."""
        if self.facility is not None and self.facility != facility:
            raise Refusal.of(403, "S404", self.key, facility=facility, act=act.value)

    def must_know(self, person: str, reason: str, visited: Visited) -> None:
        """Raises Refusal 403 where a hospital asks for somebody whom it has not seen, and does not say why."""
        if self.facility is None or reason or person in visited(self.facility, [person]):
            return
        raise Refusal.of(403, "S447", person)


KEEPER = Actor("console:machine", Role.SYSTEM_ADMIN)
"""Who keeps the machine itself, and starts what runs on it."""

_known: dict[bytes, tuple[float, Actor]] = {}


def digest(token: str) -> bytes:
    """What is kept of a token. It is long and random, so a plain hash cannot be turned round."""
    return hashlib.sha256(token.encode()).digest()


def must_fit(role: Role, facility: str | None, township: str | None, where: str) -> None:
    """Raises Refusal 422 unless the role is given where it holds: a hospital's in one, a township's in one, a
    hospital's information system in one or the whole district, any other in the whole district."""
    if facility is None and role in OF_FACILITY:
        raise Refusal.of(422, "S405", where, role=role.value)
    if township is None and role in OF_TOWNSHIP:
        raise Refusal.of(422, "S478", where, role=role.value, needs="写明是哪一个乡镇（街道）")
    if facility is not None and role not in OF_FACILITY | {Role.SYSTEM_CLIENT}:
        raise Refusal.of(422, "S478", where, role=role.value, needs="不写医疗机构")
    if township is not None and role not in OF_TOWNSHIP:
        raise Refusal.of(422, "S478", where, role=role.value, needs="不写乡镇（街道）")


def new_token(
    name: str,
    role: Role,
    facility: str | None,
    township: str | None,
    *,
    may_back_date: bool,
    expires: datetime | None,
    confirmed: datetime | None,
) -> tuple[Token, str]:
    """A token's row, and the token. Raises Refusal 422."""
    must_fit(role, facility, township, name)
    token = _secret()
    made = Token.objects.create(
        name=name, role=role.value, facility_id=facility, township_id=township, digest=digest(token),
        may_back_date=may_back_date, expires=expires, confirmed=confirmed,
    )  # fmt: skip
    return made, token


def _secret() -> str:
    return f"doudi_{secrets.token_urlsafe(32)}"


def other_secret(row: Token) -> str:
    """Another token of the same client, in the place of the one that it had."""
    token = _secret()
    row.digest = digest(token)
    row.save(update_fields=["digest"])
    return token


def actor_of_account(account: Account) -> Actor:
    """Somebody who has logged in."""
    return Actor(
        f"account:{account.pk}", Role(account.role), account.facility_id, account.township_id
    )


def actor_of(header: str | None, moment: Callable[[], datetime]) -> Actor:
    """The client of `Authorization: Bearer …`. Raises Refusal 401."""
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refusal.of(401, "S401", "Authorization")
    key, at = digest(token.strip()), time.monotonic()
    found = _known.get(key)
    if found is not None and at - found[0] < _KNOWN_SECONDS:
        return found[1]
    row = Token.objects.filter(digest=key, revoked=None, confirmed__isnull=False).first()
    if row is None or (row.expires is not None and row.expires <= moment()):
        _known.pop(key, None)
        raise Refusal.of(401, "S401", "Authorization")
    actor = Actor(
        f"token:{row.pk}", Role(row.role), row.facility_id, row.township_id, row.may_back_date
    )
    if len(_known) >= _KNOWN_LIMIT:
        _known.clear()
    _known[key] = at, actor
    return actor
