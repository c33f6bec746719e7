"""Exports of a profile are listed by an index, the newest first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The index in the place of that of the profile alone."""

    dependencies = [("exchange", "0002_exporttaken")]
    operations = [
        migrations.AlterField(
            model_name="exportrun", name="profile", field=models.CharField(max_length=40)
        ),
        migrations.AddIndex(
            model_name="exportrun",
            index=models.Index(fields=["profile", "id"], name="export_of_profile"),
        ),
    ]
