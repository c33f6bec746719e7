"""Writing into the audit log: one row a deed, in the transaction of the deed."""

from collections.abc import Mapping
from typing import Any

from doudi_web.audit_log.models import Record
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.who import Actor


def record(
    actor: Actor,
    action: str,
    subject: str,
    reason: str = "",
    request_id: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Who did what to whom, and why. `detail` holds codes and counts, no personal data."""
    Record.objects.create(
        at=now(), actor_kind=actor.key.partition(":")[0], actor=actor.key, role=actor.role.value,
        action=action, subject=subject, reason=reason, request_id=request_id, detail=dict(detail or {}),
    )  # fmt: skip
