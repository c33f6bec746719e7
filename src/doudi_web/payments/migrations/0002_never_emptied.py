"""What takes inserts alone, and what a batch pays, is not emptied at once either."""

from django.db import migrations

TABLES = ("payments_batch", "payments_payment", "payments_paid", "payments_file")


class Migration(migrations.Migration):
    """The guards."""

    dependencies = [("payments", "0001_initial")]
    operations = [
        migrations.RunSQL(
            f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION doudi_append_only()",
            f"DROP TRIGGER never_emptied ON {table}",
        )
        for table in TABLES
    ]
