"""What facilities were from which day on; what is registered holds for all days until something else is stated."""

import django.db.models.deletion
from django.db import migrations, models

_FROM_WHAT_IS = """
INSERT INTO register_facilitystate (facility_id, name, level, district, recorded)
SELECT code, name, level, district, now() FROM tenancy_facility
"""


class Migration(migrations.Migration):
    """A table of what was stated, with what is registered in it."""

    dependencies = [("register", "0020_days_known"), ("tenancy", "0010_accounts")]
    operations = [
        migrations.CreateModel(
            name="FacilityState",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("valid_from", models.DateField(null=True)),
                ("name", models.CharField(max_length=120)),
                ("level", models.CharField(max_length=40)),
                ("district", models.CharField(max_length=6)),
                ("recorded", models.DateTimeField()),
                ("superseded", models.DateTimeField(null=True)),
                (
                    "facility",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="tenancy.facility"
                    ),
                ),
            ],
        ),
        migrations.RunSQL(_FROM_WHAT_IS, migrations.RunSQL.noop),
    ]
