"""The tables of reviews. Events take inserts alone: the database refuses everything else."""

from django.db import models

NOTE = 400
"""Characters of a reason or a note."""


class Alert(models.Model):
    """That a visit is close to its limit or above it, for one cause: which items, and which of the two.

    Looks that find the same cause again are counted here and are no alert of their own. At most one of a visit is
    open; it is closed when its cause is gone, and kept.
    """

    id = models.BigAutoField(primary_key=True)
    visit = models.BigIntegerField()
    facility = models.CharField(max_length=40)
    cause = models.BinaryField(max_length=32)
    status = models.CharField(max_length=12)  # approaching | exceeded
    first = models.DateTimeField()
    last = models.DateTimeField()
    count = models.IntegerField()
    closed = models.DateTimeField(null=True)
    says = models.JSONField()  # figures and items, as the last look found them

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["visit"], condition=models.Q(closed=None), name="one_open_alert_of_visit"
            )
        ]
        indexes = [
            models.Index(fields=["visit", "id"], name="alert_of_visit"),
            models.Index(
                fields=["facility", "visit"], condition=models.Q(closed=None), name="open_alert"
            ),
        ]


class Event(models.Model):
    """What somebody said, decided or changed about a visit, and why; of which alert, where it was one."""

    id = models.BigAutoField(primary_key=True)
    visit = models.BigIntegerField()
    facility = models.CharField(max_length=40)
    alert = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=12)
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    role = models.CharField(max_length=20)
    reason = models.CharField(max_length=NOTE, blank=True)
    says = models.JSONField()

    class Meta:
        indexes = [
            models.Index(fields=["visit", "id"], name="review_of_visit"),
            models.Index(
                fields=["facility", "id"],
                condition=models.Q(kind="passed"),
                name="passed_emergency",
            ),
        ]


class Unreviewed(models.Model):
    """The last emergency of a visit while nobody has reviewed it; the database itself keeps it."""

    visit = models.BigIntegerField(primary_key=True)
    event = models.BigIntegerField()
    facility = models.CharField(max_length=40)

    class Meta:
        indexes = [models.Index(fields=["facility", "event"], name="unreviewed_of_hospital")]
