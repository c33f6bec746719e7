"""Which floor amounts are open, and what the finished ones come to."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The tables, empty: who decides next begins to fill them, and until then all amounts are read one by one."""

    dependencies = [("clearing", "0003_to_assess")]
    operations = [
        migrations.CreateModel(
            name="FloorMark",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                ("low", models.BigIntegerField(default=0)),
                ("top", models.BigIntegerField(default=0)),
                ("horizon", models.CharField(blank=True, default="", max_length=20)),
                ("marked", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="one_floor_mark")
                ]
            },
        ),
        migrations.CreateModel(
            name="FloorOpen",
            fields=[("entry", models.BigIntegerField(primary_key=True, serialize=False))],
        ),
        migrations.CreateModel(
            name="FloorDone",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("facility", models.CharField(max_length=40)),
                ("month", models.CharField(max_length=7)),
                ("state", models.CharField(max_length=12)),
                ("items", models.BigIntegerField()),
                ("amount", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["facility", "month", "state"], name="one_sum_of_finished"
                    )
                ]
            },
        ),
    ]
