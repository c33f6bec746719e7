"""Alerts and what was said of them; events take inserts alone."""

from django.db import migrations, models

_RUNNING = models.Q(closed=None)
_GUARD = migrations.RunSQL(
    "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON review_event"
    " FOR EACH ROW EXECUTE FUNCTION doudi_append_only();"
    " CREATE TRIGGER never_emptied BEFORE TRUNCATE ON review_event"
    " FOR EACH STATEMENT EXECUTE FUNCTION doudi_append_only()",
    "DROP TRIGGER append_only ON review_event; DROP TRIGGER never_emptied ON review_event",
)


class Migration(migrations.Migration):
    """The two tables, and the guard of what may only grow."""

    initial = True
    dependencies = [("settlement", "0051_awaiting")]
    operations = [
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("visit", models.BigIntegerField()),
                ("facility", models.CharField(max_length=40)),
                ("cause", models.BinaryField(max_length=32)),
                ("status", models.CharField(max_length=12)),
                ("first", models.DateTimeField()),
                ("last", models.DateTimeField()),
                ("count", models.IntegerField()),
                ("closed", models.DateTimeField(null=True)),
                ("says", models.JSONField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=_RUNNING, fields=["visit"], name="one_open_alert_of_visit"
                    )
                ],
                "indexes": [
                    models.Index(fields=["visit", "id"], name="alert_of_visit"),
                    models.Index(
                        condition=_RUNNING, fields=["facility", "visit"], name="open_alert"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("visit", models.BigIntegerField()),
                ("facility", models.CharField(max_length=40)),
                ("alert", models.BigIntegerField(null=True)),
                ("kind", models.CharField(max_length=12)),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=80)),
                ("role", models.CharField(max_length=20)),
                ("reason", models.CharField(blank=True, max_length=400)),
                ("says", models.JSONField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["visit", "id"], name="review_of_visit"),
                    models.Index(
                        condition=models.Q(kind="passed"),
                        fields=["facility", "id"],
                        name="passed_emergency",
                    ),
                ]
            },
        ),
        _GUARD,
    ]
