"""Divisions, facilities, accounts and clients' tokens."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from doudi_web.tenancy.clock import now
from doudi_web.tenancy.roles import TITLES, Role

_ROLES = [(role.value, TITLES[role]) for role in Role]


class Demonstration(models.Model):
    """That this installation is a demonstration: the day on which its clock stays, and when it was filled.

    `door` is the digest of a key that lets somebody in once, without a password.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    day = models.DateField()
    filled = models.DateTimeField(null=True)
    door = models.BinaryField(max_length=32, null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_demonstration"),
        ]


class KeyCheck(models.Model):
    """By which a key of the data folder is known again (check_value.py)."""

    name = models.CharField(max_length=40, primary_key=True)
    value = models.BinaryField(max_length=32)


class District(models.Model):
    """A county or district, and the group of districts that the city counts it in."""

    code = models.CharField(max_length=6, primary_key=True)
    name = models.CharField(max_length=60)
    group = models.CharField(max_length=20, blank=True)


class Township(models.Model):
    """A township or street of a district (nine digits)."""

    code = models.CharField(max_length=9, primary_key=True)
    name = models.CharField(max_length=60)
    district = models.ForeignKey(District, on_delete=models.PROTECT)


class Village(models.Model):
    """A village or neighbourhood of a township (twelve digits)."""

    code = models.CharField(max_length=12, primary_key=True)
    name = models.CharField(max_length=60)
    township = models.ForeignKey(Township, on_delete=models.PROTECT)


class Facility(models.Model):
    """A hospital or clinic: its level as packs name it, and the division where it stands."""

    code = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=120)
    level = models.CharField(max_length=40)
    district = models.CharField(max_length=6)


class _Scope(models.Model):
    """Where a role holds: one hospital, one township, or the whole district where neither is named."""

    role = models.CharField(max_length=20, choices=_ROLES)
    facility = models.ForeignKey(Facility, null=True, blank=True, on_delete=models.PROTECT)
    township = models.ForeignKey(Township, null=True, blank=True, on_delete=models.PROTECT)
    facility_id: str | None
    township_id: str | None

    class Meta:
        abstract = True


class _ScopeToCome(_Scope):
    """The same where the hospital need not be registered yet."""

    facility = models.ForeignKey(
        Facility, null=True, blank=True, on_delete=models.PROTECT, db_constraint=False
    )

    class Meta:
        abstract = True


class Account(_Scope, AbstractBaseUser):
    """Somebody who logs in. Its role holds from `confirmed` on; `generation` counts what ends its sessions.

    Codes of `one_time_secret` are asked from `one_time_since` on; `one_time_next` waits for its first code.
    """

    username = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=60)
    is_active = models.BooleanField(default=True)
    confirmed = models.DateTimeField(null=True)
    generation = models.PositiveIntegerField(default=0)
    password_changed = models.DateTimeField(null=True)
    must_change = models.BooleanField(default=True)
    one_time_secret = models.BinaryField(null=True)
    one_time_next = models.BinaryField(null=True)
    one_time_since = models.DateTimeField(null=True)
    one_time_step = models.BigIntegerField(default=0)
    created = models.DateTimeField(default=now)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name", "role"]
    objects: ClassVar[BaseUserManager["Account"]] = BaseUserManager()


class PastPassword(models.Model):
    """The hash of a password that an account had, so that it is not taken again soon."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    password = models.CharField(max_length=128)


class Attempts(models.Model):
    """Failures to log in, of a user name or an address under its digest: at most so many in a span of time."""

    key = models.BinaryField(max_length=32, primary_key=True)
    failures = models.PositiveIntegerField()
    at = models.DateTimeField()


class Token(_ScopeToCome):
    """A client's key: kept as its digest, shown once. Works from `confirmed` on. Revoked, never deleted."""

    name = models.CharField(max_length=60)
    digest = models.BinaryField(max_length=32, unique=True)
    may_back_date = models.BooleanField(default=False)
    created = models.DateTimeField(auto_now_add=True)
    confirmed = models.DateTimeField(null=True)
    expires = models.DateTimeField(null=True)
    revoked = models.DateTimeField(null=True)


class Grant(_ScopeToCome):
    """A role that was asked for an account or a token, and what the security administrator decided."""

    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT)
    token = models.ForeignKey(Token, null=True, on_delete=models.PROTECT)
    account_id: int | None
    token_id: int | None
    asked_by = models.CharField(max_length=60)
    asked = models.DateTimeField()
    decided_by = models.CharField(max_length=60, blank=True)
    decided = models.DateTimeField(null=True)
    accepted = models.BooleanField(null=True)
    reason = models.CharField(max_length=400, blank=True)
