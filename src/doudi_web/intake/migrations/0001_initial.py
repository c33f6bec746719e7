"""The tables of imports by file."""

import django.db.models.deletion
from django.db import migrations, models

_GUARDED = ";".join(
    f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
    " FOR EACH ROW EXECUTE FUNCTION doudi_append_only();"
    f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION doudi_append_only()"
    for table in ("intake_event", "intake_mend")
)


class Migration(migrations.Migration):
    """Five tables, and the guards on the two that take inserts alone."""

    initial = True

    dependencies = [("settlement", "0002_append_only")]

    operations = [
        migrations.CreateModel(
            name="Import",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=60)),
                ("kind", models.CharField(max_length=10)),
                ("facility", models.CharField(blank=True, default="", max_length=40)),
                ("visit", models.CharField(blank=True, default="", max_length=64)),
                ("name", models.CharField(max_length=200)),
                ("content", models.BinaryField()),
                ("size", models.IntegerField()),
                ("digest", models.BinaryField(db_index=True, max_length=32)),
                ("columns", models.JSONField(default=dict)),
                ("state", models.CharField(max_length=12)),
                ("revision", models.IntegerField(default=0)),
                ("looked", models.DateTimeField(null=True)),
                ("counts", models.JSONField(default=dict)),
                ("prints", models.JSONField(default=dict)),
                ("outcome", models.BinaryField(max_length=32, null=True)),
                ("seen", models.BinaryField(null=True)),
                ("running", models.BigIntegerField(null=True)),
                ("wanted", models.JSONField(null=True)),
                ("became", models.BigIntegerField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["facility", "id"], name="import_of_facility"),
                    models.Index(fields=["facility", "state"], name="import_of_state"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=60)),
                ("what", models.CharField(max_length=12)),
                ("revision", models.IntegerField()),
                ("detail", models.JSONField(default=dict)),
                (
                    "came",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="intake.import"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Mend",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("revision", models.IntegerField()),
                ("row", models.IntegerField()),
                ("column", models.IntegerField()),
                ("title", models.CharField(max_length=200)),
                ("said", models.BinaryField()),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=60)),
                (
                    "came",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="intake.import"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Page",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("tab", models.CharField(max_length=10)),
                ("number", models.IntegerField()),
                ("content", models.BinaryField()),
                (
                    "came",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="intake.import"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("came", "tab", "number"), name="one_page_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Taken",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("visit", models.BigIntegerField()),
                ("name", models.CharField(max_length=64)),
                ("line", models.CharField(blank=True, max_length=64)),
                ("amount", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("undone", models.DateTimeField(null=True)),
                (
                    "came",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="intake.import"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["visit", "line"], name="taken_of_line")],
            },
        ),
        migrations.RunSQL(_GUARDED, migrations.RunSQL.noop),
    ]
