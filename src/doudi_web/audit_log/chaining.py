"""How the database itself chains the rows of the audit log as they come in.

The migration installs these texts, and `doudi ledger verify` compares them with what is in the database now.
"""

CONTENT = """
  SELECT string_agg(octet_length(v) || ':' || v, ',' ORDER BY n) FROM unnest(ARRAY[
    r.chain::text, r.number::text, ((extract(epoch FROM r.at) * 1000000)::bigint)::text, r.actor_kind, r.actor,
    r.role, r.action, r.subject, r.reason, r.request_id, r.detail::text]) WITH ORDINALITY AS x(v, n)
"""
"""What a row says, as one text that no other row has."""

CHAIN = """
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
END """
"""The first chain that nobody writes, the next number in it, the digest over the row before."""

TABLE = "audit_log_record"
TRIGGER = "chained"
BEFORE_INSERT = 7
"""When it fires as PostgreSQL writes it: before each INSERT of a row."""

FUNCTIONS = {"doudi_audit_content": CONTENT, "doudi_audit_chain": CHAIN}

INSTALL = (
    f"CREATE FUNCTION doudi_audit_content(r {TABLE}) RETURNS text LANGUAGE sql STABLE AS $${CONTENT}$$;"
    f"CREATE FUNCTION doudi_audit_chain() RETURNS trigger LANGUAGE plpgsql AS $${CHAIN}$$;"
    f"CREATE TRIGGER {TRIGGER} BEFORE INSERT ON {TABLE} FOR EACH ROW EXECUTE FUNCTION doudi_audit_chain();"
)
