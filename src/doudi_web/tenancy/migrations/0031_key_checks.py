"""The database knows the keys of its installation again, so that no others are taken for them."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Check values of keys."""

    dependencies: ClassVar = [("tenancy", "0030_demonstration")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="KeyCheck",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("value", models.BinaryField(max_length=32)),
            ],
        ),
    ]
