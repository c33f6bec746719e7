"""Versions tried on settled visits: what all of it came to, and each visit that would come out otherwise."""

from datetime import date, datetime
from typing import Any

from django.db import models


class Trial(models.Model):
    """One trial of a version on the visits settled on [start, end), held against what ruled as it was made.

    `run` is the long work that makes it; `told` stays None until that is done. `as_of`: visits before this day are
    settled by the version as it rules on it, the first day on which it says otherwise than what rules.
    """

    version = models.BigIntegerField(db_index=True)
    name = models.CharField(max_length=120)
    digest = models.BinaryField(max_length=32)
    ruled = models.BinaryField(max_length=32, null=True)
    start: "models.DateTimeField[datetime]" = models.DateTimeField()
    end: "models.DateTimeField[datetime]" = models.DateTimeField()
    as_of: "models.DateField[date | None]" = models.DateField(null=True)
    asked_by = models.CharField(max_length=80)
    asked: "models.DateTimeField[datetime]" = models.DateTimeField()
    run = models.BigIntegerField(null=True)
    done: "models.DateTimeField[datetime | None]" = models.DateTimeField(null=True)
    told: "models.JSONField[Any]" = models.JSONField(null=True)


class Outcome(models.Model):
    """A settled visit that would come out otherwise: its amounts by what rules and by the version, in fen.

    `patient` is how much more its patient would pay, 0 where there is a fault; `fault` says why it could not be
    settled by one of the two. Nothing names a person: that is read from the settlement, which may be erased.
    """

    trial = models.BigIntegerField()
    settlement = models.BigIntegerField()
    facility = models.CharField(max_length=40)
    kind = models.CharField(max_length=40)
    standing = models.CharField(max_length=40)
    patient = models.BigIntegerField()
    before: "models.JSONField[Any]" = models.JSONField(null=True)
    after: "models.JSONField[Any]" = models.JSONField(null=True)
    fault = models.CharField(max_length=400, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["trial", "patient", "id"], name="outcome_of_trial")]
