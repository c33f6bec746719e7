"""Logging in, changing one's password, one-time codes: what somebody does with their own account."""

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db import transaction

from doudi.errors import fault
from doudi_web.audit_log.actions import record
from doudi_web.tenancy import attempts, one_time, passwords
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.models import Account
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.request_id import ADDRESS
from doudi_web.tenancy.who import actor_of_account


@dataclass(frozen=True, slots=True)
class Credentials:
    """What somebody types to log in."""

    username: str
    password: str
    code: str = ""


def log_in(typed: Credentials) -> Account:
    """The account of who logs in. Raises Refusal 401, 403, 429; every failure is recorded and counted."""
    username, address = typed.username.casefold(), ADDRESS.get()
    account = Account.objects.filter(username=username).first()
    _count(account, "login", username)
    if account is None:
        make_password(typed.password)  # takes as long as a real one
        raise _failed(None, "login", "unknown", Refusal.of(401, "S470", "username"))
    if not account.check_password(typed.password):
        raise _failed(account, "login", "password", Refusal.of(401, "S470", "username"))
    if account.one_time_since is not None:
        _must_have_code(account, typed.code)
    if not account.is_active:
        raise _failed(account, "login", "stopped", Refusal.of(403, "S488", "username"))
    if account.confirmed is None:
        raise _failed(account, "login", "unconfirmed", Refusal.of(403, "S487", "username"))
    actor = actor_of_account(account)
    with transaction.atomic():
        attempts.succeeded(username, address)
        account.last_login = now()
        account.save(update_fields=["last_login"])
        record(actor, "login", actor.key, detail={"address": address})
    return account


def _count(account: Account | None, action: str, username: str) -> None:
    """Count one try; one too many is recorded as any other failure. Raises Refusal 429."""
    try:
        attempts.count(username, ADDRESS.get())
    except Refusal as refusal:
        raise _failed(account, action, "too_many", refusal) from refusal


def _failed(account: Account | None, action: str, why: str, refusal: Refusal) -> Refusal:
    """The refusal, recorded with the address it came from and why; never what was typed.

    A name that nobody has is not kept either: it may be a password in the wrong field.
    """
    actor = None if account is None else actor_of_account(account)
    subject = "account:unknown" if actor is None else actor.key
    record(actor, f"{action}.refused", subject, detail={"address": ADDRESS.get(), "why": why})
    return refusal


def _must_have_code(account: Account, code: str) -> None:
    """Raises Refusal 401. A code is used once: whoever writes its step first has it."""
    secret = one_time.opened(bytes(account.one_time_secret or b""))
    step = one_time.step_of(secret, code, account.one_time_step)
    if step is not None:
        used = Account.objects.filter(pk=account.pk, one_time_step__lt=step)
        if used.update(one_time_step=step) == 1:
            account.one_time_step = step
            return
    why = "code" if code else "no_code"
    raise _failed(account, "login", why, Refusal.of(401, "S476", "code"))


def log_out(account: Account) -> None:
    """Record that somebody left; the session is ended by who has it."""
    actor = actor_of_account(account)
    record(actor, "logout", actor.key)


def change_password(account: Account, old: str, new: str) -> None:
    """Another password of one's own. Raises Refusal 401, 422, 429.

    Hashing takes its time: who was stopped, moved or reset in the meantime stays so.
    """
    _must_know(account, old)
    faults = passwords.faults_of(account, new)
    if faults:
        raise Refusal(422, faults)
    actor = actor_of_account(account)
    with transaction.atomic():
        held = Account.objects.select_for_update().get(pk=account.pk)
        if not held.is_active or held.confirmed is None or held.generation != account.generation:
            raise Refusal.of(401, "S472", "session")
        account.refresh_from_db()
        passwords.change(account, new, must_change=False)
        record(actor, "password.change", actor.key)


def _must_know(account: Account, password: str, code: str | None = None) -> None:
    """Somebody at a forgotten screen may not go on guessing: failures count as at the login.

    With `code` who has a telephone must show it too.
    """
    _count(account, "password", account.username)
    if not account.check_password(password):
        raise _failed(account, "password", "password", Refusal.of(401, "S470", "password"))
    if code is not None and account.one_time_since is not None:
        _must_have_code(account, code)
    attempts.succeeded(account.username, ADDRESS.get())


def begin_one_time(account: Account, password: str, code: str = "") -> dict[str, str]:
    """A secret for a telephone, told once; it holds only when a code of it has come back.

    Until then the telephone that is asked for now goes on; who has one must show its code. Raises Refusal 401, 429.
    """
    _must_know(account, password, code)
    secret = one_time.new_secret()
    actor = actor_of_account(account)
    with transaction.atomic():
        account.one_time_next = one_time.sealed(secret)
        account.save(update_fields=["one_time_next"])
        record(actor, "one_time.begin", actor.key)
    return {
        "secret": one_time.shown(secret),
        "uri": one_time.address_of(secret, account.username),
    }


def confirm_one_time(account: Account, code: str) -> None:
    """From now on a code of the new telephone is asked at every login. Raises Refusal 422."""
    kept = account.one_time_next
    step = one_time.step_of(one_time.opened(bytes(kept)), code, 0) if kept else None
    if step is None:
        raise _failed(account, "one_time", "code", Refusal(422, [fault("S476", "code")]))
    actor = actor_of_account(account)
    with transaction.atomic():
        account.one_time_secret, account.one_time_next = kept, None
        account.one_time_since, account.one_time_step = now(), step
        account.save(
            update_fields=["one_time_secret", "one_time_next", "one_time_since", "one_time_step"]
        )
        record(actor, "one_time.confirm", actor.key)
