"""Openings keep what the ledger had; a refused bill its hospital, and why it was given up."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("settlement", "0010_sealed")]
    operations = [
        migrations.AddField(
            model_name="opening", name="before", field=models.BigIntegerField(default=0)
        ),
        migrations.AddField(
            model_name="opening",
            name="client",
            field=models.CharField(default="", max_length=80),
        ),
        migrations.AddField(
            model_name="quarantined",
            name="facility",
            field=models.CharField(db_index=True, default="", max_length=40),
        ),
        migrations.AddField(
            model_name="quarantined",
            name="reason",
            field=models.CharField(blank=True, default="", max_length=400),
        ),
    ]
