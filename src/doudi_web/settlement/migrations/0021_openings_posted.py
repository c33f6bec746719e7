"""An opening is a posting like the others; those that were taken before get theirs now."""

from typing import Any

from django.db import connection, migrations, models

from doudi_web.settlement.opened import POSTING, posting_of
from doudi_web.tenancy.clock import now

_TAKEN = """
SELECT id, owner, year, name, amount, source, as_of, received, after_entry, before, client
FROM settlement_opening o
WHERE NOT EXISTS (SELECT 1 FROM settlement_posting p WHERE p.opening = o.id) ORDER BY id
"""


def post(*_: Any) -> None:
    """A posting for each opening that has none: it holds from now on what the row says now."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN)
        at = now()
        cursor.executemany(
            POSTING, [posting_of(row, at, at.strftime("%Y-%m")) for row in cursor.fetchall()]
        )


class Migration(migrations.Migration):
    dependencies = [("settlement", "0020_visits")]
    operations = [
        migrations.AlterField(
            "posting", "settlement", models.BigIntegerField(db_index=True, null=True)
        ),
        migrations.AddField("posting", "opening", models.BigIntegerField(null=True, unique=True)),
        migrations.RemoveConstraint("posting", "one_posting_once"),
        migrations.AddConstraint(
            "posting",
            models.UniqueConstraint(
                condition=models.Q(("kind", "opening"), _negated=True),
                fields=("client", "message"),
                name="one_posting_once",
            ),
        ),
        migrations.RunPython(post, migrations.RunPython.noop),
    ]
