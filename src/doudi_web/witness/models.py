"""Bundles that were made, heads that were handed over and that came back: all take inserts alone."""

from datetime import datetime

from django.db import models

NOTE = 400
"""Characters of a reason or a note."""
WHO = 120
"""Characters of whom a head was handed to."""


class Bundle(models.Model):
    """That somebody made the evidence of a settlement into one file: its digest, whether it names the person."""

    id = models.BigAutoField(primary_key=True)
    settlement = models.BigIntegerField(db_index=True)
    facility = models.CharField(max_length=40)
    at: "models.DateTimeField[datetime]" = models.DateTimeField()
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=NOTE)
    unmasked = models.BooleanField()
    size = models.BigIntegerField()
    digest = models.BinaryField(max_length=32)


class Handed(models.Model):
    """A head of the ledger that was handed to somebody outside: to whom, on what, by whom."""

    id = models.BigAutoField(primary_key=True)
    size = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    before = models.BinaryField(max_length=32)
    sealed: "models.DateTimeField[datetime]" = models.DateTimeField()
    digest = models.BinaryField(max_length=32)
    signature = models.BinaryField(max_length=64)
    to = models.CharField(max_length=WHO)
    on = models.CharField(max_length=10)
    note = models.CharField(max_length=NOTE, blank=True)
    at: "models.DateTimeField[datetime]" = models.DateTimeField()
    actor = models.CharField(max_length=80)


class Returned(models.Model):
    """A head that came back, and whether the ledger of that day still contained it."""

    id = models.BigAutoField(primary_key=True)
    handed = models.BigIntegerField(null=True, db_index=True)
    size = models.BigIntegerField()
    digest = models.BinaryField(max_length=32)
    against = models.BigIntegerField()
    holds = models.BooleanField()
    why = models.CharField(max_length=12, blank=True)
    at: "models.DateTimeField[datetime]" = models.DateTimeField()
    actor = models.CharField(max_length=80)
