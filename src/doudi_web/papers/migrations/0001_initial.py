"""The log of prints, the numbers to ring: tables of inserts alone; indexes by which a hospital's books are read."""

from django.db import migrations, models

CLEARING_INDEX = """
CREATE INDEX clearing_entry_of_hospital ON settlement_entry (account, posting) WHERE account LIKE 'clearing:%'
"""
RELIEF_INDEX = """
CREATE INDEX relieved_at_hospital ON settlement_proposal (facility) WHERE kind = 'collect' AND state = 'refused'
"""
TABLES = ("papers_printed", "papers_contact")


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
    """The tables and their guards."""

    initial = True
    dependencies = [("settlement", "0051_awaiting")]
    operations = [
        migrations.CreateModel(
            name="Printed",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=12)),
                ("of", models.CharField(max_length=120)),
                ("number", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=80)),
                ("facility", models.CharField(blank=True, max_length=40)),
                ("digest", models.BinaryField(max_length=32)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["kind", "of", "number"], name="one_print_once")
                ],
                "indexes": [models.Index(fields=["facility", "id"], name="print_of_facility")],
            },
        ),
        migrations.CreateModel(
            name="Contact",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("facility", models.CharField(blank=True, max_length=40)),
                ("place", models.CharField(max_length=60)),
                ("phone", models.CharField(max_length=40)),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=80)),
            ],
            options={
                "indexes": [models.Index(fields=["facility", "id"], name="contact_of_facility")]
            },
        ),
        *_guards(),
        migrations.RunSQL(CLEARING_INDEX, "DROP INDEX clearing_entry_of_hospital"),
        migrations.RunSQL(RELIEF_INDEX, "DROP INDEX relieved_at_hospital"),
    ]
