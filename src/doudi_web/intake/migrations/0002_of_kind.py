"""Imports of a kind are listed by an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The index."""

    dependencies = [("intake", "0001_initial")]
    operations = [
        migrations.AddIndex(
            model_name="import", index=models.Index(fields=["kind", "id"], name="import_of_kind")
        )
    ]
