"""The log is looked through by whom, by what and by when, the newest first: an index for each, in that order."""

from django.db import migrations, models

_OF_DETAIL = """
CREATE INDEX audit_of_{name} ON audit_log_record ((detail ->> '{name}'), at, id)
WHERE (detail ->> '{name}') IS NOT NULL
"""


class Migration(migrations.Migration):
    """Indexes of one column give way to those that end in the moment; a settlement and a visit have their own."""

    dependencies = [("audit_log", "0010_chained")]
    operations = [
        migrations.AlterField("record", "actor", models.CharField(max_length=60)),
        migrations.AlterField("record", "subject", models.CharField(max_length=80)),
        migrations.AddIndex("record", models.Index(fields=["at", "id"], name="audit_of_moment")),
        migrations.AddIndex(
            "record", models.Index(fields=["subject", "at", "id"], name="audit_of_subject")
        ),
        migrations.AddIndex(
            "record", models.Index(fields=["actor", "at", "id"], name="audit_of_actor")
        ),
        migrations.AddIndex(
            "record", models.Index(fields=["action", "at", "id"], name="audit_of_action")
        ),
        *(
            migrations.RunSQL(_OF_DETAIL.format(name=name), f"DROP INDEX audit_of_{name}")
            for name in ("settlement", "visit")
        ),
    ]
