"""A pack that is taken out of force has a row that says why."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("policy", "0001_initial")]
    operations = [
        migrations.AddField(
            "inforce", "reason", models.CharField(blank=True, default="", max_length=400)
        ),
    ]
