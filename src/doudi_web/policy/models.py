"""Policy as it was installed: never changed, only followed by another."""

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
