"""Until when an invoice may be brought: data of the district, with what it rests on."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from doudi.errors import fault
from doudi.source_text import read_yaml
from doudi.wire.identity_numbers import has_identity_number
from doudi_web.audit_log.actions import record
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

_LAST = "SELECT months, status, source FROM reimbursement_deadline WHERE district = %s ORDER BY id DESC LIMIT 1"
_STATE = """
INSERT INTO reimbursement_deadline (district, months, source, status, at, by) VALUES (%s, %s, %s, %s, %s, %s)
"""
MOST_MONTHS = 60


@dataclass(frozen=True, slots=True)
class Deadline:
    """So many months after the year of the visit; whether a document says so, and which."""

    months: int
    status: str
    source: str

    def last_day(self, discharged: date) -> date:
        """The last day on which an invoice of that discharge may be brought.

        >>> Deadline(3, "unverified", "").last_day(date(2019, 5, 1))
        datetime.date(2020, 3, 31)
        >>> Deadline(14, "unverified", "").last_day(date(2019, 12, 31))
        datetime.date(2021, 2, 28)
        """
        years, month = divmod(self.months, 12)
        return date(discharged.year + 1 + years, month + 1, 1) - timedelta(days=1)


@cache
def _shipped() -> Deadline:
    text = files("doudi_web.reimbursement").joinpath("deadlines.yaml").read_text("utf-8")
    said: dict[str, Any] = read_yaml("deadlines.yaml", text).value
    return Deadline(int(said["months"]), said["status"], said["source"])


def deadline_of(district: str) -> Deadline:
    """What holds in a district: what it stated last, else what comes with the program."""
    row = tables.driver().execute(_LAST, [district]).fetchone()
    return _shipped() if row is None else Deadline(*row)


def state(actor: Actor, district: str, months: str, source: str) -> None:
    """The district states its deadline and the document that says so; without a document it is unverified.

    Raises Refusal 403, 422.
    """
    actor.must(Act.REIMBURSE_APPROVE)
    wrong = []
    is_number = months.isascii() and months.isdigit() and len(months) < 4
    if not is_number or not 0 < int(months) <= MOST_MONTHS:
        wrong.append(
            fault("F203", "months", value=months[:20], expected=f"1 至 {MOST_MONTHS} 个月")
        )
    if len(source) > 400 or not source.isprintable():
        wrong.append(
            fault("F203", "source", value=source[:40], expected="依据的文件和文号，不超过 400 字")
        )
    if has_identity_number(source):
        wrong.append(fault("F209", "source"))
    if wrong:
        raise Refusal(422, wrong)
    status = "stated" if source else "unverified"
    db = tables.driver()
    with db.transaction():
        db.execute(
            _STATE, [district, int(months), source or "没有写明文件", status, now(), actor.key]
        )
        record(
            actor, "reimbursements.deadline", f"district:{district}", detail={"months": int(months)}
        )
