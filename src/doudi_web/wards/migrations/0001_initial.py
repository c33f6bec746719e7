"""Stays, what is kept of running visits, and how far the ledger was seen."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    """The tables, with their indexes."""

    initial = True

    dependencies = [("settlement", "0061_moved"), ("review", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Stay",
            fields=[
                ("visit_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("ward", models.CharField(blank=True, default="", max_length=40)),
                ("bed", models.CharField(blank=True, default="", max_length=20)),
                ("doctor", models.CharField(blank=True, default="", max_length=40)),
                ("planned_discharge", models.DateTimeField(null=True)),
                ("version", models.BigIntegerField()),
                ("changed", models.DateTimeField()),
                ("changed_by", models.CharField(max_length=80)),
            ],
        ),
        migrations.CreateModel(
            name="Kept",
            fields=[
                ("visit_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("visit", models.CharField(max_length=64)),
                ("facility", models.CharField(max_length=40)),
                ("person", models.CharField(max_length=64)),
                ("kind", models.CharField(max_length=40)),
                ("admitted", models.DateField(null=True)),
                ("discharged", models.DateTimeField(null=True)),
                ("leaves", models.DateField(null=True)),
                ("settled", models.DateTimeField(null=True)),
                ("settlement", models.BigIntegerField(null=True)),
                ("standing", models.CharField(max_length=40)),
                ("standing_title", models.CharField(max_length=60)),
                ("standing_to", models.DateField(null=True)),
                ("entitled", models.BooleanField()),
                ("status", models.CharField(max_length=12)),
                ("share", models.IntegerField(null=True)),
                ("share_least", models.IntegerField(null=True)),
                ("share_most", models.IntegerField(null=True)),
                ("limit", models.BigIntegerField(null=True)),
                ("near", models.BigIntegerField(null=True)),
                ("excess", models.BigIntegerField(null=True)),
                ("room", models.BigIntegerField(null=True)),
                ("total", models.BigIntegerField(null=True)),
                ("measured", models.BigIntegerField(null=True)),
                ("funds", models.BigIntegerField(null=True)),
                ("hospital", models.BigIntegerField(null=True)),
                ("floor", models.BigIntegerField(null=True)),
                ("patient", models.BigIntegerField(null=True)),
                ("otherwise", models.BigIntegerField(null=True)),
                ("unmapped", models.IntegerField(default=0)),
                ("unmapped_amount", models.BigIntegerField(default=0)),
                (
                    "faults",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=8), size=None
                    ),
                ),
                (
                    "needs",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), size=None
                    ),
                ),
                (
                    "who",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), size=None
                    ),
                ),
                ("due", models.DateTimeField(null=True)),
                ("urgency", models.SmallIntegerField()),
                ("badness", models.SmallIntegerField()),
                ("as_of", models.DateTimeField()),
                ("moved", models.BigIntegerField()),
                ("registered", models.BigIntegerField(null=True)),
                ("facility_state", models.BigIntegerField()),
                ("generation", models.BigIntegerField()),
                ("day", models.DateField()),
                ("stay", models.BigIntegerField()),
                ("alert", models.BigIntegerField()),
                ("event", models.BigIntegerField()),
                ("marks", models.BigIntegerField(default=0)),
                ("marks_known", models.BigIntegerField()),
                ("revision", models.BigIntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["facility", "urgency", "badness"], name="kept_of_facility"
                    ),
                    models.Index(fields=["person"], name="kept_of_person"),
                    models.Index(
                        condition=models.Q(("settled__isnull", False)),
                        fields=["day"],
                        name="kept_settled",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Watched",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                ("posting", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="one_watched")
                ],
            },
        ),
        migrations.RunSQL("CREATE SEQUENCE wards_revision", "DROP SEQUENCE wards_revision"),
    ]
