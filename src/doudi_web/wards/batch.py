"""Visits that were chosen in the list: looked at anew together, or written as a table."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from doudi.errors import fault
from doudi.source_text import shown
from doudi.wire.sheets import Heading, Holds, Page, write
from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import told
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor
from doudi_web.wards import keeping, selectors
from doudi_web.wards.needs import Need, Who
from doudi_web.wards.selectors import Row
from doudi_web.wards.wanted import Wanted
from doudi_web.wards.words import NEEDS, WHO

LIMIT = 100  # visits that are looked at together
ROWS = 10_000  # of a table

_RUNNING = """
SELECT id, visit FROM settlement_visit WHERE facility = %s AND visit = ANY(%s) AND settled IS NULL
"""


def precheck(actor: Actor, facility: str | None, visits: Sequence[str]) -> list[Row]:
    """Look at these visits of one hospital now, all or none; their rows, the worst first.

    Raises Refusal 403, 404 with every visit that does not run there, 422 (no hospital named; too many).
    """
    actor.must(Act.PRECHECK)
    of = actor.facility or facility
    if of is None:
        expected = "医疗机构编码"
        raise Refusal(422, [fault("F201", "facility", key="facility", expected=expected)])
    actor.must_be_of(of if facility is None else facility, Act.PRECHECK)
    wanted = list(dict.fromkeys(visits))
    if len(wanted) > LIMIT:
        details = {"name": "就诊", "count": f"{len(wanted):,}", "limit": f"{LIMIT:,}"}
        raise Refusal(422, [fault("F110", "visits", **details)])
    db = tables.driver()
    found = {visit: number for number, visit in db.execute(_RUNNING, [of, wanted])}
    missing = [visit for visit in wanted if visit not in found]
    if missing:
        told = [shown(visit, 64) for visit in missing]
        raise Refusal(404, [fault("S490", visit, visit=visit) for visit in told])
    with db.transaction():
        keeping.refresh(db, list(found.values()), keeping.bounds())
        rows = selectors.rows_by_number(db, actor, list(found.values()))
        each = ((subject_of(row.person), {"visit": row.visit}) for row in rows)
        record_each(actor, "visits.precheck", each)
    return rows


_HEADINGS = (
    Heading("住院号"), Heading("姓名"), Heading("登记号"), Heading("身份"), Heading("科室"), Heading("床号"),
    Heading("主管医生"), Heading("入院", Holds.DAY), Heading("出院", Holds.DAY), Heading("要办的事"),
    Heading("谁办"), Heading("总费用", Holds.AMOUNT), Heading("目录外占比", Holds.SHARE),
    Heading("限额", Holds.AMOUNT), Heading("超出", Holds.AMOUNT), Heading("各基金", Holds.AMOUNT),
    Heading("医院", Holds.AMOUNT), Heading("自付", Holds.AMOUNT), Heading("未对照行数", Holds.COUNT),
    Heading("截至"),
)  # fmt: skip


def table(actor: Actor, wanted: Wanted, reason: str) -> bytes:
    """The whole result as an XLSX without formulas, for a stated reason.

    Raises Refusal 403, 422 (no reason; more than a table holds: nothing is cut off).
    """
    whole = replace(selectors.of_actor(actor, wanted), page=1, size=ROWS + 1)
    db = tables.driver()
    rows = selectors.rows_of(db, actor, whole, keeping.bounds())
    if len(rows) > ROWS:
        raise Refusal.of(422, "S611", "visits", limit=f"{ROWS:,}")
    with db.transaction():
        detail: dict[str, Any] = {"facility": whole.facility, "visits": len(rows)}
        record(actor, "wards.export", "visits", reason=reason, detail=detail)
        each = ((subject_of(row.person), {"visit": row.visit}) for row in rows)
        record_each(actor, "visits.read", each)
    return write("在院台.xlsx", [Page("在院", _HEADINGS, [_cells(row) for row in rows])])


def _cells(row: Row) -> tuple[str | int | date | None, ...]:
    """A row as the table has it: amounts that are not certain are left out, not written as zero."""
    amounts = (row.funds, row.hospital, row.patient) if row.certain else (None, None, None)
    return (
        row.visit, row.name or "", row.person, row.standing_title, row.ward, row.bed, row.doctor, row.admitted,
        row.leaves, "、".join(NEEDS[Need(one)] for one in row.needs),
        "、".join(WHO[Who(one)] for one in row.who), row.total, row.share if row.certain else None, row.limit,
        row.excess if row.certain else None, *amounts, row.unmapped, told(row.as_of),
    )  # fmt: skip
