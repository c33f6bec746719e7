"""Settling: one transaction, with the owners of its sums locked before anything is read."""

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

import psycopg

from doudi.adjudicate import Told, adjudicate
from doudi.adjudication import Adjudication, Warning_
from doudi.claim import Claim
from doudi.dates import CHINA, Moment, benefit_year
from doudi.errors import Faulty, fault
from doudi.ledger.accumulators import Book, Opening
from doudi.source_text import Document, Value
from doudi.version import VERSION
from doudi.wire.bills import read_bill
from doudi.wire.settlements import fault_json, settlement_json
from doudi_web.policy.rules import Rules, rules
from doudi_web.settlement import tables
from doudi_web.settlement.answers import Answer
from doudi_web.settlement.entitled import Known, with_register
from doudi_web.settlement.ledger import commit, entries_of, posting_head, settlement_row
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

_BACKWARD = timedelta(seconds=5)
"""By how much the clock may seem to go back: transactions commit in another order than they read it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A message that asks for a settlement, as far as locks and idempotency need it."""

    message: str
    bill: dict[str, Value]
    digest: bytes
    visit: str
    person: str
    episode: str
    facility: str


def settle(actor: Actor, document: Document) -> Answer:
    """Settle a bill: 201 and the settlement; the same message again 200 and the same answer word for word.

    Raises Refusal: 403, 409 (the message with other content; the visit is settled already), 422 with every fault
    of the bill, which is then kept in quarantine; 503 where the clock went back.
    """
    actor.must(Act.SETTLE)
    asked = _asked(document)
    actor.must_be_of(asked.facility, Act.SETTLE)
    db = tables.driver()
    try:
        with db.transaction():
            return _settled(db, actor, asked, document)
    except Faulty as refused:
        _quarantine(db, actor, asked, refused)
        raise Refusal(422, refused.faults) from refused
    except psycopg.errors.UniqueViolation:
        # the same message in another connection, committed while this one was between its two statements
        with db.transaction():
            return _settled(db, actor, asked, document)


def _asked(document: Document) -> Asked:
    """The keys of a message. Raises Refusal 422."""
    stated = document.value
    body = cast("dict[str, Value]", stated) if isinstance(stated, dict) else {}
    bill = body.get("bill")
    message = body.get("message_id")
    faults = [
        fault("F201", key, key=key, expected=expected)
        for key, expected, ok in (
            (
                "message_id",
                "消息号，1 至 80 字",
                isinstance(message, str) and 0 < len(message) <= 80,
            ),
            ("bill", "账单", isinstance(bill, dict)),
        )
        if not ok
    ]
    if faults:
        raise Refusal(422, faults)
    stated_bill = cast("dict[str, Value]", bill)
    text = json.dumps(stated_bill, sort_keys=True, ensure_ascii=False, default=str)
    visit = _text(stated_bill.get("visit_id"))
    person = _text(_of(stated_bill, "person").get("id"))
    facility = _text(_of(stated_bill, "facility").get("code"))
    missing = [
        fault("F201", f"bill.{key}", key=key, expected=expected)
        for key, expected, value in (
            ("visit_id", "就诊号", visit),
            ("person.id", "登记号", person),
            ("facility.code", "医疗机构编码", facility),
        )
        if not value
    ]
    if missing:
        raise Refusal(422, missing)
    return Asked(
        cast("str", message), stated_bill, hashlib.sha256(text.encode()).digest(), visit, person,
        _text(stated_bill.get("episode_id")) or visit, facility,
    )  # fmt: skip


def _of(bill: Mapping[str, Value], key: str) -> dict[str, Value]:
    value = bill.get(key)
    return cast("dict[str, Value]", value) if isinstance(value, dict) else {}


def _text(value: Value) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _settled(
    db: "psycopg.Connection[tables.Row]", actor: Actor, asked: Asked, document: Document
) -> Answer:
    """Lock, read, adjudicate, write. Raises Faulty, Refusal."""
    owners = (
        tables.person_owner(asked.person),
        tables.stay_owner(asked.person, asked.episode),
    )
    stood = tables.lock_and_read(
        db, owners, {"client": actor.key, "message": asked.message, "visit": asked.visit,
                     "person": asked.person, "facility": asked.facility},
    )  # fmt: skip
    if stood.same_message is not None:
        return _again(db, asked, stood.same_message)
    if stood.visit_settlement is not None:
        raise Refusal.of(
            409, "S410", asked.visit, visit=asked.visit, settlement=stood.visit_settlement
        )
    settled = _moment(actor, asked, stood)
    known = with_register(asked.bill, stood.person, stood.facts, stood.facility, settled)
    ruling = rules(stood.generation)
    bill = {**known.bill, "settled": settled.isoformat(), "sequence": stood.settlement_id}
    claim = read_bill(replace(document, value=bill), (), bill, ruling.lists)
    running = ruling.shelf.running(claim)
    starts = running.policy.pack.year_starts
    year = benefit_year(claim.settled.day, starts)
    held_by = _held_by(stood, claim, year, starts)
    book = _book(stood, claim, year)
    told = Told(ruling.lists.catalogue.version or None, held_by)
    found = _with_warnings(adjudicate(running, claim, book, told), known)
    text = _result(found, known, stood.settlement_id)
    evidence = _evidence(asked, known, found, ruling)
    _write(db, actor, asked, found, text, evidence, settled, stood)
    return Answer(201, text)


def _again(db: "psycopg.Connection[tables.Row]", asked: Asked, earlier: Any) -> Answer:
    if earlier["digest"] != asked.digest.hex():
        raise Refusal.of(409, "S409", "message_id", message=asked.message)
    text = tables.read_result(db, earlier["id"])
    if text is None:
        raise Refusal.of(410, "S466", str(earlier["id"]), settlement=earlier["id"])
    return Answer(200, text)


def _moment(actor: Actor, asked: Asked, stood: tables.Standing) -> datetime:
    """When the visit is settled: the server's time under the lock, after all that this person had before.

    A client that may back-date says when, but never a time that is still to come.
    """
    at = now()
    if stood.last_posted is not None and at < stood.last_posted - _BACKWARD:
        raise Refusal.of(503, "S503", "", now=at.isoformat(), last=stood.last_posted.isoformat())
    stated = asked.bill.get("settled")
    if actor.may_back_date and isinstance(stated, str):
        moment = _parsed(stated)
        if moment > at:
            raise Refusal.of(422, "S422", "bill.settled", settled=stated, now=at.isoformat())
        return moment
    last = stood.last_settled
    if last is not None and at <= last:
        at = last + timedelta(microseconds=1)
    return at


def _parsed(stated: str) -> datetime:
    try:
        moment = datetime.fromisoformat(stated)
    except ValueError as error:
        found = fault("F203", "bill.settled", value=stated, expected="日期，或带时区的时间")
        raise Refusal(422, [found]) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)


def _held_by(
    stood: tables.Standing, claim: Claim, year: int, starts: tuple[int, int]
) -> tuple[str, ...]:
    """Refused bills of the person's year that come before this one."""
    found: list[str] = []
    for visit, at in stood.quarantined:
        moment = Moment.of_instant(datetime.fromisoformat(at))
        if benefit_year(moment.day, starts) == year and moment.instant < claim.settled.instant:
            found.append(visit)
    return tuple(dict.fromkeys(found))


def _book(stood: tables.Standing, claim: Claim, year: int) -> Book:
    """The owners' sums before this visit, as openings of the engine's book."""
    book = Book()
    person = tables.person_owner(claim.person.id)
    book.open(
        Opening(claim.person.id, year, name, amount, "ledger", "")
        for owner, of, name, amount in stood.sums
        if owner == person and of == year
    )
    stay = {name: amount for owner, _, name, amount in stood.sums if owner != person}
    book.post((claim.person.id, claim.episode_id), "", stay)
    return book


def _with_warnings(found: Adjudication, known: Known) -> Adjudication:
    if not known.differs:
        return found
    text = f"与登记不同：{'、'.join(known.differs)}；以登记为准。"
    warning = Warning_("register_differs", "warning", text)
    return replace(found, warnings=(*found.warnings, warning))


def _result(found: Adjudication, known: Known, settlement: int) -> str:
    made = settlement_json(found)
    if not known.is_registered:
        made.setdefault("provisional", "eligibility")
    return json.dumps(
        {**made, "settlement_id": str(settlement), "sealed": False}, ensure_ascii=False
    )


def _evidence(asked: Asked, known: Known, found: Adjudication, ruling: Rules) -> bytes:
    """All that a settlement rests on, so that it can be replayed: the bill as it came, what the register knew of
    person and facility, the sums before it (in the result), and the sources of the policy by digest."""
    kept = {
        "bill": asked.bill,
        "register": {
            "known": known.is_registered,
            "person": known.bill["person"],
            "facility": known.bill.get("facility"),
        },
        "pack": found.pack,
        "pack_digest": ruling.digests[found.pack],
        "generation": ruling.generation,
        "fingerprint": found.fingerprint,
        "engine": VERSION,
        "catalogue": found.catalogue,
    }
    return zlib.compress(json.dumps(kept, ensure_ascii=False).encode(), 1)


def _write(
    db: "psycopg.Connection[tables.Row]",
    actor: Actor,
    asked: Asked,
    found: Adjudication,
    text: str,
    evidence: bytes,
    settled: datetime,
    stood: tables.Standing,
) -> None:
    posted = now()
    entries = entries_of(
        asked.facility, asked.person, found.total, found.payments, found.hospital, found.patient
    )
    person, stay = (
        tables.person_owner(asked.person),
        tables.stay_owner(asked.person, asked.episode),
    )
    sums = [
        (owner, found.benefit_year if owner == person else 0, name, after - before)
        for owner, pairs in ((person, found.accumulators), (stay, found.episode_accumulators))
        for name, (before, after) in pairs.items()
        if after != before
    ]
    month = posted.strftime("%Y-%m")
    head = posting_head("settle", stood.settlement_id, actor.key, asked.message, posted, month, "")
    row = settlement_row(
        actor.key, asked.message, asked.digest, asked.visit, asked.person, asked.facility, settled,
        stood.settlement_id, found.benefit_year,
    )  # fmt: skip
    committed = commit(head, row, entries, sums, (text.encode(), evidence))
    tables.write(
        db,
        tables.Settled(
            stood.settlement_id, actor.key, asked.message, asked.digest, asked.visit, asked.person,
            asked.facility, settled, found.benefit_year, text, evidence,
        ),
        tables.Posted(
            "settle", stood.settlement_id, actor.key, asked.message, posted, month, "", committed,
            entries, sums,
        ),
    )  # fmt: skip


_QUARANTINE = """
INSERT INTO settlement_quarantined (visit, person, client, message, settled, bill, faults)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""


def _quarantine(
    db: "psycopg.Connection[tables.Row]", actor: Actor, asked: Asked, refused: Faulty
) -> None:
    """Keep a refused bill with its faults; of one visit the last refusal stands."""
    bill = zlib.compress(json.dumps(asked.bill, ensure_ascii=False, default=str).encode(), 1)
    faults = json.dumps([fault_json(f) for f in refused.faults], ensure_ascii=False)
    with db.transaction():
        db.execute(
            "UPDATE settlement_quarantined SET released = %s WHERE visit = %s AND released IS NULL",
            [now(), asked.visit],
        )
        db.execute(
            _QUARANTINE, [asked.visit, asked.person, actor.key, asked.message, now(), bill, faults]
        )
