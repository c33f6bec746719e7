"""What was looked at above the last posting of which everything is known, noted one by one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("alerts", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Looked",
            fields=[("posting", models.BigIntegerField(primary_key=True, serialize=False))],
        ),
    ]
