"""Facts and their sums, which can be made anew; budgets and deliveries, which take inserts alone."""

from django.db import migrations, models

TABLES = ("indicators_budget", "indicators_delivery")


def _guards() -> list[migrations.RunSQL]:
    return [
        migrations.RunSQL(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION doudi_append_only();"
            f" CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION doudi_append_only()",
            f"DROP TRIGGER append_only ON {table}; DROP TRIGGER never_emptied ON {table}",
        )
        for table in TABLES
    ]


class Migration(migrations.Migration):
    """The tables, their guards, their indexes."""

    initial = True

    dependencies = [
        ("settlement", "0063_corrected"),
        ("register", "0050_learned"),
        ("clearing", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="People",
            fields=[
                ("township", models.CharField(max_length=9, primary_key=True, serialize=False)),
                ("persons", models.BigIntegerField()),
                ("poor", models.BigIntegerField()),
                ("poor_with_doctor", models.BigIntegerField()),
                ("care_insured", models.BigIntegerField()),
                ("care_not", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Seen",
            fields=[
                ("posting", models.BigIntegerField(primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name="Budget",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("year", models.SmallIntegerField()),
                ("fund", models.CharField(max_length=60)),
                ("amount", models.BigIntegerField()),
                ("reason", models.CharField(max_length=400)),
                ("stated", models.DateTimeField()),
                ("stated_by", models.CharField(max_length=80)),
            ],
            options={
                "indexes": [models.Index(fields=["year", "fund", "id"], name="budget_of_year")],
            },
        ),
        migrations.CreateModel(
            name="Cell",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("level", models.SmallIntegerField()),
                ("month", models.IntegerField()),
                ("facility", models.CharField(blank=True, max_length=40)),
                ("township", models.CharField(blank=True, max_length=9)),
                ("kind", models.CharField(blank=True, max_length=40)),
                ("standing", models.CharField(blank=True, max_length=40)),
                ("disease", models.CharField(blank=True, max_length=10)),
                ("district", models.CharField(max_length=6)),
                ("place", models.SmallIntegerField()),
                ("n", models.BigIntegerField()),
                ("total", models.BigIntegerField()),
                ("patient", models.BigIntegerField()),
                ("hospital", models.BigIntegerField()),
                ("waits", models.BigIntegerField()),
                ("funds", models.BigIntegerField()),
                ("floor", models.BigIntegerField()),
                ("floored", models.BigIntegerField()),
                ("measured", models.BigIntegerField()),
                ("allowed", models.BigIntegerField()),
                ("measured_total", models.BigIntegerField()),
                ("measured_n", models.BigIntegerField()),
                ("exceeded", models.BigIntegerField()),
                ("over", models.BigIntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["level", "facility", "month"], name="cell_of_facility"),
                    models.Index(fields=["level", "township", "month"], name="cell_of_township"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "level",
                            "month",
                            "facility",
                            "township",
                            "disease",
                            "kind",
                            "standing",
                            "place",
                            "district",
                        ),
                        name="one_cell",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("district", models.CharField(max_length=6)),
                ("year", models.SmallIntegerField()),
                ("as_of", models.DateTimeField()),
                ("digest", models.CharField(max_length=64)),
                ("content", models.JSONField()),
                ("received", models.DateTimeField()),
                ("received_by", models.CharField(max_length=80)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["year", "district", "id"], name="delivery_of_district")
                ],
            },
        ),
        migrations.CreateModel(
            name="Fact",
            fields=[
                ("settlement", models.BigIntegerField(primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("month", models.IntegerField()),
                ("facility", models.CharField(max_length=40)),
                ("township", models.CharField(max_length=9)),
                ("district", models.CharField(max_length=6)),
                ("kind", models.CharField(blank=True, max_length=40)),
                ("standing", models.CharField(blank=True, max_length=40)),
                ("place", models.SmallIntegerField()),
                ("disease", models.CharField(max_length=10)),
                ("total", models.BigIntegerField()),
                ("patient", models.BigIntegerField()),
                ("hospital", models.BigIntegerField()),
                ("waits", models.BigIntegerField()),
                ("funds", models.BigIntegerField()),
                ("floor", models.BigIntegerField()),
                ("measured", models.BigIntegerField(null=True)),
                ("allowed", models.BigIntegerField(null=True)),
                ("exceeded", models.BooleanField()),
                ("over", models.BooleanField()),
                ("share", models.IntegerField()),
                ("paid", models.JSONField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["day", "settlement"], name="fact_of_day"),
                    models.Index(fields=["facility", "day", "settlement"], name="fact_of_facility"),
                    models.Index(fields=["township", "day", "settlement"], name="fact_of_township"),
                    models.Index(fields=["disease", "day", "settlement"], name="fact_of_disease"),
                    models.Index(
                        condition=models.Q(("over", True), ("exceeded", True), _connector="OR"),
                        fields=["day", "settlement"],
                        name="fact_out_of_line",
                    ),
                    models.Index(
                        condition=models.Q(("waits", 0), _negated=True),
                        fields=["settlement"],
                        name="fact_waiting",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Paid",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("level", models.SmallIntegerField()),
                ("month", models.IntegerField()),
                ("facility", models.CharField(blank=True, max_length=40)),
                ("township", models.CharField(blank=True, max_length=9)),
                ("kind", models.CharField(blank=True, max_length=40)),
                ("standing", models.CharField(blank=True, max_length=40)),
                ("fund", models.CharField(max_length=60)),
                ("n", models.BigIntegerField()),
                ("amount", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "level",
                            "facility",
                            "township",
                            "month",
                            "kind",
                            "standing",
                            "fund",
                        ),
                        name="one_paid",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Share",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("level", models.SmallIntegerField()),
                ("month", models.IntegerField()),
                ("facility", models.CharField(blank=True, max_length=40)),
                ("township", models.CharField(blank=True, max_length=9)),
                ("kind", models.CharField(blank=True, max_length=40)),
                ("standing", models.CharField(blank=True, max_length=40)),
                ("share", models.IntegerField()),
                ("n", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "level",
                            "kind",
                            "facility",
                            "township",
                            "month",
                            "standing",
                            "share",
                        ),
                        name="one_share",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Spent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("fund", models.CharField(max_length=60)),
                ("n", models.BigIntegerField()),
                ("amount", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("fund", "day"), name="one_day_of_fund")
                ],
            },
        ),
        migrations.CreateModel(
            name="State",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                ("low", models.BigIntegerField(default=0)),
                ("import_low", models.BigIntegerField(default=0)),
                ("top", models.BigIntegerField(default=0)),
                ("import_top", models.BigIntegerField(default=0)),
                ("horizon", models.CharField(blank=True, default="", max_length=20)),
                ("marked", models.DateTimeField(null=True)),
                ("is_whole", models.BooleanField(default=False)),
                ("as_of", models.DateTimeField(null=True)),
                ("looked", models.DateTimeField(null=True)),
                ("people_as_of", models.DateTimeField(null=True)),
                ("people_import", models.BigIntegerField(default=-1)),
                ("people_day", models.DateField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="one_indicators_state"
                    )
                ],
            },
        ),
        *_guards(),
    ]
