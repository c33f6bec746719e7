"""Changes of what is known of a person wait until settling has looked at them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("register", "0040_facility_states")]
    operations = [
        migrations.CreateModel(
            name="Learned",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("person", models.CharField(db_index=True, max_length=64)),
            ],
        ),
    ]
