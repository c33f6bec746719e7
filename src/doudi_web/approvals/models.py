"""Who has taken what waits upon themselves."""

from datetime import datetime

from django.db import models


class Taken(models.Model):
    """Somebody looks after an item: a proposal, a settlement that waits, a version. It stands below itself."""

    kind = models.CharField(max_length=20)
    number = models.BigIntegerField()
    owner = models.CharField(max_length=80)
    at: "models.DateTimeField[datetime]" = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "number"], name="one_owner_of_item")]
