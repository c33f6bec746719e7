"""What the database itself holds: tables of inserts alone, and the one way in which something is erased.

The migrations install these texts, and `doudi ledger verify` compares them with what is in the database now.
"""

from doudi_web.audit_log import chaining

TABLES = (
    "settlement_settlement",
    "settlement_accumulatorentry",
    "settlement_opening",
    "settlement_assessment",
    "settlement_monthclose",
    "settlement_posting",
    "settlement_entry",
    "settlement_seal",
    "settlement_node",
    "oversight_figure",
    "oversight_defect",
    "oversight_touched",
    "oversight_audit",
    "oversight_finding",
    "clearing_floorstate",
    "clearing_message",
    "payments_paid",
    "payments_file",
    "disputes_said",
    "alerts_event",
    "alerts_value",
    "policy_source",
    "policy_inforce",
    "audit_log_record",
    "intake_event",
    "intake_mend",
    "inquiry_plan",
    "inquiry_draw",
    "inquiry_drawn",
    "inquiry_judged",
    "inquiry_event",
    "witness_bundle",
    "witness_handed",
    "witness_returned",
)

TRIGGERS = {"append_only": 27, "never_emptied": 34}
"""Each trigger of a table, and when it fires as PostgreSQL writes it: before each UPDATE or DELETE of a row;
before a TRUNCATE."""

PAID = ("payments_batch", "payments_payment")
"""Tables of which what is paid to whom never changes; how it went is written beside it."""

GUARDS = {
    **{
        (table, trigger): (kind, "doudi_append_only")
        for table in TABLES
        for trigger, kind in TRIGGERS.items()
    },
    **{(table, "kept"): (TRIGGERS["append_only"], "payments_kept") for table in PAID},
    **{
        (table, "never_emptied"): (TRIGGERS["never_emptied"], "doudi_append_only") for table in PAID
    },
    (chaining.TABLE, chaining.TRIGGER): (chaining.BEFORE_INSERT, "doudi_audit_chain"),
}
"""Every trigger that must stand: when it fires, and the function that it calls."""

APPEND_ONLY = """
DECLARE
  stack text;
  may_go text[] := ARRAY['salt', 'result', 'evidence'];
BEGIN
  IF TG_OP = 'UPDATE' AND TG_TABLE_NAME IN ('settlement_settlement', 'settlement_posting') THEN
    GET DIAGNOSTICS stack = PG_CONTEXT;
    IF stack LIKE '%function doudi_erase(bigint) line%'
       AND to_jsonb(NEW) - may_go = to_jsonb(OLD) - may_go
       AND coalesce(to_jsonb(NEW) ->> 'salt', to_jsonb(NEW) ->> 'result', to_jsonb(NEW) ->> 'evidence') IS NULL
    THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION '% takes inserts alone: % is refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation';
END
"""

ERASE = """
BEGIN
  IF NOT EXISTS (SELECT 1 FROM settlement_posting WHERE settlement = erased AND kind = 'erase') THEN
    RAISE EXCEPTION 'settlement % has no posting that erases it', erased USING ERRCODE = 'restrict_violation';
  END IF;
  UPDATE settlement_posting SET salt = NULL WHERE settlement = erased AND kind = 'settle';
  UPDATE settlement_settlement SET result = NULL, evidence = NULL WHERE id = erased;
END
"""
"""Takes away what a settlement tells of its person; a posting that says so must stand before."""

KEPT = """
BEGIN
  IF TG_OP = 'DELETE' OR (to_jsonb(OLD) - TG_ARGV::text[]) <> (to_jsonb(NEW) - TG_ARGV::text[]) THEN
    RAISE EXCEPTION 'what a batch pays is not changed' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END """
"""What the tables of PAID refuse; the trigger names the columns that may change."""

FUNCTIONS = {"doudi_append_only": APPEND_ONLY, "doudi_erase": ERASE}

WATCHED = {**FUNCTIONS, **chaining.FUNCTIONS, "payments_kept": KEPT}
"""Every function that a guard rests on."""

INSTALL = (
    f"CREATE OR REPLACE FUNCTION doudi_append_only() RETURNS trigger LANGUAGE plpgsql AS $${APPEND_ONLY}$$;"
    f"CREATE OR REPLACE FUNCTION doudi_erase(erased bigint) RETURNS void LANGUAGE plpgsql AS $${ERASE}$$"
)
