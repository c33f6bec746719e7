"""Settlements are listed in their order: of a person, of a hospital by the indexes that are there, else by this."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """An index of all settlements by (settled, id)."""

    dependencies = [("settlement", "0030_places")]
    operations = [
        migrations.AddIndex(
            model_name="settlement", index=models.Index(fields=["settled", "id"], name="of_moment")
        ),
    ]
