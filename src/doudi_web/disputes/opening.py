"""A hospital's office disputes a posting of its month, or what an account comes to, and says why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, LiteralString

from doudi.errors import fault
from doudi.money import yuan
from doudi_web.audit_log.actions import record
from doudi_web.clearing.once import once
from doudi_web.disputes.selectors import Driver, found_dispute
from doudi_web.papers import books, clearing
from doudi_web.settlement.answers import Answer
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

DUE_DAYS = 10
"""In how many days the district answers: no document says it."""


@dataclass(frozen=True, slots=True)
class Disputed:
    """What is disputed: a month, an account of it, the posting where it is one alone, what the hospital has."""

    month: str
    account: str
    posting: int | None
    stated_fen: int | None


_POSTING: LiteralString = """
SELECT coalesce(sum(e.amount) FILTER (WHERE e.account = %(account)s), 0)::bigint
FROM settlement_posting p JOIN settlement_entry e ON e.posting = p.id
WHERE p.id = %(posting)s AND p.month = %(month)s
  AND (EXISTS (SELECT 1 FROM settlement_entry c WHERE c.posting = p.id AND c.account = %(own)s)
    OR EXISTS (SELECT 1 FROM settlement_assessment a WHERE a.id = p.assessment AND a.facility = %(facility)s)
    OR EXISTS (SELECT 1 FROM settlement_settlement s WHERE s.id = p.settlement AND s.facility = %(facility)s))
GROUP BY p.id
"""
_DISPUTE = """
INSERT INTO disputes_dispute (facility, month, posting, account, recorded, stated, state, due, opened)
VALUES (%s, %s, %s, %s, %s, %s, 'open', %s, %s) RETURNING id
"""
_SAY = "INSERT INTO disputes_said (dispute_id, what, text, at, by) VALUES (%s, %s, %s, %s, %s)"


def dispute(
    actor: Actor, message: str, stated: Mapping[str, Any], of: Disputed, reason: str
) -> Answer:
    """Open a dispute of one's own hospital: 201; the same message again 200.

    Raises Refusal: 403, 404 (the hospital's month has no such posting), 422.
    """
    actor.must(Act.DISPUTES_OPEN)
    assert actor.facility is not None, "who disputes belongs to a hospital"
    facility = actor.facility
    wrong = []
    if not reason:
        wrong.append(fault("F201", "reason", key="reason", expected="哪里不对，1 至 400 字"))
    if not _is_account(of.account):
        expected = "total、hospital、patient 或 fund: 加基金的代码"
        wrong.append(fault("F203", "account", value=of.account[:80], expected=expected))
    clearing.must_be_month(of.month)
    if wrong:
        raise Refusal(422, wrong)

    def do(db: Driver) -> Any:
        recorded = _recorded(db, facility, of)
        at = now()
        due = at.date() + timedelta(days=DUE_DAYS)
        values = [facility, of.month, of.posting, of.account, recorded, of.stated_fen, due, at]
        row = db.execute(_DISPUTE, values).fetchone()
        assert row is not None
        say(db, actor, row[0], "open", reason)
        detail = {
            "month": of.month,
            "posting": of.posting,
            "account": of.account,
            "recorded": yuan(recorded),
        }
        record(actor, "disputes.open", f"dispute:{row[0]}", reason=reason, detail=detail)
        return found_dispute(db, actor, Act.DISPUTES_READ, row[0]).json()

    return once(actor, "disputes.open", message, stated, do)


def say(db: Driver, actor: Actor, number: int, what: str, text: str) -> None:
    """Write what was said in a dispute."""
    db.execute(_SAY, [number, what, text[:400], now(), actor.key])


def _is_account(account: str) -> bool:
    kind, colon, fund = account.partition(":")
    if kind == "fund":
        return bool(fund) and len(account) <= 100 and fund.isascii() and fund.isprintable()
    return not colon and account in ("total", "hospital", "patient")


def _recorded(db: Driver, facility: str, of: Disputed) -> int:
    """What the ledger has of it now. Raises Refusal 404."""
    if of.posting is None:
        sums = books.sums(facility, of.month)
        kind, _, fund = of.account.partition(":")
        match kind:
            case "total":
                return sums.total
            case "hospital":
                return sums.hospital
            case "patient":
                return sums.patient
            case _:
                return sums.funds.get(fund, 0)
    own = f"clearing:{facility}"
    account = {"total": own, "hospital": f"hospital:{facility}"}.get(of.account, of.account)
    asked = {
        "posting": of.posting, "month": of.month, "account": account, "own": own, "facility": facility,
    }  # fmt: skip
    row = db.execute(_POSTING, asked).fetchone()
    if row is None:
        raise Refusal.of(
            404, "S728", str(of.posting), number=of.posting, reason="说的那一笔不在本院这个月的账里"
        )
    if of.account == "patient":
        return _of_patient(db, of.posting)
    return -row[0] if of.account == "total" else row[0]


def _of_patient(db: Driver, posting: int) -> int:
    row = db.execute(
        "SELECT coalesce(sum(amount), 0)::bigint FROM settlement_entry"
        " WHERE posting = %s AND account LIKE 'patient:%%'",
        [posting],
    ).fetchone()
    assert row is not None
    return row[0]
