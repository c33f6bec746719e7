"""Invoices as they are read: a township has its own, the district all; a scan is shown to who may, and recorded."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, LiteralString

import psycopg

from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.register import sealing
from doudi_web.reimbursement.invoice import Invoice, Scan, State, Step, stated_of
from doudi_web.settlement import tables
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

Driver = psycopg.Connection[tables.Row]
LISTED = 50
_ROWS: LiteralString = """
SELECT i.id, i.township, i.person, i.says::json,
  CASE WHEN i.state = 'settled' AND stands.id IS NULL THEN 'undone' ELSE i.state END,
  i.version, i.entered, i.entered_by, i.checked_by, i.apart, i.alike::json, i.late_by, i.late_reason, stands.id
FROM reimbursement_invoice i
LEFT JOIN LATERAL (SELECT s.id FROM settlement_settlement o
    JOIN settlement_settlement s ON s.visit = o.visit AND s.facility = o.facility
  WHERE i.state = 'settled' AND o.id = i.settlement AND NOT EXISTS (
    SELECT 1 FROM settlement_posting p WHERE p.settlement = s.id AND p.kind = 'reverse') LIMIT 1) stands ON true
"""
_STEPS = "SELECT what, at, by, note FROM reimbursement_step WHERE invoice_id = %s ORDER BY id DESC"
_SCANS = """
SELECT id, name, kind, size, digest FROM reimbursement_scan WHERE invoice_id = %s AND gone IS NULL ORDER BY id
"""
_SCAN = """
SELECT invoice_id, name, kind, sealed FROM reimbursement_scan WHERE id = %s AND gone IS NULL
"""
_COUNT = """
SELECT count(*) FROM reimbursement_invoice WHERE state = ANY(%s) AND (%s::text IS NULL OR township = %s)
"""


def listed(
    actor: Actor, state: str = "open", before: int = 0, most: int = LISTED
) -> tuple[list[Invoice], int | None]:
    """Invoices of a state (or `open`: those that wait, or `all`), the newest first. Raises Refusal 403."""
    actor.must(Act.REIMBURSE_READ)
    asked: dict[str, Any] = {"town": actor.township, "before": before, "most": most + 1}
    conditions: list[LiteralString] = ["true"]
    if actor.township is not None:
        conditions.append("i.township = %(town)s")
    if before:
        conditions.append("i.id < %(before)s")
    if state == "open":
        conditions.append("i.state IN ('entered', 'checked', 'returned')")  # as its index has it
    elif state != "all":
        conditions.append("i.state = %(state)s")
        asked["state"] = state if state in {one.value for one in State} else ""
    where: LiteralString = " AND ".join(conditions)
    db = tables.driver()
    with db.transaction():
        rows = db.execute(
            f"{_ROWS} WHERE {where} ORDER BY i.id DESC LIMIT %(most)s", asked
        ).fetchall()
        found = [_invoice(row) for row in rows[:most]]
        record(actor, "reimbursements.list", "reimbursements", detail={"rows": len(found)})
        each = ((subject_of(one), {"by": ["reimbursements"]}) for one in {x.person for x in found})
        record_each(actor, "persons.read", each)
    return found, found[-1].id if len(rows) > most else None


def one(actor: Actor, number: int) -> Invoice:
    """An invoice with what was done to it and its scans. Raises Refusal 403, 404."""
    actor.must(Act.REIMBURSE_READ)
    db = tables.driver()
    with db.transaction():
        found = found_invoice(db, actor, number)
        record(actor, "reimbursements.read", subject_of(found.person), detail={"invoice": number})
    return found


def found_invoice(db: Driver, actor: Actor, number: int, *, alone: bool = False) -> Invoice:
    """An invoice of the actor's township, or of any for the district; `alone`: nobody else writes it until the
    transaction ends. Raises Refusal 404."""
    lock: LiteralString = " FOR UPDATE OF i" if alone else ""
    row = db.execute(
        f"{_ROWS} WHERE i.id = %s AND (%s::text IS NULL OR i.township = %s){lock}",
        [number, actor.township, actor.township],
    ).fetchone()
    if row is None:
        raise Refusal.of(404, "S744", str(number), what="发票", number=number)
    steps = tuple(Step(*one) for one in db.execute(_STEPS, [number]))
    scans = tuple(Scan(*one) for one in db.execute(_SCANS, [number]))
    return _invoice(row, steps, scans)


def scan(actor: Actor, invoice: int, number: int) -> tuple[str, str, bytes]:
    """A scan's kind, name and content, for who may see the invoice; that it was seen is recorded.

    Raises Refusal 403, 404.
    """
    actor.must(Act.REIMBURSE_READ)
    db = tables.driver()
    with db.transaction():
        found = found_invoice(db, actor, invoice)
        row = db.execute(_SCAN, [number]).fetchone()
        if row is None or row[0] != invoice:
            raise Refusal.of(404, "S744", str(number), what="扫描件", number=number)
        record(
            actor, "reimbursements.scan", subject_of(found.person),
            detail={"invoice": invoice, "scan": number},
        )  # fmt: skip
    return row[2], row[1], sealing.opened_bytes(row[3], f"scan.{number}")


def count_waiting(actor: Actor) -> int:
    """How many wait for the actor: of a township to be checked or mended, of the district to be approved."""
    states = ["entered", "returned"] if actor.township else ["checked"]
    row = tables.driver().execute(_COUNT, [states, actor.township, actor.township]).fetchone()
    return 0 if row is None else row[0]


def age_days(one: Invoice, at: datetime) -> int:
    """For how many days an invoice has been here."""
    return (at - one.entered).days


def _invoice(row: tables.Row, steps: Sequence[Step] = (), scans: Sequence[Scan] = ()) -> Invoice:
    number, township, person, says, state, *rest = row
    told: list[Any] = rest
    made = Invoice(number, township, person, stated_of(says), State(state), *told)
    return replace(made, steps=steps, scans=scans)
