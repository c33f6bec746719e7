"""What a changed bill would come to beside what it comes to now, for every payer. Only who looked is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from doudi.adjudication import Adjudication
from doudi.errors import Faulty
from doudi.finding import Finding
from doudi.money import yuan
from doudi.source_text import Document, Value
from doudi.wire.findings import finding_json
from doudi.wire.settlements import settlement_json
from doudi_web.audit_log.actions import record, subject_of
from doudi_web.review import looks
from doudi_web.review.causes import cause_of
from doudi_web.review.change import Change, Lines, change_of, line_of, offered, split
from doudi_web.review.events import events_of
from doudi_web.review.versions import version_of
from doudi_web.settlement import tables
from doudi_web.settlement.running import Visit, bill_of
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

_SHOWN = ("total", "patient", "hospital", "payments", "control", "warnings")


@dataclass(frozen=True, slots=True)
class Worked:
    """A change worked out: what the bill is now, what it would be, and the lines that make the difference."""

    now: Adjudication
    then: Adjudication
    finding: Finding
    """Of the changed bill, with its draft orders."""
    withdrawn: tuple[str, ...]
    added: tuple[Mapping[str, Value], ...]

    def json(self) -> dict[str, Any]:
        """Both, and the difference for each payer."""
        return {
            "now": paid_json(self.now),
            "then": paid_json(self.then),
            "difference": difference(self.now, self.then),
            "withdrawn": list(self.withdrawn),
            "added": list(self.added),
        }


def paid_json(found: Adjudication) -> dict[str, Any]:
    """Who pays what, and the share."""
    whole = settlement_json(found)
    return {key: whole[key] for key in _SHOWN}


def difference(before: Adjudication, after: Adjudication) -> dict[str, Any]:
    """What each pays more (less, with a minus) after than before."""
    names = {**before.payments, **after.payments}
    return {
        "total": yuan(after.total - before.total),
        "patient": yuan(after.patient - before.patient),
        "hospital": yuan(after.hospital - before.hospital),
        "payments": {n: yuan(after.payments.get(n, 0) - before.payments.get(n, 0)) for n in names},
    }


def what_if(
    actor: Actor, visit_id: str, document: Document, facility: str | None
) -> dict[str, Any]:
    """What a visit would come to if lines went, others came in their place, or draft orders were added.

    Raises Refusal 403, 404, 409 (settled; a line that is gone, what is not offered), 422.
    """
    actor.must(Act.PRECHECK)
    change, _ = change_of(document, drafts=True)
    db = tables.driver()
    visit = looks.unsettled(db, actor, Act.PRECHECK, visit_id, facility)
    looked = looks.look(actor, visit)
    made = worked_out(actor, visit, change)
    events = events_of(db, [visit.number])[visit.number]
    record(actor, "review.what_if", subject_of(visit.person), detail={"visit": visit.id})
    return {
        "visit_id": visit.id,
        "version": str(version_of(visit, events, cause_of(looked))),
        **made.json(),
        "finding": finding_json(made.finding),
    }


def worked_out(actor: Actor, visit: Visit, change: Change) -> Worked:
    """A change of a visit worked out. Raises Refusal 409, 422."""
    lines = Lines.of(visit)
    lines.must_stand(change)
    now = looks.look(actor, visit).settled
    parts = {one.line: split(lines, one) or one.line for one in change.replace}
    if change.replace:
        found = _finding(actor, visit, lines)
        for one in change.replace:
            part = parts[one.line]
            instead = offered(found, part, one.code)
            old = lines.standing[part]
            lines.withdraw(part)
            lines.add(line_of(lines, old, one.line, instead))
    for line_id in change.withdraw:
        lines.withdraw(line_id)
    finding = _finding(actor, visit, lines, change.drafts)
    drafted = finding.drafted
    return Worked(
        now,
        finding.adjudication if drafted is None else drafted.adjudication,
        finding,
        tuple(x for x in lines.withdrawn if x in {line.id for line in visit.lines}),
        tuple(x for x in lines.added if x["id"] in lines.standing),
    )


def _finding(
    actor: Actor, visit: Visit, lines: Lines, drafts: tuple[Mapping[str, Value], ...] = ()
) -> Finding:
    bill = {**bill_of(visit), "lines": [*lines.standing.values(), *(dict(x) for x in drafts)]}
    try:
        return looks.look(actor, visit, bill).finding()
    except Faulty as refused:
        raise Refusal(422, refused.faults) from refused
