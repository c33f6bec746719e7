"""A visit counts what is done to it; running visits of one hospital are read by an index of their own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The count, and the index."""

    dependencies = [("settlement", "0051_awaiting")]
    operations = [
        migrations.AddField(
            model_name="visit",
            name="moved",
            field=models.BigIntegerField(default=0, db_default=0),
        ),
        migrations.AddIndex(
            model_name="visit",
            index=models.Index(
                fields=["facility", "id"], condition=models.Q(settled=None), name="running_visit_of"
            ),
        ),
    ]
