"""What was printed, and whom to ring. The log takes inserts alone: the database refuses everything else."""

from datetime import datetime

from django.db import models


class Printed(models.Model):
    """One print: the `number`-th of this paper of this thing, by whom, when; the SM3 of the file tells which.

    `of` is a settlement's number, a visit at its hospital, a hospital's month or day, or a person's id.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=12)
    of = models.CharField(max_length=120)
    number = models.PositiveIntegerField()
    at: "models.DateTimeField[datetime]" = models.DateTimeField()
    actor = models.CharField(max_length=80)
    facility = models.CharField(max_length=40, blank=True)
    digest = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "of", "number"], name="one_print_once")
        ]
        indexes = [models.Index(fields=["facility", "id"], name="print_of_facility")]


class Contact(models.Model):
    """Whom a patient rings about a paper: a hospital's window, or the district's (no facility); the last holds."""

    id = models.BigAutoField(primary_key=True)
    facility = models.CharField(max_length=40, blank=True)
    place = models.CharField(max_length=60)
    phone = models.CharField(max_length=40)
    at: "models.DateTimeField[datetime]" = models.DateTimeField()
    actor = models.CharField(max_length=80)

    class Meta:
        indexes = [models.Index(fields=["facility", "id"], name="contact_of_facility")]
