"""What was said, decided and changed about a visit: rows that are only added."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import psycopg

from doudi.errors import Fault, fault
from doudi.source_text import shown
from doudi.wire.identity_numbers import has_identity_number
from doudi_web.review.models import NOTE
from doudi_web.settlement import tables
from doudi_web.settlement.asked import canonical
from doudi_web.settlement.running import Visit
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.who import Actor

Driver = psycopg.Connection[tables.Row]


class Kind(StrEnum):
    """What happened."""

    EXPLAINED = "explained"  # the doctor's reason
    APPROVED = "approved"  # the office agrees
    REFUSED = "refused"  # the office does not: the doctor explains anew, or changes something
    PASSED = "passed"  # an emergency: treated first, reviewed afterwards
    REVIEWED = "reviewed"  # the office has looked at an emergency
    CONSENTED = "consented"  # the patient signed for what the funds do not pay
    PROPOSED = "proposed"  # a change is proposed to the doctor
    CHANGED = "changed"  # a change was made
    DECLINED = "declined"  # the doctor does not take a proposal


@dataclass(frozen=True, slots=True)
class Event:
    """One of them; `visit` is our number of the visit."""

    id: int
    visit: int
    alert: int | None
    kind: Kind
    at: datetime
    actor: str
    role: str
    reason: str
    says: Mapping[str, Any]

    def json(self, names: Mapping[str, str]) -> dict[str, Any]:
        """The event as answers tell it, with the name of whose it is."""
        return {
            "event": self.id,
            "alert": self.alert,
            "kind": self.kind.value,
            "at": told(self.at),
            "by": self.actor,
            "name": names.get(self.actor, self.actor),
            "role": self.role,
            "reason": self.reason,
            "says": self.says,
        }


_COLUMNS = "id, visit, alert, kind, at, actor, role, reason, says::json"
_ADD = f"""
INSERT INTO review_event (visit, facility, alert, kind, at, actor, role, reason, says)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb) RETURNING {_COLUMNS}
"""


def event_of(row: Sequence[Any]) -> Event:
    """An event of a row of the columns."""
    number, visit, alert, kind, *more = row
    return Event(number, visit, alert, Kind(kind), *more)


def add(
    db: Driver,
    actor: Actor,
    visit: Visit,
    kind: Kind,
    *,
    alert: int | None = None,
    reason: str = "",
    says: Mapping[str, Any] | None = None,
) -> Event:
    """One more event; who calls records it in the audit log."""
    values = [
        visit.number, visit.facility, alert, kind.value, now(), actor.key, actor.role.value, reason,
        canonical(dict(says or {})),
    ]  # fmt: skip
    row = db.execute(_ADD, values).fetchone()
    assert row is not None, "a statement that returns its row"
    return event_of(row)


def events_of(db: Driver, visits: Sequence[int]) -> dict[int, list[Event]]:
    """The events of each visit, in their order, in one journey."""
    sql = f"SELECT {_COLUMNS} FROM review_event WHERE visit = ANY(%s) ORDER BY id"
    found: dict[int, list[Event]] = {number: [] for number in visits}
    for row in db.execute(sql, [list(visits)]):
        one = event_of(row)
        found[one.visit].append(one)
    return found


def note_faults(key: str, stated: str, expected: str, *, required: bool) -> list[Fault]:
    """What is wrong with a reason or note: missing, too long, with what cannot be seen or with an identity number.

    Nothing is cut off: what does not fit is refused whole.
    """
    if not stated.strip():
        return [fault("F201", key, key=key, expected=expected)] if required else []
    is_seen = all(one.isprintable() or one == "\n" for one in stated.replace("\r\n", "\n"))
    if len(stated) > NOTE or not is_seen:
        more = f"{expected}，没有看不见的字符" if not is_seen else expected
        return [fault("F203", key, value=shown(stated, 80), expected=more)]
    return [fault("F209", key)] if has_identity_number(stated) else []
