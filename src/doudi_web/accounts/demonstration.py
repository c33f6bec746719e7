"""A demonstration's accounts, one for each role that logs in, and the clients that fill its district."""

import secrets
from dataclasses import dataclass

from django.db import transaction

from doudi_web.accounts.managing import Scope, create_client
from doudi_web.audit_log.actions import record
from doudi_web.tenancy import passwords
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.demonstration import demo_day
from doudi_web.tenancy.models import (
    Account,
    Demonstration,
    District,
    Facility,
    Token,
    Township,
)
from doudi_web.tenancy.roles import OF_FACILITY, OF_TOWNSHIP, TITLES, Role
from doudi_web.tenancy.who import KEEPER, actor_of_account, digest, other_secret

_CLIENT = "demo"
SECOND = "-two"
"""Ends the name of the account of a second person, where two decide."""
_WHO = [
    *((role, "") for role in Role if role is not Role.SYSTEM_CLIENT), (Role.DISTRICT_ADMIN, SECOND),
]  # fmt: skip
_WORKS_HERE = "demo.insurance-office"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a demonstration tells of an account."""

    title: str
    username: str
    password: str


def demonstration_accounts(
    district: str, facility: tuple[str, str, str], township: tuple[str, str]
) -> list[Shown]:
    """Accounts of every role but the system client's; those of an earlier run get another password.

    `facility` is code, name and level; `township` code and name.
    """
    shown: list[Shown] = []
    with transaction.atomic():
        home, _ = District.objects.get_or_create(code=district, defaults={"name": district})
        code, name, level = facility
        hospital, _ = Facility.objects.get_or_create(
            code=code, defaults={"name": name, "level": level, "district": district}
        )
        town, _ = Township.objects.get_or_create(
            code=township[0], defaults={"name": township[1], "district": home}
        )
        for role, second in _WHO:
            username = f"demo.{role.value}{second}".replace("_", "-")
            name = f"演示{TITLES[role]}{'二' if second else ''}"
            account = Account.objects.filter(username=username).first() or Account(
                username=username, name=name, role=role.value
            )
            account.facility_id = hospital.pk if role in OF_FACILITY else None
            account.township_id = town.pk if role in OF_TOWNSHIP else None
            account.confirmed = account.confirmed or now()
            password = passwords.first_password()
            passwords.change(account, password, must_change=False)
            detail = {
                "role": role.value,
                "facility": account.facility_id,
                "township": account.township_id,
            }
            record(KEEPER, "accounts.demonstrate", f"account:{account.pk}", detail=detail)
            shown.append(
                Shown(f"{TITLES[role]}{'（第二人）' if second else ''}", username, password)
            )
    return shown


def demonstration_token(role: Role) -> str:
    """A key to fill the district with, for this run.

    Its client is the one of an earlier run that broke off: what that has sent is known again by its message ids.
    """
    earlier = Token.objects.filter(name=_CLIENT, role=role.value, revoked=None).first()
    if earlier is not None:
        record(KEEPER, "tokens.renew", f"token:{earlier.pk}")
        return other_secret(earlier)
    back_dates = role is Role.SYSTEM_CLIENT
    return create_client(
        KEEPER, _CLIENT, Scope(role), may_back_date=back_dates, expires=None, confirmed=True
    ).secret


def new_door() -> str:
    """A key that lets somebody in once, as the hospital's insurance office; the one before it opens no more."""
    key = secrets.token_urlsafe(24)
    Demonstration.objects.update(door=digest(key))
    return key


def entered(key: str) -> Account | None:
    """The account into which a door's key leads, once; None where there is no demonstration, or no such key."""
    if demo_day() is None:
        return None
    with transaction.atomic():
        if Demonstration.objects.filter(door=digest(key)).update(door=None) != 1:
            return None
        account = Account.objects.filter(username=_WORKS_HERE, is_active=True).first()
        if account is not None:
            record(
                actor_of_account(account), "login", f"account:{account.pk}", detail={"by": "door"}
            )
        return account


def filled() -> None:
    """The district is filled to the end; the keys that filled it work no more."""
    with transaction.atomic():
        Demonstration.objects.update(filled=now())
        Token.objects.filter(name=_CLIENT, revoked=None).update(revoked=now())
        record(KEEPER, "demonstration.filled", "demonstration")
