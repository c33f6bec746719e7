"""One person's change as the township states it: looked at first, then written as it was looked at, or not at all.

What is written is a statement like any other: undoable, in the log, nothing of before is lost. Whether somebody may
write is asked by the room that asks here.
"""

import json
from typing import Any

from doudi.errors import Faulty
from doudi.source_text import Document
from doudi_web.audit_log.actions import record, subject_of
from doudi_web.register.actions import apply, confirm_row, new_import, writing
from doudi_web.register.models import Fact, Person
from doudi_web.register.planning import Plan, opened_detail, planned
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.who import Actor

Json = dict[str, Any]


def looked(statement: Json) -> Plan:
    """What a statement of one person would change. Raises Refusal 422 with every fault."""
    try:
        return planned(_document(statement), now(), adds=True)
    except Faulty as wrong:
        raise Refusal(422, wrong.faults) from wrong


def write(actor: Actor, statement: Json, digest: str, reason: str) -> int:
    """Write a statement that does what was looked at; the number of the writing. Also in the caller's transaction.

    Raises Refusal 409 where somebody has changed the person meanwhile, 422.
    """
    document = _document(statement)
    with writing() as at:
        plan = planned(document, at, adds=True)
        person = statement["id"]
        if plan.digest() != digest or not plan.changes:
            raise Refusal.of(409, "S748", person, what=f"人员 {person}")
        content = json.dumps(statement, ensure_ascii=False).encode()
        came = new_import(actor, "persons", document.name, content, plan, at)
        apply(plan, came, at)
        confirm_row(came, at)
        detail = {**plan.counts(), "import": came.pk}
        record(actor, "persons.write", subject_of(person), reason=reason, detail=detail)
    return int(came.pk)


def base(one: Person) -> Json:
    """What every statement of somebody says."""
    return {"id": one.pk, "birth_date": one.birth_date.isoformat(), "district": one.district_id}


def held(person: str, kind: str) -> list[Json]:
    """What the register says now of one kind, as a statement has it."""
    facts = Fact.objects.filter(person_id=person, kind=kind, superseded=None).order_by(
        "valid_from", "id"
    )
    made: list[Json] = []
    for fact in facts:
        span: Json = {"from": fact.valid_from.isoformat()}
        if fact.valid_to is not None:
            span["to"] = fact.valid_to.isoformat()
        match kind:
            case "doctor":
                made.append(
                    {
                        **opened_detail(fact),
                        **({"facility": fact.code} if fact.code else {}),
                        **span,
                    }
                )
            case "tier":
                made.append({"tier": fact.code, **span})
            case _:
                made.append({"code": fact.code, **span})
    return made


def _document(statement: Json) -> Document:
    return Document("township", {"persons": [statement]})
