"""Notices as they hang, and what was objected."""

from typing import Any

from django.db import models


class Notice(models.Model):
    """A notice of a township: of which period, from when to when it hangs. `rows` are masked and never change."""

    id = models.BigAutoField(primary_key=True)
    township = models.CharField(max_length=9, db_index=True)
    kind = models.CharField(max_length=10)
    first = models.DateField()
    last = models.DateField()
    hangs_from = models.DateField()
    hangs_to = models.DateField()
    rows: "models.JSONField[Any]" = models.JSONField()
    made = models.DateTimeField()
    by = models.CharField(max_length=80)


class Objection(models.Model):
    """What somebody objected (sealed), and what was replied."""

    id = models.BigAutoField(primary_key=True)
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="objections")
    says = models.BinaryField()
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    reply = models.CharField(max_length=400, default="")
    replied = models.DateTimeField(null=True)
    replied_by = models.CharField(max_length=80, default="")
