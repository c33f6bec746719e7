"""What is read back: settlements, sums, entries. Nothing here writes but who read it."""

from typing import Any

import psycopg
from pydantic_core import to_json

from doudi.money import yuan
from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.settlement import tables
from doudi_web.settlement.accumulators import person_owner
from doudi_web.settlement.accumulators import sums as sums_of
from doudi_web.settlement.since import SINCE, as_it_stands
from doudi_web.settlement.visited import visited
from doudi_web.tenancy.clock import told
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

_ONE = (
    f"SELECT s.facility, s.person, s.result, {SINCE} FROM settlement_settlement s WHERE s.id = %s"
)


def settlement(actor: Actor, number: int) -> str:
    """A settlement as it stands: its answer, and what came to it since. Raises Refusal 403, 404, 410."""
    actor.must(Act.SETTLEMENTS_READ)
    told = as_stands(tables.driver(), number, actor)
    record(actor, "settlements.read", subject_of(told["person"]), detail={"settlement": number})
    return to_json(told).decode()


def as_stands(
    db: "psycopg.Connection[tables.Row]", number: int, actor: Actor | None = None
) -> dict[str, Any]:
    """A settlement as it stands, for who may see it. Raises Refusal 403, 404, 410."""
    row = db.execute(_ONE, [number]).fetchone()
    if row is None:
        raise Refusal.of(404, "S406", str(number))
    facility, _, result, *came = row
    if actor is not None:
        actor.must_be_of(facility, Act.SETTLEMENTS_READ)
    if result is None:
        raise Refusal.of(410, "S466", str(number), settlement=number)
    return as_it_stands(result, *came)


def accumulators(actor: Actor, person: str, year: int, reason: str) -> dict[str, str]:
    """A person's sums of a benefit year as the next settlement would find them. Raises Refusal 403."""
    actor.must(Act.ACCUMULATORS_READ)
    actor.must_know(person, reason, visited)
    sums = sums_of(tables.driver(), [person_owner(person)])
    detail = {"year": year}
    record(actor, "accumulators.read", subject_of(person), reason=reason, detail=detail)
    return {name: yuan(amount) for _, of, name, amount in sums if of == year}


def entries(actor: Actor, after: int, limit: int) -> dict[str, Any]:
    """Entries in the order of the ledger, from after a number on."""
    actor.must(Act.LEDGER_READ)
    db = tables.driver()
    with db.transaction():
        rows = db.execute(
            "SELECT e.id, e.posting, p.settlement, p.kind, p.posted, p.month, e.account, e.amount"
            " FROM settlement_entry e JOIN settlement_posting p ON p.id = e.posting WHERE e.id > %s"
            " ORDER BY e.id LIMIT %s",
            [after, limit],
        ).fetchall()
        accounts = (row[6].partition(":") for row in rows)
        persons = dict.fromkeys(name for kind, _, name in accounts if kind == "patient")
        record(actor, "ledger.read", "ledger", detail={"after": after, "limit": limit})
        record_each(actor, "ledger.read", ((subject_of(p), {"after": after}) for p in persons))
    return {
        "entries": [
            {"id": i, "posting": posting, "settlement_id": None if s is None else str(s), "kind": kind,
             "posted": told(posted), "month": month, "account": account, "amount": yuan(amount)}
            for i, posting, s, kind, posted, month, account, amount in rows
        ]
    }  # fmt: skip
