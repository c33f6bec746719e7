"""The district decides on an invoice: lets a late one in, returns it, or approves it and has it settled at once.

Who entered or checked it does not approve it. What was approved is settled in the same transaction: there is
nothing that is approved and not in the ledger.
"""

import json

from doudi.source_text import Document
from doudi_web.audit_log.actions import record, subject_of
from doudi_web.register import facilities
from doudi_web.register.person_form import FacilityForm
from doudi_web.reimbursement.checking import mark_of
from doudi_web.reimbursement.doubles import doubles
from doudi_web.reimbursement.entering import must_be, must_say, step
from doudi_web.reimbursement.invoice import Invoice, State, Stated, bill_of, facility_code
from doudi_web.reimbursement.selectors import found_invoice
from doudi_web.settlement import settling, tables
from doudi_web.settlement.asked import keys_of
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.models import Facility
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

_ALLOW = """
UPDATE reimbursement_invoice SET late_by = %s, late_reason = %s, version = version + 1 WHERE id = %s
"""
_SETTLED = """
UPDATE reimbursement_invoice SET state = 'settled', settlement = %s, version = version + 1 WHERE id = %s
"""
_RETURNED = (
    "UPDATE reimbursement_invoice SET state = 'returned', version = version + 1 WHERE id = %s"
)


def allow_late(actor: Actor, number: int, version: int, reason: str) -> None:
    """Let an invoice in that came too late. Raises Refusal 403, 404, 409, 422."""
    actor.must(Act.REIMBURSE_APPROVE)
    must_say(reason)
    db = tables.driver()
    with db.transaction():
        one = found_invoice(db, actor, number, alone=True)
        must_be(one, version, State.ENTERED, State.RETURNED, wanted="准予受理")
        _must_be_another(actor, one)
        db.execute(_ALLOW, [actor.key, reason, number])
        step(db, actor, number, "late", reason)
        detail = {"invoice": number}
        record(actor, "reimbursements.late", subject_of(one.person), reason=reason, detail=detail)


def give_back(actor: Actor, number: int, version: int, reason: str) -> None:
    """Return it to the township, which mends it and hands it over again, also after its settlement was reversed.

    Raises Refusal 403, 404, 409, 422.
    """
    actor.must(Act.REIMBURSE_APPROVE)
    must_say(reason)
    db = tables.driver()
    with db.transaction():
        one = found_invoice(db, actor, number, alone=True)
        must_be(one, version, State.CHECKED, State.UNDONE, wanted="退回")
        db.execute(_RETURNED, [number])
        step(db, actor, number, "return", reason)
        detail = {"invoice": number}
        record(actor, "reimbursements.return", subject_of(one.person), reason=reason, detail=detail)


def approve(actor: Actor, number: int, version: int, seen: str, note: str = "") -> int:
    """Approve it and settle it. The settlement. `seen` is the mark of the amounts that were looked at.

    Raises Refusal: 403 (the role; who entered or checked it), 404, 409 (it moved on; what everybody pays is not
    what was seen), 422 with every fault of the bill.
    """
    actor.must(Act.REIMBURSE_APPROVE)
    if note:
        must_say(note, "note")
    db = tables.driver()
    one = found_invoice(db, actor, number)
    refused: Refusal | None = None
    with db.transaction():
        bill = bill_of(one)
        tables.lock(db, settling.locks(keys_of(bill)))
        one = found_invoice(db, actor, number, alone=True)
        must_be(one, version, State.CHECKED, wanted="批准")
        _must_be_another(actor, one)
        new = [double for double in doubles(one) if double.key not in one.alike]
        if new:  # it came after the invoice was checked: what was said then does not speak of it
            why = f"核对以后又有：{new[0].title}；退回，请乡镇写明"
            raise Refusal.of(422, "S747", "apart", what="说明", why=why)
        _know(one.stated)
        bill = bill_of(one)
        message = f"reimbursement:{number}:{version}"
        try:
            answer = settling.settle(
                actor, Document("invoice", {"message_id": message, "bill": bill})
            )
        except Refusal as error:
            refused, settlement = error, 0  # what is kept of a refused bill is committed
        else:
            told = json.loads(answer.text)
            if mark_of(told) != seen:
                what, state = f"发票 {number}", "各方付的和看的时候不同"
                raise Refusal.of(409, "S745", str(number), what=what, state=state, wanted="批准")
            settlement = int(told["settlement_id"])
            db.execute(_SETTLED, [settlement, number])
            step(db, actor, number, "approve", note)
            step(db, actor, number, "settle", f"结算 {settlement}")
            detail = {"invoice": number, "settlement": settlement}
            record(
                actor, "reimbursements.approve", subject_of(one.person), reason=note, detail=detail
            )
    if refused is not None:
        raise refused
    return settlement


def _must_be_another(actor: Actor, one: Invoice) -> None:
    """Raises Refusal 403 for who entered, changed or checked it, or brought its scans."""
    if actor.key in one.hands:
        raise Refusal.of(
            403, "S746", str(one.id), what=f"发票 {one.id}", did="录入或核对", does="批准"
        )


def _know(stated: Stated) -> None:
    """A hospital outside that nobody has registered is known from now on, as the paper describes it."""
    code = facility_code(stated)
    if not Facility.objects.filter(pk=code).exists():
        said = {
            "code": code,
            "name": stated.issuer,
            "level": stated.level,
            "district": stated.district,
        }
        facilities.register(FacilityForm.model_validate(said), now())
