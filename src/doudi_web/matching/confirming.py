"""Deciding on what somebody else proposed: a confirmed mapping rules at once, by a new table of the hospital's.

Nobody confirms their own proposal. A table that was installed meanwhile and says otherwise of the item, or one that
waits for its moment, is named, and nothing is written.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from doudi.errors import Faulty, fault
from doudi.source_text import Document
from doudi_web.audit_log.actions import record, record_each
from doudi_web.matching.entries import entries_of, with_entries
from doudi_web.matching.keeping import alone, look_again
from doudi_web.matching.proposals import CONFIRMED, REFUSED, Proposal, locked
from doudi_web.matching.proposing import Driver, decide, must_be_open
from doudi_web.matching.queue import in_catalogue
from doudi_web.policy.actions import MappingRow, amend_mapping
from doudi_web.policy.rules import generation, rules
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

LIMIT = 500  # proposals confirmed at a time


def refuse(actor: Actor, number: int, reason: str) -> dict[str, Any]:
    """Refuse somebody's proposal, with a reason; a second time changes nothing. Raises Refusal 403, 404, 409."""
    actor.must(Act.MATCHING_CONFIRM)
    db = tables.driver()
    with db.transaction():
        (one,) = locked(db, [number])
        _must_be_two(actor, one)
        made = decide(db, actor, one, REFUSED, reason)
    return made.json()


def confirm(actor: Actor, numbers: Sequence[int]) -> dict[str, Any]:
    """Confirm proposals of others: all or none, one new table a hospital.

    Several at once only where item and code bear one name to the letter. Where the same account has confirmed them,
    nothing changes. Raises Refusal 403, 404, 409, 422.
    """
    actor.must(Act.MATCHING_CONFIRM)
    try:
        with transaction.atomic():
            return _confirmed(tables.driver(), actor, numbers)
    except Faulty as refused:
        raise Refusal(422, refused.faults) from refused


def _confirmed(db: Driver, actor: Actor, numbers: Sequence[int]) -> dict[str, Any]:
    found = locked(db, numbers)
    for one in found:
        _must_be_two(actor, one)
    if all((one.state, one.decided_by) == (CONFIRMED, actor.key) for one in found):
        return _told(found)
    for one in found:
        must_be_open(one)
    differing = [one for one in found if not one.identical]
    if len(found) > 1 and differing:
        raise Refusal(
            422,
            [
                fault("S647", str(p.number), own=p.own_name, code=p.code, name=p.code_name)
                for p in differing
            ],
        )
    catalogue, today = rules(generation()).catalogue, now().date()
    for one in found:
        if one.valid_from is not None:
            in_catalogue(catalogue, one.code, {one.valid_from, max(one.valid_from, today)})
    of: dict[str, list[Proposal]] = defaultdict(list)
    for one in found:
        of[one.facility].append(one)
    for facility, some in sorted(of.items()):
        _rule(db, actor, facility, some)
    each = (
        (f"item:{p.item}", {"proposal": p.number, "code": p.code, "by": p.made_by}) for p in found
    )
    record_each(actor, "matching.confirm", each)
    record(actor, "matching.confirm", "matching", detail={"proposals": len(found)})
    return _told(locked(db, numbers))


_CONFIRM = """
UPDATE matching_proposal SET state = 'confirmed', decided = %s, decided_by = %s, installed = %s WHERE id = ANY(%s)
"""
_KEEP = """
UPDATE matching_item i SET kept = coalesce((
  SELECT string_agg(x.mark, ',') FROM (
    SELECT mark FROM matching_doubt WHERE item = i.id
    UNION SELECT what FROM matching_line WHERE item = i.id AND what <> 'unmapped') AS x), '')
WHERE id = ANY(%s)
"""


def _rule(db: Driver, actor: Actor, facility: str, found: Sequence[Proposal]) -> None:
    """A hospital's proposals come into force, and its queue is looked at again: before an item is written to,
    nobody else keeps the queue, who would lock items in another order."""
    mapped = [one for one in found if one.code]
    kept = [one for one in found if not one.code]
    installed = ""
    if mapped:
        installed = amend_mapping(actor, facility, lambda rows: _amended(rows, mapped)).digest
    alone(db)
    if mapped:
        db.execute(
            "UPDATE matching_item SET kept = '' WHERE id = ANY(%s)", [[one.item for one in mapped]]
        )
    if kept:
        db.execute(_KEEP, [[one.item for one in kept]])
    if mapped:
        look_again(db, facility, [one.own_code for one in mapped])
    db.execute(_CONFIRM, [now(), actor.key, installed, [one.number for one in found]])


def _amended(rows: Sequence[MappingRow], found: Sequence[Proposal]) -> Document:
    """The hospital's table with what is confirmed. Raises Refusal 409 where it says otherwise than it did, or where
    one that waits would undo it."""
    ruling = rows[0] if rows and rows[0].rules else None
    faults = [
        fault("S645", one.own_code, item=one.own_code, digest=ruling.digest[:12] if ruling else "无",
              since=told(ruling.since) if ruling else "—")
        for one in found
        if entries_of(ruling, one.own_code) != one.based_on
    ]  # fmt: skip
    faults += [
        fault("S649", waiting.digest[:12], digest=waiting.digest[:12], since=told(waiting.since))
        for waiting in rows
        if waiting is not ruling
    ]
    if faults:
        raise Refusal(409, faults)
    wanted = [
        (one.own_code, one.own_name, one.code, one.valid_from)
        for one in found
        if one.valid_from is not None
    ]
    return with_entries(ruling, wanted)


def _must_be_two(actor: Actor, one: Proposal) -> None:
    """Raises Refusal 403 where who decides belongs to another hospital, or proposed it."""
    actor.must_be_of(one.facility, Act.MATCHING_CONFIRM)
    if one.made_by == actor.key:
        raise Refusal.of(403, "S644", str(one.number), proposal=one.number)


def _told(found: Sequence[Proposal]) -> dict[str, Any]:
    return {"proposals": [one.json() for one in found]}
