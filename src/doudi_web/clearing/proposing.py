"""Taking back what a period leaves, by two: one proposes with the figures of that moment, another one posts it.

What is proposed is the difference that was seen; where it is another by then, nothing is posted. It is the one way
to assess a period, for people at their desks and for clients with their tokens alike. ADR 0019.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from doudi.money import yuan
from doudi_web.audit_log.actions import record
from doudi_web.clearing.assessing import assess_in, due
from doudi_web.clearing.once import once
from doudi_web.clearing.spans import Period, period_of
from doudi_web.settlement import tables
from doudi_web.settlement.answers import Answer
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

Driver = psycopg.Connection[tables.Row]


@dataclass(frozen=True, slots=True)
class Proposed:
    """What somebody proposes to take back."""

    id: int
    facility: str
    period: str
    amount: int
    reason: str
    made: datetime
    made_by: str
    state: str

    def json(self) -> dict[str, Any]:
        """The proposal as answers tell it."""
        return {
            "proposal": self.id, "facility": self.facility, "period": self.period, "amount": yuan(self.amount),
            "reason": self.reason, "made": told(self.made), "by": self.made_by,
        }  # fmt: skip


_COLUMNS = (
    "SELECT id, facility, period, amount, reason, made, made_by, state FROM clearing_toassess"
)
_PROPOSE = """
INSERT INTO clearing_toassess (facility, period, amount, reason, made, made_by, state, decided_by, said)
VALUES (%s, %s, %s, %s, %s, %s, 'open', '', '') RETURNING id
"""
_DECIDE = """
UPDATE clearing_toassess SET state = %s, decided = %s, decided_by = %s, said = %s WHERE id = %s
"""


def waiting(actor: Actor, period: Period | None = None) -> list[Proposed]:
    """What waits for a second person, of a period where one is asked for; a hospital sees its own alone.

    Raises Refusal 403.
    """
    actor.must(Act.PERIODS_READ)
    db = tables.driver()
    of = None if period is None else str(period)
    with db.transaction():
        rows = db.execute(
            f"{_COLUMNS} WHERE state = 'open' AND (%s::text IS NULL OR period = %s)"
            " AND (%s::text IS NULL OR facility = %s) ORDER BY id",
            [of, of, actor.facility, actor.facility],
        ).fetchall()
        record(actor, "assess.waiting", "periods", detail={"period": of or "", "rows": len(rows)})
    return [Proposed(*row) for row in rows]


def propose(
    actor: Actor,
    message: str,
    stated: Mapping[str, Any],
    facility: str,
    period: Period,
    seen_fen: int,
    reason: str,
) -> Answer:
    """Propose to take back what a period leaves, as it was seen: 201; the same message again 200.

    Raises Refusal: 403, 409 (the period cannot be assessed; another sum; one is open), 422 (no reason).
    """
    actor.must(Act.ASSESS_PROPOSE)
    if not reason:
        raise Refusal.of(422, "F201", "reason", key="reason", expected="为什么追回，1 至 400 字")

    def do(db: Driver) -> Any:
        tables.lock(db, (f"assess:{facility}",))
        difference = due(db, facility, period)[1].difference
        if difference != seen_fen:
            what = f"{facility} {period} 要追回的"
            raise Refusal.of(
                409, "S589", facility, what=what, now=yuan(difference), seen=yuan(seen_fen)
            )
        open_one = db.execute(
            f"{_COLUMNS} WHERE facility = %s AND period = %s AND state = 'open'",
            [facility, str(period)],
        ).fetchone()
        if open_one is not None:
            what = f"{facility} {period} 的追回"
            raise Refusal.of(
                409, "S723", facility, what=what, state="有人提了，等另一个人", wanted="再提"
            )
        at = now()
        row = db.execute(
            _PROPOSE, [facility, str(period), difference, reason, at, actor.key]
        ).fetchone()
        assert row is not None
        detail = {"period": str(period), "facility": facility, "amount": yuan(difference)}
        record(actor, "assess.propose", f"facility:{facility}"[:80], reason=reason, detail=detail)
        return Proposed(
            row[0], facility, str(period), difference, reason, at, actor.key, "open"
        ).json()

    return once(actor, "assess.propose", message, stated, do)


def decide(
    actor: Actor, message: str, stated: Mapping[str, Any], number: int, reason: str, *, accept: bool
) -> Answer:
    """Post what somebody else proposed, where it is still that sum; or refuse it and say why: 201, again 200.

    Raises Refusal: 403 (the role; who proposed it), 404, 409 (decided; another sum by now), 422.
    """
    actor.must(Act.ASSESS)
    if not accept and not reason:
        raise Refusal.of(422, "F201", "reason", key="reason", expected="为什么退回，1 至 400 字")

    def do(db: Driver) -> Any:
        tables.lock(db, (f"to-assess:{number}",))
        row = db.execute(f"{_COLUMNS} WHERE id = %s", [number]).fetchone()
        if row is None:
            raise Refusal.of(
                404, "S723", str(number), what=f"追回 {number}", state="没有", wanted="办"
            )
        one = Proposed(*row)
        if one.state != "open":
            raise Refusal.of(
                409, "S723", str(number), what=f"追回 {number}", state="已经办过", wanted="再办"
            )
        if accept and one.made_by == actor.key:
            raise Refusal.of(403, "S722", str(number), what=f"追回 {number}", did="提", does="记账")
        db.execute(_DECIDE, ["posted" if accept else "refused", now(), actor.key, reason, number])
        if not accept:
            record(actor, "assess.refuse", f"facility:{one.facility}"[:80], reason=reason)
            return {"proposal": number, "state": "refused"}
        period = period_of(one.period)
        assert period is not None, one.period
        posted = assess_in(db, actor, message, one.facility, period, one.reason)
        if posted["amount"] != yuan(one.amount):
            what, seen = f"{one.facility} {one.period} 要追回的", yuan(one.amount)
            raise Refusal.of(409, "S589", one.facility, what=what, now=posted["amount"], seen=seen)
        return {"proposal": number, "state": "posted", **posted}

    try:
        return once(actor, "assess.decide", message, stated, do)
    except psycopg.errors.UniqueViolation as used:
        raise Refusal.of(409, "S409", "message_id", message=message) from used
