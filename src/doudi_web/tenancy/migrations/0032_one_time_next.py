"""A new telephone's secret is kept aside until a code of it has come back."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """The secret that is not confirmed yet."""

    dependencies: ClassVar = [("tenancy", "0031_key_checks")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="account", name="one_time_next", field=models.BinaryField(null=True)
        ),
        migrations.RunSQL(
            "UPDATE tenancy_account SET one_time_next = one_time_secret, one_time_secret = NULL"
            " WHERE one_time_since IS NULL",
            migrations.RunSQL.noop,
        ),
    ]
