"""The last audit of everything is found by an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The index."""

    dependencies = [("oversight", "0001_initial")]
    operations = [
        migrations.AddIndex(
            model_name="audit",
            index=models.Index(
                fields=["id"],
                condition=models.Q(start=None, end=None, facility=""),
                name="whole_audit",
            ),
        )
    ]
