"""Disputes as they are read: a hospital has its own, the district all; those that wait longest first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, LiteralString

import psycopg

from doudi.money import yuan
from doudi_web.audit_log.actions import record
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

Driver = psycopg.Connection[tables.Row]
LISTED = 100


class State(StrEnum):
    """Whose turn it is, or how it ended."""

    OPEN = "open"
    ANSWERED = "answered"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


STATE_TITLES: Mapping[State, str] = {
    State.OPEN: "等区里答复",
    State.ANSWERED: "答复了，等医院看",
    State.ACCEPTED: "医院认可，了结",
    State.WITHDRAWN: "医院撤回",
}
SAID: Mapping[str, str] = {
    "open": "提出异议", "uphold": "答复：异议成立", "refuse": "答复：维持原数", "again": "不同意答复，再提",
    "accept": "认可答复", "withdraw": "撤回",
}  # fmt: skip
UNVERIFIED = ("dispute.due",)
"""What no document confirms: in how many days the district answers."""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said in a dispute."""

    what: str
    text: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute: of what, both figures, whose turn it is until when, what was said."""

    id: int
    facility: str
    name: str
    month: str
    posting: int | None
    settlement: int | None
    account: str
    recorded: int
    stated: int | None
    due: date
    opened: datetime
    state: State
    said: tuple[Said, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether it is still to be dealt with."""
        return self.state in (State.OPEN, State.ANSWERED)

    def is_late(self, today: date) -> bool:
        """Whether the district should have answered."""
        return self.state == State.OPEN and self.due < today

    def json(self) -> dict[str, Any]:
        """The dispute as answers tell it."""
        return {
            "dispute": self.id, "facility": self.facility, "month": self.month, "posting": self.posting,
            "settlement_id": None if self.settlement is None else str(self.settlement), "account": self.account,
            "recorded": yuan(self.recorded), "stated": None if self.stated is None else yuan(self.stated),
            "state": self.state.value, "due": self.due.isoformat(), "opened": told(self.opened),
            "said": [
                {"what": one.what, "text": one.text, "at": told(one.at), "by": one.by} for one in self.said
            ],
            "unverified": list(UNVERIFIED),
        }  # fmt: skip


_ROWS: LiteralString = """
SELECT d.id, d.facility, coalesce(f.name, d.facility), d.month, d.posting, p.settlement, d.account, d.recorded,
  d.stated, d.due, d.opened, d.state
FROM disputes_dispute d LEFT JOIN tenancy_facility f ON f.code = d.facility
LEFT JOIN settlement_posting p ON p.id = d.posting
"""
_SAID = """
SELECT dispute_id, what, text, at, by FROM disputes_said WHERE dispute_id = ANY(%s) ORDER BY dispute_id, id
"""


def disputes(
    actor: Actor, *, facility: str = "", month: str = "", waiting: bool = False, after: int = 0
) -> list[Dispute]:
    """Disputes in the order in which they were opened, those that wait alone where asked. Raises Refusal 403."""
    actor.must(Act.DISPUTES_READ)
    if facility:
        actor.must_be_of(facility, Act.DISPUTES_READ)
    only = actor.facility or facility
    db = tables.driver()
    where, values = _where(only, month, waiting=waiting)
    with db.transaction():
        rows = db.execute(
            f"{_ROWS} WHERE d.id > %s{where} ORDER BY d.id LIMIT %s", [after, *values, LISTED]
        )
        found = with_said(db, [_dispute(row) for row in rows])
        detail = {"facility": only, "month": month, "rows": len(found)}
        record(actor, "disputes.list", "disputes", detail=detail)
    return found


def every(actor: Actor, *, month: str = "", waiting: bool = False) -> Iterator[Dispute]:
    """All disputes that the actor sees, of a month, those that wait, where asked, a page after another.

    Raises Refusal 403.
    """
    after = 0
    while found := disputes(actor, month=month, waiting=waiting, after=after):
        yield from found
        after = found[-1].id


def _where(facility: str, month: str, *, waiting: bool) -> tuple[LiteralString, list[Any]]:
    where: LiteralString = ""
    values: list[Any] = []
    if facility:
        where, values = where + " AND d.facility = %s", [*values, facility]
    if month:
        where, values = where + " AND d.month = %s", [*values, month]
    if waiting:
        where += " AND d.state IN ('open', 'answered')"
    return where, values


def one(actor: Actor, number: int) -> Dispute:
    """A dispute with all that was said. Raises Refusal 403, 404."""
    actor.must(Act.DISPUTES_READ)
    db = tables.driver()
    with db.transaction():
        found = found_dispute(db, actor, Act.DISPUTES_READ, number)
        record(actor, "disputes.read", f"dispute:{number}")
    return found


def found_dispute(
    db: Driver, actor: Actor, act: Act, number: int, *, alone: bool = False
) -> Dispute:
    """A dispute of the actor's; `alone`: nobody else deals with it until the transaction ends. Raises Refusal."""
    if alone:
        db.execute("SELECT 1 FROM disputes_dispute WHERE id = %s FOR UPDATE", [number])
    row = db.execute(f"{_ROWS} WHERE d.id = %s", [number]).fetchone()
    if row is None:
        raise Refusal.of(404, "S728", str(number), number=number, reason="没有")
    actor.must_be_of(row[1], act)
    return with_said(db, [_dispute(row)])[0]


def with_said(db: Driver, found: Sequence[Dispute]) -> list[Dispute]:
    """Disputes with what was said in them."""
    said: dict[int, list[Said]] = {}
    for number, *rest in db.execute(_SAID, [[one.id for one in found]]):
        said.setdefault(number, []).append(Said(*rest))
    return [replace(one, said=tuple(said.get(one.id, ()))) for one in found]


def _dispute(row: tables.Row) -> Dispute:
    told: tuple[Any, ...] = row[:-1]
    return Dispute(*told, state=State(row[-1]))


_WAITING = """
SELECT count(*) FROM disputes_dispute WHERE state = ANY(%s) AND (%s::text IS NULL OR facility = %s)
"""


def count_waiting(actor: Actor) -> int:
    """How many wait for the actor: of the district's to be answered, of a hospital's that were answered."""
    states = ["answered"] if actor.facility else ["open"]
    row = tables.driver().execute(_WAITING, [states, actor.facility, actor.facility]).fetchone()
    return 0 if row is None else row[0]


def today() -> date:
    """The day by which a dispute is late."""
    return now().date()
