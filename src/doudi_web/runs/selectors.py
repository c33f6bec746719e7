"""Reading of long work: one run, or the last of them. Everybody sees those of the kinds that they may ask for."""

from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction

from doudi_web.audit_log.actions import record
from doudi_web.runs.kinds import Kind
from doudi_web.runs.models import DONE, FAILED, Run
from doudi_web.tenancy.clock import told, told_or_none
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import MAY, Act
from doudi_web.tenancy.who import Actor

LISTED = 50


_LAST = """
SELECT r.id FROM unnest(%(kinds)s::text[]) k CROSS JOIN LATERAL (
  SELECT id FROM runs_run WHERE kind = k AND (%(after)s = 0 OR id < %(after)s) ORDER BY id DESC LIMIT %(limit)s) r
ORDER BY r.id DESC LIMIT %(limit)s
"""
"""The newest of each kind by its index, and of these the newest."""


def run(actor: Actor, kinds: Mapping[str, Kind], number: int) -> dict[str, Any]:
    """One run. Who reads what came of it is recorded; how far it is tells nothing. Raises Refusal 403, 404."""
    actor.must(Act.RUNS_READ)
    with transaction.atomic():
        found = Run.objects.filter(pk=number).first()
        if found is None:
            raise Refusal.of(404, "S481", "run", what="运行", number=number)
        kind = kinds.get(found.kind)
        actor.must(Act.RUNS_READ if kind is None else kind.act)
        if found.state in (DONE, FAILED):
            record(actor, "runs.read", f"run:{found.pk}", detail={"kind": found.kind})
    return run_json(found)


def runs(actor: Actor, kinds: Mapping[str, Kind], after: int, limit: int) -> dict[str, Any]:
    """The last runs of the kinds that the actor may ask for, the newest first, without what came of them.

    `after` names the last where there are more, and is where the next page begins. Raises Refusal 403.
    """
    actor.must(Act.RUNS_READ)
    mine = [name for name, kind in kinds.items() if actor.role in MAY[kind.act]]
    with connection.cursor() as cursor:
        cursor.execute(_LAST, {"kinds": mine, "after": after, "limit": limit + 1})
        numbers = [row[0] for row in cursor.fetchall()]
    found = list(Run.objects.filter(pk__in=numbers).order_by("-id"))
    shown = found[:limit]
    listed = [run_json(one) for one in shown]
    for one in listed:
        del one["result"], one["faults"]
    return {"runs": listed, "after": shown[-1].pk if len(found) > limit else None}


def run_json(found: Run) -> dict[str, Any]:
    """A run as answers tell it."""
    return {
        "id": found.pk,
        "kind": found.kind,
        "parameters": found.parameters,
        "asked_by": found.asked_by,
        "reason": found.reason,
        "asked": told(found.asked),
        "state": found.state,
        "done": found.done,
        "of": found.of,
        "message": found.message,
        "started": told_or_none(found.started),
        "ended": told_or_none(found.ended),
        "result": found.result,
        "faults": found.faults,
    }
