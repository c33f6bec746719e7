"""知情同意: that the patient, or their family, was told of what the funds do not pay, and signed for it."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from doudi.dates import CHINA
from doudi.errors import fault
from doudi.money import yuan
from doudi_web.audit_log.actions import record, subject_of
from doudi_web.review import events, looks
from doudi_web.review.alerts import open_alerts
from doudi_web.review.deciding import told
from doudi_web.review.events import Kind, events_of, note_faults
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

LIMIT = 500
"""Lines of one consent."""
NOTE = f"说明，至多 {events.NOTE} 字"


class Signed(StrEnum):
    """Who signed."""

    PATIENT = "patient"
    FAMILY = "family"
    NOBODY = "nobody"  # they were told, and did not sign


def consent(
    actor: Actor,
    visit_id: str,
    facility: str | None,
    lines: Sequence[str],
    signed: Signed,
    day: date | None,
    note: str,
) -> dict[str, Any]:
    """Record that the paper was put before them for these lines, who signed and on which day.

    The bill does not change: where the pack lets what was signed for leave the measure, the line itself says so
    (`consent`). Raises Refusal 403, 404, 409 (settled, a line that is gone), 422.
    """
    actor.must(Act.EXCESS_EXPLAIN)
    today = now().astimezone(CHINA).date()
    faults = note_faults("note", note, NOTE, required=signed == Signed.NOBODY)
    if day is not None and day > today:
        expected = f"今天（{today}）或以前的一天"
        faults.append(fault("F203", "signed_on", value=day.isoformat(), expected=expected))
    if not lines or len(set(lines)) != len(lines) or len(lines) > LIMIT:
        expected = f"费用行的行号，1 至 {LIMIT} 个，不重复"
        faults.append(fault("F201", "lines", key="lines", expected=expected))
    if faults:
        raise Refusal(422, faults)
    db = tables.driver()
    with db.transaction():
        visit = looks.unsettled(db, actor, Act.EXCESS_EXPLAIN, visit_id, facility, locked=True)
        looked = looks.look(actor, visit)
        of = {line.id: line for line in looked.ready.claim.lines}
        missing = [x for x in lines if x not in of]
        if missing:
            what = "行 {} 不在现在的账单里"
            raise Refusal(409, [fault("S623", x, line=x, what_=what.format(x)) for x in missing])
        parts = {one.id: one.out_of_catalogue + one.over_ceiling for one in looked.settled.lines}
        says = {
            "signed": signed.value,
            "day": (day or today).isoformat(),
            "outside": yuan(sum(parts[x] for x in lines)),
            "lines": [
                {"id": x, "code": of[x].code, "name": of[x].name, "outside": yuan(parts[x])}
                for x in lines
            ],
        }
        alert = open_alerts(db, [visit.number]).get(visit.number)
        number = None if alert is None else alert.id
        one = events.add(db, actor, visit, Kind.CONSENTED, alert=number, reason=note, says=says)
        detail = {"visit": visit.id, "event": one.id, "lines": len(lines)}
        record(actor, "review.consented", subject_of(visit.person), detail=detail)
    return told(visit, events_of(db, [visit.number])[visit.number], alert)
