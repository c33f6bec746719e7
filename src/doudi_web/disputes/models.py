"""The tables of disputes. What was said takes inserts alone: the database refuses everything else."""

from django.db import models


class Dispute(models.Model):
    """What a hospital disputes of a month: a posting of it, or what an account comes to.

    `account`: as the ledger names it (fund:floor, hospital, patient). `recorded` is what the ledger had at that
    moment, `stated` what the hospital has. `state`: open (the district answers until `due`), answered (the hospital
    looks at it), accepted, withdrawn.
    """

    id = models.BigAutoField(primary_key=True)
    facility = models.CharField(max_length=40)
    month = models.CharField(max_length=7)
    posting = models.BigIntegerField(null=True)
    account = models.CharField(max_length=100)
    recorded = models.BigIntegerField()
    stated = models.BigIntegerField(null=True)
    state = models.CharField(max_length=12, default="open")
    due = models.DateField()
    opened = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["facility", "id"], name="dispute_of_hospital"),
            models.Index(fields=["month", "id"], name="dispute_of_month"),
            models.Index(
                fields=["id"],
                condition=models.Q(state__in=("open", "answered")),
                name="open_dispute",
            ),
        ]


class Said(models.Model):
    """What was said in a dispute, by whom: open, uphold, refuse, again, accept, withdraw."""

    id = models.BigAutoField(primary_key=True)
    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT)
    what = models.CharField(max_length=12)
    text = models.CharField(max_length=400)
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
