"""Notices as they hang, and what was objected."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The tables."""

    initial = True
    dependencies = [("settlement", "0063_corrected")]

    operations = [
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("township", models.CharField(db_index=True, max_length=9)),
                ("kind", models.CharField(max_length=10)),
                ("first", models.DateField()),
                ("last", models.DateField()),
                ("hangs_from", models.DateField()),
                ("hangs_to", models.DateField()),
                ("rows", models.JSONField()),
                ("made", models.DateTimeField()),
                ("by", models.CharField(max_length=80)),
            ],
        ),
        migrations.CreateModel(
            name="Objection",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("says", models.BinaryField()),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=80)),
                ("reply", models.CharField(default="", max_length=400)),
                ("replied", models.DateTimeField(null=True)),
                ("replied_by", models.CharField(default="", max_length=80)),
                (
                    "notice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="objections",
                        to="notices.notice",
                    ),
                ),
            ],
        ),
    ]
