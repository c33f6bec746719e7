"""Floor amounts: each entry of the floor fund is computed, approved, paid or failed, which are four things.

What is there without a decision is computed; a negative entry, which undoes or takes back, is to be recovered. The
entries of a settlement that was reversed before any of them was paid cancel one another and wait for nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, LiteralString

import psycopg

from doudi.money import yuan
from doudi_web.audit_log.actions import record
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import told, told_or_none
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

LISTED = 500


class State(StrEnum):
    """Where a floor amount stands."""

    COMPUTED = "computed"
    RECOVER = "recover"
    APPROVED = "approved"
    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"


STATE_TITLES: dict[State, str] = {
    State.COMPUTED: "已算出，等批准",
    State.RECOVER: "要追回，等批准",
    State.APPROVED: "已批准，等付款",
    State.PAID: "已付",
    State.FAILED: "付款失败",
    State.CANCELLED: "已抵销",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the floor fund: what it is of, its amount, its state, and what was written last of it."""

    entry: int
    kind: str
    settlement: int | None
    assessment: int | None
    visit: str | None
    facility: str
    posted: datetime
    month: str
    amount: int
    state: State
    written: str | None
    at: datetime | None
    by: str | None
    reason: str | None
    reference: str | None


UNFINISHED: LiteralString = """
SELECT entry FROM clearing_flooropen
UNION ALL SELECT id FROM settlement_entry
WHERE account = 'fund:floor' AND id > %s AND id > (SELECT coalesce(max(low), 0) FROM clearing_floormark)
"""
"""The entries of the floor fund that are not known to be finished: `finishing` keeps which those are. Takes
`low_of`, which says to the database how few that are; it never goes back, and where it went on meanwhile, the
other condition holds."""
_STATED: LiteralString = """
SELECT e.id, p.kind, p.settlement, p.assessment, s.visit, coalesce(s.facility, a.facility), p.posted, p.month,
  e.amount,
  CASE
    WHEN p.settlement IS NOT NULL
      AND (SELECT r.id FROM settlement_posting r
           WHERE r.settlement = p.settlement AND r.kind = 'reverse') IS NOT NULL
      AND (SELECT sum(o.amount) = 0 AND count(*) FILTER (WHERE EXISTS (
             SELECT 1 FROM clearing_floorstate f WHERE f.entry = o.id AND f.state = 'paid')) = 0
           FROM settlement_posting q JOIN settlement_entry o ON o.posting = q.id AND o.account = 'fund:floor'
           WHERE q.settlement = p.settlement)
    THEN 'cancelled'
    WHEN l.state IS NOT NULL THEN l.state
    WHEN e.amount < 0 THEN 'recover'
    ELSE 'computed' END AS state,
  l.state AS written, l.at, l.actor, l.reason, l.reference
"""
_OF: LiteralString = """
JOIN settlement_posting p ON p.id = e.posting
LEFT JOIN settlement_settlement s ON s.id = p.settlement
LEFT JOIN settlement_assessment a ON a.id = p.assessment
LEFT JOIN LATERAL (
  SELECT f.state, f.at, f.actor, f.reason, f.reference FROM clearing_floorstate f WHERE f.entry = e.id
  ORDER BY f.id DESC LIMIT 1) l ON true
WHERE e.account = 'fund:floor'
"""
ITEMS: LiteralString = f"{_STATED} FROM settlement_entry e {_OF}"
"""Every floor amount. A condition may follow."""
OPEN_ITEMS: LiteralString = (
    f"{_STATED} FROM ({UNFINISHED}) u JOIN settlement_entry e ON e.id = u.entry {_OF}"
)
"""The same of those that are not known to be finished, for `low_of`: all that may be decided on are among them."""
_FINISHED = frozenset({State.PAID, State.CANCELLED})


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which floor amounts: in a state, of a hospital, of a month of the ledger, behind an entry."""

    state: State | None = None
    facility: str = ""
    month: str = ""
    after: int = 0


def low_of(db: "psycopg.Connection[tables.Row]") -> int:
    """Up to which entry of the ledger the finished floor amounts are known."""
    row = db.execute("SELECT coalesce(max(low), 0) FROM clearing_floormark").fetchone()
    assert row is not None
    return row[0]


def read_items(
    db: "psycopg.Connection[tables.Row]",
    conditions: Sequence[tuple[LiteralString, Any]],
    state: Sequence[State] = (),
    limit: int | None = None,
) -> list[Item]:
    """Floor amounts under all conditions, in the order of the ledger; those in one of the states, where told."""
    where: LiteralString = "".join([f" AND {condition}" for condition, _ in conditions])
    values = [value for _, value in conditions]
    items = ITEMS
    if state and not _FINISHED & {*state}:
        items, values = OPEN_ITEMS, [low_of(db), *values]
    rows = db.execute(
        f"SELECT * FROM ({items}{where}) items WHERE %s::text[] IS NULL OR state = ANY(%s) ORDER BY id LIMIT %s",
        [*values, [*state] or None, [*state], limit],
    )
    found: list[Item] = []
    for row in rows:
        entry: tuple[Any, ...] = row[:9]
        found.append(
            Item(*entry, state=State(row[9]), written=row[10], at=row[11], by=row[12], reason=row[13],
                 reference=row[14])
        )  # fmt: skip
    return found


def listed(actor: Actor, wanted: Wanted) -> dict[str, Any]:
    """A page of floor amounts in the order of the ledger; a hospital has its own alone.

    `after` names the last where there are more. Raises Refusal 403.
    """
    actor.must(Act.FLOOR_READ)
    if wanted.facility:
        actor.must_be_of(wanted.facility, Act.FLOOR_READ)
    facility = actor.facility or wanted.facility
    behind: tuple[LiteralString, Any] = ("e.id > %s", wanted.after)
    conditions = [behind, *_of(facility, wanted.month)]
    db = tables.driver()
    states = () if wanted.state is None else (wanted.state,)
    with db.transaction():
        found = read_items(db, conditions, states, LISTED + 1)
        shown = found[:LISTED]
        detail = {
            "facility": facility,
            "month": wanted.month,
            "state": wanted.state,
            "rows": len(shown),
        }
        record(actor, "floor.list", "floor", detail=detail)
    return {
        "floor": [item_json(one) for one in shown],
        "after": shown[-1].entry if len(found) > LISTED else None,
    }


def _of(facility: str, month: str) -> list[tuple[LiteralString, Any]]:
    found: list[tuple[LiteralString, Any]] = []
    if facility:
        found.append(("coalesce(s.facility, a.facility) = %s", facility))
    if month:
        found.append(("p.month = %s", month))
    return found


def totals(actor: Actor, facility: str, month: str) -> dict[str, Any]:
    """How many and how much in each state, beside what the ledger has on the floor fund: the same sum.

    Raises Refusal 403.
    """
    actor.must(Act.FLOOR_READ)
    if facility:
        actor.must_be_of(facility, Act.FLOOR_READ)
    facility = actor.facility or facility
    conditions = _of(facility, month)
    where: LiteralString = "".join([f" AND {condition}" for condition, _ in conditions])
    values = [value for _, value in conditions]
    db = tables.driver()
    with db.transaction():
        rows = db.execute(
            f"SELECT state, count(*), sum(amount)::bigint FROM ({ITEMS}{where}) items GROUP BY state"
            f" UNION ALL SELECT 'ledger', count(*), coalesce(sum(amount), 0)::bigint FROM ({_LEDGER}{where}) x",
            [*values, *values],
        ).fetchall()
        record(actor, "floor.totals", "floor", detail={"facility": facility, "month": month})
    of = {state: (count, amount) for state, count, amount in rows}
    count, fund = of.pop("ledger")
    return {
        "states": {
            state.value: {
                "items": of.get(state, (0, 0))[0],
                "amount": yuan(of.get(state, (0, 0))[1]),
            }
            for state in State
        },
        "items": count,
        "fund": yuan(fund),
    }


COUNTED = 1_000
_TO_APPROVE: LiteralString = f"""
SELECT count(*) FROM (
  SELECT 1 FROM ({UNFINISHED}) u JOIN settlement_entry e ON e.id = u.entry
  JOIN settlement_posting p ON p.id = e.posting
  WHERE e.amount <> 0
    AND NOT EXISTS (SELECT 1 FROM clearing_floorstate f WHERE f.entry = e.id)
    AND NOT EXISTS (SELECT 1 FROM settlement_posting r WHERE r.settlement = p.settlement AND r.kind = 'reverse')
  ORDER BY e.id DESC LIMIT %s) waiting
"""


def count_to_approve(actor: Actor) -> int:
    """How many floor amounts of standing settlements nobody has decided on, the newest first, up to COUNTED.

    Raises Refusal 403.
    """
    actor.must(Act.FLOOR_READ)
    db = tables.driver()
    row = db.execute(_TO_APPROVE, [low_of(db), COUNTED]).fetchone()
    return 0 if row is None else row[0]


_LEDGER: LiteralString = """
SELECT e.amount FROM settlement_entry e JOIN settlement_posting p ON p.id = e.posting
LEFT JOIN settlement_settlement s ON s.id = p.settlement LEFT JOIN settlement_assessment a ON a.id = p.assessment
WHERE e.account = 'fund:floor'
"""


def item_json(one: Item) -> dict[str, Any]:
    """A floor amount as answers tell it: by its settlement or its assessment, of no person."""
    return {
        "entry": one.entry, "kind": one.kind,
        "settlement_id": None if one.settlement is None else str(one.settlement),
        "assessment_id": None if one.assessment is None else str(one.assessment),
        "visit_id": one.visit, "facility": one.facility, "posted": told(one.posted), "month": one.month,
        "amount": yuan(one.amount), "state": one.state.value, "decided": told_or_none(one.at), "by": one.by,
        "reason": one.reason or "", "reference": one.reference or "",
    }  # fmt: skip
