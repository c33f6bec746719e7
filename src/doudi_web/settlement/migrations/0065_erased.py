"""Settlements whose answer was erased are few among all: a period finds its own by an index of theirs."""

from django.db import migrations


class Migration(migrations.Migration):
    """The index by (settled, id)."""

    dependencies = [("settlement", "0064_provisional")]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX erased_of_moment ON settlement_settlement (settled, id) WHERE result IS NULL",
            "DROP INDEX erased_of_moment",
        ),
    ]
