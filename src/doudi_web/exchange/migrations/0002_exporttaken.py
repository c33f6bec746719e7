"""Files of exports that were taken away."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchange", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="ExportTaken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("run", models.BigIntegerField(db_index=True)),
                ("name", models.CharField(max_length=120)),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=60)),
                ("reason", models.CharField(max_length=400)),
            ],
        ),
    ]
