"""Bundles, heads handed over and taken back: tables of inserts alone."""

from django.db import migrations, models

_TABLES = ("witness_bundle", "witness_handed", "witness_returned")
_GUARDED = ";".join(
    f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
    " FOR EACH ROW EXECUTE FUNCTION doudi_append_only();"
    f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION doudi_append_only()"
    for table in _TABLES
)


class Migration(migrations.Migration):
    """Three tables, and the guards on them."""

    initial = True

    dependencies = [("settlement", "0002_append_only")]

    operations = [
        migrations.CreateModel(
            name="Bundle",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("settlement", models.BigIntegerField(db_index=True)),
                ("facility", models.CharField(max_length=40)),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=400)),
                ("unmasked", models.BooleanField()),
                ("size", models.BigIntegerField()),
                ("digest", models.BinaryField(max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name="Handed",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("size", models.BigIntegerField()),
                ("root", models.BinaryField(max_length=32)),
                ("before", models.BinaryField(max_length=32)),
                ("sealed", models.DateTimeField()),
                ("digest", models.BinaryField(max_length=32)),
                ("signature", models.BinaryField(max_length=64)),
                ("to", models.CharField(max_length=120)),
                ("on", models.CharField(max_length=10)),
                ("note", models.CharField(blank=True, max_length=400)),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=80)),
            ],
        ),
        migrations.CreateModel(
            name="Returned",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("handed", models.BigIntegerField(db_index=True, null=True)),
                ("size", models.BigIntegerField()),
                ("digest", models.BinaryField(max_length=32)),
                ("against", models.BigIntegerField()),
                ("holds", models.BooleanField()),
                ("why", models.CharField(blank=True, max_length=12)),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=80)),
            ],
        ),
        migrations.RunSQL(_GUARDED, migrations.RunSQL.noop),
    ]
