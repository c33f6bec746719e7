"""Asking for long work."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from doudi_web.audit_log.actions import record
from doudi_web.runs.kinds import Kind
from doudi_web.runs.models import QUEUED, RUNNING, Run
from doudi_web.runs.selectors import run_json
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.who import Actor


def ask(actor: Actor, kind: Kind, parameters: Mapping[str, Any], reason: str) -> dict[str, Any]:
    """Queue long work; what `selectors.run` tells of it.

    Raises Refusal: 403, 409 (the same waits or runs already), 422 (the reason names an identity number).
    """
    actor.must(kind.act)
    with transaction.atomic():
        made = _queued(actor, kind, parameters, reason)
        detail = {"kind": kind.name, "parameters": dict(parameters)}
        record(actor, "runs.ask", f"run:{made.pk}", reason=reason, detail=detail)
    return run_json(made)


def _queued(actor: Actor, kind: Kind, parameters: Mapping[str, Any], reason: str) -> Run:
    try:
        with transaction.atomic():
            return Run.objects.create(
                kind=kind.name, parameters=dict(parameters), asked_by=actor.key, role=actor.role.value,
                reason=reason, asked=now(),
            )  # fmt: skip
    except IntegrityError as error:
        same = Run.objects.filter(
            kind=kind.name, parameters=dict(parameters), state__in=(QUEUED, RUNNING)
        ).first()
        number = "" if same is None else str(same.pk)
        raise Refusal.of(409, "S566", "kind", kind=kind.name, number=number) from error
