"""What is to be looked at before a month is closed: each with how many, how much, and where it is dealt with.

Closing forbids none of it: what is open stays open and is posted into the month that is open then. It is said, and
who closes nevertheless says why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

import psycopg

from doudi.money import yuan
from doudi_web.audit_log.actions import record
from doudi_web.clearing.floor import OPEN_ITEMS, low_of
from doudi_web.clearing.spans import Period, period_of
from doudi_web.month_end import hospitals
from doudi_web.papers.clearing import must_be_month
from doudi_web.settlement import closing, tables
from doudi_web.settlement.asked import canonical
from doudi_web.settlement.ledger import sm3
from doudi_web.settlement.months import GATE, month_of
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

Driver = psycopg.Connection[tables.Row]


@dataclass(frozen=True, slots=True)
class Check:
    """Something that is open in a month: what, how many, how much where that can be said."""

    name: str
    count: int
    amount: int | None = None

    def json(self) -> dict[str, Any]:
        """The check as answers tell it."""
        amount = None if self.amount is None else yuan(self.amount)
        return {"check": self.name, "count": self.count, "amount": amount}


NAMES = (
    "earlier_open", "floor_to_approve", "floor_failed", "floor_to_pay", "batches", "awaiting", "proposals",
    "disputes", "differs", "quarantined", "unsealed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Closing:
    """A month before it is closed, or as it was: its checks, its hospitals, what came after and where it went."""

    month: str
    open_month: str
    """The month that postings go into now."""
    closed: Mapping[str, Any] | None
    checks: Sequence[Check]
    hospitals: Sequence[hospitals.Hospital]
    postings: int
    last_posting: int
    later: Sequence[tuple[str, str, int, int]]
    """Postings that undo or replace what stands in this month, by the month they went into and kind."""

    @property
    def open_checks(self) -> list[Check]:
        """Those with something open."""
        return [one for one in self.checks if one.count]

    @property
    def is_over(self) -> bool:
        """Whether its days have passed."""
        return self.month < month_of(now(), None)

    @property
    def version(self) -> str:
        """By which what was looked at is told from what is there."""
        told = [[one.name, one.count, one.amount] for one in self.checks]
        return sm3(canonical([self.month, told, self.postings, self.last_posting]).encode()).hex()[
            :16
        ]

    def json(self) -> dict[str, Any]:
        """The month as answers tell it."""
        return {
            "month": self.month, "open": self.open_month, "closed": self.closed is not None,
            "version": self.version, "postings": self.postings,
            "checks": [one.json() for one in self.checks],
            "hospitals": [
                {"facility": one.facility, "postings": one.postings, "total": yuan(one.total),
                 "funds": {fund: yuan(amount) for fund, amount in sorted(one.funds.items())},
                 "hospital": yuan(one.hospital), "patient": yuan(one.patient), "stated": one.stated,
                 "differs": one.differs, "difference": yuan(one.difference)}
                for one in self.hospitals
            ],
        }  # fmt: skip


_FLOOR: LiteralString = f"""
SELECT CASE WHEN state IN ('computed', 'recover') THEN 'floor_to_approve' WHEN state = 'failed' THEN 'floor_failed'
  ELSE 'floor_to_pay' END, count(*), sum(amount)::bigint
FROM ({OPEN_ITEMS} AND p.month <= %s) i WHERE state NOT IN ('paid', 'cancelled') GROUP BY 1
"""
_AWAITING = """
SELECT count(*) FROM settlement_provisional w JOIN settlement_settlement s ON s.id = w.settlement
WHERE w.platform AND s.settled < %s
"""
_PROPOSALS = "SELECT count(*) FROM settlement_proposal WHERE state = 'open' AND made < %s"
_DISPUTES = """
SELECT count(*) FROM disputes_dispute WHERE state IN ('open', 'answered') AND month <= %s
"""
_BATCHES = """
SELECT count(*), coalesce(sum(amount), 0)::bigint FROM payments_batch
WHERE state IN ('made', 'released', 'sent') AND month <= %s
"""
_EARLIER = """
SELECT count(DISTINCT month) FROM settlement_posting
WHERE month < %s AND month > coalesce((SELECT max(month) FROM settlement_monthclose), '')
"""
_QUARANTINED = "SELECT count(*) FROM settlement_quarantined WHERE released IS NULL AND settled < %s"
_UNSEALED = """
SELECT count(*) FROM settlement_posting p WHERE p.month = %s
  AND NOT EXISTS (SELECT 1 FROM settlement_node n WHERE n.posting = p.id)
"""
_POSTINGS = "SELECT count(*), coalesce(max(id), 0) FROM settlement_posting WHERE month = %s"
_LATER: LiteralString = """
SELECT r.month, r.kind, count(*), coalesce(sum(-e.amount), 0)::bigint
FROM settlement_posting p JOIN settlement_posting r ON r.settlement = p.settlement AND r.month > p.month
  AND r.kind <> 'settle'
LEFT JOIN settlement_entry e ON e.posting = r.id AND e.account LIKE 'clearing:%%'
WHERE p.month = %s AND p.kind = 'settle' GROUP BY 1, 2 ORDER BY 1, 2
"""


def looked(actor: Actor, month: str) -> Closing:
    """A month as it is before it is closed, or as it was closed. Raises Refusal 403, 422."""
    actor.must(Act.MONTHS_READ)
    actor.must(Act.LEDGER_READ)
    must_be_month(month)
    db = tables.driver()
    with db.transaction():
        found = _looked(db, actor, month)
        record(actor, "months.look", f"month:{month}", detail={"postings": found.postings})
    return found


def _looked(db: Driver, actor: Actor, month: str) -> Closing:
    """The same within a transaction that does more."""
    told = closing.months(actor)
    count, last = _row(db, _POSTINGS, month)
    found = hospitals.read(db, month)
    return Closing(
        month, told["open"], next((one for one in told["closed"] if one["month"] == month), None),
        _checks(db, month, found), found, count, last,
        [(into, kind, n, amount) for into, kind, n, amount in db.execute(_LATER, [month])],
    )  # fmt: skip


def _checks(db: Driver, month: str, found: Sequence[hospitals.Hospital]) -> list[Check]:
    period = period_of(month)
    assert isinstance(period, Period), month
    floor = {
        name: (count, amount) for name, count, amount in db.execute(_FLOOR, [low_of(db), month])
    }
    told: dict[str, tuple[int, int | None]] = {
        "earlier_open": (_row(db, _EARLIER, month)[0], None),
        **{
            name: floor.get(name, (0, 0))
            for name in ("floor_to_approve", "floor_failed", "floor_to_pay")
        },
        "batches": _pair(db, _BATCHES, month),
        "awaiting": (_row(db, _AWAITING, period.end)[0], None),
        "proposals": (_row(db, _PROPOSALS, period.end)[0], None),
        "disputes": (_row(db, _DISPUTES, month)[0], None),
        "differs": (sum(one.differs for one in found), sum(one.difference for one in found)),
        "quarantined": (_row(db, _QUARANTINED, period.end)[0], None),
        "unsealed": (_row(db, _UNSEALED, month)[0], None),
    }
    return [Check(name, *told[name]) for name in NAMES]


def _row(db: Driver, sql: LiteralString, value: str | datetime) -> tables.Row:
    row = db.execute(sql, [value]).fetchone()
    assert row is not None
    return row


def _pair(db: Driver, sql: LiteralString, value: str) -> tuple[int, int]:
    row = _row(db, sql, value)
    return row[0], row[1]


def close(
    actor: Actor, month: str, message: str, reason: str, version: str, *, nevertheless: bool
) -> tuple[int, dict[str, Any]]:
    """Close a month as it was looked at: 201; the same message again 200. Nothing is posted between look and close.

    Raises Refusal: 403, 409 (it is not as it was looked at; something is open and nobody says that it may be; it
    runs still, or an earlier one is open), 422.
    """
    actor.must(Act.MONTHS_CLOSE)
    must_be_month(month)
    if not reason:
        raise Refusal.of(
            422, "F201", "reason", key="reason", expected="为什么现在关账，1 至 400 字"
        )
    db = tables.driver()
    with db.transaction():
        db.execute("SELECT pg_advisory_xact_lock(%s)", [GATE])
        found = _looked(db, actor, month)
        if found.closed is None:
            if found.version != version:
                raise Refusal.of(409, "S729", month, month=month, reason="看过以后又变了，没有关")
            if found.open_checks and not nevertheless:
                said = f"还有 {len(found.open_checks)} 样没有办完，没有关"
                raise Refusal.of(409, "S729", month, month=month, reason=said)
        return closing.close(actor, month, message, reason)
