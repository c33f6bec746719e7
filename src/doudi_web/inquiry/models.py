"""Sampling plans, what was drawn and how it was judged; questions and what was said of them.

All take inserts alone but `Question`, which says how a question stands: its events say the same, and cannot change.
"""

from datetime import date, datetime
from typing import Any

from django.db import models

NOTE = 400
"""Characters of a reason or of what is said."""
NAME = 60
"""Characters of a plan's name, and of its seed."""


class Plan(models.Model):
    """A sampling plan as it was fixed: all of it in `content`, of which `digest` is the SHA-256."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=NAME)
    content = models.TextField()
    digest = models.BinaryField(max_length=32)
    at: "models.DateTimeField[datetime]" = models.DateTimeField()
    actor = models.CharField(max_length=80)


class Draw(models.Model):
    """That a plan was drawn, once: out of which settlements (compressed, a line each), the digest of the list."""

    plan = models.OneToOneField(Plan, primary_key=True, on_delete=models.PROTECT)
    plan_id: int
    population = models.BigIntegerField()
    frame = models.BinaryField()
    frame_digest = models.BinaryField(max_length=32)
    count = models.IntegerField()
    list_digest = models.BinaryField(max_length=32)
    at: "models.DateTimeField[datetime]" = models.DateTimeField()
    actor = models.CharField(max_length=80)


class Drawn(models.Model):
    """A settlement that was drawn: its place in the list, in which stratum, with how many tickets and why."""

    id = models.BigAutoField(primary_key=True)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT)
    plan_id: int
    place = models.IntegerField()
    settlement = models.BigIntegerField(db_index=True)
    stratum = models.CharField(max_length=60, blank=True)
    weight = models.IntegerField()
    marks: "models.JSONField[list[str]]" = models.JSONField()
    ticket = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "place"], name="one_place_of_a_sample")
        ]


class Judged(models.Model):
    """What somebody found of a settlement that was drawn; the last of it holds."""

    id = models.BigAutoField(primary_key=True)
    drawn = models.ForeignKey(Drawn, on_delete=models.PROTECT)
    drawn_id: int
    verdict = models.CharField(max_length=10)
    words = models.CharField(max_length=NOTE, blank=True)
    question = models.BigIntegerField(null=True)
    at: "models.DateTimeField[datetime]" = models.DateTimeField()
    actor = models.CharField(max_length=80)

    class Meta:
        indexes = [models.Index(fields=["drawn", "id"], name="judged_of_drawn")]


class Left(models.Model):
    """What was drawn and nobody has judged; the database itself keeps it."""

    drawn = models.BigIntegerField(primary_key=True)


class Question(models.Model):
    """A doubt about a settlement (疑点): what kind, how much, put to whom, until when, and whose turn it is."""

    id = models.BigAutoField(primary_key=True)
    settlement = models.BigIntegerField(db_index=True)
    person = models.CharField(max_length=64)
    visit = models.CharField(max_length=64)
    facility = models.CharField(max_length=40)
    source = models.CharField(max_length=10)
    source_number = models.BigIntegerField(null=True)
    category = models.CharField(max_length=12)
    amount = models.BigIntegerField(null=True)
    asked = models.CharField(max_length=10)
    deadline: "models.DateField[date]" = models.DateField()
    state = models.CharField(max_length=10)
    at: "models.DateTimeField[datetime]" = models.DateTimeField()
    actor = models.CharField(max_length=80)

    class Meta:
        indexes = [
            models.Index(fields=["state", "id"], name="question_of_state"),
            models.Index(fields=["facility", "state", "id"], name="question_of_hospital"),
        ]


class Event(models.Model):
    """What was asked, answered or decided of a question."""

    id = models.BigAutoField(primary_key=True)
    question = models.ForeignKey(Question, on_delete=models.PROTECT)
    question_id: int
    kind = models.CharField(max_length=10)
    words = models.CharField(max_length=NOTE)
    says: "models.JSONField[dict[str, Any]]" = models.JSONField()
    at: "models.DateTimeField[datetime]" = models.DateTimeField()
    actor = models.CharField(max_length=80)
    role = models.CharField(max_length=20)
