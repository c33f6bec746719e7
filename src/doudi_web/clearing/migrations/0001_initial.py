"""States of floor amounts and messages: tables of inserts alone; an index of the floor fund's entries."""

from django.db import migrations, models

TABLES = ("clearing_floorstate", "clearing_message")


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
    """The tables, their guards, and an index: the floor fund's entries are some among all."""

    initial = True
    dependencies = [("settlement", "0045_assessed")]
    operations = [
        migrations.CreateModel(
            name="FloorState",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("entry", models.BigIntegerField()),
                ("state", models.CharField(max_length=12)),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=400)),
                ("reference", models.CharField(blank=True, max_length=80)),
                ("message", models.CharField(max_length=80)),
            ],
            options={
                "indexes": [models.Index(fields=["entry", "id"], name="floor_state_of_entry")]
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("client", models.CharField(max_length=80)),
                ("message", models.CharField(max_length=80)),
                ("digest", models.BinaryField(max_length=32)),
                ("at", models.DateTimeField()),
                ("answer", models.TextField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["client", "message"], name="one_clearing_message_once"
                    )
                ]
            },
        ),
        *_guards(),
        migrations.RunSQL(
            "CREATE INDEX entry_of_floor ON settlement_entry (id) WHERE account = 'fund:floor'",
            "DROP INDEX entry_of_floor",
        ),
    ]
