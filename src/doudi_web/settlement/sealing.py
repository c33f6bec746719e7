"""What is asked of the log: seal now, the head that stands, proofs."""

from typing import Any

from doudi_web.audit_log.actions import record, subject_of
from doudi_web.settlement import merkle, tables
from doudi_web.settlement.heads import head_json
from doudi_web.settlement.ledger import decoded, instant
from doudi_web.settlement.seal import last_head, read_nodes, seal
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

_ONE = """
SELECT s.facility, s.person, s.result, p.salt, p.parts, p.commitment, n.place, x.posted, x.client
FROM settlement_settlement s
JOIN settlement_posting p ON p.settlement = s.id AND p.kind = 'settle'
LEFT JOIN settlement_node n ON n.posting = p.id
LEFT JOIN settlement_posting x ON x.settlement = s.id AND x.kind = 'erase'
WHERE s.id = %s
"""


def seal_now(actor: Actor) -> dict[str, Any]:
    """Seal what is committed: how many postings that were, and the head. Raises Refusal 403, 503."""
    actor.must(Act.LEDGER_SEAL)
    with tables.driver().transaction():
        done = seal()
        record(actor, "ledger.seal", "ledger", detail={"sealed": done.count})
    return {"sealed": done.count, "head": None if done.head is None else head_json(done.head)}


def standing_head(actor: Actor) -> dict[str, Any]:
    """The head that stands. Raises Refusal 403, 404."""
    actor.must(Act.LEDGER_READ)
    return shown_head()


def shown_head() -> dict[str, Any]:
    """The head that stands, for a witness to keep. Raises Refusal 404."""
    head = last_head(tables.driver())
    if head is None:
        raise Refusal.of(404, "S469")
    return head_json(head)


def extension(actor: Actor, first: int) -> dict[str, Any]:
    """The proof that the log that stands begins with its first leaves. Raises Refusal 403, 404."""
    actor.must(Act.LEDGER_READ)
    db = tables.driver()
    head = last_head(db)
    if head is None or not 0 <= first <= head.size:
        raise Refusal.of(404, "S469", str(first))
    spans = merkle.extension(first, head.size) if first else []
    nodes = read_nodes(db, merkle.needed(spans))
    proof = [merkle.digest_of(span, nodes).hex() for span in spans]
    return {"first": first, "proof": proof, "head": head_json(head)}


def proof(actor: Actor, settlement: int) -> dict[str, Any]:
    """The proof that a settlement's answer is in the log under the head that stands.

    Raises Refusal 403, 404, 409.
    """
    actor.must(Act.SETTLEMENTS_READ)
    db = tables.driver()
    row = db.execute(_ONE, [settlement]).fetchone()
    if row is None:
        raise Refusal.of(404, "S406", str(settlement))
    facility, person, result, salt, parts, commitment, place, erased, erased_by = row
    actor.must_be_of(facility, Act.SETTLEMENTS_READ)
    head = last_head(db)
    if head is None or place is None or place >= head.size:
        raise Refusal.of(409, "S465", str(settlement), settlement=settlement)
    spans = merkle.path(place, head.size)
    nodes = read_nodes(db, merkle.needed(spans))
    told = decoded(parts)
    record(actor, "ledger.proof", subject_of(person), detail={"settlement": settlement})
    return {
        "settlement_id": str(settlement),
        "result": result,
        "erased": None if erased is None else {"at": instant(erased), "by": erased_by},
        "salt": None if salt is None else salt.hex(),
        "parts": parts.hex(),
        "result_part": None if told is None or not told.kept else told.kept[0].hex(),
        "commitment": commitment.hex(),
        "place": place,
        "path": [merkle.digest_of(span, nodes).hex() for span in spans],
        "head": head_json(head),
    }
