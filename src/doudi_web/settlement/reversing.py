"""Undoing a settlement: contrary entries, never a deletion. What that changes in later visits is proposed."""

from typing import Any

import psycopg
from pydantic_core import to_json

from doudi.money import yuan
from doudi_web.audit_log.actions import record, row, subject_of
from doudi_web.settlement import accumulators, answered, proposing, tables
from doudi_web.settlement.answers import Answer
from doudi_web.settlement.assessing import Place
from doudi_web.settlement.correcting import keys_of_settlement
from doudi_web.settlement.months import month_of
from doudi_web.settlement.posting import Old, Said, post_reversal
from doudi_web.settlement.replacing import asked_so_far
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

_PLACE = "SELECT settled, sequence, year FROM settlement_settlement WHERE id = %s"
_REVERSED = "SELECT 1 FROM settlement_posting WHERE settlement = %s AND kind = 'reverse'"
_RUNS = "UPDATE settlement_visit SET settled = NULL WHERE visit = %s AND facility = %s"


def reverse(actor: Actor, settlement: int, message: str, reason: str) -> Answer:
    """Undo a settlement by contrary entries: 201; the same message again 200; a second time 409.

    A message that settled or undid something else is refused, 409.
    """
    actor.must(Act.REVERSE)
    db = tables.driver()
    with answered.once(db, message):
        return _reversed(db, actor, settlement, message, reason)


def _reversed(
    db: "psycopg.Connection[tables.Row]", actor: Actor, settlement: int, message: str, reason: str
) -> Answer:
    keys = keys_of_settlement(db, settlement)
    actor.must_be_of(keys.facility, Act.REVERSE)
    owners = accumulators.owners_of(keys.person, keys.episode)
    tables.lock(db, (*owners, tables.visit_lock(keys.facility, keys.visit)))
    content = answered.content_of("reverse", settlement, reason)
    before = answered.earlier(db, actor, message, content)
    if before is not None:
        detail = {"settlement": settlement}
        record(actor, "reverse.again", subject_of(keys.person), detail=detail)
        return Answer(200, before)
    if db.execute(_REVERSED, [settlement]).fetchone() is not None:
        raise Refusal.of(409, "S411", str(settlement), settlement=settlement)
    placed = db.execute(_PLACE, [settlement]).fetchone()
    assert placed is not None
    settled, sequence, year = placed
    posted = now()
    said = Said(actor, message, posted, month_of(posted, tables.last_closed(db)), reason)
    recorded = row(
        actor, "reverse", subject_of(keys.person), posted, reason=reason,
        detail={"settlement": settlement, "visit": keys.visit},
    )  # fmt: skip
    asked = asked_so_far(db, settlement, keys.person)
    posting = post_reversal(db, said, Old(settlement, keys, Place(settled, sequence)), recorded)
    db.execute(_RUNS, [keys.visit, keys.facility])
    proposing.forget(db, settlement)
    proposing.propose(db, keys.person)
    later = tables.later(db, keys.person, year, keys.episode, settled, sequence)
    text = to_json({
        "posting": posting, "settlement_id": str(settlement), "month": said.month, "entries": _entries(db, posting),
        "patient": {"asked": yuan(asked), "now": yuan(0), "difference": yuan(-asked),
                    "state": "refund" if asked else "even"},
        "proposals": proposing.open_of(db, keys.person), "later": [str(one) for one in later],
    }).decode()  # fmt: skip
    answered.keep(db, actor, message, keys.person, content, text)
    return Answer(201, text)


def _entries(db: "psycopg.Connection[tables.Row]", posting: int) -> list[dict[str, Any]]:
    rows = db.execute(
        "SELECT id, account, amount FROM settlement_entry WHERE posting = %s ORDER BY id", [posting]
    ).fetchall()
    return [{"id": i, "account": a, "amount": yuan(f)} for i, a, f in rows]
