"""Plans, what was drawn and judged, questions and what was said of them."""

import django.db.models.deletion
from django.db import migrations, models

_TABLES = ("inquiry_plan", "inquiry_draw", "inquiry_drawn", "inquiry_judged", "inquiry_event")
_GUARDED = ";".join(
    f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
    " FOR EACH ROW EXECUTE FUNCTION doudi_append_only();"
    f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION doudi_append_only()"
    for table in _TABLES
)
_PROTECT = django.db.models.deletion.PROTECT


class Migration(migrations.Migration):
    """Six tables, and the guards on those that only grow."""

    initial = True

    dependencies = [("review", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Plan",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=60)),
                ("content", models.TextField()),
                ("digest", models.BinaryField(max_length=32)),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=80)),
            ],
        ),
        migrations.CreateModel(
            name="Draw",
            fields=[
                (
                    "plan",
                    models.OneToOneField(
                        on_delete=_PROTECT, primary_key=True, serialize=False, to="inquiry.plan"
                    ),
                ),
                ("population", models.BigIntegerField()),
                ("frame", models.BinaryField()),
                ("frame_digest", models.BinaryField(max_length=32)),
                ("count", models.IntegerField()),
                ("list_digest", models.BinaryField(max_length=32)),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=80)),
            ],
        ),
        migrations.CreateModel(
            name="Drawn",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("place", models.IntegerField()),
                ("settlement", models.BigIntegerField(db_index=True)),
                ("stratum", models.CharField(blank=True, max_length=60)),
                ("weight", models.IntegerField()),
                ("marks", models.JSONField()),
                ("ticket", models.CharField(max_length=64)),
                ("plan", models.ForeignKey(on_delete=_PROTECT, to="inquiry.plan")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["plan", "place"], name="one_place_of_a_sample")
                ]
            },
        ),
        migrations.CreateModel(
            name="Judged",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("verdict", models.CharField(max_length=10)),
                ("words", models.CharField(blank=True, max_length=400)),
                ("question", models.BigIntegerField(null=True)),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=80)),
                ("drawn", models.ForeignKey(on_delete=_PROTECT, to="inquiry.drawn")),
            ],
        ),
        migrations.CreateModel(
            name="Question",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("settlement", models.BigIntegerField(db_index=True)),
                ("person", models.CharField(max_length=64)),
                ("visit", models.CharField(max_length=64)),
                ("facility", models.CharField(max_length=40)),
                ("source", models.CharField(max_length=10)),
                ("source_number", models.BigIntegerField(null=True)),
                ("category", models.CharField(max_length=12)),
                ("amount", models.BigIntegerField(null=True)),
                ("asked", models.CharField(max_length=10)),
                ("deadline", models.DateField()),
                ("state", models.CharField(max_length=10)),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=80)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["state", "id"], name="question_of_state"),
                    models.Index(fields=["facility", "state", "id"], name="question_of_hospital"),
                ]
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=10)),
                ("words", models.CharField(max_length=400)),
                ("says", models.JSONField()),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=80)),
                ("role", models.CharField(max_length=20)),
                ("question", models.ForeignKey(on_delete=_PROTECT, to="inquiry.question")),
            ],
        ),
        migrations.RunSQL(_GUARDED, migrations.RunSQL.noop),
    ]
