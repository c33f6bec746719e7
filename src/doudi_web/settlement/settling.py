"""Settling: one transaction, with the owners of its sums locked before anything is read."""

import json
import zlib
from dataclasses import replace
from datetime import datetime
from typing import Any

import psycopg
from pydantic_core import to_json

from doudi.adjudication import Adjudication
from doudi.dates import CHINA
from doudi.errors import Faulty
from doudi.source_text import Document
from doudi.wire.bill_form import moment_of as stated_moment
from doudi.wire.settlements import fault_json
from doudi_web.audit_log.actions import record, row, subject_of
from doudi_web.settlement import accumulators, awaiting, proposing, tables
from doudi_web.settlement.answers import Answer
from doudi_web.settlement.asked import Asked, Keys, asked_of, kept
from doudi_web.settlement.assessing import Place, Ready, moment_of, ready
from doudi_web.settlement.months import month_of
from doudi_web.settlement.posting import New, Said, digest_of, evidence_of, post_settlement
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor


def settle(actor: Actor, document: Document) -> Answer:
    """Settle a bill: 201 and the settlement; the same message again 200 and the same answer word for word.

    Raises Refusal: 403, 409 (the message with other content; the visit is settled already), 422 with every fault
    of the bill, which is then kept in quarantine; 503 where the clock went back.
    """
    actor.must(Act.SETTLE)
    asked = asked_of(document)
    actor.must_be_of(asked.keys.facility, Act.SETTLE)
    db = tables.driver()
    try:
        with tables.transaction(db) as is_own:
            return _settled(db, actor, asked, document, is_own)
    except Faulty as refused:
        _quarantine(db, actor, asked, refused)
        raise Refusal(422, refused.faults) from refused
    except psycopg.errors.UniqueViolation:
        return _once_more(db, actor, asked, document)


def _once_more(
    db: "psycopg.Connection[tables.Row]", actor: Actor, asked: Asked, document: Document
) -> Answer:
    """The same message came in another connection, committed while this one was between its two statements; or it
    undid another settlement. Raises Faulty, Refusal."""
    try:
        with tables.transaction(db) as is_own:
            return _settled(db, actor, asked, document, is_own)
    except psycopg.errors.UniqueViolation as used:
        raise Refusal.of(409, "S409", "message_id", message=asked.message) from used


def _settled(
    db: "psycopg.Connection[tables.Row]",
    actor: Actor,
    asked: Asked,
    document: Document,
    is_own: bool,
) -> Answer:
    """Lock, read, adjudicate, write. Raises Faulty, Refusal."""
    keys = asked.keys
    stood = tables.lock_and_read(
        db, accumulators.owners_of(keys.person, keys.episode),
        {"client": actor.key, "message": asked.message, "visit": keys.visit, "person": keys.person,
         "facility": keys.facility}, begin=is_own,
    )  # fmt: skip
    if stood.same_message is not None:
        return _again(db, actor, asked, stood.same_message)
    if stood.visit_settlement is not None:
        raise Refusal.of(
            409, "S410", keys.visit, visit=keys.visit, settlement=stood.visit_settlement
        )
    if stood.running is not None and stood.running[0] != keys.person:
        raise Refusal.of(409, "S514", keys.visit, visit=keys.visit, person=stood.running[0])
    settled = moment_of(actor, asked.bill, stood)
    is_behind = stood.last_settled is not None and settled < stood.last_settled
    if is_behind:
        sums = accumulators.sums_before(
            db, accumulators.owners_of(keys.person, keys.episode), settled, stood.settlement_id
        )
        stood = replace(stood, sums=sums)
    place = Place(settled, stood.settlement_id)
    made = ready(document, asked.bill, keys, stood, place)
    found = made.settled()
    later = (
        tables.later(
            db, keys.person, found.benefit_year, keys.episode, settled, stood.settlement_id
        )
        if is_behind
        else []
    )
    figures = _figures(db, made, found, place)
    text = _result(made, found, stood.settlement_id, later, figures)
    posted = now()
    said = Said(actor, asked.message, posted, month_of(posted, stood.last_closed))
    evidence = evidence_of(asked.bill, made, found, keys.facility)
    new = New(stood.settlement_id, keys, place, asked.bill, found, text, evidence)
    detail = {"settlement": stood.settlement_id, "visit": keys.visit}
    recorded = row(actor, "settle", subject_of(keys.person), posted, detail=detail)
    proposes = is_behind or stood.has_proposals
    post_settlement(db, said, new, recorded, commits=is_own and not proposes)
    if proposes:
        proposing.propose(db, keys.person)
    return Answer(201, text)


def _again(
    db: "psycopg.Connection[tables.Row]", actor: Actor, asked: Asked, earlier: Any
) -> Answer:
    number = earlier["settlement"]
    is_settled = earlier["kind"] == "settle"
    text = tables.read_result(db, number) if is_settled else None
    if is_settled and text is None:
        raise Refusal.of(410, "S466", str(number), settlement=number)
    if (
        text is None
        or earlier["digest"] != digest_of(asked.bill, bytes.fromhex(earlier["salt"])).hex()
    ):
        raise Refusal.of(409, "S409", "message_id", message=asked.message)
    record(actor, "settle.again", subject_of(asked.keys.person), detail={"settlement": number})
    return Answer(200, text)


def _figures(
    db: "psycopg.Connection[tables.Row]", made: Ready, found: Adjudication, place: Place
) -> list[dict[str, Any]]:
    """Of a settlement that awaits the platform, the sums that it stands on meanwhile, with their age."""
    if not made.claim.awaiting:
        return []
    day = place.settled.astimezone(CHINA).date()
    names = list(found.accumulators)
    return awaiting.figures(db, found.person_id, found.benefit_year, day, names)


def _result(
    made: Ready,
    found: Adjudication,
    settlement: int,
    later: list[int],
    figures: list[dict[str, Any]],
) -> str:
    """The answer. A settlement that falls before others of the person's year names them."""
    told = {**made.json(found), "settlement_id": str(settlement), "sealed": False}
    if figures:
        told["figures"] = figures
    if later:
        told["later"] = [str(one) for one in later]
    return to_json(told).decode()


def _quarantine(
    db: "psycopg.Connection[tables.Row]", actor: Actor, asked: Asked, refused: Faulty
) -> None:
    """Keep a refused bill with its faults; of one visit the last refusal stands.

    It stands where the visit would have been settled, so that the visits behind it name it.
    """
    bill = zlib.compress(to_json(kept(asked.bill)), 1)
    faults = json.dumps([fault_json(f) for f in refused.faults], ensure_ascii=False)
    keys, at = asked.keys, now()
    with db.transaction():
        tables.lock(db, locks(keys))
        if tables.settlement_of(db, keys.facility, keys.visit) is not None:
            return  # mended and settled by another message in the meantime
        tables.quarantine(
            db,
            tables.Refused(
                keys.visit, keys.person, keys.facility, actor.key, asked.message,
                _would_settle(actor, asked, at), bill, faults, at,
            ),
        )  # fmt: skip
        detail = {"visit": keys.visit, "faults": [f.code for f in refused.faults]}
        record(actor, "settle.quarantined", subject_of(keys.person), detail=detail)


def locks(keys: Keys) -> tuple[str, ...]:
    """All that a settlement locks."""
    return (
        *accumulators.owners_of(keys.person, keys.episode),
        tables.visit_lock(keys.facility, keys.visit),
    )


def _would_settle(actor: Actor, asked: Asked, at: datetime) -> datetime:
    """When a refused bill would have been settled: as stated, where the client may say so."""
    stated = asked.bill.get("settled") if actor.may_back_date else None
    try:
        return at if stated is None else stated_moment(stated).instant
    except ValueError:
        return at
