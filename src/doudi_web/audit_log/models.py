"""One row for each read of personal data and each write."""

from django.db import models


class Record(models.Model):
    """Who did what to whom, when, and why. `subject` is `person:ID` wherever it was one person's data.

    Persons, visits and settlements stand here by their opaque ids, beside codes and counts: no name, no identity
    number, nothing of an illness or an amount.
    The database itself gives `chain`, `number` and `digest` as the row comes in (migration 0010).
    """

    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10)
    actor = models.CharField(max_length=60)
    role = models.CharField(max_length=20)
    action = models.CharField(max_length=40)
    subject = models.CharField(max_length=80)
    reason = models.CharField(max_length=400, blank=True)
    request_id = models.CharField(max_length=32)
    detail = models.JSONField(default=dict)
    chain = models.SmallIntegerField(default=0)
    number = models.BigIntegerField(default=0)
    digest = models.BinaryField(max_length=32, default=b"")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chain", "number"], name="audit_chain_number")
        ]
        indexes = [
            models.Index(fields=["at", "id"], name="audit_of_moment"),
            models.Index(fields=["subject", "at", "id"], name="audit_of_subject"),
            models.Index(fields=["actor", "at", "id"], name="audit_of_actor"),
            models.Index(fields=["action", "at", "id"], name="audit_of_action"),
        ]
