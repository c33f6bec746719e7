"""Divisions, facilities, accounts and clients' tokens."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from doudi_web.tenancy.roles import TITLES, Role

_ROLES = [(role.value, TITLES[role]) for role in Role]


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


class Account(_Scope, AbstractBaseUser):
    """Somebody who logs in."""

    username = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=60)
    is_active = models.BooleanField(default=True)
    password_changed = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    one_time_secret = models.BinaryField(null=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name", "role"]
    objects: ClassVar[BaseUserManager["Account"]] = BaseUserManager()


class Token(_Scope):
    """A client's key: kept as its digest, shown once. Revoked, never deleted."""

    name = models.CharField(max_length=60)
    digest = models.BinaryField(max_length=32, unique=True)
    may_back_date = models.BooleanField(default=False)
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField(null=True)
    revoked = models.DateTimeField(null=True)
