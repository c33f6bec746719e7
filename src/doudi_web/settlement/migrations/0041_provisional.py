"""The queue of provisional persons is read by what the answers say; those who wait are few among all."""

from django.db import migrations

_WAITING = """WHERE strpos(result, '"provisional_reasons":["eligibility"') > 0"""


class Migration(migrations.Migration):
    """Indexes of the settlements of persons who were not registered: of all, and of each hospital."""

    dependencies = [("settlement", "0040_listed")]
    operations = [
        migrations.RunSQL(
            f"CREATE INDEX provisional_of_all ON settlement_settlement (id) {_WAITING};"
            f"CREATE INDEX provisional_of_facility ON settlement_settlement (facility, id) {_WAITING}",
            "DROP INDEX provisional_of_all; DROP INDEX provisional_of_facility",
        ),
    ]
