"""Invoices of a state are listed by an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The index."""

    dependencies = [("reimbursement", "0002_alike")]
    operations = [
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(fields=["state", "id"], name="invoice_of_state"),
        )
    ]
