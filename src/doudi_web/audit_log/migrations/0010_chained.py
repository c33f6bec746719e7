"""Each row digests the row before it, so that one that is missing or altered is seen.

One chain would let one transaction commit at a time. There are 32: a transaction takes the first that nobody is
writing and keeps it until it commits, so that settlements do not wait for one another here.
"""

from django.db import migrations, models

FUNCTION = """
CREATE FUNCTION doudi_audit_content(r audit_log_record) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT string_agg(octet_length(v) || ':' || v, ',' ORDER BY n) FROM unnest(ARRAY[
    r.chain::text, r.number::text, ((extract(epoch FROM r.at) * 1000000)::bigint)::text, r.actor_kind, r.actor,
    r.role, r.action, r.subject, r.reason, r.request_id, r.detail::text]) WITH ORDINALITY AS x(v, n)
$$;
CREATE FUNCTION doudi_audit_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  first integer := pg_backend_pid() % 32;
  taken integer := NULL;
  before bytea := NULL;
BEGIN
  FOR i IN 0..31 LOOP
    IF pg_try_advisory_xact_lock(1685021796, (first + i) % 32) THEN
      taken := (first + i) % 32;
      EXIT;
    END IF;
  END LOOP;
  IF taken IS NULL THEN
    taken := first;
    PERFORM pg_advisory_xact_lock(1685021796, taken);
  END IF;
  SELECT number, digest INTO NEW.number, before FROM audit_log_record
    WHERE chain = taken ORDER BY number DESC LIMIT 1;
  NEW.chain := taken;
  NEW.number := coalesce(NEW.number, 0) + 1;
  NEW.digest := sha256(coalesce(before, ''::bytea) || convert_to(doudi_audit_content(NEW), 'UTF8'));
  RETURN NEW;
END $$;
CREATE TRIGGER chained BEFORE INSERT ON audit_log_record FOR EACH ROW EXECUTE FUNCTION doudi_audit_chain();
"""
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
        migrations.RunSQL(FUNCTION, BACK),
    ]
