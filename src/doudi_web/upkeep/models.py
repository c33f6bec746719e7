"""The table of what townships stated of their people."""

from django.db import models


class Change(models.Model):
    """What was stated of somebody, why, by which document; what it moves money by waits for another person.

    `statement` is sealed. `digest` tells what it would do to the register as it was looked at. `state`: waiting,
    written, refused, withdrawn; `became` is the number of the writing.
    """

    id = models.BigAutoField(primary_key=True)
    township = models.CharField(max_length=9)
    person = models.CharField(max_length=64, db_index=True)
    kind = models.CharField(max_length=12)
    statement = models.BinaryField()
    says = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    reason = models.CharField(max_length=400)
    document = models.CharField(max_length=100, default="")
    state = models.CharField(max_length=12)
    asked = models.DateTimeField()
    asked_by = models.CharField(max_length=80)
    decided = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, default="")
    decision = models.CharField(max_length=400, default="")
    became = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["township", "id"], name="change_of_township"),
            models.Index(fields=["id"], condition=models.Q(state="waiting"), name="waiting_change"),
        ]
