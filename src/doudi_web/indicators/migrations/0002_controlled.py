"""What control measured is kept by hospital, month and rate: a period is added up without reading its visits."""

from django.db import migrations, models

_ANEW = """
TRUNCATE indicators_fact, indicators_cell, indicators_share, indicators_paid, indicators_spent, indicators_seen,
  indicators_state
"""


class Migration(migrations.Migration):
    """The table and two columns of facts. All facts are made anew: until then pages say that they are not whole."""

    dependencies = [("indicators", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Controlled",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("facility", models.CharField(max_length=40)),
                ("month", models.IntegerField()),
                ("rate", models.CharField(blank=True, max_length=40)),
                ("n", models.BigIntegerField()),
                ("total", models.BigIntegerField()),
                ("measured", models.BigIntegerField()),
                ("borne", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["facility", "month", "rate"], name="one_controlled"
                    )
                ],
                "indexes": [models.Index(fields=["month"], name="controlled_of_month")],
            },
        ),
        migrations.RunSQL(_ANEW, migrations.RunSQL.noop),
        migrations.AddField(
            model_name="fact", name="rate", field=models.CharField(max_length=40, null=True)
        ),
        migrations.AddField(
            model_name="fact", name="borne", field=models.BigIntegerField(db_default=0)
        ),
    ]
