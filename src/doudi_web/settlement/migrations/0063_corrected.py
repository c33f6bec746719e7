"""Settlements that took another's place are few among all: they are listed by an index of their own."""

from django.db import migrations


class Migration(migrations.Migration):
    """An index of the corrections by (settled, id)."""

    dependencies = [("settlement", "0062_collected")]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX corrected_of_moment ON settlement_settlement (settled, id) WHERE sequence <> id",
            "DROP INDEX corrected_of_moment",
        ),
    ]
