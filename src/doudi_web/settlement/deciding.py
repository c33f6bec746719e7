"""Deciding proposals: settling anew as proposed, or leaving it; asking a poor patient for more, or relieving them.

Proposals of a person are decided in the order of the settlements, each on what stands then.
"""

import json
from dataclasses import dataclass
from typing import Any

import psycopg
from pydantic_core import to_json

from doudi.money import yuan
from doudi_web.audit_log.actions import record, row, subject_of
from doudi_web.settlement import accumulators, answered, proposing, tables
from doudi_web.settlement.answers import Answer
from doudi_web.settlement.months import month_of
from doudi_web.settlement.posting import Said, post
from doudi_web.settlement.proposing import Due, due
from doudi_web.settlement.replacing import (
    Replacement,
    read_locked,
    replace,
    standing_one,
    undo,
    with_message,
)
from doudi_web.settlement.replaying import fen
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

BEARERS = {"floor": "fund:floor", "hospital": "hospital:{facility}"}
"""Who may bear what a poor patient is not asked for."""

_ROW = """
SELECT kind, settlement, person, facility, visit, state, says, digest, decided, decided_by
FROM settlement_proposal WHERE id = %s
"""
_DECIDE = """
UPDATE settlement_proposal SET state = %s, decided = %s, decided_by = %s, reason = %s, became = %s WHERE id = %s
"""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided of a proposal, under which message, and why."""

    proposal: int
    message: str
    reason: str
    is_approved: bool
    borne_by: str | None = None


@dataclass(frozen=True, slots=True)
class _Proposed:
    number: int
    kind: str
    settlement: int
    person: str
    facility: str
    visit: str
    state: str
    says: dict[str, Any]
    digest: bytes


def decide(actor: Actor, decision: Decision) -> Answer:
    """Approve or refuse a proposal: 201, with what was posted; the same message again 200.

    Raises Refusal: 403; 404; 409 where it is decided, where one of the person comes before it, where something
    changed since it was made; 422 where nobody is named who bears what a patient is not asked for.
    """
    actor.must(Act.PROPOSALS_DECIDE)
    db = tables.driver()
    with answered.once(db, decision.message):
        return _decided(db, actor, decision)


def _decided(db: "psycopg.Connection[tables.Row]", actor: Actor, decision: Decision) -> Answer:
    found = db.execute("SELECT person FROM settlement_proposal WHERE id = %s", [decision.proposal])
    person = found.fetchone()
    if person is None:
        raise Refusal.of(404, "S518", str(decision.proposal))
    tables.lock(db, _locks(db, decision.proposal, person[0]))
    said = "approve" if decision.is_approved else "refuse"
    content = answered.content_of(said, decision.proposal, decision.reason, decision.borne_by)
    before = answered.earlier(db, actor, decision.message, content)
    if before is not None:
        return Answer(200, before)
    kind, settlement, of, facility, visit, state, says, digest, decided, by = _row(db, decision)
    if state != "open":
        when = "" if decided is None else told(decided)
        raise Refusal.of(409, "S519", str(decision.proposal), state=_STATES[state], at=when, by=by)
    one = _Proposed(
        decision.proposal,
        kind,
        settlement,
        of,
        facility,
        visit,
        state,
        json.loads(says),
        bytes(digest),
    )
    posted = (
        _collect(db, actor, one, decision)
        if kind == "collect"
        else _adjust(db, actor, one, decision)
    )
    became = posted.get("settlement", {}).get("settlement_id")
    state = "approved" if decision.is_approved else "refused"
    db.execute(_DECIDE, [state, now(), actor.key, decision.reason, became, one.number])
    if kind == "adjust":
        proposing.propose(db, of)
    answer = {
        "proposal_id": str(one.number), "kind": kind, "state": state,
        **posted, "proposals": proposing.open_of(db, of),
    }  # fmt: skip
    text = to_json(answer).decode()
    answered.keep(db, actor, decision.message, of, content, text)
    detail = {"proposal": one.number, "settlement": settlement, "became": became}
    record(actor, f"proposals.{said}", subject_of(of), reason=decision.reason, detail=detail)
    return Answer(201, text)


_STATES = {
    "approved": "批准",
    "refused": "不批准",
    "superseded": "作废（情况变了）",
    "open": "待定",
}


def _row(db: "psycopg.Connection[tables.Row]", decision: Decision) -> tables.Row:
    row_ = db.execute(f"{_ROW} FOR UPDATE", [decision.proposal]).fetchone()
    assert row_ is not None, "it was there before it was locked"
    return row_


def _locks(db: "psycopg.Connection[tables.Row]", proposal: int, person: str) -> list[str]:
    """The owners of the settlement's sums, and its visit."""
    found = db.execute(
        "SELECT s.facility, s.visit, s.result::json ->> 'episode_id' FROM settlement_settlement s"
        " JOIN settlement_proposal p ON p.settlement = s.id WHERE p.id = %s",
        [proposal],
    ).fetchone()
    assert found is not None, "a proposal is of a settlement"
    facility, visit, episode = found
    return [*accumulators.owners_of(person, episode or visit), tables.visit_lock(facility, visit)]


def _adjust(
    db: "psycopg.Connection[tables.Row]", actor: Actor, one: _Proposed, decision: Decision
) -> dict[str, Any]:
    """Settle anew as proposed, on what stands now; refused, nothing is posted."""
    _must_be_another(db, actor, one)
    now_due = due(db, one.person)
    match = next((d for d in now_due if d.stored.id == one.settlement), None)
    if match is None or match.digest() != one.digest:
        raise Refusal.of(409, "S525", str(one.number))
    _must_be_first(db, one, now_due)
    if not decision.is_approved:
        return {}
    if match.ready is None or match.found is None:
        raise Refusal(409, match.faults)
    old = standing_one(db, one.settlement)
    stood = read_locked(db, old.keys())
    said = undo(db, actor, old, decision.reason, stood.last_closed)
    bill = old.evidence["bill"]
    content = answered.content_of("approve", one.number)
    new = Replacement(
        stood.settlement_id, old.keys(), bill, content, match.ready, match.found, old.place
    )
    return replace(db, with_message(said, decision.message), "proposals.post", old, new)


_BROUGHT_ABOUT = """
SELECT EXISTS (
  SELECT 1 FROM settlement_posting p JOIN settlement_settlement s ON s.id = p.settlement
  WHERE s.person = %(person)s AND s.visit = ANY(%(causes)s) AND p.client = %(who)s AND p.id > (
    SELECT min(o.id) FROM settlement_posting o WHERE o.settlement = %(settlement)s)
    AND NOT EXISTS (SELECT 1 FROM settlement_proposal q
      WHERE q.person = s.person AND q.state = 'approved' AND q.became IS NOT NULL
        AND ((q.became = s.id AND p.kind = 'settle') OR (q.settlement = s.id AND p.kind = 'reverse'))))
OR (%(register)s AND EXISTS (
  SELECT 1 FROM register_person r JOIN register_import i ON i.id = r.changed_by_id
  WHERE r.id = %(person)s AND i.actor = %(who)s))
"""


def _must_be_another(db: "psycopg.Connection[tables.Row]", actor: Actor, one: _Proposed) -> None:
    """Raises Refusal 403 for who brought it about: by a correction, a reversal, a change of the register.

    Who approved an earlier proposal did not: what follows from it was brought about by who brought about that one.
    A client's token is no person: whose program it is answers for who decides there.
    """
    if not actor.key.startswith("account:"):
        return
    causes: list[str] = one.says.get("causes", [])
    asked = {
        "person": one.person, "causes": causes, "who": actor.key, "settlement": one.settlement,
        "register": proposing.LEARNED in causes,
    }  # fmt: skip
    found = db.execute(_BROUGHT_ABOUT, asked).fetchone()
    if found is not None and found[0]:
        raise Refusal.of(403, "S730", str(one.number))


def _must_be_first(
    db: "psycopg.Connection[tables.Row]", one: _Proposed, now_due: list[Due]
) -> None:
    """Raises Refusal 409 where an earlier settlement of the person has an open proposal."""
    rows = db.execute(
        "SELECT settlement, id FROM settlement_proposal WHERE person = %s AND kind = 'adjust' AND state = 'open'",
        [one.person],
    )
    opened = dict(rows.fetchall())
    for earlier in now_due:
        if earlier.stored.id == one.settlement:
            return
        if earlier.stored.id in opened:
            raise Refusal.of(409, "S526", str(one.number), first=opened[earlier.stored.id])


def _collect(
    db: "psycopg.Connection[tables.Row]", actor: Actor, one: _Proposed, decision: Decision
) -> dict[str, Any]:
    """Ask the patient for it, or post that somebody else bears it."""
    posted_by = db.execute(
        "SELECT client FROM settlement_posting WHERE settlement = %s AND kind = 'settle'",
        [one.settlement],
    ).fetchone()
    if posted_by is not None and posted_by[0] == actor.key:
        raise Refusal.of(403, "S523", str(one.number))
    if decision.is_approved:
        return {}
    if decision.borne_by not in BEARERS:
        raise Refusal.of(
            422, "F201", "borne_by", key="borne_by", expected="谁来负担：floor 或 hospital"
        )
    old = standing_one(db, one.settlement)
    amount, at = fen(one.says["amount"]), now()
    bearer = BEARERS[decision.borne_by].format(facility=one.facility)
    entries = [(bearer, amount), (f"patient:{one.person}", -amount)]
    said = Said(actor, decision.message, at, month_of(at, tables.last_closed(db)), decision.reason)
    detail = {"settlement": one.settlement, "visit": one.visit}
    recorded = row(
        actor,
        "proposals.relieve",
        subject_of(one.person),
        at,
        reason=decision.reason,
        detail=detail,
    )
    post(db, said, "relief", one.settlement, entries, [], old.place, recorded)
    told_ = [{"account": account, "amount": yuan(fen_)} for account, fen_ in entries]
    return {"month": said.month, "entries": told_}
