"""Which floor amounts are on their way in a payment."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The table; its key lets no amount be in two payments."""

    dependencies = [("clearing", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("entry", models.BigIntegerField(primary_key=True, serialize=False)),
                ("holder", models.CharField(max_length=40)),
            ],
            options={"indexes": [models.Index(fields=["holder"], name="held_by")]},
        )
    ]
