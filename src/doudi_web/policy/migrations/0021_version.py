"""New versions of packs on their way, each asked by one person and decided by another."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("policy", "0020_withdrawn")]
    operations = [
        migrations.CreateModel(
            name="Version",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=10)),
                ("name", models.CharField(db_index=True, max_length=120)),
                (
                    "source",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, to="policy.source"
                    ),
                ),
                ("since", models.DateTimeField(null=True)),
                ("state", models.CharField(max_length=10)),
                ("reason", models.CharField(max_length=400)),
                ("asked_by", models.CharField(max_length=80)),
                ("asked", models.DateTimeField()),
                ("found", models.JSONField(default=dict)),
                ("tried", models.DateTimeField(null=True)),
                ("ruled", models.BinaryField(max_length=32, null=True)),
                ("decided", models.DateTimeField(null=True)),
                ("decided_by", models.CharField(blank=True, default="", max_length=80)),
                ("decision", models.CharField(blank=True, default="", max_length=400)),
                (
                    "in_force",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, to="policy.inforce"
                    ),
                ),
            ],
        ),
    ]
