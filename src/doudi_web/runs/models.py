"""Long work: what was asked for, how far it is, what came of it."""

from django.db import models

QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"


class Run(models.Model):
    """One piece of long work. The same is not asked for twice while it waits or runs.

    `heartbeat` is on the database's own clock: whose process has died leaves it standing.
    `parameters`, `result` and `faults` hold codes, counts and opaque ids: nothing of a person.
    """

    kind = models.CharField(max_length=40)
    parameters = models.JSONField(default=dict)
    asked_by = models.CharField(max_length=60)
    role = models.CharField(max_length=20)
    reason = models.CharField(max_length=400)
    asked = models.DateTimeField()
    state = models.CharField(max_length=10, default=QUEUED)
    done = models.BigIntegerField(default=0)
    of = models.BigIntegerField(null=True)
    message = models.CharField(max_length=400, blank=True)
    result = models.JSONField(null=True)
    faults = models.JSONField(default=list)
    started = models.DateTimeField(null=True)
    ended = models.DateTimeField(null=True)
    heartbeat = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "parameters"],
                condition=models.Q(state__in=(QUEUED, RUNNING)),
                name="one_run_of_a_kind_and_parameters",
            )
        ]
        indexes = [
            models.Index(
                fields=["state", "id"],
                condition=models.Q(state__in=(QUEUED, RUNNING)),
                name="runs_to_do",
            ),
            models.Index(fields=["kind", "id"], name="run_of_kind"),
            models.Index(fields=["ended"], condition=models.Q(state=FAILED), name="failed_run"),
        ]
