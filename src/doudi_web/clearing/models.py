"""The tables of clearing. States and messages take inserts alone: the database refuses everything else."""

from django.db import models


class FloorState(models.Model):
    """What became of an entry of the floor fund, when, by whom; the last one holds. Without one: computed."""

    id = models.BigAutoField(primary_key=True)
    entry = models.BigIntegerField()
    state = models.CharField(max_length=12)  # approved | paid | failed
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=400, blank=True)
    reference = models.CharField(max_length=80, blank=True)  # the bank's
    message = models.CharField(max_length=80)

    class Meta:
        indexes = [models.Index(fields=["entry", "id"], name="floor_state_of_entry")]


class Hold(models.Model):
    """A floor amount that is on its way in a payment: only by that payment it is decided on, and no other takes it.

    Gone once the payment was answered or given up; what it was stands with the payment.
    """

    entry = models.BigIntegerField(primary_key=True)
    holder = models.CharField(max_length=40)

    class Meta:
        indexes = [models.Index(fields=["holder"], name="held_by")]


class FloorMark(models.Model):
    """Up to which entry of the ledger floor amounts are told apart into open and finished ones; one row.

    `top` waits to become `low` until every transaction that ran at `marked` has ended (`horizon`).
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    low = models.BigIntegerField(default=0)
    top = models.BigIntegerField(default=0)
    horizon = models.CharField(max_length=20, blank=True, default="")
    marked = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_floor_mark")]


class FloorOpen(models.Model):
    """An entry of the floor fund up to `FloorMark.low` that is not finished."""

    entry = models.BigIntegerField(primary_key=True)


class FloorDone(models.Model):
    """What is finished of a hospital and month: how many floor amounts were paid, or cancelled, and their sum."""

    facility = models.CharField(max_length=40)
    month = models.CharField(max_length=7)
    state = models.CharField(max_length=12)  # paid | cancelled
    items = models.BigIntegerField()
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "month", "state"], name="one_sum_of_finished"
            )
        ]


class ToAssess(models.Model):
    """That somebody proposes to take back what a hospital's period leaves; another one posts it, or refuses."""

    id = models.BigAutoField(primary_key=True)
    facility = models.CharField(max_length=40)
    period = models.CharField(max_length=7)
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=400)
    made = models.DateTimeField()
    made_by = models.CharField(max_length=80)
    state = models.CharField(max_length=12, default="open")  # open | posted | refused
    decided = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, blank=True, default="")
    said = models.CharField(max_length=400, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "period"],
                condition=models.Q(state="open"),
                name="one_to_assess",
            )
        ]


class Message(models.Model):
    """A message that was taken, with its answer: the same one again is answered the same."""

    id = models.BigAutoField(primary_key=True)
    client = models.CharField(max_length=80)
    message = models.CharField(max_length=80)
    digest = models.BinaryField(max_length=32)
    at = models.DateTimeField()
    answer = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "message"], name="one_clearing_message_once")
        ]
