"""The tables of oversight, which take inserts alone."""

import django.db.models.deletion
from django.db import migrations, models

_TABLES = (
    "oversight_figure",
    "oversight_defect",
    "oversight_touched",
    "oversight_audit",
    "oversight_finding",
)
_GUARDED = ";".join(
    f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
    " FOR EACH ROW EXECUTE FUNCTION doudi_append_only();"
    f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION doudi_append_only()"
    for table in _TABLES
)


class Migration(migrations.Migration):
    """Five tables, and the guards on them."""

    initial = True

    dependencies = [("settlement", "0002_append_only")]

    operations = [
        migrations.CreateModel(
            name="Audit",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("begun", models.DateTimeField()),
                ("ended", models.DateTimeField()),
                ("actor", models.CharField(max_length=80)),
                ("program", models.CharField(max_length=40)),
                ("start", models.DateTimeField(null=True)),
                ("end", models.DateTimeField(null=True)),
                ("facility", models.CharField(blank=True, default="", max_length=40)),
                ("figures", models.JSONField()),
            ],
        ),
        migrations.CreateModel(
            name="Defect",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=60, unique=True)),
                ("what", models.CharField(max_length=400)),
                ("engines", models.JSONField()),
                ("found", models.DateField()),
                ("recorded", models.DateTimeField()),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=400)),
            ],
        ),
        migrations.CreateModel(
            name="Figure",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("source", models.CharField(max_length=10)),
                ("facility", models.CharField(max_length=40)),
                ("visit", models.CharField(max_length=64)),
                ("amounts", models.JSONField()),
                ("stated", models.DateTimeField(null=True)),
                ("received", models.DateTimeField()),
                ("client", models.CharField(max_length=80)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["facility", "visit", "source", "id"], name="figure_of")
                ],
            },
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("settlement", models.BigIntegerField(db_index=True)),
                ("content", models.JSONField()),
                (
                    "audit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="oversight.audit",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Touched",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("settlement", models.BigIntegerField(db_index=True)),
                ("recorded", models.DateTimeField()),
                ("actor", models.CharField(max_length=80)),
                (
                    "defect",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="oversight.defect",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("defect", "settlement"), name="one_touch_once")
                ],
            },
        ),
        migrations.RunSQL(_GUARDED, migrations.RunSQL.noop),
    ]
