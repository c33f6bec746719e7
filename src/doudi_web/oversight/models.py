"""What others say of visits, known defects of the program, audits as they were run: all take inserts alone."""

from datetime import date, datetime
from typing import Any

from django.db import models

NAME = 60
"""Characters of a defect's name."""


class Figure(models.Model):
    """Amounts of a visit as the platform or the hospital states them; the last of a source holds.

    `amounts`: fen by name (layer ids, total, hospital, patient). `stated`: when the source said so.
    """

    id = models.BigAutoField(primary_key=True)
    source = models.CharField(max_length=10)
    facility = models.CharField(max_length=40)
    visit = models.CharField(max_length=64)
    amounts: "models.JSONField[dict[str, int]]" = models.JSONField()
    stated = models.DateTimeField(null=True)
    received: "models.DateTimeField[datetime]" = models.DateTimeField()
    client = models.CharField(max_length=80)

    class Meta:
        indexes = [models.Index(fields=["facility", "visit", "source", "id"], name="figure_of")]


class Defect(models.Model):
    """A defect of the program that was found: what it does wrong, in which versions, who found it when."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=NAME, unique=True)
    what = models.CharField(max_length=400)
    engines: "models.JSONField[list[str]]" = models.JSONField()
    found: "models.DateField[date]" = models.DateField()
    recorded: "models.DateTimeField[datetime]" = models.DateTimeField()
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=400)


class Touched(models.Model):
    """A settlement that a defect touched."""

    id = models.BigAutoField(primary_key=True)
    defect = models.ForeignKey(Defect, on_delete=models.PROTECT)
    defect_id: int
    settlement = models.BigIntegerField(db_index=True)
    recorded: "models.DateTimeField[datetime]" = models.DateTimeField()
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["defect", "settlement"], name="one_touch_once")
        ]


class Audit(models.Model):
    """An audit as it was run: over which settlements, by which version, and what it came to."""

    id = models.BigAutoField(primary_key=True)
    begun: "models.DateTimeField[datetime]" = models.DateTimeField()
    ended: "models.DateTimeField[datetime]" = models.DateTimeField()
    actor = models.CharField(max_length=80)
    program = models.CharField(max_length=40)
    start: "models.DateTimeField[datetime | None]" = models.DateTimeField(null=True)
    end: "models.DateTimeField[datetime | None]" = models.DateTimeField(null=True)
    facility = models.CharField(max_length=40, blank=True, default="")
    figures: "models.JSONField[dict[str, Any]]" = models.JSONField()

    class Meta:
        indexes = [
            models.Index(
                fields=["id"],
                condition=models.Q(start=None, end=None, facility=""),
                name="whole_audit",
            )
        ]


class Finding(models.Model):
    """A mismatch that an audit found, as it was told."""

    id = models.BigAutoField(primary_key=True)
    audit = models.ForeignKey(Audit, on_delete=models.PROTECT)
    audit_id: int
    settlement = models.BigIntegerField(db_index=True)
    content: "models.JSONField[dict[str, Any]]" = models.JSONField()
