"""Wishes for a family doctor, and the visits of plans."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The tables."""

    initial = True
    dependencies = [("settlement", "0063_corrected")]

    operations = [
        migrations.CreateModel(
            name="Wish",
            fields=[
                ("person", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("township", models.CharField(db_index=True, max_length=9)),
                ("wishes", models.BooleanField()),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=80)),
            ],
        ),
        migrations.CreateModel(
            name="Visit",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("township", models.CharField(max_length=9)),
                ("person", models.CharField(db_index=True, max_length=64)),
                ("due", models.DateField()),
                ("what", models.CharField(max_length=60)),
                ("done", models.DateField(null=True)),
                ("note", models.BinaryField(null=True)),
                ("by", models.CharField(default="", max_length=80)),
                ("dropped", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("done", None), ("dropped", None)),
                        fields=["township", "due"],
                        name="visit_due",
                    )
                ],
            },
        ),
    ]
