"""Households and persons. What is said of a person is kept with when it was valid and when it was known."""

from django.db import models

from doudi_web.tenancy.models import District, Facility, Village


class Household(models.Model):
    """People who live and are counted together."""

    code = models.CharField(max_length=40, primary_key=True)
    village = models.ForeignKey(Village, null=True, on_delete=models.PROTECT)


class Person(models.Model):
    """A person under an opaque id. Name, identity number and phone are encrypted; the number is found by digest."""

    id = models.CharField(max_length=64, primary_key=True)
    name = models.BinaryField(null=True)
    id_number = models.BinaryField(null=True)
    id_digest = models.BinaryField(max_length=32, null=True, unique=True)
    phone = models.BinaryField(null=True)
    birth_date = models.DateField()
    sex = models.CharField(max_length=10, blank=True)
    ethnicity = models.CharField(max_length=20, blank=True)
    district = models.ForeignKey(District, on_delete=models.PROTECT)
    village = models.ForeignKey(Village, null=True, on_delete=models.PROTECT)
    household = models.ForeignKey(Household, null=True, on_delete=models.PROTECT)
    mother = models.ForeignKey("self", null=True, on_delete=models.PROTECT)
    died = models.DateField(null=True)
    moved_out = models.DateField(null=True)
    attributes = models.JSONField(default=dict)


class Fact(models.Model):
    """Something said of a person: valid on [valid_from, valid_to), known from `known` until `superseded`.

    `kind` is standing, tier, disease, doctor or plan; `code` is the pack's code of a standing or tier.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="facts")
    kind = models.CharField(max_length=10)
    code = models.CharField(max_length=40)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    known = models.DateTimeField()
    superseded = models.DateTimeField(null=True)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(
                fields=["person", "kind"], condition=models.Q(superseded=None), name="fact_now"
            )
        ]


class FamilyDoctor(models.Model):
    """A contract with a family doctor; the phone is one touch away for who cannot read or walk well."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="doctors")
    facility = models.ForeignKey(Facility, null=True, on_delete=models.PROTECT)
    doctor = models.CharField(max_length=60)
    phone = models.CharField(max_length=20)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)


class Import(models.Model):
    """One import: the file as it came, what it would change, whether it was confirmed or undone."""

    at = models.DateTimeField()
    actor = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    content = models.BinaryField()
    changes = models.JSONField(default=dict)
    confirmed = models.DateTimeField(null=True)
    undone = models.DateTimeField(null=True)
