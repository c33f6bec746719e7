"""The tables of alerts. What happened to an alert, and what values were stated, takes inserts alone."""

from datetime import date, datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models


class State(models.Model):
    """How far the ledger has been looked at; one row.

    Every posting up to `low` has been; `day`, `value`, `mark` are the day, the last stated value and what else
    moved when all was looked at last. `seconds` is how long that took. `late_days` is what claims rest on.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    low = models.BigIntegerField(default=0)
    day: "models.DateField[date | None]" = models.DateField(null=True)
    value = models.BigIntegerField(default=0)
    mark = models.CharField(max_length=200, blank=True, default="")
    as_of: "models.DateTimeField[datetime | None]" = models.DateTimeField(null=True)
    looked: "models.DateTimeField[datetime | None]" = models.DateTimeField(null=True)
    seconds = models.FloatField(default=0)
    is_whole = models.BooleanField(default=False)
    late_days = models.IntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_alerts_state")]


class Looked(models.Model):
    """A posting above `State.low` that was looked at."""

    posting = models.BigIntegerField(primary_key=True)


class Claim(models.Model):
    """What rules ask of a standing settlement beyond the district's figures of it; made anew at any time.

    `start` and `end` are its first and last day (of a stay: admission and discharge). `items` are numbers that
    stand for an item on a day. `late` is what was charged in scope at the end of the stay and never before in it,
    in fen; `was_over` whether the stay was over its limit before that; both are None where the stay tells nothing.
    """

    settlement = models.BigIntegerField(primary_key=True)
    visit = models.CharField(max_length=64)
    person = models.CharField(max_length=64)
    facility = models.CharField(max_length=40)
    episode = models.CharField(max_length=64)
    kind = models.CharField(max_length=40, blank=True)
    start: "models.DateField[date]" = models.DateField()
    end: "models.DateField[date]" = models.DateField()
    settled: "models.DateField[date]" = models.DateField()
    is_stay = models.BooleanField()
    is_major = models.BooleanField()
    disease = models.CharField(max_length=10)
    items: "ArrayField[Any]" = ArrayField(models.BigIntegerField())
    late: "models.BigIntegerField[int | None]" = models.BigIntegerField(null=True)
    was_over: "models.BooleanField[bool | None]" = models.BooleanField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["person", "start"], name="claim_of_person"),
            models.Index(fields=["settled"], name="claim_of_day"),
            models.Index(fields=["settlement"], name="claim_late", condition=models.Q(late__gt=0)),
        ]


class Peer(models.Model):
    """What the floor fund usually pays of visits of a kind at hospitals of a level, in fen, as of a day."""

    kind = models.CharField(max_length=40)
    level = models.CharField(max_length=40)
    n = models.BigIntegerField()
    median = models.BigIntegerField()
    deviation = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "level"], name="one_peer")]


class Alert(models.Model):
    """A cause that a rule found: `cause` names it, so that the same is never there twice.

    `key` is what it is looked for by (a person, household, hospital, township). `weight` is how large the cause is,
    in the rule's measure; `ended_weight` how large it was when somebody closed it. `owner_*` is whose it is to act,
    `taken_by` who does. `state`: open, taken, closed; `ended_as`: true, false, handled, gone.
    """

    id = models.BigAutoField(primary_key=True)
    rule = models.CharField(max_length=20)
    cause = models.CharField(max_length=160)
    key = models.CharField(max_length=80)
    says = models.CharField(max_length=400)
    figures: "models.JSONField[Any]" = models.JSONField()
    weight = models.BigIntegerField()
    severity = models.SmallIntegerField()
    facility = models.CharField(max_length=40, blank=True)
    township = models.CharField(max_length=9, blank=True)
    owner_role = models.CharField(max_length=20)
    owner_facility = models.CharField(max_length=40, blank=True)
    owner_township = models.CharField(max_length=9, blank=True)
    taken_by = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=8)
    ended_as = models.CharField(max_length=8, blank=True)
    ended_weight = models.BigIntegerField(default=0)
    last_day: "models.DateField[date]" = models.DateField()
    due: "models.DateField[date]" = models.DateField()
    opened: "models.DateTimeField[datetime]" = models.DateTimeField()
    changed: "models.DateTimeField[datetime]" = models.DateTimeField()
    version = models.BigIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "cause"], name="one_alert_a_cause")]
        indexes = [
            models.Index(fields=["rule", "key"], name="alert_of_key"),
            models.Index(
                fields=[
                    "rule",
                    "state",
                    "ended_as",
                    "facility",
                    "owner_facility",
                    "township",
                    "owner_township",
                ],
                name="alert_of_end",
            ),
            models.Index(fields=["owner_facility"], name="alert_of_owning_hospital"),
            models.Index(fields=["owner_township"], name="alert_of_owning_township"),
            models.Index(fields=["state", "due", "id"], name="alert_of_state"),
            models.Index(
                fields=["owner_role", "owner_facility", "owner_township", "due"],
                condition=~models.Q(state="closed"),
                name="open_alert_of_owner",
            ),
            models.Index(fields=["facility", "state", "due"], name="alert_of_facility"),
            models.Index(fields=["township", "state", "due"], name="alert_of_township"),
        ]


class Behind(models.Model):
    """A visit or a person behind an alert, as it is now."""

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT)
    settlement: "models.BigIntegerField[int | None]" = models.BigIntegerField(null=True)
    visit = models.CharField(max_length=64, blank=True)
    facility = models.CharField(max_length=40, blank=True)
    person = models.CharField(max_length=64, blank=True)
    day: "models.DateField[date | None]" = models.DateField(null=True)
    amount: "models.BigIntegerField[int | None]" = models.BigIntegerField(null=True)


class Event(models.Model):
    """What happened to an alert: open, grow, ease, gone, reopen, take, reassign, close. Inserts alone."""

    id = models.BigAutoField(primary_key=True)
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT)
    what = models.CharField(max_length=10)
    text = models.CharField(max_length=400)
    weight = models.BigIntegerField()
    detail: "models.JSONField[Any]" = models.JSONField(default=dict)
    at: "models.DateTimeField[datetime]" = models.DateTimeField()
    by = models.CharField(max_length=80)


class Value(models.Model):
    """A value of a rule as this installation states it in the place of the shipped one; the last holds."""

    id = models.BigAutoField(primary_key=True)
    rule = models.CharField(max_length=20)
    name = models.CharField(max_length=20)
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=400)
    stated: "models.DateTimeField[datetime]" = models.DateTimeField()
    stated_by = models.CharField(max_length=80)

    class Meta:
        indexes = [models.Index(fields=["rule", "name", "id"], name="alert_value")]
