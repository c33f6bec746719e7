"""Sessions of people: they end after half an hour without work, after twelve hours, and with any change of the
account's password, role or standing."""

from datetime import datetime, timedelta
from typing import Protocol

from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session

from doudi_web.tenancy.clock import real_now
from doudi_web.tenancy.models import Account
from doudi_web.tenancy.refusals import Refusal

IDLE = timedelta(minutes=30)
WHOLE = timedelta(hours=12)
_WRITE_AFTER = timedelta(minutes=1)  # what is seen more often is not written each time


class Asking(Protocol):
    """What a request brings of its session."""

    session: SessionBase


def begin(asking: Asking, account: Account) -> None:
    """A session under a new key; whatever was there before is gone."""
    Session.objects.filter(expire_date__lt=datetime.now().astimezone()).delete()
    asking.session.flush()
    at = real_now().isoformat()
    asking.session["account"] = account.pk
    asking.session["generation"] = account.generation
    asking.session["started"] = asking.session["seen"] = at


def end(asking: Asking) -> None:
    """The session is over."""
    asking.session.flush()


def is_there(asking: Asking) -> bool:
    """Whether the request brings a session, good or not."""
    return "account" in asking.session


def account_of(asking: Asking, *, at_work: bool = True) -> Account:
    """Whose session it is. Raises Refusal 401 where it is over. A page that asks by itself is nobody at work."""
    session, at = asking.session, real_now()
    account = Account.objects.filter(pk=session.get("account"), is_active=True).first()
    started, seen = (_moment(session.get(key)) for key in ("started", "seen"))
    if (
        account is None
        or account.confirmed is None
        or account.generation != session.get("generation")
        or at - started >= WHOLE
        or at - seen >= IDLE
    ):
        session.flush()
        raise Refusal.of(401, "S472", "session")
    if at_work and at - seen >= _WRITE_AFTER:
        session["seen"] = at.isoformat()
    return account


def _moment(text: object) -> datetime:
    return datetime.fromisoformat(str(text))
