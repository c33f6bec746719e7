"""The ledger and all it rests on take inserts alone: the database itself refuses to change or delete a row."""

from django.db import migrations

TABLES = (
    "settlement_settlement",
    "settlement_accumulatorentry",
    "settlement_opening",
    "settlement_posting",
    "settlement_entry",
    "settlement_seal",
    "settlement_node",
    "policy_source",
    "policy_inforce",
    "audit_log_record",
)

FUNCTION = """
CREATE FUNCTION doudi_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% takes inserts alone: % is refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation';
END $$
"""


def _triggers() -> list[migrations.RunSQL]:
    found: list[migrations.RunSQL] = []
    for table in TABLES:
        found.append(
            migrations.RunSQL(
                f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
                f" FOR EACH ROW EXECUTE FUNCTION doudi_append_only();"
                f" CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}"
                f" FOR EACH STATEMENT EXECUTE FUNCTION doudi_append_only()",
                f"DROP TRIGGER append_only ON {table}; DROP TRIGGER never_emptied ON {table}",
            )
        )
    return found


class Migration(migrations.Migration):
    """Triggers on every table of the ledger, the policy and the audit log."""

    dependencies = [
        ("settlement", "0001_initial"),
        ("policy", "0001_initial"),
        ("audit_log", "0001_initial"),
    ]
    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION doudi_append_only()"),
        *_triggers(),
    ]
