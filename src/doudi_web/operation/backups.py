"""The backups that were made, and whether one was restored in a test: as the audit log keeps it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from doudi_web.audit_log.models import Record

MADE, TRIED = "backup", "backup.tried"
"""The actions under which a backup and a test of one are recorded."""

SUBJECT = "installation"


@dataclass(frozen=True, slots=True)
class Kept:
    """One that was made, or tried: when, by whom, what was recorded of it."""

    at: datetime
    actor: str
    detail: dict[str, Any]


def last(action: str) -> Kept | None:
    """The last of its kind; None where there was none."""
    found = Record.objects.filter(subject=SUBJECT, action=action).order_by("-id").first()
    return None if found is None else Kept(found.at, found.actor, found.detail)


def last_at(action: str) -> datetime | None:
    """When the last of its kind was."""
    found = last(action)
    return None if found is None else found.at
