"""One row for each read of personal data and each write."""

from django.db import models


class Record(models.Model):
    """Who did what to whom, when, and why; `detail` holds no personal data, only codes and counts."""

    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10)
    actor = models.CharField(max_length=60)
    role = models.CharField(max_length=20)
    action = models.CharField(max_length=40)
    subject = models.CharField(max_length=80, db_index=True)
    reason = models.CharField(max_length=400, blank=True)
    request_id = models.CharField(max_length=32)
    detail = models.JSONField(default=dict)
