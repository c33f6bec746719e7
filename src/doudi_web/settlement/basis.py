"""What one settlement rests on and what became of it: the bill, what the register knew, the versions, every posting
with its entries, what it replaced and was replaced by, its seal; and settling it again from that, now."""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

from doudi.dates import CHINA, age_on
from doudi.errors import Faulty
from doudi.money import yuan
from doudi.version import VERSION
from doudi.wire.settlements import fault_json, settlement_json
from doudi_web.audit_log.actions import record, subject_of
from doudi_web.settlement import tables
from doudi_web.settlement.correcting import keys_of_settlement
from doudi_web.settlement.limits import Limit, limits_then
from doudi_web.settlement.replaying import Stored
from doudi_web.tenancy.clock import now, told, told_or_none
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

Json = dict[str, Any]

VERSIONS = (
    "pack", "pack_digest", "fingerprint", "generation", "engine", "catalogue", "catalogue_digest",
    "mapping_digest",
)  # fmt: skip
COMPARED = (
    "total", "out_of_catalogue", "over_ceiling", "first_self_pay", "in_scope", "deductible_met", "payments",
    "computed", "hospital", "patient", "patient_limit", "control", "lines", "accumulators",
    "episode_accumulators", "standing", "benefit_year", "fingerprint",
)  # fmt: skip
"""What must come out the same again: every amount, and under which rules."""

_STORED = """
SELECT s.id, p.id, s.visit, s.person, s.facility, s.settled, s.sequence, s.year, s.result, s.evidence
FROM settlement_settlement s JOIN settlement_posting p ON p.settlement = s.id AND p.kind = 'settle'
WHERE s.id = %s
"""
_POSTINGS = """
SELECT p.id, p.kind, p.settlement, p.posted, p.month, p.client, p.reason, n.place,
  (SELECT min(h.sealed) FROM settlement_seal h WHERE h.size > n.place),
  (SELECT json_agg(json_build_array(e.id, e.account, e.amount) ORDER BY e.id) FROM settlement_entry e
   WHERE e.posting = p.id)
FROM settlement_posting p LEFT JOIN settlement_node n ON n.posting = p.id
WHERE p.settlement = ANY(%s) ORDER BY p.id
"""
_OF_VISIT = """
SELECT s.id, s.settled, s.sequence, s.result::json ->> 'total', s.result::json ->> 'patient',
  (SELECT min(n.id) FROM settlement_settlement n WHERE n.visit = s.visit AND n.facility = s.facility
     AND n.sequence = s.sequence AND n.id > s.id)
FROM settlement_settlement s WHERE s.visit = %s AND s.facility = %s ORDER BY s.id
"""
_SEALED = """
SELECT n.place, p.commitment, h.size, h.sealed, h.digest, h.root FROM settlement_posting p
JOIN settlement_node n ON n.posting = p.id
JOIN LATERAL (SELECT * FROM settlement_seal h WHERE h.size > n.place ORDER BY h.size LIMIT 1) h ON true
WHERE p.settlement = %s AND p.kind = 'settle'
"""


def basis(actor: Actor, settlement: int) -> Json:
    """What a settlement rests on, and what became of its visit. Raises Refusal 403, 404, 410."""
    actor.must(Act.SETTLEMENTS_READ)
    db = tables.driver()
    stored = _stored(db, actor, settlement)
    evidence = stored.evidence
    of_visit = db.execute(_OF_VISIT, [stored.visit, stored.facility]).fetchall()
    postings = db.execute(_POSTINGS, [[row[0] for row in of_visit]]).fetchall()
    record(actor, "settlements.basis", subject_of(stored.person), detail={"settlement": settlement})
    return {
        "settlement_id": str(settlement),
        "facility": stored.facility,
        "bill": evidence["bill"],
        "register": evidence["register"],
        "versions": {name: evidence[name] for name in VERSIONS if name in evidence},
        "postings": [_posting(row) for row in postings],
        "of_visit": [_settlement(row) for row in of_visit],
        "seal": _seal(db, settlement),
        "titles": _titles(stored),
    }


def _titles(stored: Stored) -> Json:
    """What the pack that ruled calls its layers, its sums and what it measures; nothing where it cannot be read."""
    try:
        outline = stored.again(stored.sums()).running.policy.outline
    except Faulty:
        return {"layers": {}, "accumulators": {}, "given": []}
    return {
        "layers": {one.id: one.title.zh for one in outline.layers},
        "accumulators": {one.name: one.title.zh for one in outline.accumulators},
        "given": [one.id for one in outline.layers if one.may_be_given],
    }


def limits(actor: Actor, settlement: int) -> Mapping[str, Limit]:
    """What the sums that a settlement adds to may come to, by the pack that ruled; none where it cannot be read.

    Whoever tells them tells the settlement, and recorded that. Raises Refusal 403, 404, 410.
    """
    actor.must(Act.SETTLEMENTS_READ)
    stored = _stored(tables.driver(), actor, settlement)
    try:
        ready = stored.again(stored.sums())
    except Faulty:
        return {}
    person = ready.claim.person
    age = age_on(person.birth_date, stored.settled.astimezone(CHINA).date())
    return limits_then(ready.running, stored.result["standing"], person.insurance_tier, age).of


def _stored(db: "psycopg.Connection[tables.Row]", actor: Actor, settlement: int) -> Stored:
    keys = keys_of_settlement(db, settlement)
    actor.must_be_of(keys.facility, Act.SETTLEMENTS_READ)
    row = db.execute(_STORED, [settlement]).fetchone()
    assert row is not None, "a settlement has a posting"
    return Stored(*row)


def _posting(row: Sequence[Any]) -> Json:
    number, kind, settlement, posted, month, client, reason, place, sealed, entries = row
    return {
        "posting": number, "kind": kind, "settlement_id": str(settlement), "posted": told(posted),
        "month": month, "client": client, "reason": reason, "place": place, "sealed": told_or_none(sealed),
        "entries": [{"id": i, "account": a, "amount": yuan(f)} for i, a, f in entries or ()],
    }  # fmt: skip


def _settlement(row: Sequence[Any]) -> Json:
    number, settled, sequence, total, patient, replaced_by = row
    return {
        "settlement_id": str(number), "settled": told(settled), "sequence": sequence, "total": total,
        "patient": patient, "replaced_by": None if replaced_by is None else str(replaced_by),
    }  # fmt: skip


def _seal(db: "psycopg.Connection[tables.Row]", settlement: int) -> Json | None:
    """Its place in the log, and the first head over it; None until it is sealed."""
    row = db.execute(_SEALED, [settlement]).fetchone()
    if row is None:
        return None
    place, commitment, size, sealed, digest, root = row
    return {
        "place": place, "commitment": commitment.hex(), "size": size, "sealed": told(sealed),
        "head": digest.hex(), "root": root.hex(),
    }  # fmt: skip


def replay(actor: Actor, settlement: int) -> Json:
    """Settle it again from its evidence, on the sums that it saw, under the rules that ruled: what comes out, held
    against what was answered, to the fen. Nothing is written but who asked. Raises Refusal 403, 404, 410."""
    actor.must(Act.SETTLEMENTS_READ)
    stored = _stored(tables.driver(), actor, settlement)
    faults: list[dict[str, str]] = []
    again: Json = {}
    try:
        again = settlement_json(stored.again(stored.sums()).settled())
    except Faulty as refused:
        faults = [fault_json(f) for f in refused.faults]
    compared = [] if faults else [name for name in COMPARED if name in stored.result]
    differs = [d for name in compared for d in _differing(name, stored.result[name], again[name])]
    is_same = not differs and not faults
    detail = {"settlement": settlement, "same": is_same}
    record(actor, "settlements.replay", subject_of(stored.person), detail=detail)
    return {
        "settlement_id": str(settlement), "same": is_same, "at": told(now()), "engine": VERSION,
        "amounts": sum(_count(stored.result[name]) for name in compared), "differs": differs, "faults": faults,
    }  # fmt: skip


def _differing(name: str, was: Any, now_: Any) -> list[Json]:
    """Where two figures differ, by the path to each; what one has and the other has not differs too."""
    if was == now_:
        return []
    if isinstance(was, Mapping) and isinstance(now_, Mapping):
        keys = dict.fromkeys([*was, *now_])
        return [d for k in keys for d in _differing(f"{name}.{k}", was.get(k), now_.get(k))]
    if isinstance(was, list) and isinstance(now_, list) and len(was) == len(now_):
        pairs = zip(was, now_, strict=True)
        return [d for n, (a, b) in enumerate(pairs) for d in _differing(f"{name}.{n}", a, b)]
    return [{"name": name, "recorded": _text(was), "again": _text(now_)}]


def _count(value: Any) -> int:
    """How many figures stand in a value."""
    if isinstance(value, Mapping):
        return sum(_count(one) for one in value.values())
    if isinstance(value, list):
        return sum(_count(one) for one in value)
    return 1


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
