"""Correcting a settled visit: it is undone and settled anew at its place; what changes elsewhere is proposed."""

from collections.abc import Mapping
from dataclasses import replace as with_
from typing import cast

import psycopg
from pydantic_core import to_json

from doudi.errors import Fault, Faulty, fault
from doudi.source_text import Document, Value, shown
from doudi_web.settlement import accumulators, answered, tables
from doudi_web.settlement.answers import Answer
from doudi_web.settlement.asked import Keys, is_text, keys_of, mapping, message_of
from doudi_web.settlement.assessing import Place, back_dated, ready
from doudi_web.settlement.replacing import (
    Replacement,
    read_locked,
    replace,
    standing_one,
    undo,
    with_message,
)
from doudi_web.settlement.replaying import Stored
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

REASON = 400


def correct(actor: Actor, settlement: int, document: Document) -> Answer:
    """Settle a visit anew by another bill: 201, what was posted and what is proposed; the same message again 200.

    Raises Refusal: 403, 404, 409 (reversed; the message with other content), 410, 422 with every fault of the bill,
    and then the settlement stands as it was.
    """
    actor.must(Act.CORRECT)
    message, reason, bill = _read(document)
    db = tables.driver()
    try:
        with answered.once(db, message):
            return _corrected(db, actor, settlement, document, message, reason, bill)
    except Faulty as refused:
        raise Refusal(422, refused.faults) from refused


def _read(document: Document) -> tuple[str, str, dict[str, Value]]:
    """The message id, the reason and the bill. Raises Refusal 422."""
    body, faults = message_of(document, "message_id", "bill", "reason")
    faults += texts_missing(body, reason=True)
    if not isinstance(body.get("bill"), dict):
        faults.append(fault("F201", "bill", key="bill", expected="更正以后的账单"))
    if faults:
        raise Refusal(422, faults)
    return (
        cast("str", body["message_id"]), cast("str", body["reason"]), mapping(body["bill"]),
    )  # fmt: skip


def texts_missing(body: dict[str, Value], *, reason: bool) -> list[Fault]:
    """A message id, and where it is asked for a reason, that are no texts of their length."""
    wanted = [("message_id", 80, "消息号，1 至 80 字")]
    wanted += [("reason", REASON, f"理由，1 至 {REASON} 字")] if reason else []
    faults: list[Fault] = []
    for key, most, expected in wanted:
        value = body.get(key)
        if value is None or (isinstance(value, str) and not value.strip()):
            faults.append(fault("F201", key, key=key, expected=expected))
        elif not is_text(value, most):
            faults.append(fault("F203", key, value=shown(value, 80), expected=expected))
    return faults


def _corrected(
    db: "psycopg.Connection[tables.Row]",
    actor: Actor,
    settlement: int,
    document: Document,
    message: str,
    reason: str,
    bill: dict[str, Value],
) -> Answer:
    was, keys = keys_of_settlement(db, settlement), keys_of(bill, "bill.")
    actor.must_be_of(was.facility, Act.CORRECT)
    _must_be_same(was, keys)
    owners = sorted({*accumulators.owners_of(was.person, was.episode),
                     *accumulators.owners_of(keys.person, keys.episode)})  # fmt: skip
    tables.lock(db, [*owners, tables.visit_lock(keys.facility, keys.visit)])
    content = answered.content_of("correct", settlement, bill, reason)
    before = answered.earlier(db, actor, message, content)
    if before is not None:
        return Answer(200, before)
    old = standing_one(db, settlement)
    stood = read_locked(db, keys)
    place = Place(back_dated(actor, bill) or old.settled, old.sequence)
    said = undo(db, actor, old, reason, stood.last_closed)
    sums = accumulators.sums_before(
        db, accumulators.owners_of(keys.person, keys.episode), place.settled, place.sequence
    )
    made = ready(document, bill, keys, with_(stood, sums=sums), place, person=_known_then(old))
    new = Replacement(stood.settlement_id, keys, bill, content, made, made.settled(), place)
    told = replace(db, with_message(said, message), "correct", old, new)
    text = to_json(told).decode()
    answered.keep(db, actor, message, keys.person, content, text)
    return Answer(201, text)


def _known_then(old: Stored) -> Mapping[str, Value] | None:
    """What the register knew when a visit was settled, where the pack has later knowledge work forward only."""
    register = old.evidence["register"]
    return register["person"] if register["known"] and not old.reopens() else None


def keys_of_settlement(db: "psycopg.Connection[tables.Row]", settlement: int) -> Keys:
    """Whose visit a settlement is of, and where. Raises Refusal 404, 410."""
    row = db.execute(
        "SELECT visit, person, result::json ->> 'episode_id', facility FROM settlement_settlement WHERE id = %s",
        [settlement],
    ).fetchone()
    if row is None:
        raise Refusal.of(404, "S406", str(settlement))
    if row[2] is None:
        raise Refusal.of(410, "S466", str(settlement), settlement=settlement)
    return Keys(*row)


def _must_be_same(was: Keys, now: Keys) -> None:
    """Raises Refusal 422 where the bill is of another visit, person or hospital."""
    faults = [
        fault("S515", f"bill.{key}", what=what, was=shown(was_), now=shown(now_))
        for key, what, was_, now_ in (
            ("visit_id", "就诊号", was.visit, now.visit),
            ("person.id", "登记号", was.person, now.person),
            ("facility.code", "医疗机构", was.facility, now.facility),
        )
        if was_ != now_
    ]
    if faults:
        raise Refusal(422, faults)
