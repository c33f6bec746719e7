"""A posting keeps the digests of all that it says; what tells of a person can be erased, and only so."""

from django.db import migrations, models

from doudi_web.settlement.guards import INSTALL


class Migration(migrations.Migration):
    """Digests of parts, columns that an erasure empties, the function that alone may do so."""

    dependencies = [("settlement", "0002_append_only")]
    operations = [
        migrations.AddField(
            "posting", "parts", models.BinaryField(default=b""), preserve_default=False
        ),
        migrations.AlterField("settlement", "result", models.TextField(null=True)),
        migrations.AlterField("settlement", "evidence", models.BinaryField(null=True)),
        migrations.AddConstraint(
            "posting",
            models.UniqueConstraint(
                condition=models.Q(("kind", "erase")), fields=("settlement",), name="one_erasure"
            ),
        ),
        migrations.RunSQL(INSTALL, migrations.RunSQL.noop),
    ]
