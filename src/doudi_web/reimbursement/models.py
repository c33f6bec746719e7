"""The tables of paper invoices. What was done to one takes inserts alone: the database refuses everything else."""

from typing import Any

from django.db import models


class Invoice(models.Model):
    """An invoice of a visit outside, as the township entered it; `version` counts its changes.

    `state`: entered, checked, returned (the township mends it), settled, given_up. `issuer_key` is by what an
    issuer is known again: the code, else the name without spaces. `says` is the content (lines, what others paid),
    `settlement` what it became. `late_by` let a late one in; `apart` says why it is no double of what it was like
    as it was checked, `alike`.
    """

    id = models.BigAutoField(primary_key=True)
    township = models.CharField(max_length=9)
    person = models.CharField(max_length=64)
    number = models.CharField(max_length=40)
    issuer_key = models.CharField(max_length=130)
    total = models.BigIntegerField()
    discharged = models.DateField()
    says: "models.JSONField[Any]" = models.JSONField()
    state = models.CharField(max_length=12, default="entered")
    version = models.IntegerField(default=1)
    entered = models.DateTimeField()
    entered_by = models.CharField(max_length=80)
    checked_by = models.CharField(max_length=80, default="")
    apart = models.CharField(max_length=400, default="")
    alike: "models.JSONField[list[str]]" = models.JSONField(default=list)
    late_by = models.CharField(max_length=80, default="")
    late_reason = models.CharField(max_length=400, default="")
    settlement = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["number", "issuer_key", "total"],
                condition=~models.Q(state="given_up"),
                name="one_paper_invoice",
            )
        ]
        indexes = [
            models.Index(fields=["township", "id"], name="invoice_of_township"),
            models.Index(fields=["state", "id"], name="invoice_of_state"),
            models.Index(fields=["person", "id"], name="invoice_of_person"),
            models.Index(
                fields=["id"],
                condition=models.Q(state__in=("entered", "checked", "returned")),
                name="open_invoice",
            ),
        ]


class Step(models.Model):
    """What was done to an invoice, by whom, with what words."""

    id = models.BigAutoField(primary_key=True)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT)
    what = models.CharField(max_length=12)
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    note = models.CharField(max_length=400, default="")


class Scan(models.Model):
    """A picture or PDF of an invoice, sealed; `digest` is of what was brought."""

    id = models.BigAutoField(primary_key=True)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=4)
    size = models.IntegerField()
    digest = models.BinaryField(max_length=32, db_index=True)
    sealed = models.BinaryField()
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    gone = models.DateTimeField(null=True)


class Deadline(models.Model):
    """Until when an invoice may be brought, as the district stated it: the last one holds."""

    id = models.BigAutoField(primary_key=True)
    district = models.CharField(max_length=6)
    months = models.IntegerField()
    source = models.CharField(max_length=400)
    status = models.CharField(max_length=12)
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
