"""What a hospital's poor patients were asked for besides is found by the day on which it was decided."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The index."""

    dependencies = [("settlement", "0061_moved")]
    operations = [
        migrations.AddIndex(
            model_name="proposal",
            index=models.Index(fields=["facility", "kind", "decided"], name="proposal_of_facility"),
        ),
    ]
