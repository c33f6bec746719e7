"""What the platform was asked; settlements that await it are read by indexes of what their answers say."""

from django.db import migrations, models

_AWAITS = """strpos(result, '"platform"],') > 0"""


class Migration(migrations.Migration):
    """The table, and the indexes."""

    dependencies = [("settlement", "0050_corrections")]
    operations = [
        migrations.CreateModel(
            name="PlatformAsk",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("settlement", models.BigIntegerField(db_index=True)),
                ("message", models.CharField(max_length=80)),
                ("outcome", models.CharField(max_length=12)),
                ("at", models.DateTimeField()),
                ("client", models.CharField(max_length=80)),
            ],
        ),
        migrations.RunSQL(
            f"CREATE INDEX awaiting_platform ON settlement_settlement (id) WHERE {_AWAITS};"
            f"CREATE INDEX awaiting_platform_of ON settlement_settlement (facility, id) WHERE {_AWAITS}",
            "DROP INDEX awaiting_platform; DROP INDEX awaiting_platform_of",
        ),
    ]
