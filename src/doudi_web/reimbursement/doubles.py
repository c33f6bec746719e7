"""What may be the same visit twice: another invoice, another scan, a visit of the ledger in the same days."""

import json
import zlib
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from doudi.dates import CHINA
from doudi_web.reimbursement.invoice import Invoice
from doudi_web.settlement import tables


class Like(StrEnum):
    """In what something is alike."""

    NUMBER = "number"
    SCAN = "scan"
    INVOICE_DAYS = "invoice_days"
    LEDGER_DAYS = "ledger_days"


TITLES = {
    Like.NUMBER: "发票号码相同（不看横线、斜线），金额或医院不同",
    Like.SCAN: "扫描件和别的发票一模一样",
    Like.INVOICE_DAYS: "同一个人有日子重叠的另一张发票",
    Like.LEDGER_DAYS: "台账里同一个人在这几天有就诊",
}


@dataclass(frozen=True, slots=True)
class Double:
    """What an invoice is like: in what, and which invoice, or which settlement or running visit."""

    like: Like
    invoice: int | None = None
    settlement: int | None = None
    visit: str = ""
    facility: str = ""
    first: date | None = None
    last: date | None = None

    @property
    def title(self) -> str:
        """In what it is alike."""
        return TITLES[self.like]

    @property
    def key(self) -> str:
        """By what it is known again: a visit is the same one before and after it is settled."""
        of = f"{self.facility}:{self.visit}" if self.invoice is None else str(self.invoice)
        return f"{self.like}:{of}"


_INVOICES = """
SELECT id, translate(number, '/_-', '') = %(number)s, says ->> 'admitted', discharged FROM reimbursement_invoice
WHERE id <> %(id)s AND state <> 'given_up' AND (translate(number, '/_-', '') = %(number)s OR person = %(person)s)
ORDER BY id
"""
_SCANS = """
SELECT DISTINCT o.invoice_id FROM reimbursement_scan s JOIN reimbursement_scan o ON o.digest = s.digest
  AND o.invoice_id <> s.invoice_id AND o.gone IS NULL
JOIN reimbursement_invoice i ON i.id = o.invoice_id AND i.state <> 'given_up'
WHERE s.invoice_id = %s AND s.gone IS NULL ORDER BY 1
"""
_SETTLED = """
SELECT s.id, s.visit, coalesce(f.name, s.facility), s.settled, s.evidence FROM settlement_settlement s
LEFT JOIN tenancy_facility f ON f.code = s.facility
WHERE s.person = %s AND s.evidence IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM settlement_posting p WHERE p.settlement = s.id AND p.kind = 'reverse')
ORDER BY s.id
"""
_RUNNING = """
SELECT v.visit, coalesce(f.name, v.facility), v.header::json, v.opened, v.discharged FROM settlement_visit v
LEFT JOIN tenancy_facility f ON f.code = v.facility WHERE v.person = %s AND v.settled IS NULL ORDER BY v.id
"""


_SIGNS = str.maketrans("", "", "/_-")


def doubles(one: Invoice) -> list[Double]:
    """What the invoice is like. One of the same number, issuer and amount cannot be: the table refuses it."""
    db, found = tables.driver(), []
    asked = {
        "id": one.id, "number": one.stated.number.translate(_SIGNS), "person": one.person,
    }  # fmt: skip
    for number, is_same, first, last in db.execute(_INVOICES, asked):
        begins = date.fromisoformat(first)
        if is_same:
            found.append(Double(Like.NUMBER, invoice=number))
        elif _meets(one, begins, last):
            found.append(Double(Like.INVOICE_DAYS, invoice=number, first=begins, last=last))
    found += [Double(Like.SCAN, invoice=row[0]) for row in db.execute(_SCANS, [one.id])]
    return [*found, *_ledger(one)]


def _ledger(one: Invoice) -> list[Double]:
    """Visits of the same person on a day that both have; two that share the day of a transfer are told."""
    db, found = tables.driver(), list[Double]()
    for number, visit, facility, settled, evidence in db.execute(_SETTLED, [one.person]):
        if visit == one.visit:
            continue
        bill: dict[str, Any] = json.loads(zlib.decompress(evidence))["bill"]
        first, last = (
            _day(bill.get("admitted"), settled),
            _day(bill.get("discharged"), settled),
        )
        if _meets(one, first, last):
            found.append(
                Double(Like.LEDGER_DAYS, settlement=number, visit=visit, facility=facility, first=first, last=last)
            )  # fmt: skip
    for visit, facility, header, opened, gone in db.execute(_RUNNING, [one.person]):
        first = _day(header.get("admitted"), opened)
        last = date.max if gone is None else gone.astimezone(CHINA).date()
        if _meets(one, first, last):
            found.append(
                Double(Like.LEDGER_DAYS, visit=visit, facility=facility, first=first, last=None)
            )
    return found


def _day(stated: Any, else_: datetime) -> date:
    """The day that a bill states; where it states none, the one in China of a moment."""
    return (
        else_.astimezone(CHINA).date() if stated is None else date.fromisoformat(str(stated)[:10])
    )


def _meets(one: Invoice, first: date, last: date) -> bool:
    return first <= one.stated.discharged and one.stated.admitted <= last
