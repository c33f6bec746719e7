"""Settlements that await the platform: what they stand on, whether the platform was asked, and what came of it.

Whoever asks the platform says so first. Where its answer is lost, nobody knows whether it has settled: until it is
asked again under the same message, it is not asked under another one, so that it never settles twice.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, LiteralString

import psycopg

from doudi.money import yuan
from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.settlement import tables
from doudi_web.settlement.accumulators import person_owner, sums
from doudi_web.settlement.correcting import keys_of_settlement
from doudi_web.settlement.replacing import standing_one
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

LISTED = 500
SENT, LOST, NOT_SETTLED = "sent", "no_answer", "not_settled"
OUTCOMES = (SENT, LOST, NOT_SETTLED)

AWAITS: LiteralString = """strpos(s.result, '"platform"],') > 0"""
"""What the answer of such a settlement says among its reasons; of those that stand migration 0064 keeps a table."""

_QUEUE = """
SELECT s.id, s.visit, s.person, s.facility, s.settled, s.result::json ->> 'patient', s.result::json -> 'figures',
  (SELECT json_agg(json_build_array(a.message, a.outcome, a.at) ORDER BY a.id)
   FROM settlement_platformask a WHERE a.settlement = s.id)
FROM settlement_provisional w JOIN settlement_settlement s ON s.id = w.settlement
WHERE w.platform AND {where} AND w.settlement > %s ORDER BY w.settlement LIMIT %s
"""
_LAST = "SELECT message, outcome FROM settlement_platformask WHERE settlement = %s ORDER BY id DESC LIMIT 1"
_SAY = "INSERT INTO settlement_platformask (settlement, message, outcome, at, client) VALUES (%s, %s, %s, %s, %s)"
_FIGURES = """
SELECT DISTINCT ON (name) name, source, as_of FROM settlement_opening
WHERE owner = %s AND year = %s ORDER BY name, as_of DESC, id DESC
"""


def figures(
    db: "psycopg.Connection[tables.Row]", person: str, year: int, day: date, names: Sequence[str]
) -> list[dict[str, Any]]:
    """The sums that a provisional settlement stands on: how much, who said so last, and how many days ago.

    Where the centre said nothing, they are the ledger's own of the same day.
    """
    owner = person_owner(person)
    stated = {
        name: (source, as_of)
        for name, source, as_of in db.execute(_FIGURES, [owner, year]).fetchall()
    }
    amounts = {name: amount for _, of, name, amount in sums(db, [owner]) if of == year}
    found: list[dict[str, Any]] = []
    for name in names:
        source, as_of = stated.get(name, ("ledger", day))
        found.append(
            {"name": name, "amount": yuan(amounts.get(name, 0)), "source": source, "as_of": as_of.isoformat(),
             "days": max(0, (day - as_of).days)}
        )  # fmt: skip
    return found


def waiting(actor: Actor, after: int, limit: int) -> dict[str, Any]:
    """Standing settlements that await the platform, the oldest first; a hospital's own. Raises Refusal 403."""
    actor.must(Act.AWAITING_READ)
    where, values = "true", [after, limit + 1]
    if actor.facility is not None:
        where, values = "w.facility = %s", [actor.facility, *values]
    db = tables.driver()
    with db.transaction():
        rows = db.execute(_QUEUE.format(where=where), values).fetchall()
        shown = [_told(row) for row in rows[:limit]]
        record(actor, "awaiting.list", "awaiting", detail={"after": after, "rows": len(shown)})
        each = ((subject_of(one["person"]), {"settlement": one["settlement_id"]}) for one in shown)
        record_each(actor, "awaiting.read", each)
    return {"awaiting": shown, "after": rows[limit - 1][0] if len(rows) > limit else None}


def _told(row: tables.Row) -> dict[str, Any]:
    number, visit, person, facility, settled, patient, figures_, asked = row
    asks = asked or []
    return {
        "settlement_id": str(number), "visit_id": visit, "person": person, "facility": facility,
        "settled": told(settled), "patient": patient, "state": _state(asks), "figures": figures_ or [],
        "asked": [
            {"platform_message": message, "outcome": outcome, "at": told(datetime.fromisoformat(at))}
            for message, outcome, at in asks
        ],
    }  # fmt: skip


def _state(asks: Sequence[Sequence[Any]]) -> str:
    """`unknown` from the moment in which the platform is asked until it has said what it did."""
    return "unknown" if asks and asks[-1][1] != NOT_SETTLED else "waiting"


def asked(actor: Actor, settlement: int, message: str, outcome: str) -> dict[str, Any]:
    """Say that the platform is asked, that no answer came, or that it has not settled. Raises Refusal: 403, 404,
    409 (nothing is awaited; another message is still open), 410."""
    actor.must(Act.ANSWER)
    db = tables.driver()
    with db.transaction():
        keys = keys_of_settlement(db, settlement)
        actor.must_be_of(keys.facility, Act.ANSWER)
        tables.lock(db, (person_owner(keys.person), tables.visit_lock(keys.facility, keys.visit)))
        if not standing_one(db, settlement).evidence["bill"].get("awaiting"):
            raise Refusal.of(409, "S516", str(settlement), settlement=settlement)
        last = db.execute(_LAST, [settlement]).fetchone()
        is_open = last is not None and last[1] != NOT_SETTLED
        if last is not None and is_open and last[0] != message:
            raise Refusal.of(409, "S528", "platform_message", open=last[0], message=message)
        if outcome != SENT and not is_open:
            raise Refusal.of(409, "S529", "platform_message", message=message)
        if last is None or (last[0], last[1]) != (message, outcome):
            db.execute(_SAY, [settlement, message, outcome, now(), actor.key])
        detail = {"settlement": settlement, "outcome": outcome}
        record(actor, "awaiting.asked", subject_of(keys.person), detail=detail)
    state = "waiting" if outcome == NOT_SETTLED else "unknown"
    return {"settlement_id": str(settlement), "platform_message": message, "state": state}
