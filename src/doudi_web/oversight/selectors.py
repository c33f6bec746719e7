"""Audits as they were run, read again. Every reading is recorded."""

from typing import Any

from doudi_web.audit_log.actions import record
from doudi_web.oversight.auditing import audit_json
from doudi_web.oversight.models import Audit, Finding
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

LISTED = 100


def audits(actor: Actor, before: int | None, limit: int) -> dict[str, Any]:
    """Audits without their mismatches, the last first; `before` names the last where there are more.

    Raises Refusal 403.
    """
    actor.must(Act.OVERSIGHT_READ)
    asked = Audit.objects.order_by("-id")
    if before is not None:
        asked = asked.filter(pk__lt=before)
    rows = list(asked[: limit + 1])
    shown = rows[:limit]
    record(actor, "audits.read", "audits", detail={"rows": len(shown)})
    listed = [audit_json(one, ()) for one in shown]
    for one in listed:
        del one["mismatches"]
    return {"audits": listed, "before": shown[-1].pk if len(rows) > limit else None}


def audit(actor: Actor, number: int) -> dict[str, Any]:
    """One audit with every mismatch that it told. Raises Refusal 403, 404."""
    actor.must(Act.OVERSIGHT_READ)
    found = Audit.objects.filter(pk=number).first()
    if found is None:
        raise Refusal.of(404, "S560", str(number))
    record(actor, "audits.read", f"audit:{number}")
    return audit_json(
        found, [one.content for one in Finding.objects.filter(audit=found).order_by("id")]
    )
