"""The tables of payments. What a batch pays, to whom, is never changed; how it went is written beside it."""

from django.db import models


class Batch(models.Model):
    """Payments that go to the bank together. `profile` is the text of the layout of that moment, word for word.

    `state`: made, released, sent (its file was made), done (every payment is answered), cancelled.
    """

    id = models.BigAutoField(primary_key=True)
    number = models.CharField(max_length=20, unique=True)
    month = models.CharField(max_length=7)
    state = models.CharField(max_length=12, default="made")
    profile_name = models.CharField(max_length=40)
    profile = models.TextField()
    amount = models.BigIntegerField()
    made = models.DateTimeField()
    made_by = models.CharField(max_length=80)
    released = models.DateTimeField(null=True)
    released_by = models.CharField(max_length=80, blank=True, default="")
    ended = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=80, blank=True, default="")
    reason = models.CharField(max_length=400, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["state", "id"], name="payments_by_state")]


class Payment(models.Model):
    """What one hospital gets by a batch: what it is owed less what it has to give back, to which account;
    `name` is the hospital's of that day.

    `state`: waiting, paid, failed.
    """

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT)
    row = models.IntegerField()
    facility = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    account = models.BigIntegerField()
    owed = models.BigIntegerField()
    returned = models.BigIntegerField()
    amount = models.BigIntegerField()
    state = models.CharField(max_length=12, default="waiting")
    answered = models.DateTimeField(null=True)
    reference = models.CharField(max_length=80, blank=True, default="")
    reason = models.CharField(max_length=400, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "row"], name="one_row_of_batch"),
            models.UniqueConstraint(fields=["batch", "facility"], name="one_payment_of_hospital"),
            models.CheckConstraint(
                condition=models.Q(amount=models.F("owed") - models.F("returned"), amount__gt=0),
                name="what_is_paid",
            ),
        ]


class Paid(models.Model):
    """A floor amount within a payment."""

    id = models.BigAutoField(primary_key=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT)
    entry = models.BigIntegerField(db_index=True)
    amount = models.BigIntegerField()


class File(models.Model):
    """That a file of a batch was made or read: the bank's, the voucher, the bank's return; which time, its SM3."""

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT)
    kind = models.CharField(max_length=10)  # bank | voucher | reply
    profile = models.CharField(max_length=40)
    number = models.IntegerField()
    name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64)
    rows = models.IntegerField()
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    reason = models.CharField(max_length=400, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "kind", "profile", "number"], name="one_file_of_number"
            )
        ]
