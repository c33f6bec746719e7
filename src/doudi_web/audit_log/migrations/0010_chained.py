"""Each row digests the row before it, so that one that is missing or altered is seen.

One chain would let one transaction commit at a time. There are 32: a transaction takes the first that nobody is
writing and keeps it until it commits, so that settlements do not wait for one another here.
"""

from django.db import migrations, models

from doudi_web.audit_log.chaining import INSTALL

BACK = """
DROP TRIGGER chained ON audit_log_record;
DROP FUNCTION doudi_audit_chain();
DROP FUNCTION doudi_audit_content(audit_log_record);
"""


class Migration(migrations.Migration):
    dependencies = [("audit_log", "0001_initial")]

    operations = [
        migrations.AlterField("record", "actor", models.CharField(db_index=True, max_length=60)),
        migrations.AddField("record", "chain", models.SmallIntegerField(default=0)),
        migrations.AddField("record", "number", models.BigIntegerField(default=0)),
        migrations.AddField("record", "digest", models.BinaryField(default=b"", max_length=32)),
        migrations.AddConstraint(
            "record",
            models.UniqueConstraint(fields=["chain", "number"], name="audit_chain_number"),
        ),
        migrations.RunSQL(INSTALL, BACK),
    ]
