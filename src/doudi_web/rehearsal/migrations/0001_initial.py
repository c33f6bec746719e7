"""Trials of versions, and the visits that would come out otherwise."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Trial",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.BigIntegerField(db_index=True)),
                ("name", models.CharField(max_length=120)),
                ("digest", models.BinaryField(max_length=32)),
                ("ruled", models.BinaryField(max_length=32, null=True)),
                ("start", models.DateTimeField()),
                ("end", models.DateTimeField()),
                ("as_of", models.DateField(null=True)),
                ("asked_by", models.CharField(max_length=80)),
                ("asked", models.DateTimeField()),
                ("run", models.BigIntegerField(null=True)),
                ("done", models.DateTimeField(null=True)),
                ("told", models.JSONField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Outcome",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("trial", models.BigIntegerField()),
                ("settlement", models.BigIntegerField()),
                ("facility", models.CharField(max_length=40)),
                ("kind", models.CharField(max_length=40)),
                ("standing", models.CharField(max_length=40)),
                ("patient", models.BigIntegerField()),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
                ("fault", models.CharField(blank=True, default="", max_length=400)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["trial", "patient", "id"], name="outcome_of_trial")
                ]
            },
        ),
    ]
