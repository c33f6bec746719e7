"""The last run of a kind, and those that failed lately, are found by indexes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Both indexes."""

    dependencies = [("runs", "0001_initial")]
    operations = [
        migrations.AddIndex(
            model_name="run", index=models.Index(fields=["kind", "id"], name="run_of_kind")
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                fields=["ended"], condition=models.Q(state="failed"), name="failed_run"
            ),
        ),
    ]
