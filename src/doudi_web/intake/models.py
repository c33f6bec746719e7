"""The tables of imports by file. What a file holds is sealed; the log of what was done takes inserts alone."""

from datetime import datetime
from typing import Any

from django.db import models


class Import(models.Model):
    """A file that somebody brought, as it came (`content`, sealed; `size` is its bytes), and how far it is.

    `revision` grows with every look at it; `seen` is, sealed, what the last look found of the file as a whole.
    `prints` is what the visits were like then, and `outcome` tells what was to become of each row from anything
    else: a writing knows whether something has moved. `running` is the run that looks or writes where the file is
    large. `became` is the number that the register's own import has.
    """

    at: "models.DateTimeField[datetime]" = models.DateTimeField()
    actor = models.CharField(max_length=60)
    kind = models.CharField(max_length=10)
    facility = models.CharField(max_length=40, blank=True, default="")
    visit = models.CharField(max_length=64, blank=True, default="")
    name = models.CharField(max_length=200)
    content = models.BinaryField()
    size = models.IntegerField()
    digest = models.BinaryField(max_length=32, db_index=True)
    columns: "models.JSONField[Any]" = models.JSONField(default=dict)
    state = models.CharField(max_length=12)
    revision = models.IntegerField(default=0)
    looked: "models.DateTimeField[datetime | None]" = models.DateTimeField(null=True)
    counts: "models.JSONField[Any]" = models.JSONField(default=dict)
    prints: "models.JSONField[Any]" = models.JSONField(default=dict)
    outcome = models.BinaryField(max_length=32, null=True)
    seen = models.BinaryField(null=True)
    running = models.BigIntegerField(null=True)
    wanted: "models.JSONField[Any]" = models.JSONField(null=True)
    became = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["facility", "id"], name="import_of_facility"),
            models.Index(fields=["kind", "id"], name="import_of_kind"),
            models.Index(fields=["facility", "state"], name="import_of_state"),
        ]


class Page(models.Model):
    """Some rows of a file as the last look saw them, sealed; made anew by the next look."""

    came = models.ForeignKey(Import, on_delete=models.PROTECT)
    tab = models.CharField(max_length=10)
    number = models.IntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["came", "tab", "number"], name="one_page_once")
        ]


class Mend(models.Model):
    """A cell that somebody mended: before and after, sealed. The file stays as it came; the last one holds."""

    came = models.ForeignKey(Import, on_delete=models.PROTECT)
    revision = models.IntegerField()
    row = models.IntegerField()
    column = models.IntegerField()
    title = models.CharField(max_length=200)
    said = models.BinaryField()
    at: "models.DateTimeField[datetime]" = models.DateTimeField()
    actor = models.CharField(max_length=60)


class Event(models.Model):
    """What was done with an import, by whom, when; counts alone."""

    came = models.ForeignKey(Import, on_delete=models.PROTECT)
    at: "models.DateTimeField[datetime]" = models.DateTimeField()
    actor = models.CharField(max_length=60)
    what = models.CharField(max_length=12)
    revision = models.IntegerField()
    detail: "models.JSONField[Any]" = models.JSONField(default=dict)


class Taken(models.Model):
    """A line (empty: the visit itself) that came out of an import; `undone` is when it was taken back."""

    came = models.ForeignKey(Import, on_delete=models.PROTECT)
    visit = models.BigIntegerField()
    name = models.CharField(max_length=64)
    line = models.CharField(max_length=64, blank=True)
    amount = models.BigIntegerField()
    at: "models.DateTimeField[datetime]" = models.DateTimeField()
    undone: "models.DateTimeField[datetime | None]" = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["visit", "line"], name="taken_of_line")]
