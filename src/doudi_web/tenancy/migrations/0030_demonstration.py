"""A demonstration's day is kept with its data, so that whoever opens it has the same clock."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """The day of a demonstration, and when its filling was done."""

    dependencies: ClassVar = [("tenancy", "0010_accounts")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Demonstration",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                ("day", models.DateField()),
                ("filled", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="one_demonstration")
                ],
            },
        ),
    ]
