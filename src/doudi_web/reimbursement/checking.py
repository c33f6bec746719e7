"""The township holds the scans against what was entered, says why it is no double, and hands it to the district."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from doudi.dates import CHINA
from doudi.errors import Fault, Faulty, fault
from doudi.source_text import Document
from doudi.wire.settlements import fault_json
from doudi_web.audit_log.actions import record, subject_of
from doudi_web.reimbursement.doubles import Double, doubles
from doudi_web.reimbursement.entering import must_be, must_say, step
from doudi_web.reimbursement.invoice import Invoice, State, bill_of
from doudi_web.reimbursement.lateness import Deadline, deadline_of
from doudi_web.reimbursement.selectors import found_invoice
from doudi_web.settlement import looking, tables
from doudi_web.settlement.asked import keys_of
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor


@dataclass(frozen=True, slots=True)
class Looked:
    """What settling an invoice now would come to, or what is wrong; what it is like; until when it counts."""

    settlement: dict[str, Any] | None
    faults: tuple[dict[str, Any], ...]
    doubles: tuple[Double, ...]
    deadline: Deadline
    is_late: bool

    @property
    def mark(self) -> str:
        """By what the amounts that were looked at are known again; empty where there are none."""
        return "" if self.settlement is None else mark_of(self.settlement)


def mark_of(settlement: Mapping[str, Any]) -> str:
    """The digest of what everybody pays."""
    amounts = {key: settlement[key] for key in ("total", "payments", "hospital", "patient")}
    return hashlib.sha256(json.dumps(amounts, sort_keys=True).encode()).hexdigest()


def look(actor: Actor, one: Invoice) -> Looked:
    """Look at an invoice before it is decided: every payer, to the fen. Raises Refusal 403."""
    actor.must(Act.REIMBURSE_READ)
    deadline, today = deadline_of(one.township[:6]), now().date()
    settlement, faults = None, tuple[dict[str, Any], ...]()
    if one.is_open:
        bill = bill_of(one)
        try:
            ready = looking.standing(
                actor, Document("invoice", bill), bill, keys_of(bill), running_bill=False,
                action="reimbursements.preview",
            )  # fmt: skip
            settlement = ready.json(ready.settled())
        except (Faulty, Refusal) as refused:
            faults = tuple(fault_json(f) for f in refused.faults)
    came = min(one.entered.astimezone(CHINA).date(), today)
    return Looked(
        settlement, faults, tuple(doubles(one)), deadline, came > deadline.last_day(one.stated.discharged)
    )  # fmt: skip


_CHECKED = """
UPDATE reimbursement_invoice SET state = 'checked', version = version + 1, checked_by = %s, apart = %s, alike = %s
WHERE id = %s
"""


def check(actor: Actor, number: int, version: int, apart: str) -> None:
    """Hand it to the district. `apart`: why it is not what it looks like a double of.

    Raises Refusal 403, 404, 409, 422: no scan; it is late and nobody has allowed it; it is like another and nobody
    says why it is not the same; it cannot be settled as it is.
    """
    actor.must(Act.REIMBURSE_ENTER)
    db = tables.driver()
    with db.transaction():
        one = found_invoice(db, actor, number, alone=True)
        must_be(one, version, State.ENTERED, State.RETURNED, wanted="核对")
        looked = look(actor, one)
        wrong: list[Fault] = []
        if not one.scans:
            wrong.append(fault("S747", "scan", what="扫描件", why="区里看着扫描件批"))
        if looked.is_late and not one.late_by:
            last = looked.deadline.last_day(one.stated.discharged)
            wrong.append(fault("S742", "discharged", last=last, source=looked.deadline.source))
        if looked.doubles and not apart.strip():
            wrong.append(
                fault(
                    "S747",
                    "apart",
                    what="说明",
                    why=f"{looked.doubles[0].title}，要写明为什么不是同一次",
                )
            )
        if wrong:
            raise Refusal(422, wrong)
        if looked.faults:
            raise Refusal.of(
                422, "S747", "lines", what="能结算的内容", why=str(looked.faults[0]["what"])
            )
        if apart:
            must_say(apart, "apart")
        alike = Jsonb([double.key for double in looked.doubles])
        db.execute(_CHECKED, [actor.key, apart, alike, number])
        step(db, actor, number, "check", apart)
        detail = {"invoice": number, "doubles": len(looked.doubles)}
        record(actor, "reimbursements.check", subject_of(one.person), reason=apart, detail=detail)
