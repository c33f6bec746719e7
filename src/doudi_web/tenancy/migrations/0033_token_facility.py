"""A token may name a hospital that is not registered yet: its information system is set up first."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


def _of_facility() -> models.ForeignKey:
    return models.ForeignKey(
        blank=True,
        db_constraint=False,
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        to="tenancy.facility",
    )


class Migration(migrations.Migration):
    """No constraint on a token's hospital, nor on the grant that asks for it."""

    dependencies: ClassVar = [("tenancy", "0032_one_time_next")]

    operations: ClassVar = [
        migrations.AlterField(model_name="token", name="facility", field=_of_facility()),
        migrations.AlterField(model_name="grant", name="facility", field=_of_facility()),
    ]
