"""Bank accounts of facilities."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The table; one account of a facility waits for a second person at a time."""

    dependencies = [("register", "0050_learned")]
    operations = [
        migrations.CreateModel(
            name="PayeeAccount",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "facility",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="tenancy.facility"
                    ),
                ),
                ("sealed", models.BinaryField()),
                ("stated", models.DateTimeField()),
                ("stated_by", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=400)),
                ("confirmed", models.DateTimeField(null=True)),
                ("confirmed_by", models.CharField(blank=True, default="", max_length=80)),
                ("refused", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["facility"],
                        condition=models.Q(confirmed=None, refused=None),
                        name="one_account_to_confirm",
                    )
                ]
            },
        )
    ]
