"""Putting a settlement in the place of another: the old one is undone, the new one stands where it stood.

Both are posted in the month that is open, in one transaction. What a poor patient would be asked for in addition
waits for a decision of its own.
"""

import json
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from pydantic_core import to_json

from doudi.adjudication import Adjudication
from doudi.dates import CHINA
from doudi.money import yuan
from doudi.proposal import Change, Correction
from doudi.proposals import amounts_of
from doudi.source_text import Value
from doudi.wire.settlements import settlement_json
from doudi_web.audit_log.actions import row, subject_of
from doudi_web.settlement import accumulators, proposing, tables
from doudi_web.settlement.asked import Keys
from doudi_web.settlement.assessing import Place, Ready
from doudi_web.settlement.months import month_of
from doudi_web.settlement.posting import (
    New,
    Old,
    Said,
    evidence_of,
    post_reversal,
    post_settlement,
)
from doudi_web.settlement.proposing import recorded_amounts
from doudi_web.settlement.replaying import STANDING, Stored, fen
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.who import Actor


@dataclass(frozen=True, slots=True)
class Replacement:
    """What takes a settlement's place: the bill made ready at its place, and what it comes to."""

    number: int
    keys: Keys
    bill: dict[str, Value]
    content: Value
    """What the message asked for."""
    ready: Ready
    found: Adjudication
    place: Place


def standing_one(db: "psycopg.Connection[tables.Row]", settlement: int) -> Stored:
    """A settlement that stands. Raises Refusal 404; 409 where it was reversed; 410 where it was erased."""
    found = db.execute(f"{STANDING} AND s.id = %s", [settlement]).fetchone()
    if found is not None:
        return Stored(*found)
    gone = db.execute(
        "SELECT result IS NULL FROM settlement_settlement WHERE id = %s", [settlement]
    ).fetchone()
    if gone is None:
        raise Refusal.of(404, "S406", str(settlement))
    if gone[0]:
        raise Refusal.of(410, "S466", str(settlement), settlement=settlement)
    raise Refusal.of(409, "S411", str(settlement), settlement=settlement)


def read_locked(db: "psycopg.Connection[tables.Row]", keys: Keys) -> tables.Standing:
    """What stands of a visit's person, and a number for what takes a place; inside a transaction under way."""
    asked = {
        "client": "", "message": "", "visit": keys.visit, "person": keys.person, "facility": keys.facility,
    }  # fmt: skip
    return tables.lock_and_read(
        db, accumulators.owners_of(keys.person, keys.episode), asked, begin=False
    )


def undo(
    db: "psycopg.Connection[tables.Row]",
    actor: Actor,
    old: Stored,
    reason: str,
    last_closed: str | None,
) -> Said:
    """Undo a settlement whose place another one takes: what is said of both postings, the message still open."""
    posted = now()
    said = Said(actor, f"replace:{old.id}", posted, month_of(posted, last_closed), reason)
    detail = {"settlement": old.id, "visit": old.visit}
    recorded = row(
        actor, "replace.undo", subject_of(old.person), posted, reason=reason, detail=detail
    )
    post_reversal(db, said, Old(old.id, old.keys(), old.place), recorded)
    return said


def replace(
    db: "psycopg.Connection[tables.Row]",
    said: Said,
    action: str,
    old: Stored,
    new: Replacement,
) -> dict[str, Any]:
    """Write what takes the place of a settlement that was just undone: what was posted, and what is proposed now.

    The caller holds the locks, and commits.
    """
    made, found, person = new.ready, new.found, old.person
    correction = Correction(old.visit, recorded_amounts(old), _change(old, found))
    told = made.provisional(settlement_json(found, correction))
    told |= {"settlement_id": str(new.number), "sealed": False, "replaces": str(old.id)}
    evidence = evidence_of(new.bill, made, found, old.facility)
    written = New(
        new.number, new.keys, new.place, new.content, found, to_json(told).decode(), evidence
    )
    detail = {"settlement": new.number, "visit": old.visit, "replaces": old.id}
    recorded = row(
        said.actor, action, subject_of(person), said.posted, reason=said.reason, detail=detail
    )
    post_settlement(db, said, written, recorded)
    due = _asked_of_patient(db, said, old, new.number, found, made)
    proposing.propose(db, person)
    return {
        "settlement": json.loads(to_json(told)),
        "month": said.month,
        "entries": entries_of_both(db, old.id, new.number),
        "patient": due,
        "proposals": proposing.open_of(db, person),
    }


def _change(old: Stored, found: Adjudication) -> Change:
    amended = amounts_of(found)
    assert amended is not None, "a settlement says who pays what"
    return Change.between(recorded_amounts(old), amended)


_ENTRIES = """
SELECT e.id, e.account, e.amount FROM settlement_entry e JOIN settlement_posting p ON p.id = e.posting
WHERE p.settlement = %s AND p.kind = 'reverse' OR p.settlement = %s AND p.kind = 'settle' ORDER BY e.id
"""


def entries_of_both(
    db: "psycopg.Connection[tables.Row]", old: int, new: int
) -> list[dict[str, Any]]:
    """What was posted: the contrary entries of the old settlement, then those of the new one."""
    rows = db.execute(_ENTRIES, [old, new]).fetchall()
    return [{"id": i, "account": a, "amount": yuan(f)} for i, a, f in rows]


_ASKED = """
SELECT coalesce(sum(e.amount), 0)::bigint FROM settlement_entry e JOIN settlement_posting p ON p.id = e.posting
WHERE p.settlement = %s AND p.kind IN ('settle', 'relief') AND e.account = %s
"""
_COLLECTS = """
SELECT says FROM settlement_proposal WHERE settlement = %s AND kind = 'collect' AND state = 'open'
"""
_SUPERSEDE_COLLECT = """
UPDATE settlement_proposal SET state = 'superseded', decided = %s
WHERE settlement = %s AND kind = 'collect' AND state = 'open'
"""
_COLLECT = """
INSERT INTO settlement_proposal
  (kind, settlement, visit, person, facility, digest, says, state, made, decided_by, reason)
VALUES ('collect', %s, %s, %s, %s, '', %s, 'open', %s, '', '') RETURNING id
"""


def asked_so_far(db: "psycopg.Connection[tables.Row]", settlement: int, person: str) -> int:
    """What a patient was asked for by a settlement: not what still waits for its own approval."""
    waits = db.execute(_COLLECTS, [settlement]).fetchone()
    if waits is not None:
        return fen(json.loads(waits[0])["asked"])
    row = db.execute(_ASKED, [settlement, f"patient:{person}"]).fetchone()
    assert row is not None
    return row[0]


def _asked_of_patient(
    db: "psycopg.Connection[tables.Row]",
    said: Said,
    old: Stored,
    number: int,
    found: Adjudication,
    made: Ready,
) -> dict[str, Any]:
    """What the patient was asked for and what would be asked now. More of a poor one waits for its own approval."""
    asked = asked_so_far(db, old.id, old.person)
    db.execute(_SUPERSEDE_COLLECT, [now(), old.id])
    difference = found.patient - asked
    told: dict[str, Any] = {"asked": yuan(asked), "now": yuan(found.patient)}
    if difference <= 0:
        return told | {"difference": yuan(difference), "state": "refund" if difference else "even"}
    if not is_poor(made, found.standing, *_standings(db, old), *_standings_now(db, old)):
        return told | {"difference": yuan(difference), "state": "collect"}
    says = {
        "settlement_id": str(number), "visit_id": old.visit, "person": old.person, "facility": old.facility,
        "asked": yuan(asked), "now": yuan(found.patient), "amount": yuan(difference),
        "text": _why(said, difference),
    }  # fmt: skip
    inserted = db.execute(
        _COLLECT, [number, old.visit, old.person, old.facility, Jsonb(says), now()]
    ).fetchone()
    assert inserted is not None
    return told | {
        "difference": yuan(difference), "state": "needs_approval", "proposal_id": str(inserted[0]),
    }  # fmt: skip


def _why(said: Said, difference: int) -> str:
    """What the one who decides should know: why, and that nothing was asked for yet."""
    return f"“{said.reason}”，患者要多付 {yuan(difference)} 元；批准以前不收。"


def _standings(db: "psycopg.Connection[tables.Row]", old: Stored) -> list[str | None]:
    """With which standings the visit was ever settled at this place: who left as a poor patient stays one here."""
    rows = db.execute(
        "SELECT DISTINCT result::json ->> 'standing' FROM settlement_settlement"
        " WHERE visit = %s AND facility = %s AND sequence = %s",
        [old.visit, old.facility, old.sequence],
    )
    return [standing for (standing,) in rows.fetchall()]


def _standings_now(db: "psycopg.Connection[tables.Row]", old: Stored) -> list[str]:
    """The standings that the register knows by now for the day of the settlement, whatever it was settled on."""
    day = old.settled.astimezone(CHINA).date()
    rows = db.execute(
        "SELECT code FROM register_fact WHERE person_id = %s AND kind = 'standing' AND superseded IS NULL"
        " AND valid_from <= %s AND (valid_to IS NULL OR %s < valid_to)",
        [old.person, day, day],
    )
    return [code for (code,) in rows.fetchall()]


def is_poor(made: Ready, *standings: str | None) -> bool:
    """Whether one of these is a standing of the pack, and not the one that everybody else has."""
    dimension = made.running.policy.pack.dimensions.get("standing")
    none = {None, "", None if dimension is None else dimension.otherwise}
    return dimension is not None and bool(set(standings) - none)


def with_message(said: Said, message: str) -> Said:
    """The same of the posting that is made under the message itself."""
    return Said(said.actor, message, said.posted, said.month, said.reason)
