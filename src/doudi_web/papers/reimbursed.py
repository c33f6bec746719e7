"""The decision on a paper invoice: what was brought, who pays what, who entered and who approved it."""

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from doudi_web.audit_log.actions import record, subject_of
from doudi_web.papers import found
from doudi_web.papers.kinds import TITLES, Kind, Print
from doudi_web.papers.printing import Of, preview, prints
from doudi_web.papers.words import PAYERS, cut, money
from doudi_web.papers.words import day as written
from doudi_web.register.file import address_of, whole_name
from doudi_web.register.models import Person
from doudi_web.register.named import names_of
from doudi_web.register.selectors import in_sight
from doudi_web.reimbursement import selectors
from doudi_web.reimbursement.invoice import KINDS, Invoice, Line
from doudi_web.settlement import tables
from doudi_web.settlement.replaying import fen
from doudi_web.tenancy.clock import told
from doudi_web.tenancy.named import called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

_RESULT = "SELECT result FROM settlement_settlement WHERE id = %s"


@dataclass(frozen=True, slots=True)
class Decision:
    """What the paper says."""

    kind: ClassVar[Kind] = Kind.REIMBURSEMENT
    printed: Print
    title: str
    name: str
    address: str
    number: str
    hospital: str
    what: str
    days: str
    total: str
    paid: str
    """What the funds pay together."""
    own: str
    payers: tuple[tuple[str, str], ...]
    lines: tuple[tuple[str, ...], ...]
    settlement: str
    visit: str
    by: tuple[tuple[str, str, str], ...]
    office: str
    office_phone: str


def decision(actor: Actor, number: int, *, is_print: bool) -> bytes:
    """The decision on an invoice that is settled: printed and counted, or as a preview.

    Raises Refusal 403, 404, 409 (it is not settled), 503. Who prints has the name in full, and the log says so.
    """
    if is_print:
        actor.must(Act.REIMBURSE_ENTER if actor.township else Act.REIMBURSE_APPROVE)
    one = selectors.one(actor, number)
    if one.settlement is None:
        raise Refusal.of(
            409, "S745", str(number), what=f"发票 {number}", state=one.state_title, wanted="打印"
        )  # fmt: skip
    row = tables.driver().execute(_RESULT, [one.settlement]).fetchone()
    if row is None or row[0] is None:
        raise Refusal.of(410, "S466", str(one.settlement), settlement=one.settlement)
    result: dict[str, Any] = json.loads(row[0])
    of = Of(Kind.REIMBURSEMENT, str(number), "", subject_of(one.person))
    name = _name(actor, one, is_print=is_print)

    def make(printed: Print) -> Decision:
        return _decision(actor, one, result, name, printed)

    return prints(actor, of, make) if is_print else preview(actor, of, make)


def _name(actor: Actor, one: Invoice, *, is_print: bool) -> str:
    if not is_print:
        return names_of(actor, [one.person]).get(one.person, one.person)
    reason = "打印手工报销审核单，交给本人"
    record(
        actor, "persons.unmask", subject_of(one.person), reason=reason, detail={"invoice": one.id}
    )
    found = Person.objects.filter(pk=one.person, withdrawn=None).first()
    return (None if found is None else whole_name(found)) or one.person


def _decision(
    actor: Actor, one: Invoice, result: dict[str, Any], name: str, printed: Print
) -> Decision:
    s, district = one.stated, found.ring("")
    paid = {key: fen(amount) for key, amount in result["payments"].items() if fen(amount)}
    patient = fen(result["patient"])
    names = called({step.by for step in one.steps})
    sight = in_sight(actor).select_related("village__township", "household__village__township")
    person = sight.filter(pk=one.person).first() if actor.may(Act.PERSONS_READ) else None
    return Decision(
        printed=printed, title=TITLES[Kind.REIMBURSEMENT], name=cut(name, 20),
        address="" if person is None else cut(address_of(person), 40), number=s.number,
        hospital=cut(s.issuer, 40), what=f"{KINDS[s.kind]}，{'有转诊' if s.referred else '没有转诊'}",
        days=f"{written(s.admitted)} 至 {written(s.discharged)}", total=money(s.total_fen),
        paid=money(sum(paid.values())), own=money(patient),
        payers=tuple((PAYERS.get(key, key), money(amount)) for key, amount in paid.items()),
        lines=tuple((cut(x.name, 40), x.item_class, *_amounts(x)) for x in s.lines),
        settlement=str(one.settlement), visit=one.visit,
        by=tuple(
            (step.title, cut(names.get(step.by, step.by), 20), told(step.at)[:16].replace("T", " "))
            for step in reversed(one.steps) if step.what in ("enter", "check", "approve", "late")
        ),
        office="" if district is None else cut(district.place, 24),
        office_phone="" if district is None else cut(district.phone, 24),
    )  # fmt: skip


def _amounts(line: Line) -> tuple[str, ...]:
    return tuple(
        money(n) for n in (line.amount_fen, line.first_self_pay_fen, line.over_ceiling_fen)
    )
