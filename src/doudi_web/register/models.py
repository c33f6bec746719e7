"""Households, persons, and what facilities were: kept with when it was valid and when it was known."""

from datetime import date, datetime
from typing import Any

from django.db import models

from doudi_web.tenancy.models import District, Facility, Village


class Household(models.Model):
    """People who live and are counted together."""

    code = models.CharField(max_length=40, primary_key=True)
    village = models.ForeignKey(Village, null=True, on_delete=models.PROTECT)


class Import(models.Model):
    """One writing into the register: what came (sealed), what it changed, whether it was confirmed or undone.

    `before` holds, sealed, what the changed persons were; undoing restores it by new facts. `kind` is persons,
    undo, or rows (a table).
    """

    at: "models.DateTimeField[datetime]" = models.DateTimeField()
    actor = models.CharField(max_length=60)
    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=200)
    content = models.BinaryField(null=True)
    before = models.BinaryField(null=True)
    changes: "models.JSONField[Any]" = models.JSONField(default=dict)
    confirmed = models.DateTimeField(null=True)
    undone = models.DateTimeField(null=True)


class Person(models.Model):
    """A person under an opaque id. Name, identity number and phone are sealed; number and name are found by digest.

    `withdrawn`: the import that brought the person was undone; the register does not know the person any more.
    """

    id = models.CharField(max_length=64, primary_key=True)
    name = models.BinaryField(null=True)
    name_digest = models.BinaryField(max_length=32, null=True, db_index=True)
    id_number = models.BinaryField(null=True)
    id_digest = models.BinaryField(max_length=32, null=True, unique=True)
    phone = models.BinaryField(null=True)
    birth_date: "models.DateField[date]" = models.DateField()
    sex = models.CharField(max_length=10, blank=True)
    ethnicity = models.CharField(max_length=20, blank=True)
    district = models.ForeignKey(District, on_delete=models.PROTECT)
    district_id: str
    village = models.ForeignKey(Village, null=True, on_delete=models.PROTECT)
    village_id: str | None
    household = models.ForeignKey(Household, null=True, on_delete=models.PROTECT)
    household_id: str | None
    mother = models.ForeignKey("self", null=True, on_delete=models.PROTECT)
    mother_id: str | None
    died = models.DateField(null=True)
    moved_out = models.DateField(null=True)
    attributes: "models.JSONField[Any]" = models.JSONField(default=dict)
    changed_by = models.ForeignKey(Import, null=True, on_delete=models.PROTECT)
    changed_by_id: int | None
    withdrawn = models.DateTimeField(null=True)


class Fact(models.Model):
    """Something said of a person: valid on [valid_from, valid_to), known from `known` until `superseded`.

    `kind` is standing, tier, disease, doctor, plan, or died and moved_out (on `valid_from`); `code` is the pack's
    code of a standing or tier. `known` is when the register learned of it, `recorded` when it was written here.
    `replaced_by` is what took its place.
    `detail` holds what names a person sealed.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="facts")
    person_id: str
    kind = models.CharField(max_length=10)
    code = models.CharField(max_length=40)
    valid_from: "models.DateField[date]" = models.DateField()
    valid_to = models.DateField(null=True)
    known: "models.DateTimeField[datetime]" = models.DateTimeField()
    recorded: "models.DateTimeField[datetime]" = models.DateTimeField()
    superseded = models.DateTimeField(null=True)
    replaced_by = models.ForeignKey("self", null=True, on_delete=models.PROTECT)
    replaced_by_id: int | None
    detail: "models.JSONField[Any]" = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(
                fields=["person", "kind"], condition=models.Q(superseded=None), name="fact_now"
            )
        ]


class FacilityState(models.Model):
    """What a facility was from a day on (None: from the first), as it was stated; superseded when corrected.

    The last that has begun holds. `tenancy.Facility` has what held on the day of the last statement.
    """

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT)
    facility_id: str
    valid_from: "models.DateField[date | None]" = models.DateField(null=True)
    name = models.CharField(max_length=120)
    level = models.CharField(max_length=40)
    district = models.CharField(max_length=6)
    recorded: "models.DateTimeField[datetime]" = models.DateTimeField()
    superseded: "models.DateTimeField[datetime | None]" = models.DateTimeField(null=True)


class PayeeAccount(models.Model):
    """The bank account of a facility as somebody stated it; money goes to it from when another person confirmed it.

    `sealed` holds holder, bank, its number, the account's number. The last confirmed one of a facility holds.
    """

    id = models.BigAutoField(primary_key=True)
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT)
    facility_id: str
    sealed = models.BinaryField()
    stated: "models.DateTimeField[datetime]" = models.DateTimeField()
    stated_by = models.CharField(max_length=80)
    reason = models.CharField(max_length=400)
    confirmed: "models.DateTimeField[datetime | None]" = models.DateTimeField(null=True)
    confirmed_by = models.CharField(max_length=80, blank=True, default="")
    refused: "models.DateTimeField[datetime | None]" = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facility"],
                condition=models.Q(confirmed=None, refused=None),
                name="one_account_to_confirm",
            )
        ]


class Learned(models.Model):
    """A change of what is known of a person that settling has not looked at yet."""

    person = models.CharField(max_length=64, db_index=True)
