"""The evidence of one settlement as one file that whoever holds it can verify without us."""

import hashlib
import json
import zlib
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from doudi.errors import Fault, fault
from doudi.source_text import shown
from doudi.wire.identity_numbers import has_identity_number
from doudi_web.audit_log.actions import record, subject_of
from doudi_web.audit_log.seen import seen_of
from doudi_web.register import selectors as register
from doudi_web.settlement import tables
from doudi_web.settlement.heads import head_json
from doudi_web.settlement.seal import last_head
from doudi_web.settlement.visited import visited
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.named import called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor
from doudi_web.witness.explaining import explanation, read_me, script
from doudi_web.witness.models import NOTE, Bundle
from doudi_web.witness.packing import packed, text_of
from doudi_web.witness.policies import policy_of
from doudi_web.witness.postings import Driver, postings_of

Json = dict[str, Any]
WHY = f"为什么做这份证据，1 至 {NOTE} 字，一行，里面没有身份证号"
_STORED = """
SELECT s.person, s.visit, s.facility, s.result, s.evidence FROM settlement_settlement s WHERE s.id = %s
"""


@dataclass(frozen=True, slots=True)
class Made:
    """A bundle: its number in the list of those that were made, its name and its bytes."""

    number: int
    name: str
    content: bytes
    digest: str


def bundle(actor: Actor, settlement: int, reason: str, *, unmask: bool = False) -> Made:
    """Make the evidence of a settlement; that it was made is written down with its digest.

    The person is named in it masked; whole only for who may see numbers whole, for the same reason.
    Raises Refusal 403, 404, 409 (not sealed yet; no longer what was posted), 410, 422.
    """
    actor.must(Act.EVIDENCE_MAKE)
    if unmask:
        actor.must(Act.PERSONS_UNMASK)
    if faults := list(_faults(reason)):
        raise Refusal(422, faults)
    reason, db, at = reason.strip(), tables.driver(), now()
    with transaction.atomic():
        person, facility, members = _members(db, actor, settlement, reason, unmask=unmask)
        says = {
            "bundle": 1, "settlement_id": str(settlement), "made": told(at), "by": actor.key,
            "reason": reason, "identity": "whole" if unmask else "masked",
        }  # fmt: skip
        content = packed(members, says)
        digest = hashlib.sha256(content).digest()
        kept = Bundle.objects.create(
            settlement=settlement, facility=facility, at=at, actor=actor.key, reason=reason, unmasked=unmask,
            size=len(content), digest=digest,
        )  # fmt: skip
        detail = {"settlement": settlement, "bundle": kept.pk, "digest": digest.hex()}
        record(actor, "evidence.export", subject_of(person), reason=reason, detail=detail)
    return Made(kept.pk, f"evidence-{settlement}-{kept.pk}.zip", content, digest.hex())


def _faults(reason: str) -> list[Fault]:
    if not reason.strip():
        return [fault("F201", "reason", key="reason", expected=WHY)]
    if len(reason) > NOTE or not reason.strip().isprintable():
        return [fault("F203", "reason", value=shown(reason, 80), expected=WHY)]
    return [fault("F209", "reason")] if has_identity_number(reason) else []


def _members(
    db: Driver, actor: Actor, settlement: int, reason: str, *, unmask: bool
) -> tuple[str, str, dict[str, bytes]]:
    """Whose it is, where, and the files but the manifest. Raises Refusal 404, 409, 410."""
    row = db.execute(_STORED, [settlement]).fetchone()
    if row is None:
        raise Refusal.of(404, "S406", str(settlement))
    person, visit, facility, result, evidence = row
    actor.must_be_of(facility, Act.EVIDENCE_MAKE)
    if result is None or evidence is None:
        raise Refusal.of(410, "S466", str(settlement), settlement=settlement)
    head = last_head(db)
    if head is None:
        raise Refusal.of(409, "S465", str(settlement), settlement=settlement)
    inputs = zlib.decompress(evidence)
    kept = {"answer.json": result.encode(), "evidence.zlib": evidence}
    postings = postings_of(db, settlement, head, kept)
    rests, answer = json.loads(inputs), json.loads(result)
    members = {
        **kept,
        "inputs.json": inputs,
        "postings.json": text_of(postings),
        "head.json": text_of(head_json(head)),
        "explanation.txt": explanation(answer, rests, postings).encode(),
        "person.json": text_of(_person(actor, person, reason, unmask=unmask)),
        "seen.json": text_of(_seen(person, settlement, visit)),
        "README.txt": read_me(settlement).encode(),
        "verify_bundle.py": script(),
        **policy_of(db, rests, facility),
    }
    return person, facility, members


def _person(actor: Actor, person: str, reason: str, *, unmask: bool) -> Json:
    """Who it is, as the register tells it today; whom it does not know stands under the number alone."""
    try:
        found = register.person(actor, person, visited=visited, unmask=unmask, reason=reason)
    except Refusal as refused:
        if refused.status != 404:
            raise
        return {"person": person, "registered": False}
    told_of = {key: found.get(key) for key in ("name", "id_number")}
    return {
        "person": person,
        "registered": True,
        "identity": "whole" if unmask else "masked",
        **told_of,
    }


def _seen(person: str, settlement: int, visit: str) -> list[Json]:
    """Who saw or touched it, by the audit log, each with the digest that chains it to the row before."""
    rows = seen_of(person, settlement, visit)
    names = called(row["actor"] for row in rows)
    return [{**row, "name": names.get(row["actor"], "")} for row in rows]
