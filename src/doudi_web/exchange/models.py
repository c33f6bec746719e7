"""The runs of exports, and where each visit stands with each profile."""

from datetime import datetime
from typing import Any

from django.db import models


class ExportRun(models.Model):
    """One export that was written: by which profile, from where in the ledger to where, which files.

    `profile_digest` and those of the files are SM3. `first` and `last` are postings: what came behind `first` up to
    `last` had not been seen before.
    """

    profile = models.CharField(max_length=40)
    profile_digest = models.CharField(max_length=64)
    at: "models.DateTimeField[datetime]" = models.DateTimeField()
    actor = models.CharField(max_length=60)
    reason = models.CharField(max_length=400)
    form = models.CharField(max_length=4)
    encoding = models.CharField(max_length=5)
    whole = models.BooleanField()
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    counts: "models.JSONField[Any]" = models.JSONField(default=dict)
    files: "models.JSONField[Any]" = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["profile", "id"], name="export_of_profile")]


class ExportRow(models.Model):
    """A hospital's visit as a profile's receiver has it, and how it was answered.

    `state` is exported, withdrawn, held_back or left_out (the profile does not ask for it); `answer` is accepted,
    rejected or empty. `digest` tells the content that the receiver has, None where it has none; `key` finds the row
    by what a report says of it: both keyed, since a person's number may be in them. `stamp` changes with all that a
    row is made of. `reasons` say what was wrong: by columns, without the values.
    """

    profile = models.CharField(max_length=40)
    facility = models.CharField(max_length=40)
    visit = models.CharField(max_length=64)
    settlement = models.BigIntegerField()
    person = models.CharField(max_length=64)
    state = models.CharField(max_length=10)
    answer = models.CharField(max_length=10, blank=True)
    reasons: "models.JSONField[Any]" = models.JSONField(default=list)
    run = models.BigIntegerField(null=True)
    changed: "models.DateTimeField[datetime]" = models.DateTimeField()
    stamp = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32, null=True)
    key = models.BinaryField(max_length=32, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["profile", "facility", "visit"], name="one_row_of_visit_in_profile"
            )
        ]
        indexes = [
            models.Index(fields=["profile", "key"], name="export_row_by_key"),
            models.Index(fields=["profile", "state", "id"], name="export_row_by_state"),
        ]


class ExportReport(models.Model):
    """A report of the receiver's that was read: its file by SM3, and what it said of how many rows."""

    profile = models.CharField(max_length=40)
    at: "models.DateTimeField[datetime]" = models.DateTimeField()
    actor = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    counts: "models.JSONField[Any]" = models.JSONField(default=dict)


class ExportTaken(models.Model):
    """A file of an export was taken away: by whom, when, why. Written before the first byte goes out."""

    run = models.BigIntegerField(db_index=True)
    name = models.CharField(max_length=120)
    at: "models.DateTimeField[datetime]" = models.DateTimeField()
    actor = models.CharField(max_length=60)
    reason = models.CharField(max_length=400)
