"""Wishes for a family doctor, and the visits of plans. Contracts and plans themselves are facts of the register."""

from django.db import models


class Wish(models.Model):
    """Whether somebody wishes a family doctor, as they said last."""

    person = models.CharField(max_length=64, primary_key=True)
    wishes = models.BooleanField()
    at = models.DateTimeField()
    by = models.CharField(max_length=80)


class Visit(models.Model):
    """A visit of a plan: when due, what for, when done with which note (sealed). Dropped, never deleted.

    It is a matter of the township where the person lives by now.
    """

    id = models.BigAutoField(primary_key=True)
    person = models.CharField(max_length=64, db_index=True)
    due = models.DateField()
    what = models.CharField(max_length=60)
    done = models.DateField(null=True)
    note = models.BinaryField(null=True)
    by = models.CharField(max_length=80, default="")
    dropped = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["due"],
                condition=models.Q(done=None, dropped=None),
                name="visit_due",
            )
        ]
