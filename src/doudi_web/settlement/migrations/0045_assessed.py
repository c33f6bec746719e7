"""Assessments of hospitals' periods: a table of inserts alone, and the postings that commit to its rows."""

from django.db import migrations, models

_GUARDED = (
    "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON settlement_assessment"
    " FOR EACH ROW EXECUTE FUNCTION doudi_append_only();"
    "CREATE TRIGGER never_emptied BEFORE TRUNCATE ON settlement_assessment"
    " FOR EACH STATEMENT EXECUTE FUNCTION doudi_append_only()"
)


class Migration(migrations.Migration):
    """The table with its guards, and the number of an assessment at its posting."""

    dependencies = [("settlement", "0042_running")]
    operations = [
        migrations.CreateModel(
            name="Assessment",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("facility", models.CharField(max_length=40)),
                ("period", models.CharField(max_length=7)),
                ("amount", models.BigIntegerField()),
                ("fund", models.CharField(max_length=60)),
                ("assessed", models.DateTimeField()),
                ("client", models.CharField(max_length=80)),
                ("figures", models.BinaryField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["facility", "period"], name="assessment_of_period")
                ]
            },
        ),
        migrations.AddField(
            "posting", "assessment", models.BigIntegerField(null=True, unique=True)
        ),
        migrations.RunSQL(_GUARDED, migrations.RunSQL.noop),
    ]
