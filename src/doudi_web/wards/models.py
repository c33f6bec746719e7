"""The tables of the wards: where a patient lies, and what each running visit came to when it was looked at last."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Stay(models.Model):
    """Where a visit's patient lies, who treats them, when they are to go home; as it was said last.

    `visit_id` is the number of a `settlement.Visit`. A planned discharge at midnight is one of which the day alone
    was told. `version` counts what was said: who changes it says on which he looked.
    """

    visit_id = models.BigIntegerField(primary_key=True)
    ward = models.CharField(max_length=40, blank=True, default="")
    bed = models.CharField(max_length=20, blank=True, default="")
    doctor = models.CharField(max_length=40, blank=True, default="")
    planned_discharge = models.DateTimeField(null=True)
    version = models.BigIntegerField()
    changed = models.DateTimeField()
    changed_by = models.CharField(max_length=80)


class Kept(models.Model):
    """What a running visit came to at `as_of`, in fen and parts of 10,000, what is missing, and what it rests on.

    It rests on the visit's `moved`, the person's last writing in the register (`registered`), the hospital's last
    state, the rules' `generation`, the `day`, the stay's version, the open `alert` and the last `event` of its
    review, and the sums of the person: `marks` is counted up where those move, `marks_known` is the count at which
    it was looked.
    A settled visit stays until its day is over, with what it was settled to. `revision` is a new number where what
    a list shows of it has changed.
    """

    visit_id = models.BigIntegerField(primary_key=True)
    visit = models.CharField(max_length=64)
    facility = models.CharField(max_length=40)
    person = models.CharField(max_length=64)
    kind = models.CharField(max_length=40)
    admitted = models.DateField(null=True)
    discharged = models.DateTimeField(null=True)
    leaves = models.DateField(null=True)
    settled = models.DateTimeField(null=True)
    settlement = models.BigIntegerField(null=True)
    standing = models.CharField(max_length=40)
    standing_title = models.CharField(max_length=60)
    standing_to = models.DateField(null=True)
    entitled = models.BooleanField()
    status = models.CharField(max_length=12)
    share = models.IntegerField(null=True)
    share_least = models.IntegerField(null=True)
    share_most = models.IntegerField(null=True)
    limit = models.BigIntegerField(null=True)
    near = models.BigIntegerField(null=True)
    excess = models.BigIntegerField(null=True)
    room = models.BigIntegerField(null=True)
    total = models.BigIntegerField(null=True)
    measured = models.BigIntegerField(null=True)
    funds = models.BigIntegerField(null=True)
    hospital = models.BigIntegerField(null=True)
    floor = models.BigIntegerField(null=True)
    patient = models.BigIntegerField(null=True)
    otherwise = models.BigIntegerField(null=True)
    unmapped = models.IntegerField(default=0)
    unmapped_amount = models.BigIntegerField(default=0)
    faults: "ArrayField[Any]" = ArrayField(models.CharField(max_length=8))
    needs: "ArrayField[Any]" = ArrayField(models.CharField(max_length=20))
    who: "ArrayField[Any]" = ArrayField(models.CharField(max_length=20))
    due = models.DateTimeField(null=True)
    urgency = models.SmallIntegerField()
    badness = models.SmallIntegerField()
    as_of = models.DateTimeField()
    moved = models.BigIntegerField()
    registered = models.BigIntegerField(null=True)
    facility_state = models.BigIntegerField()
    generation = models.BigIntegerField()
    day = models.DateField()
    stay = models.BigIntegerField()
    alert = models.BigIntegerField()
    event = models.BigIntegerField()
    marks = models.BigIntegerField(default=0)
    marks_known = models.BigIntegerField()
    revision = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["facility", "urgency", "badness"], name="kept_of_facility"),
            models.Index(fields=["person"], name="kept_of_person"),
            models.Index(
                fields=["day"], condition=models.Q(settled__isnull=False), name="kept_settled"
            ),
        ]


class Watched(models.Model):
    """Up to which posting of the ledger it has been seen whose sums moved; one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    posting = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_watched")]
