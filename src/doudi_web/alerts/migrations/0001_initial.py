"""Alerts and what they rest on; what happened to them and what values were stated take inserts alone."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

TABLES = ("alerts_event", "alerts_value")


def _guards() -> list[migrations.RunSQL]:
    return [
        migrations.RunSQL(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION doudi_append_only();"
            f" CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION doudi_append_only()",
            f"DROP TRIGGER append_only ON {table}; DROP TRIGGER never_emptied ON {table}",
        )
        for table in TABLES
    ]


class Migration(migrations.Migration):
    """The tables, their guards, their indexes."""

    initial = True

    dependencies = [
        ("settlement", "0063_corrected"),
        ("register", "0050_learned"),
        ("indicators", "0001_initial"),
        ("wards", "0001_initial"),
        ("clearing", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("rule", models.CharField(max_length=20)),
                ("cause", models.CharField(max_length=160)),
                ("key", models.CharField(max_length=80)),
                ("says", models.CharField(max_length=400)),
                ("figures", models.JSONField()),
                ("weight", models.BigIntegerField()),
                ("severity", models.SmallIntegerField()),
                ("facility", models.CharField(blank=True, max_length=40)),
                ("township", models.CharField(blank=True, max_length=9)),
                ("owner_role", models.CharField(max_length=20)),
                ("owner_facility", models.CharField(blank=True, max_length=40)),
                ("owner_township", models.CharField(blank=True, max_length=9)),
                ("taken_by", models.CharField(blank=True, max_length=80)),
                ("state", models.CharField(max_length=8)),
                ("ended_as", models.CharField(blank=True, max_length=8)),
                ("ended_weight", models.BigIntegerField(default=0)),
                ("last_day", models.DateField()),
                ("due", models.DateField()),
                ("opened", models.DateTimeField()),
                ("changed", models.DateTimeField()),
                ("version", models.BigIntegerField(default=1)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["rule", "key"], name="alert_of_key"),
                    models.Index(fields=["state", "due", "id"], name="alert_of_state"),
                    models.Index(
                        condition=models.Q(("state", "closed"), _negated=True),
                        fields=["owner_role", "owner_facility", "owner_township", "due"],
                        name="open_alert_of_owner",
                    ),
                    models.Index(fields=["facility", "state", "due"], name="alert_of_facility"),
                    models.Index(fields=["township", "state", "due"], name="alert_of_township"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("rule", "cause"), name="one_alert_a_cause")
                ],
            },
        ),
        migrations.CreateModel(
            name="Behind",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("settlement", models.BigIntegerField(null=True)),
                ("visit", models.CharField(blank=True, max_length=64)),
                ("facility", models.CharField(blank=True, max_length=40)),
                ("person", models.CharField(blank=True, max_length=64)),
                ("day", models.DateField(null=True)),
                ("amount", models.BigIntegerField(null=True)),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="alerts.alert"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Claim",
            fields=[
                ("settlement", models.BigIntegerField(primary_key=True, serialize=False)),
                ("visit", models.CharField(max_length=64)),
                ("person", models.CharField(max_length=64)),
                ("facility", models.CharField(max_length=40)),
                ("episode", models.CharField(max_length=64)),
                ("kind", models.CharField(blank=True, max_length=40)),
                ("start", models.DateField()),
                ("end", models.DateField()),
                ("settled", models.DateField()),
                ("is_stay", models.BooleanField()),
                ("is_major", models.BooleanField()),
                ("disease", models.CharField(max_length=10)),
                (
                    "items",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None
                    ),
                ),
                ("late", models.BigIntegerField(null=True)),
                ("was_over", models.BooleanField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["person", "start"], name="claim_of_person"),
                    models.Index(fields=["settled"], name="claim_of_day"),
                    models.Index(
                        condition=models.Q(("late__gt", 0)),
                        fields=["settlement"],
                        name="claim_late",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("what", models.CharField(max_length=10)),
                ("text", models.CharField(max_length=400)),
                ("weight", models.BigIntegerField()),
                ("detail", models.JSONField(default=dict)),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=80)),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="alerts.alert"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Peer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=40)),
                ("level", models.CharField(max_length=40)),
                ("n", models.BigIntegerField()),
                ("median", models.BigIntegerField()),
                ("deviation", models.BigIntegerField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("kind", "level"), name="one_peer")],
            },
        ),
        migrations.CreateModel(
            name="State",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                ("low", models.BigIntegerField(default=0)),
                ("day", models.DateField(null=True)),
                ("value", models.BigIntegerField(default=0)),
                ("mark", models.CharField(blank=True, default="", max_length=200)),
                ("as_of", models.DateTimeField(null=True)),
                ("looked", models.DateTimeField(null=True)),
                ("seconds", models.FloatField(default=0)),
                ("is_whole", models.BooleanField(default=False)),
                ("late_days", models.IntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="one_alerts_state")
                ],
            },
        ),
        migrations.CreateModel(
            name="Value",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("rule", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=20)),
                ("amount", models.BigIntegerField()),
                ("reason", models.CharField(max_length=400)),
                ("stated", models.DateTimeField()),
                ("stated_by", models.CharField(max_length=80)),
            ],
            options={
                "indexes": [models.Index(fields=["rule", "name", "id"], name="alert_value")],
            },
        ),
        *_guards(),
    ]
