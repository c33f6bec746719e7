"""The platform's answer to a provisional settlement: what it paid takes the place of what was computed meanwhile.

The settlement is undone and settled anew at its place, so every difference is posted; less is refunded, and more is
asked of a poor patient only after a decision of its own.
"""

from typing import cast

import psycopg
from pydantic_core import to_json

from doudi.errors import Fault, Faulty, fault
from doudi.source_text import Document, Value, shown
from doudi_web.settlement import accumulators, answered, tables
from doudi_web.settlement.answers import Answer
from doudi_web.settlement.asked import mapping, message_of
from doudi_web.settlement.correcting import keys_of_settlement, texts_missing
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

REASON = "平台已经答复"
_DEDUCTIBLE = "deductible_met"


def answer(actor: Actor, settlement: int, document: Document) -> Answer:
    """Take the platform's answer {message_id, given}: 201 what was posted; the same message again 200.

    Layers that it does not name are still awaited. Raises Refusal: 403, 404, 409 (nothing is awaited), 410, 422.
    """
    actor.must(Act.ANSWER)
    message, given = _read(document)
    db = tables.driver()
    try:
        with answered.once(db, message):
            return _answered(db, actor, settlement, message, given)
    except Faulty as refused:
        raise Refusal(422, refused.faults) from refused


def _read(document: Document) -> tuple[str, dict[str, Value]]:
    body, faults = message_of(document, "message_id", "given")
    faults += texts_missing(body, reason=False)
    given = body.get("given")
    if not isinstance(given, dict) or not given:
        faults.append(fault("F201", "given", key="given", expected="平台各层付了多少"))
    if faults:
        raise Refusal(422, faults)
    return cast("str", body["message_id"]), mapping(given)


def _answered(
    db: "psycopg.Connection[tables.Row]",
    actor: Actor,
    settlement: int,
    message: str,
    given: dict[str, Value],
) -> Answer:
    keys = keys_of_settlement(db, settlement)
    actor.must_be_of(keys.facility, Act.ANSWER)
    owners = accumulators.owners_of(keys.person, keys.episode)
    tables.lock(db, [*owners, tables.visit_lock(keys.facility, keys.visit)])
    content = answered.content_of("answer", settlement, given)
    before = answered.earlier(db, actor, message, content)
    if before is not None:
        return Answer(200, before)
    old = standing_one(db, settlement)
    bill = _with_answer(old, given)
    stood = read_locked(db, keys)
    said = undo(db, actor, old, REASON, stood.last_closed)
    sums = accumulators.sums_before(db, owners, old.settled, old.sequence)
    made = old.again(sums, bill=bill)
    new = Replacement(stood.settlement_id, keys, bill, content, made, made.settled(), old.place)
    told = replace(db, with_message(said, message), "answer", old, new)
    text = to_json(told).decode()
    answered.keep(db, actor, message, keys.person, content, text)
    return Answer(201, text)


def _layer_of_deductible(old: Stored) -> str | None:
    """The layer that meets the deductible: what counts as met is answered together with it alone."""
    return old.again(old.sums()).running.policy.outline.deductible_layer


def _with_answer(old: Stored, given: dict[str, Value]) -> dict[str, Value]:
    """The bill with what the platform paid in the place of what was awaited. Raises Refusal 409, 422."""
    bill = cast("dict[str, Value]", old.evidence["bill"])
    awaited = cast("list[str]", bill.get("awaiting") or [])
    if not awaited:
        raise Refusal.of(409, "S516", str(old.id), settlement=old.id)
    faults: list[Fault] = [
        fault("S517", f"given.{shown(layer)}", layer=shown(layer), awaited="、".join(awaited))
        for layer in given
        if layer not in awaited
        and not (layer == _DEDUCTIBLE and _layer_of_deductible(old) in given)
    ]
    if faults:
        raise Refusal(422, faults)
    left = [layer for layer in awaited if layer not in given]
    made = {key: value for key, value in bill.items() if key != "awaiting"}
    made["given"] = {**mapping(bill.get("given")), **given}
    return made | ({"awaiting": left} if left else {})
