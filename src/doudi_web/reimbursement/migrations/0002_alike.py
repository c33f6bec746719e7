"""Of what it was like an invoice was said to be apart; numbers are compared without their signs."""

from django.db import migrations, models

_INDEX = """
CREATE INDEX invoice_of_number ON reimbursement_invoice (translate(number, '/_-', ''));
"""


class Migration(migrations.Migration):
    """A column and an index."""

    dependencies = [("reimbursement", "0001_initial")]

    operations = [
        migrations.AddField("invoice", "alike", models.JSONField(default=list)),
        migrations.RunSQL(_INDEX, "DROP INDEX invoice_of_number"),
    ]
