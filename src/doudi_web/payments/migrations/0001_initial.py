"""Batches, payments, what they pay, and their files; what a batch pays is never changed."""

import django.db.models.deletion
from django.db import migrations, models

_KEPT = """
CREATE FUNCTION payments_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR (to_jsonb(OLD) - TG_ARGV::text[]) <> (to_jsonb(NEW) - TG_ARGV::text[]) THEN
    RAISE EXCEPTION 'what a batch pays is not changed' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON payments_batch FOR EACH ROW EXECUTE FUNCTION
  payments_kept('state', 'released', 'released_by', 'ended', 'ended_by', 'reason');
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON payments_payment FOR EACH ROW EXECUTE FUNCTION
  payments_kept('state', 'answered', 'reference', 'reason');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON payments_paid
  FOR EACH ROW EXECUTE FUNCTION doudi_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON payments_file
  FOR EACH ROW EXECUTE FUNCTION doudi_append_only();
"""
_UNDONE = """
DROP TRIGGER kept ON payments_batch; DROP TRIGGER kept ON payments_payment;
DROP TRIGGER append_only ON payments_paid; DROP TRIGGER append_only ON payments_file; DROP FUNCTION payments_kept;
"""


class Migration(migrations.Migration):
    """The tables and their guards."""

    initial = True
    dependencies = [("clearing", "0002_hold"), ("register", "0060_payees")]
    operations = [
        migrations.CreateModel(
            name="Batch",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.CharField(max_length=20, unique=True)),
                ("month", models.CharField(max_length=7)),
                ("state", models.CharField(default="made", max_length=12)),
                ("profile_name", models.CharField(max_length=40)),
                ("profile", models.TextField()),
                ("amount", models.BigIntegerField()),
                ("made", models.DateTimeField()),
                ("made_by", models.CharField(max_length=80)),
                ("released", models.DateTimeField(null=True)),
                ("released_by", models.CharField(blank=True, default="", max_length=80)),
                ("ended", models.DateTimeField(null=True)),
                ("ended_by", models.CharField(blank=True, default="", max_length=80)),
                ("reason", models.CharField(blank=True, default="", max_length=400)),
            ],
            options={
                "indexes": [models.Index(fields=["state", "id"], name="payments_by_state")],
            },
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("row", models.IntegerField()),
                ("facility", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=120)),
                ("account", models.BigIntegerField()),
                ("owed", models.BigIntegerField()),
                ("returned", models.BigIntegerField()),
                ("amount", models.BigIntegerField()),
                ("state", models.CharField(default="waiting", max_length=12)),
                ("answered", models.DateTimeField(null=True)),
                ("reference", models.CharField(blank=True, default="", max_length=80)),
                ("reason", models.CharField(blank=True, default="", max_length=400)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="payments.batch"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Paid",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("entry", models.BigIntegerField(db_index=True)),
                ("amount", models.BigIntegerField()),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="payments.payment"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="File",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=10)),
                ("profile", models.CharField(max_length=40)),
                ("number", models.IntegerField()),
                ("name", models.CharField(max_length=120)),
                ("digest", models.CharField(max_length=64)),
                ("rows", models.IntegerField()),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, default="", max_length=400)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="payments.batch"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("batch", "kind", "profile", "number"), name="one_file_of_number"
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(fields=("batch", "row"), name="one_row_of_batch"),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                fields=("batch", "facility"), name="one_payment_of_hospital"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "amount",
                        django.db.models.expressions.CombinedExpression(
                            models.F("owed"), "-", models.F("returned")
                        ),
                    ),
                    ("amount__gt", 0),
                ),
                name="what_is_paid",
            ),
        ),
        migrations.RunSQL(_KEPT, _UNDONE),
    ]
