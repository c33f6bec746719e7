"""Disputes, and what was said in them: that takes inserts alone."""

import django.db.models.deletion
from django.db import migrations, models

_KEPT = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON disputes_said
  FOR EACH ROW EXECUTE FUNCTION doudi_append_only();
"""
_UNDONE = "DROP TRIGGER append_only ON disputes_said"


class Migration(migrations.Migration):
    """The tables and their guard."""

    initial = True
    dependencies = [("settlement", "0045_assessed")]
    operations = [
        migrations.CreateModel(
            name="Dispute",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("facility", models.CharField(max_length=40)),
                ("month", models.CharField(max_length=7)),
                ("posting", models.BigIntegerField(null=True)),
                ("account", models.CharField(max_length=100)),
                ("recorded", models.BigIntegerField()),
                ("stated", models.BigIntegerField(null=True)),
                ("state", models.CharField(default="open", max_length=12)),
                ("due", models.DateField()),
                ("opened", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["facility", "id"], name="dispute_of_hospital"),
                    models.Index(fields=["month", "id"], name="dispute_of_month"),
                    models.Index(
                        condition=models.Q(("state__in", ("open", "answered"))),
                        fields=["id"],
                        name="open_dispute",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Said",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("what", models.CharField(max_length=12)),
                ("text", models.CharField(max_length=400)),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=80)),
                (
                    "dispute",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="disputes.dispute"
                    ),
                ),
            ],
        ),
        migrations.RunSQL(_KEPT, _UNDONE),
    ]
