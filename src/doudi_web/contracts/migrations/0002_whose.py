"""A visit and a wish are a matter of where somebody lives by now, which the register knows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Two columns less; what is due is found by its day."""

    dependencies = [("contracts", "0001_initial")]

    operations = [
        migrations.RemoveIndex("visit", "visit_due"),
        migrations.RemoveField("visit", "township"),
        migrations.RemoveField("wish", "township"),
        migrations.AddIndex(
            "visit",
            models.Index(
                condition=models.Q(("done", None), ("dropped", None)),
                fields=["due"],
                name="visit_due",
            ),
        ),
    ]
