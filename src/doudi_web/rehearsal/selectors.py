"""Trials read back: how far one is, what it came to, and its visits with both amounts."""

from collections.abc import Iterator, Mapping
from typing import Any, LiteralString

from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.rehearsal.models import Trial
from doudi_web.runs.models import Run
from doudi_web.settlement import tables
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

PAGE = 50
EXPORTED = 20_000
SIDES: Mapping[str, LiteralString] = {
    "": "true", "more": "o.patient > 0", "less": "o.patient < 0",
    "funds": "o.patient = 0 AND o.fault = ''", "faulty": "o.fault <> ''",
}  # fmt: skip
"""Which visits are asked for: all; the patient pays more, or less; others alone do; with a fault."""

_VISITS: LiteralString = """
SELECT o.id, o.settlement, s.visit, s.person, o.facility, o.kind, o.standing, o.patient, o.before::json,
  o.after::json, o.fault
FROM rehearsal_outcome o JOIN settlement_settlement s ON s.id = o.settlement AND s.result IS NOT NULL
WHERE o.trial = %s AND {side} ORDER BY abs(o.patient) DESC, o.id LIMIT %s OFFSET %s
"""


def last(actor: Actor, version: int) -> Trial | None:
    """The last trial of a version. Raises Refusal 403."""
    actor.must(Act.POLICIES_READ)
    return Trial.objects.filter(version=version).order_by("-id").first()


def trial(actor: Actor, number: int) -> Trial:
    """One trial. Raises Refusal 403, 404."""
    actor.must(Act.POLICIES_READ)
    one = Trial.objects.filter(pk=number).first()
    if one is None:
        raise Refusal.of(404, "S481", "trial", what="试算", number=number)
    return one


def run_of(one: Trial) -> Run | None:
    """How far the work of a trial is."""
    return None if one.run is None else Run.objects.filter(pk=one.run).first()


def visits(
    actor: Actor, one: Trial, side: str, page: int, *, limit: int = PAGE
) -> list[dict[str, Any]]:
    """Visits of a trial that would come out otherwise, the most moved first; who was read is recorded."""
    actor.must(Act.POLICIES_READ)
    db = tables.driver()
    with db.transaction():
        rows = db.execute(
            _VISITS.format(side=SIDES.get(side, "true")), [one.pk, limit + 1, page * limit]
        ).fetchall()
        found = list(_rows(rows))
        detail = {"trial": one.pk, "rows": len(found)}
        record(actor, "policies.trial", f"policy:{one.version}", detail=detail)
        each = ((subject_of(v["person"]), {"settlement": v["settlement"]}) for v in found[:limit])
        record_each(actor, "policies.trial", each)
    return found


def _rows(rows: list[tables.Row]) -> Iterator[dict[str, Any]]:
    names = (
        "id", "settlement", "visit", "person", "facility", "kind", "standing", "patient", "before", "after", "fault"
    )  # fmt: skip
    for row in rows:
        yield dict(zip(names, row, strict=True))
