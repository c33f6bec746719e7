"""Accounts, tokens and what waits to be confirmed, as administrators see them: never a secret."""

from datetime import datetime
from typing import Any

from doudi.dates import CHINA
from doudi_web.audit_log.actions import record
from doudi_web.tenancy import passwords
from doudi_web.tenancy.models import Account, Grant, Token
from doudi_web.tenancy.roles import TITLES, Act, Role
from doudi_web.tenancy.who import Actor


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(CHINA).isoformat(timespec="seconds")


def _scope(row: Account | Token | Grant) -> dict[str, Any]:
    return {
        "role": row.role, "title": TITLES[Role(row.role)], "facility": row.facility_id,
        "township": row.township_id,
    }  # fmt: skip


def me(account: Account) -> dict[str, Any]:
    """Somebody's own account."""
    return {
        "id": account.pk, "username": account.username, "name": account.name, **_scope(account),
        "must_change_password": passwords.is_over(account), "one_time": account.one_time_since is not None,
        "last_login": _at(account.last_login),
    }  # fmt: skip


def accounts(actor: Actor) -> list[dict[str, Any]]:
    """Every account."""
    actor.must(Act.ACCOUNTS_READ)
    record(actor, "accounts.read", "accounts")
    return [
        {**me(one), "active": one.is_active, "confirmed": _at(one.confirmed), "created": _at(one.created)}
        for one in Account.objects.order_by("id")
    ]  # fmt: skip


def tokens(actor: Actor) -> list[dict[str, Any]]:
    """Every token, by number and name."""
    actor.must(Act.TOKENS_READ)
    record(actor, "tokens.read", "tokens")
    return [
        {"id": one.pk, "name": one.name, **_scope(one), "may_back_date": one.may_back_date,
         "created": _at(one.created), "confirmed": _at(one.confirmed), "expires": _at(one.expires),
         "revoked": _at(one.revoked)}
        for one in Token.objects.order_by("id")
    ]  # fmt: skip


def grants(actor: Actor) -> list[dict[str, Any]]:
    """What waits to be confirmed."""
    actor.must(Act.GRANTS_READ)
    record(actor, "grants.read", "grants")
    return [
        {"id": one.pk, "account": one.account_id, "token": one.token_id, **_scope(one),
         "asked_by": one.asked_by, "asked": _at(one.asked)}
        for one in Grant.objects.filter(decided=None).order_by("id")
    ]  # fmt: skip
