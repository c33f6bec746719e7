"""Policy as it was installed: never changed, only followed by another."""

from datetime import datetime
from typing import Any

from django.db import models


class Source(models.Model):
    """The files of a pack, a catalogue or a mapping, under the digest of their content."""

    digest = models.BinaryField(max_length=32, primary_key=True)
    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=120)
    files = models.BinaryField()
    installed = models.DateTimeField()


class InForce(models.Model):
    """What rules from a moment on: the last row of a kind and name. Without a source nothing does, for a reason."""

    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=120)
    source = models.ForeignKey(Source, null=True, on_delete=models.PROTECT)
    source_id: bytes | None
    since = models.DateTimeField()
    reason = models.CharField(max_length=400, blank=True, default="")


class Version(models.Model):
    """A change of what rules on its way: a pack's new files, or its end; asked by one person, decided by another.

    `state` is draft (with faults), checked, approved, refused or dropped; whether an approved one waits, rules or
    is superseded is told by the rows of InForce. `ruled` tells all that ruled when it was tried on real visits
    (`rules.together`; None: never tried, `tried` is None too). `found` is what the check said.
    """

    kind = models.CharField(max_length=10)  # install, withdraw
    name = models.CharField(max_length=120, db_index=True)
    source = models.ForeignKey(Source, null=True, on_delete=models.PROTECT)
    source_id: bytes | None
    since: "models.DateTimeField[datetime | None]" = models.DateTimeField(null=True)
    state = models.CharField(max_length=10)
    reason = models.CharField(max_length=400)
    asked_by = models.CharField(max_length=80)
    asked: "models.DateTimeField[datetime]" = models.DateTimeField()
    found: "models.JSONField[Any]" = models.JSONField(default=dict)
    tried: "models.DateTimeField[datetime | None]" = models.DateTimeField(null=True)
    ruled = models.BinaryField(max_length=32, null=True)
    decided: "models.DateTimeField[datetime | None]" = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, blank=True, default="")
    decision = models.CharField(max_length=400, blank=True, default="")
    in_force = models.ForeignKey(InForce, null=True, on_delete=models.PROTECT)
    in_force_id: int | None
