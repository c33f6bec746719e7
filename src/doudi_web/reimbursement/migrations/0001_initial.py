"""Invoices from outside, their scans, deadlines, and what was done: that takes inserts alone."""

import django.db.models.deletion
from django.db import migrations, models

_KEPT = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON reimbursement_step
  FOR EACH ROW EXECUTE FUNCTION doudi_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON reimbursement_deadline
  FOR EACH ROW EXECUTE FUNCTION doudi_append_only();
"""
_UNDONE = """
DROP TRIGGER append_only ON reimbursement_step; DROP TRIGGER append_only ON reimbursement_deadline;
"""


class Migration(migrations.Migration):
    """The tables and their guard."""

    initial = True
    dependencies = [("settlement", "0063_corrected")]

    operations = [
        migrations.CreateModel(
            name="Deadline",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("district", models.CharField(max_length=6)),
                ("months", models.IntegerField()),
                ("source", models.CharField(max_length=400)),
                ("status", models.CharField(max_length=12)),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=80)),
            ],
        ),
        migrations.CreateModel(
            name="Invoice",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("township", models.CharField(max_length=9)),
                ("person", models.CharField(max_length=64)),
                ("number", models.CharField(max_length=40)),
                ("issuer_key", models.CharField(max_length=130)),
                ("total", models.BigIntegerField()),
                ("discharged", models.DateField()),
                ("says", models.JSONField()),
                ("state", models.CharField(default="entered", max_length=12)),
                ("version", models.IntegerField(default=1)),
                ("entered", models.DateTimeField()),
                ("entered_by", models.CharField(max_length=80)),
                ("checked_by", models.CharField(default="", max_length=80)),
                ("apart", models.CharField(default="", max_length=400)),
                ("late_by", models.CharField(default="", max_length=80)),
                ("late_reason", models.CharField(default="", max_length=400)),
                ("settlement", models.BigIntegerField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["township", "id"], name="invoice_of_township"),
                    models.Index(fields=["person", "id"], name="invoice_of_person"),
                    models.Index(
                        condition=models.Q(("state__in", ("entered", "checked", "returned"))),
                        fields=["id"],
                        name="open_invoice",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "given_up"), _negated=True),
                        fields=("number", "issuer_key", "total"),
                        name="one_paper_invoice",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Scan",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120)),
                ("kind", models.CharField(max_length=4)),
                ("size", models.IntegerField()),
                ("digest", models.BinaryField(db_index=True, max_length=32)),
                ("sealed", models.BinaryField()),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=80)),
                ("gone", models.DateTimeField(null=True)),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="reimbursement.invoice"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("what", models.CharField(max_length=12)),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=80)),
                ("note", models.CharField(default="", max_length=400)),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="reimbursement.invoice"
                    ),
                ),
            ],
        ),
        migrations.RunSQL(_KEPT, _UNDONE),
    ]
