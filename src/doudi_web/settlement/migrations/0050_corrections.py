"""Closed months, what messages were answered, and proposals."""

from django.db import migrations, models

_GUARDED = (
    "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON settlement_monthclose"
    " FOR EACH ROW EXECUTE FUNCTION doudi_append_only();"
    "CREATE TRIGGER never_emptied BEFORE TRUNCATE ON settlement_monthclose"
    " FOR EACH STATEMENT EXECUTE FUNCTION doudi_append_only()"
)


class Migration(migrations.Migration):
    """The tables, of which that of closed months takes inserts alone."""

    dependencies = [("settlement", "0045_assessed")]
    operations = [
        migrations.CreateModel(
            name="MonthClose",
            fields=[
                ("month", models.CharField(max_length=7, primary_key=True, serialize=False)),
                ("closed", models.DateTimeField()),
                ("client", models.CharField(max_length=80)),
                ("message", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=400)),
                ("postings", models.BigIntegerField()),
                ("digest", models.BinaryField(max_length=32)),
                ("posting", models.BigIntegerField(unique=True)),
            ],
        ),
        migrations.RunSQL(_GUARDED, migrations.RunSQL.noop),
        migrations.AddIndex(
            "posting", models.Index(fields=["month", "id"], name="posting_of_month")
        ),
        migrations.CreateModel(
            name="Answered",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("client", models.CharField(max_length=80)),
                ("message", models.CharField(max_length=80)),
                ("person", models.CharField(db_index=True, max_length=64)),
                ("salt", models.BinaryField(max_length=16, null=True)),
                ("digest", models.BinaryField(max_length=32, null=True)),
                ("text", models.TextField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("client", "message"), name="one_answer_once")
                ]
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=10)),
                ("settlement", models.BigIntegerField(db_index=True)),
                ("visit", models.CharField(max_length=64)),
                ("person", models.CharField(max_length=64)),
                ("facility", models.CharField(max_length=40)),
                ("digest", models.BinaryField(max_length=32)),
                ("says", models.JSONField()),
                ("state", models.CharField(default="open", max_length=12)),
                ("made", models.DateTimeField()),
                ("decided", models.DateTimeField(null=True)),
                ("decided_by", models.CharField(blank=True, default="", max_length=80)),
                ("reason", models.CharField(blank=True, default="", max_length=400)),
                ("became", models.BigIntegerField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["person", "id"], name="proposal_of_person"),
                    models.Index(
                        condition=models.Q(("state", "open")), fields=["id"], name="open_proposal"
                    ),
                ]
            },
        ),
    ]
