"""The tables of the mapping queue. What is charged stands in the bills themselves; these rows say where to look."""

from typing import Any

from django.db import models

CODE = 200
"""Characters of a code, as in a bill."""


class Item(models.Model):
    """An item of a hospital, by its own code, that was once found to stand for nothing, or doubtfully.

    `suggestions` are what is like it in the catalogue of `suggested_for`. `kept` are the marks, by commas, of
    doubts of which two persons said that the mapping is right as it is.
    """

    id = models.BigAutoField(primary_key=True)
    facility = models.CharField(max_length=40)
    code = models.CharField(max_length=CODE)
    name = models.TextField()
    stated_code = models.CharField(max_length=CODE, blank=True, default="")
    unit_price = models.BigIntegerField(null=True)
    found = models.DateTimeField()
    suggestions: "models.JSONField[Any]" = models.JSONField(default=list)
    suggested_for = models.CharField(max_length=64, blank=True, default="")
    kept = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "code"], name="one_item_of_hospital")
        ]
        indexes = [models.Index(fields=["suggested_for"], name="item_of_suggestions")]


class Line(models.Model):
    """A line of a running visit, or of a refused bill, that does not stand for an item of the catalogue.

    `what`: unmapped (nobody knows its class), stated (it brings its own class), class_differs (the catalogue has
    another class). Whether its visit still runs, and the line stands, is asked of the visit.
    """

    id = models.BigAutoField(primary_key=True)
    facility = models.CharField(max_length=40)
    item = models.BigIntegerField(db_index=True)
    what = models.CharField(max_length=16)
    visit = models.BigIntegerField(null=True, db_index=True)
    feeline = models.BigIntegerField(null=True, unique=True)
    refused = models.BigIntegerField(null=True)
    line = models.CharField(max_length=CODE)
    amount = models.BigIntegerField()
    day = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["refused", "line"], name="one_refused_line_once")
        ]
        indexes = [
            models.Index(fields=["facility", "what", "item"], name="charged_of_hospital"),
            models.Index(
                fields=["facility"], condition=models.Q(visit=None), name="refused_of_hospital"
            ),
        ]


class Doubt(models.Model):
    """What somebody should look at in the mapping in force: as `mapping_check` says, or a name unlike the other."""

    id = models.BigAutoField(primary_key=True)
    facility = models.CharField(max_length=40, db_index=True)
    item = models.BigIntegerField(db_index=True)
    what = models.CharField(max_length=16)
    code = models.CharField(max_length=CODE)
    own = models.TextField()
    catalogue = models.TextField()
    mark = models.CharField(max_length=16)  # tells what was doubted from another doubt


class Looked(models.Model):
    """On which lists, and on which day, a hospital's lines were all looked at last."""

    facility = models.CharField(max_length=40, primary_key=True)
    lists = models.CharField(max_length=140)
    day = models.DateField()
    at = models.DateTimeField()


class Mark(models.Model):
    """One row: how far the lines of running bills were read.

    Every line up to `done` was. Lines up to `pending` are there for good once no transaction before `until` runs.
    """

    id = models.SmallIntegerField(primary_key=True)
    done = models.BigIntegerField()
    seen = models.BigIntegerField()
    pending = models.BigIntegerField(null=True)
    until = models.BigIntegerField(null=True)
    at = models.DateTimeField()


class Again(models.Model):
    """A visit that runs again, since its settlement was reversed."""

    visit = models.BigIntegerField(primary_key=True)


class Refused(models.Model):
    """A refused bill whose lines were looked at."""

    refused = models.BigIntegerField(primary_key=True)


class Proposal(models.Model):
    """That an item stands for a code of the catalogue from a day on, or (`code` empty) that its mapping is right.

    `based_on` is what the hospital's mapping said of the item then, word for word. `state` is open, confirmed,
    refused or withdrawn.
    """

    id = models.BigAutoField(primary_key=True)
    item = models.BigIntegerField()
    facility = models.CharField(max_length=40)
    own_code = models.CharField(max_length=CODE)
    own_name = models.TextField()
    code = models.CharField(max_length=CODE, blank=True)
    code_name = models.TextField(blank=True)
    valid_from = models.DateField(null=True)
    identical = models.BooleanField(default=False)
    note = models.CharField(max_length=400, blank=True)
    based_on = models.TextField()
    state = models.CharField(max_length=12, default="open")
    made = models.DateTimeField()
    made_by = models.CharField(max_length=80)
    decided = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, blank=True, default="")
    reason = models.CharField(max_length=400, blank=True, default="")
    installed = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"], condition=models.Q(state="open"), name="one_open_of_item"
            )
        ]
        indexes = [
            models.Index(fields=["item", "id"], name="proposal_of_item"),
            models.Index(fields=["facility", "id"], name="matching_of_hospital"),
        ]
