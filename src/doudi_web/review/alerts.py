"""Alerts: one a cause. Looks that find the same cause are counted; a cause that is gone closes its alert."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, LiteralString

import psycopg

from doudi_web.review.causes import Cause, Status, cause_of
from doudi_web.settlement import tables
from doudi_web.settlement.asked import canonical
from doudi_web.settlement.looking import Looked
from doudi_web.settlement.running import Visit
from doudi_web.tenancy.clock import now, told, told_or_none

Driver = psycopg.Connection[tables.Row]


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert with what the last look found; `visit` is our number of the visit."""

    id: int
    visit: int
    cause: bytes
    status: Status
    first: datetime
    last: datetime
    count: int
    closed: datetime | None
    says: Mapping[str, Any]

    @property
    def is_binding(self) -> bool:
        """Whether somebody must explain it: above the limit, where control has a hold on the hospital."""
        return self.status == Status.EXCEEDED and bool(self.says["applies"])

    @property
    def needs_approval(self) -> bool:
        """Whether the pack demands that the insurance office agrees."""
        stated = self.says["approval"]
        return self.is_binding and stated is not None and stated["demand"] == "exceeded"

    @property
    def due(self) -> datetime | None:
        """Until when it is to be done; None where the pack states no deadline."""
        stated = self.says["approval"]
        hours = None if stated is None else stated["within_hours"]
        return None if hours is None or not self.is_binding else self.first + timedelta(hours=hours)

    def json(self) -> dict[str, Any]:
        """The alert as answers tell it."""
        return {
            "alert": self.id,
            "status": self.status.value,
            "first": told(self.first),
            "last": told(self.last),
            "count": self.count,
            "closed": told_or_none(self.closed),
            **self.says,
        }


_COLUMNS = "id, visit, cause, status, first, last, count, closed, says::json"


def _alert(row: Sequence[Any]) -> Alert:
    number, visit, cause, status, *more = row
    return Alert(number, visit, bytes(cause), Status(status), *more)


def alerts_of(db: Driver, visit: int) -> list[Alert]:
    """Every alert of a visit, the newest first."""
    sql = f"SELECT {_COLUMNS} FROM review_alert WHERE visit = %s ORDER BY id DESC"
    return [_alert(row) for row in db.execute(sql, [visit])]


def open_alerts(db: Driver, visits: Sequence[int]) -> dict[int, Alert]:
    """The open alert of each of these visits that has one, in one journey."""
    sql = f"SELECT {_COLUMNS} FROM review_alert WHERE visit = ANY(%s) AND closed IS NULL"
    found = [_alert(row) for row in db.execute(sql, [list(visits)])]
    return {one.visit: one for one in found}


_LOCK = "SELECT moved, settled FROM settlement_visit WHERE id = %s FOR UPDATE"
_CLOSE = "UPDATE review_alert SET closed = %s WHERE id = %s AND closed IS NULL"
_AGAIN = "UPDATE review_alert SET last = %s, count = count + %s, says = %s::jsonb WHERE id = %s RETURNING "
_NEW = """
INSERT INTO review_alert (visit, facility, cause, status, first, last, count, says)
VALUES (%s, %s, %s, %s, %s, %s, 1, %s::jsonb) RETURNING """


def noticed(
    db: Driver, visit: Visit, looked: Looked, *, counted: bool = True
) -> tuple[Alert | None, bool]:
    """Bring the alerts of a visit up to what a look found: the open one, and whether something is new.

    `counted`: whether this look counts as one more alert of the same cause. In a transaction; it locks the visit.
    What was written to since, settled or taken back is not what was looked at: its alerts stay as they are.
    """
    stands = db.execute(_LOCK, [visit.number]).fetchone()
    before = open_alerts(db, [visit.number]).get(visit.number)
    if stands != (visit.moved, None):
        return before, False
    cause = cause_of(looked)
    at = now()
    if before is not None and (cause is None or before.cause != cause.digest):
        db.execute(_CLOSE, [at, before.id])
        if cause is None:
            return None, True
        before = None
    if cause is None:
        return None, False
    if before is not None:
        values = [at, int(counted), canonical(dict(cause.says)), before.id]
        return _alert(_one(db, f"{_AGAIN}{_COLUMNS}", values)), False
    return _alert(_one(db, f"{_NEW}{_COLUMNS}", _values(visit, cause, at))), True


def as_found(current: Alert | None, visit: Visit, cause: Cause | None) -> Alert | None:
    """The open alert as it would be if this look were noticed: what is not noticed yet has the number 0."""
    if cause is None:
        return None
    if current is not None and current.cause == cause.digest:
        return replace(current, says=cause.says)
    at = now()
    return Alert(0, visit.number, cause.digest, cause.status, at, at, 0, None, cause.says)


def _values(visit: Visit, cause: Cause, at: datetime) -> list[Any]:
    says = canonical(dict(cause.says))
    return [visit.number, visit.facility, cause.digest, cause.status.value, at, at, says]


def _one(db: Driver, sql: LiteralString, values: Sequence[Any]) -> Sequence[Any]:
    row = db.execute(sql, values).fetchone()
    assert row is not None, "a statement that returns its row"
    return row
