"""What the system administrator does: accounts and tokens are made, changed, stopped. None works, no role changes
and no new password serves before the security administrator has confirmed it (granting.py); what stops somebody
works at once."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from doudi_web.accounts.granting import ask
from doudi_web.audit_log.actions import record
from doudi_web.tenancy import attempts, passwords
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.models import Account, Facility, Token, Township
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import ADMINISTRATORS, TITLES, Act, Role
from doudi_web.tenancy.who import Actor, must_fit, new_token

_CODE = re.compile(r"\S{1,40}")
_USERNAME = re.compile(r"[a-z][a-z0-9._-]{2,59}")


@dataclass(frozen=True, slots=True)
class Scope:
    """A role and where it holds."""

    role: Role
    facility: str | None = None
    township: str | None = None

    def must_be_real(self, *, facility_may_come: bool = False) -> None:
        """Raises Refusal 422 where the role does not fit, or the facility or township is not known.

        A token's facility may be registered later; its code alone must be one.
        """
        must_fit(self.role, self.facility, self.township, "role")
        if facility_may_come and self.facility is not None and not _CODE.fullmatch(self.facility):
            expected = "医疗机构编码：1 至 40 个字符，没有空格"
            raise Refusal.of(422, "F203", "facility", value=self.facility, expected=expected)
        for what, key, model, code in (
            ("医疗机构", "facility", Facility, None if facility_may_come else self.facility),
            ("乡镇（街道）", "township", Township, self.township),
        ):
            if code is not None and not model.objects.filter(pk=code).exists():
                raise Refusal.of(422, "S485", key, what=what, number=code)


@dataclass(frozen=True, slots=True)
class Made:
    """What was made, and its secret, which is told once."""

    number: int
    secret: str
    grant: int | None


def create_account(
    actor: Actor, username: str, name: str, scope: Scope, *, confirmed: bool = False
) -> Made:
    """A new account with a first password. `confirmed` is for who keeps the machine itself.

    Raises Refusal 403, 409 (the user name is taken; the person is another administrator), 422.
    """
    actor.must(Act.ACCOUNTS_WRITE)
    if not _USERNAME.fullmatch(username):
        expected = "用户名：小写字母开头，小写字母、数字、. _ -，3 至 60 个"
        raise Refusal.of(422, "F203", "username", value=username, expected=expected)
    if scope.role is Role.SYSTEM_CLIENT:
        raise Refusal.of(422, "S486", "role", role=scope.role.value, whom="账号")
    scope.must_be_real()
    secret = passwords.first_password()
    with transaction.atomic():
        _must_be_one_of_three(name, scope.role, None)
        account = Account(
            username=username, name=name, role=scope.role.value, facility_id=scope.facility,
            township_id=scope.township, confirmed=now() if confirmed else None,
        )  # fmt: skip
        if Account.objects.filter(username=username).exists():
            raise Refusal.of(409, "S477", "username", username=username)
        try:
            passwords.change(account, secret, must_change=True)
        except IntegrityError as taken:  # by who asked at the same moment
            raise Refusal.of(409, "S477", "username", username=username) from taken
        grant = (
            None if confirmed else ask(actor, account, scope.role, scope.facility, scope.township)
        )
        record(actor, "accounts.create", _subject(account), detail=_told(scope, grant))
    return Made(account.pk, secret, grant)


def _must_be_one_of_three(name: str, role: Role, own: int | None) -> None:
    """Raises Refusal 409 where the person has another administrator's account, or the account was one."""
    if role not in ADMINISTRATORS:
        return
    others = Account.objects.filter(
        name=name, is_active=True, role__in=[r.value for r in ADMINISTRATORS - {role}]
    ).exclude(pk=own)
    found = others.first()
    if found is not None:
        raise Refusal.of(409, "S479", "name", name=name, role=TITLES[Role(found.role)])


def _subject(account: Account) -> str:
    return f"account:{account.pk}"


def _told(scope: Scope, grant: int | None) -> dict[str, Any]:
    return {
        "role": scope.role.value, "facility": scope.facility, "township": scope.township, "grant": grant,
    }  # fmt: skip


def account_of(number: int) -> Account:
    """An account. Raises Refusal 404."""
    found = Account.objects.select_for_update().filter(pk=number).first()
    if found is None:
        raise Refusal.of(404, "S481", "account", what="账号", number=number)
    return found


def number_of(username: str) -> int:
    """The number of a user name. Raises Refusal 404."""
    found = Account.objects.filter(username=username.casefold()).first()
    if found is None:
        raise Refusal.of(404, "S481", "account", what="账号", number=username)
    return found.pk


def _must_not_be_own(actor: Actor, account: Account) -> None:
    if actor.key == _subject(account):
        raise Refusal.of(403, "S480", _subject(account))


def move(actor: Actor, number: int, scope: Scope, reason: str) -> int:
    """Ask for another role or scope of an account; until it is confirmed the old one holds. The grant's number.

    Raises Refusal 403, 404, 409, 422.
    """
    actor.must(Act.ACCOUNTS_WRITE)
    if scope.role is Role.SYSTEM_CLIENT:
        raise Refusal.of(422, "S486", "role", role=scope.role.value, whom="账号")
    scope.must_be_real()
    with transaction.atomic():
        account = account_of(number)
        _must_not_be_own(actor, account)
        was = Role(account.role)
        if was is not scope.role and ADMINISTRATORS & {was, scope.role}:
            raise Refusal.of(409, "S479", "role", name=account.name, role=TITLES[was])
        grant = ask(actor, account, scope.role, scope.facility, scope.township)
        record(actor, "accounts.move", _subject(account), reason=reason, detail=_told(scope, grant))
    return grant


def set_active(actor: Actor, number: int, active: bool, reason: str) -> None:
    """Stop an account, at once with its sessions, or let it work again. Raises Refusal 403, 404, 409."""
    actor.must(Act.ACCOUNTS_WRITE)
    with transaction.atomic():
        account = account_of(number)
        _must_not_be_own(actor, account)
        if active:
            _must_be_one_of_three(account.name, Role(account.role), account.pk)
        account.is_active = active
        account.generation += 1
        account.save(update_fields=["is_active", "generation"])
        record(
            actor, "accounts.start" if active else "accounts.stop", _subject(account), reason=reason
        )


def reset(actor: Actor, number: int, reason: str, *, confirmed: bool = False) -> Made:
    """A new first password, told once; no code of a telephone, no failures, no session is left.

    Who is told it cannot log in with it: the account waits for the security administrator, as a new one does, and
    an administrator's is not reset at all. `confirmed` is for who keeps the machine itself: the account goes on
    working. Raises Refusal 403, 404.
    """
    actor.must(Act.ACCOUNTS_WRITE)
    secret = passwords.first_password()
    with transaction.atomic():
        account = account_of(number)
        _must_not_be_own(actor, account)
        scope = Scope(Role(account.role), account.facility_id, account.township_id)
        if scope.role in ADMINISTRATORS and not confirmed:
            raise Refusal.of(
                403, "S505", _subject(account), role=TITLES[scope.role], username=account.username
            )
        account.one_time_secret = account.one_time_next = account.one_time_since = None
        grant = None
        if not confirmed:
            account.confirmed = None
            grant = ask(actor, account, scope.role, scope.facility, scope.township)
        passwords.change(account, secret, must_change=True)
        attempts.forget(account.username)
        record(
            actor, "accounts.reset", _subject(account), reason=reason, detail=_told(scope, grant)
        )
    return Made(account.pk, secret, grant)


def create_client(
    actor: Actor,
    name: str,
    scope: Scope,
    *,
    may_back_date: bool,
    expires: datetime | None,
    confirmed: bool = False,
) -> Made:
    """A token that works as soon as the security administrator has confirmed it.

    `confirmed` is for who keeps the machine itself; they alone may give one to the system administrator, to read
    metrics. Raises Refusal 403, 422.
    """
    actor.must(Act.TOKENS_WRITE)
    if scope.role in ADMINISTRATORS and not (confirmed and scope.role is Role.SYSTEM_ADMIN):
        raise Refusal.of(422, "S486", "role", role=scope.role.value, whom="令牌")
    scope.must_be_real(facility_may_come=True)
    with transaction.atomic():
        token, secret = new_token(
            name, scope.role, scope.facility, scope.township, may_back_date=may_back_date, expires=expires,
            confirmed=now() if confirmed else None,
        )  # fmt: skip
        grant = None if confirmed else ask(actor, token, scope.role, scope.facility, scope.township)
        detail = {**_told(scope, grant), "may_back_date": may_back_date}
        record(actor, "tokens.create", f"token:{token.pk}", detail=detail)
    return Made(token.pk, secret, grant)


def revoke(actor: Actor, number: int, reason: str) -> None:
    """A token works no more, within two seconds in every process. Raises Refusal 403, 404."""
    actor.must(Act.TOKENS_WRITE)
    with transaction.atomic():
        token = Token.objects.select_for_update().filter(pk=number).first()
        if token is None:
            raise Refusal.of(404, "S481", "token", what="令牌", number=number)
        if token.revoked is None:
            token.revoked = now()
            token.save(update_fields=["revoked"])
        record(actor, "tokens.revoke", f"token:{number}", reason=reason)
