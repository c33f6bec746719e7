"""Undoing a settlement: contrary entries, never a deletion."""

import json

import psycopg
from pydantic_core import to_json

from doudi.money import yuan
from doudi_web.audit_log.actions import record, row, subject_of
from doudi_web.settlement import accumulators, tables
from doudi_web.settlement.answers import Answer
from doudi_web.settlement.ledger import commit, contrary, posting_head
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

_EARLIER = """
SELECT id, kind, settlement, reason FROM settlement_posting WHERE client = %s AND message = %s AND kind <> 'opening'
"""
_REVERSED = "SELECT 1 FROM settlement_posting WHERE settlement = %s AND kind = 'reverse'"


def reverse(actor: Actor, settlement: int, message: str, reason: str) -> Answer:
    """Undo a settlement by contrary entries: 201; the same message again 200; a second time 409.

    A message that settled or undid something else is refused, 409.
    """
    actor.must(Act.REVERSE)
    db = tables.driver()
    try:
        with db.transaction():
            return _reversed(db, actor, settlement, message, reason)
    except psycopg.errors.UniqueViolation as used:
        raise Refusal.of(409, "S409", "message_id", message=message) from used


def _reversed(
    db: "psycopg.Connection[tables.Row]", actor: Actor, settlement: int, message: str, reason: str
) -> Answer:
    found = db.execute(
        "SELECT person, facility, result, year, settled, visit FROM settlement_settlement WHERE id = %s",
        [settlement],
    ).fetchone()
    if found is None:
        raise Refusal.of(404, "S406", str(settlement))
    person, facility, result, year, settled, visit = found
    actor.must_be_of(facility, Act.REVERSE)
    if result is None:
        raise Refusal.of(410, "S466", str(settlement), settlement=settlement)
    episode = json.loads(result)["episode_id"]
    tables.lock(db, (*accumulators.owners_of(person, episode), tables.visit_lock(facility, visit)))
    later = tables.later(db, person, year, settled, settlement)
    earlier = db.execute(_EARLIER, [actor.key, message]).fetchone()
    if earlier is not None:
        posting, *said = earlier
        if said != ["reverse", settlement, reason]:
            raise Refusal.of(409, "S409", "message_id", message=message)
        record(actor, "reverse.again", subject_of(person), detail={"settlement": settlement})
        return Answer(200, _reversal_text(db, posting, settlement, later))
    if db.execute(_REVERSED, [settlement]).fetchone() is not None:
        raise Refusal.of(409, "S411", str(settlement), settlement=settlement)
    entries, sums = _undone(db, settlement, accumulators.owners_of(person, episode))
    posted = now()
    month = posted.strftime("%Y-%m")
    head = posting_head("reverse", settlement, actor.key, message, posted, month, reason)
    committed = commit(head, None, entries, sums, ())
    tables.write(
        db,
        None,
        tables.Posted(
            "reverse", settlement, actor.key, message, posted, month, reason, committed, entries, sums,
            settled,
        ),
        row(
            actor, "reverse", subject_of(person), posted, reason=reason,
            detail={"settlement": settlement, "visit": visit},
        ),
    )  # fmt: skip
    db.execute(
        "UPDATE settlement_visit SET settled = NULL WHERE visit = %s AND facility = %s",
        [visit, facility],
    )
    made = db.execute(
        "SELECT id FROM settlement_posting WHERE settlement = %s AND kind = 'reverse'", [settlement]
    ).fetchone()
    assert made is not None
    return Answer(201, _reversal_text(db, made[0], settlement, later))


def _undone(
    db: "psycopg.Connection[tables.Row]", settlement: int, owners: tuple[str, ...]
) -> tuple[list[tuple[str, int]], list[tuple[str, int, str, int]]]:
    """The entries that undo a settlement, and what it takes off the accumulators.

    Never more is taken off than stands there: an opening may have put the city's lower figure in its place.
    """
    original = db.execute(
        "SELECT id FROM settlement_posting WHERE settlement = %s AND kind = 'settle'", [settlement]
    ).fetchone()
    assert original is not None
    entries = contrary(
        db.execute(
            "SELECT account, amount FROM settlement_entry WHERE posting = %s ORDER BY id",
            [original[0]],
        ).fetchall()
    )
    stands = {
        (owner, year, name): amount for owner, year, name, amount in accumulators.sums(db, owners)
    }
    sums = [
        (owner, year, name, -min(amount, stands.get((owner, year, name), 0)))
        for owner, year, name, amount in db.execute(
            "SELECT owner, year, name, amount FROM settlement_accumulatorentry WHERE posting = %s ORDER BY id",
            [original[0]],
        )
    ]
    return entries, sums


def _reversal_text(
    db: "psycopg.Connection[tables.Row]", posting: int, settlement: int, later: list[int]
) -> str:
    entries = db.execute(
        "SELECT id, account, amount FROM settlement_entry WHERE posting = %s ORDER BY id", [posting]
    ).fetchall()
    return to_json(
        {
            "posting": posting,
            "settlement_id": str(settlement),
            "entries": [{"id": i, "account": a, "amount": yuan(f)} for i, a, f in entries],
            "proposals": [],
            "later": [str(one) for one in later],
        }
    ).decode()
