"""Running visits are few among all that ever ran: they are read by an index of their own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """An index of the visits that are not settled."""

    dependencies = [("settlement", "0041_provisional")]
    operations = [
        migrations.AddIndex(
            model_name="visit",
            index=models.Index(
                fields=["id"], condition=models.Q(settled=None), name="running_visit"
            ),
        ),
    ]
