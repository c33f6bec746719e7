"""What alerts of each rule were closed as is counted by an index alone; those that were given to a hospital or a
township are found by indexes, whoever they are of."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The indexes."""

    dependencies = [("alerts", "0002_looked")]
    operations = [
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                fields=[
                    "rule",
                    "state",
                    "ended_as",
                    "facility",
                    "owner_facility",
                    "township",
                    "owner_township",
                ],
                name="alert_of_end",
            ),
        ),
        *(
            migrations.AddIndex(model_name="alert", index=models.Index(fields=[of], name=name))
            for of, name in (
                ("owner_facility", "alert_of_owning_hospital"),
                ("owner_township", "alert_of_owning_township"),
            )
        ),
    ]
