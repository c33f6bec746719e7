"""Proposing that an item stands for a code, or that a doubted mapping is right; taking a proposal back."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import psycopg
from pydantic import Field, StrictBool

from doudi.errors import Fault, fault
from doudi.source_text import Document
from doudi.wire.bill_form import BillForm, Code, Day, Whole
from doudi_web.audit_log.actions import record, record_each
from doudi_web.matching.entries import entries_of
from doudi_web.matching.proposals import OPEN, WITHDRAWN, Proposal, history, locked
from doudi_web.matching.queue import Item, found_item, in_catalogue
from doudi_web.policy.actions import MappingRow, mapping_rows
from doudi_web.policy.rules import generation, rules
from doudi_web.settlement import tables
from doudi_web.settlement.asked import listed, message_of
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

LIMIT = 500  # proposals of one message
NOTE_LIMIT = 400
_AHEAD = timedelta(days=366)
Driver = psycopg.Connection[tables.Row]


class ProposalForm(BillForm):
    """One proposal: an item, the code that it stands for and from when; or that its mapping is kept as it is."""

    item: Whole
    code: Code | None = None
    start: Day | None = Field(default=None, alias="from")
    keep: StrictBool | None = None
    note: str | None = Field(default=None, max_length=NOTE_LIMIT)


@dataclass(frozen=True, slots=True)
class Stated:
    """What is proposed for one item; `code` empty: its mapping is right as it is."""

    item: int
    code: str = ""
    valid_from: date | None = None
    note: str = ""
    version: str = ""
    """Of the mapping that who proposes has seen, as an item's page tells it; empty: whatever holds."""


def propose(actor: Actor, document: Document) -> tuple[int, dict[str, Any]]:
    """`{proposals: [{item, code, from?, note?} | {item, keep, note}]}`: 201 where one is new, else 200.

    All or none. Raises Refusal as `propose_all` does, and 422 for what has no form.
    """
    actor.must(Act.MATCHING_PROPOSE)
    body, faults = message_of(document, "proposals")
    forms, wrong = listed(document, body, "proposals", ProposalForm, "建议", LIMIT)
    faults += wrong
    for number, form in enumerate(forms):
        where = document.where(("proposals", number, "code"))
        if (form.code is None) != bool(form.keep):
            expected = "医保编码，或者 keep（对照不改）"
            faults.append(fault("F201", where, key="code", expected=expected))
        if form.keep and not (form.note or "").strip():
            where = document.where(("proposals", number, "note"))
            faults.append(fault("F201", where, key="note", expected="为什么不改，1 至 400 字"))
    if len({form.item for form in forms}) < len(forms):
        faults.append(fault("F203", "proposals", value="item", expected="每个项目一次"))
    if faults:
        raise Refusal(422, faults)
    made = propose_all(
        actor, [Stated(f.item, f.code or "", f.start, (f.note or "").strip()) for f in forms]
    )
    return (201 if any(is_new for _, is_new in made) else 200), {
        "proposals": [one.json() for one, _ in made]
    }


def alike_by_name(actor: Actor, numbers: Sequence[int]) -> list[Stated]:
    """For each item the one of the catalogue that bears its name. Raises Refusal 403, 404, 422 (there is none)."""
    actor.must(Act.MATCHING_PROPOSE)
    db = tables.driver()
    found: list[Stated] = []
    for number in numbers:
        item = found_item(db, actor, Act.MATCHING_PROPOSE, number)
        best = next((one for one in item.suggestions if one.identical), None)
        if best is None:
            raise Refusal.of(422, "S647", item.code, own=item.name, code="—", name="—")
        found.append(Stated(number, best.code))
    return found


def propose_all(actor: Actor, stated: Sequence[Stated]) -> list[tuple[Proposal, bool]]:
    """Propose for several items, all or none; each with whether it is new.

    The same again by the same account changes nothing. Raises Refusal 403, 404, 409 (another proposal is open), 422
    (the catalogue does not have the code on that day).
    """
    actor.must(Act.MATCHING_PROPOSE)
    db = tables.driver()
    with db.transaction():
        _alone(db, stated)
        made, faults = list[tuple[Proposal, bool]](), list[tuple[int, Fault]]()
        rows: dict[str, MappingRow | None] = {}
        for one in sorted(stated, key=lambda s: s.item):
            try:
                made.append(_propose(db, actor, one, rows))
            except Refusal as refused:
                faults += [(refused.status, found) for found in refused.faults]
        if faults:
            raise Refusal(max(status for status, _ in faults), [found for _, found in faults])
        new = [one for one, is_new in made if is_new]
        each = ((f"item:{p.item}", {"proposal": p.number, "code": p.code}) for p in new)
        record_each(actor, "matching.propose", each)
        record(actor, "matching.propose", "matching", detail={"sent": len(made), "new": len(new)})
    return made


_FIRST_DAY = """
SELECT least(
  (SELECT min(l.day) FROM matching_line l JOIN settlement_visit v ON v.id = l.visit AND v.settled IS NULL
   JOIN settlement_feeline f ON f.id = l.feeline AND f.withdrawn IS NULL WHERE l.item = %(item)s),
  (SELECT min(l.day) FROM matching_line l JOIN settlement_quarantined q ON q.id = l.refused AND q.released IS NULL
   WHERE l.item = %(item)s))
"""


def first_day(db: Driver, item: int, today: date) -> date:
    """From when an item would stand for a code unless it is said: the first day on which it is charged, in a line
    that stands."""
    row = db.execute(_FIRST_DAY, {"item": item}).fetchone()
    return min(row[0], today) if row and row[0] is not None else today


_INSERT = """
INSERT INTO matching_proposal (item, facility, own_code, own_name, code, code_name, valid_from, identical, note,
  based_on, state, made, made_by, decided_by, reason, installed)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, '', '', '') RETURNING id
"""


def _alone(db: Driver, stated: Sequence[Stated]) -> None:
    """Two who propose for one item come one after the other, until the transaction ends.

    By a lock of their own, not by the items' rows, which who keeps the queue or confirms locks in another order.
    """
    keys = tables.lock_keys(f"proposing:{one.item}" for one in stated)
    db.execute("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", [keys])


def _propose(
    db: Driver, actor: Actor, stated: Stated, rows: dict[str, MappingRow | None]
) -> tuple[Proposal, bool]:
    """One proposal; the caller holds the lock of the item."""
    item = found_item(db, actor, Act.MATCHING_PROPOSE, stated.item)
    catalogue, today = rules(generation()).catalogue, now().date()
    code_name, since, identical = "", None, False
    if stated.code:
        since = stated.valid_from or first_day(db, item.number, today)
        if since > today + _AHEAD:
            latest = (today + _AHEAD).isoformat()
            expected = f"不晚于 {latest} 的日期"
            raise Refusal(422, [fault("F203", "from", value=since.isoformat(), expected=expected)])
        code_name = in_catalogue(catalogue, stated.code, {since, max(since, today)}).name
        identical = is_identical(item, stated.code)
    elif stated.valid_from is not None:
        raise Refusal(422, [fault("F202", "from", key="from", near="不改对照就没有日期。")])
    if item.facility not in rows:
        rows[item.facility] = ruling_row(item.facility)
    row = rows[item.facility]
    entries = entries_of(row, item.code)
    if stated.version and stated.version != version_of(entries):
        raise Refusal.of(
            409, "S645", item.code, item=item.code, digest=row.digest[:12] if row else "无",
            since=told(row.since) if row else "—",
        )  # fmt: skip
    before = _open_of(db, item.number)
    if before is not None:
        if (before.made_by, before.code, before.valid_from) == (actor.key, stated.code, since):
            return before, False
        raise Refusal.of(
            409, "S642", item.code, item=item.code, code=before.code or "不改", by=before.made_by,
            at=told(before.made),
        )  # fmt: skip
    made = db.execute(
        _INSERT,
        [
            item.number, item.facility, item.code, item.name, stated.code, code_name, since, identical,
            stated.note, entries, OPEN, now(), actor.key,
        ],
    ).fetchone()  # fmt: skip
    assert made is not None
    return locked(db, [made[0]])[0], True


def version_of(entries: str) -> str:
    """What tells one mapping of an item from another."""
    return hashlib.sha256(entries.encode()).hexdigest()[:16]


def is_identical(item: Item, code: str) -> bool:
    """Whether item and code bear one name to the letter, and no other item does."""
    return any(one.identical and one.code == code for one in item.suggestions)


def ruling_row(facility: str) -> MappingRow | None:
    """The mapping that rules at a hospital now; one that waits for its moment is not yet it."""
    rows = mapping_rows(facility)
    return rows[0] if rows and rows[0].rules else None


def _open_of(db: Driver, item: int) -> Proposal | None:
    """What is proposed for an item and not decided. It is not locked: who decides may be deciding on it now."""
    return next((one for one in history(db, item) if one.state == OPEN), None)


_DECIDE = """
UPDATE matching_proposal SET state = %s, decided = %s, decided_by = %s, reason = %s WHERE id = ANY(%s)
"""


def withdraw(actor: Actor, number: int, reason: str) -> dict[str, Any]:
    """Take back one's own proposal; a second time changes nothing. Raises Refusal 403, 404, 409."""
    actor.must(Act.MATCHING_PROPOSE)
    db = tables.driver()
    with db.transaction():
        (one,) = locked(db, [number])
        actor.must_be_of(one.facility, Act.MATCHING_PROPOSE)
        if one.made_by != actor.key:
            raise Refusal.of(403, "S648", str(number), proposal=number, by=one.made_by)
        made = decide(db, actor, one, WITHDRAWN, reason)
    return made.json()


def decide(db: Driver, actor: Actor, one: Proposal, state: str, reason: str) -> Proposal:
    """Refuse or take back an open proposal; a second time by the same account nothing changes. Raises 409."""
    if (one.state, one.decided_by) == (state, actor.key):
        return one
    must_be_open(one)
    db.execute(_DECIDE, [state, now(), actor.key, reason, [one.number]])
    action = "matching.withdraw" if state == WITHDRAWN else "matching.refuse"
    record(actor, action, f"item:{one.item}", reason=reason, detail={"proposal": one.number})
    return locked(db, [one.number])[0]


def must_be_open(one: Proposal) -> None:
    """Raises Refusal 409 where a proposal has been decided."""
    if one.state != OPEN:
        assert one.decided is not None, "what is not open was decided"
        raise Refusal.of(
            409, "S643", str(one.number), proposal=one.number, state=one.state, by=one.decided_by,
            at=told(one.decided),
        )  # fmt: skip
