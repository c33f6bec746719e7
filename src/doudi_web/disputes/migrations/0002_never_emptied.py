"""What was said is not emptied at once either."""

from django.db import migrations


class Migration(migrations.Migration):
    """The guard."""

    dependencies = [("disputes", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER never_emptied BEFORE TRUNCATE ON disputes_said"
            " FOR EACH STATEMENT EXECUTE FUNCTION doudi_append_only()",
            "DROP TRIGGER never_emptied ON disputes_said",
        )
    ]
