"""The register of known defects: what the program did wrong, in which versions, and to which settlements."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from django.db import transaction
from pydantic import AfterValidator, Field, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError

from doudi.errors import Fault, fault
from doudi.source_text import Document, shown
from doudi.wire.bill_faults import form_faults
from doudi.wire.bill_form import BillForm, Code, Day, Whole
from doudi.wire.identity_numbers import has_identity_number
from doudi_web.audit_log.actions import record
from doudi_web.oversight.models import NAME, Defect, Touched
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

LIMIT = 100_000  # settlements in one message
_TOLD = 1000  # settlements that a row of the log names
_ADDING = 0x64656665


def _printable(text: str) -> str:
    if not text.isprintable() or has_identity_number(text):
        expected = "一行文字，里面没有身份证号"
        raise PydanticCustomError("F203", "{value}", {"value": shown(text, 80), "expected": expected})  # fmt: skip
    return text


Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400), AfterValidator(_printable)
]  # fmt: skip


class DefectForm(BillForm):
    """A defect and settlements that it touched; of one that is known already, more of them."""

    name: Code = Field(max_length=NAME)
    what: Words
    engines: list[Code] = Field(min_length=1, max_length=100)
    found: Day
    reason: Words
    settlements: list[Whole] = Field(default_factory=list, max_length=LIMIT)


def add(actor: Actor, document: Document) -> tuple[int, dict[str, Any]]:
    """Write a defect down: 201. Said again with other settlements, those are added: 201, else 200.

    Raises Refusal 403, 409 where the name is another defect's, 422 with every fault.
    """
    actor.must(Act.OVERSIGHT_WRITE)
    try:
        form = DefectForm.model_validate(document.value)
    except ValidationError as error:
        raise Refusal(422, form_faults(document, (), error, DefectForm)) from error
    with transaction.atomic():
        db = tables.driver()
        db.execute("SELECT pg_advisory_xact_lock(%s)", [_ADDING])
        if faults := list(_faults(document, form)):
            raise Refusal(422, faults)
        defect = Defect.objects.filter(name=form.name).first()
        is_new, at = defect is None, now()
        if defect is None:
            defect = Defect.objects.create(
                name=form.name, what=form.what, engines=list(form.engines), found=form.found, recorded=at,
                actor=actor.key, reason=form.reason,
            )  # fmt: skip
        elif _said(defect) != (form.what, list(form.engines), form.found):
            raise Refusal.of(409, "S559", "name", name=form.name, number=defect.pk)
        known = set(Touched.objects.filter(defect=defect).values_list("settlement", flat=True))
        new = [number for number in dict.fromkeys(form.settlements) if number not in known]
        Touched.objects.bulk_create(
            [Touched(defect=defect, settlement=n, recorded=at, actor=actor.key) for n in new],
            batch_size=1_000,
        )
        if is_new or new:
            detail = {"count": len(new), "settlements": new[:_TOLD]}
            subject = f"defect:{defect.pk}"
            record(actor, "defects.write", subject, reason=form.reason, detail=detail)
    return 201 if is_new or new else 200, _told(defect, _touched([defect]))


def _said(defect: Defect) -> tuple[str, list[str], date]:
    return defect.what, defect.engines, defect.found


_ENGINES = """
SELECT s.id, s.result::json ->> 'engine' FROM settlement_settlement s WHERE s.id = ANY(%s)
"""


def _faults(document: Document, form: DefectForm) -> Iterator[Fault]:
    """Settlements that are none, or that none of the versions settled."""
    asked = [n for n in form.settlements if 0 < n < 2**63]
    engines = dict(tables.driver().execute(_ENGINES, [asked]).fetchall())
    for at, number in enumerate(form.settlements):
        where = document.where(("settlements", at))
        if number not in engines:
            yield fault("S406", where)
        elif engines[number] is not None and engines[number] not in form.engines:
            yield fault(
                "S558", where, settlement=number, engine=engines[number], engines="、".join(form.engines)
            )  # fmt: skip


def defects(actor: Actor) -> dict[str, Any]:
    """Every known defect with the settlements that it touched, the first first. Raises Refusal 403."""
    actor.must(Act.OVERSIGHT_READ)
    found = list(Defect.objects.order_by("id"))
    record(actor, "defects.read", "defects", detail={"rows": len(found)})
    touched = _touched(found)
    return {"defects": [_told(one, touched) for one in found]}


def _touched(of: Sequence[Defect]) -> Mapping[int, Sequence[int]]:
    """By defect, the settlements that it touched."""
    found: dict[int, list[int]] = {}
    for one in Touched.objects.filter(defect__in=of).order_by("settlement"):
        found.setdefault(one.defect_id, []).append(one.settlement)
    return found


def _told(defect: Defect, touched: Mapping[int, Sequence[int]]) -> dict[str, Any]:
    return {
        "id": defect.pk,
        "name": defect.name,
        "what": defect.what,
        "engines": defect.engines,
        "found": defect.found.isoformat(),
        "recorded": told(defect.recorded),
        "by": defect.actor,
        "reason": defect.reason,
        "settlements": [str(number) for number in touched.get(defect.pk, ())],
    }
