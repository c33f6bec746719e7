"""Two people on one visit: what one has seen is a version, and who comes second is told what changed since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg

from doudi.dates import CHINA
from doudi_web.audit_log.actions import subject_of
from doudi_web.review.causes import Cause
from doudi_web.review.events import Event, Kind
from doudi_web.settlement import tables
from doudi_web.settlement.running import Line, Visit
from doudi_web.tenancy.named import called
from doudi_web.tenancy.refusals import Refusal

Driver = psycopg.Connection[tables.Row]

_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
_TOLD = 5  # changes that a refusal names
_WORDS = {
    Kind.EXPLAINED: "写了理由",
    Kind.APPROVED: "同意保留",
    Kind.REFUSED: "退回了医生",
    Kind.PASSED: "按紧急放行",
    Kind.REVIEWED: "复核了紧急放行",
    Kind.CONSENTED: "记了知情同意",
    Kind.PROPOSED: "建议更换",
    Kind.CHANGED: "改了费用",
    Kind.DECLINED: "没有接受更换",
}


@dataclass(frozen=True, slots=True)
class Version:
    """What was seen: how often the visit was written to, what came to it last, and what was found.

    `moved` is that count: a line that stands again with other content is another version, whatever the lines come
    to. `last` is when a line came or went last, in microseconds; 0 where there was none.
    """

    moved: int
    last: int
    is_discharged: bool
    event: int
    cause: str

    def __str__(self) -> str:
        """As a form carries it."""
        return f"{self.moved}.{self.last}.{int(self.is_discharged)}.{self.event}.{self.cause}"


def version_of(visit: Visit, events: Sequence[Event], cause: Cause | None) -> Version:
    """The version of a visit as it stands."""
    last = max((_micros(at) for line in visit.lines for at in _moments(line)), default=0)
    return Version(
        visit.moved, last, visit.discharged is not None, events[-1].id if events else 0,
        "-" if cause is None else cause.digest.hex()[:8],
    )  # fmt: skip


def _moments(line: Line) -> tuple[datetime, ...]:
    """When a line came, and when it went."""
    return (line.added,) if line.withdrawn is None else (line.added, line.withdrawn)


def _micros(at: datetime) -> int:
    return (at - _BEGIN) // timedelta(microseconds=1)


def must_be(
    db: Driver, stated: str, visit: Visit, events: Sequence[Event], cause: Cause | None
) -> None:
    """Raises Refusal 409 where a visit is no longer what was seen: who changed what, and when."""
    current = version_of(visit, events, cause)
    if stated == str(current):
        return
    seen = _read(stated)
    changes = [] if seen is None else _changes(db, seen, visit, events)
    told = "；".join(changes[-_TOLD:])
    if seen is None:
        told = "不知道您看的是哪一次"
    elif not told:
        has_moved = seen.moved != visit.moved
        told = "费用变了" if has_moved else "费用没有动，是登记、政策包或目录变了"
    raise Refusal.of(409, "S620", visit.id, visit=visit.id, changes=told)


def _read(stated: str) -> Version | None:
    parts = stated.split(".")
    if len(parts) != 5 or not all(one.isdecimal() and len(one) < 19 for one in parts[:4]):
        return None
    moved, last, left, event = (int(one) for one in parts[:4])
    return Version(moved, last, bool(left), event, parts[4])


@dataclass(frozen=True, slots=True)
class _Change:
    """Something that happened; `by` where it is known, else the action and line that the audit log has it under."""

    at: datetime
    what: str
    by: str | None
    action: str = ""
    line: str | None = None


def _changes(db: Driver, seen: Version, visit: Visit, events: Sequence[Event]) -> list[str]:
    """What changed since, in the order in which it happened."""
    found = [_Change(e.at, _WORDS[e.kind], e.actor) for e in events if e.id > seen.event]
    found += [
        _Change(x.added, f"加了 {_name(x)}", None, "visits.lines")
        for x in visit.lines
        if _micros(x.added) > seen.last
    ]
    found += [
        _Change(x.withdrawn, f"停了 {_name(x)}", None, "visits.withdraw", x.id)
        for x in visit.lines
        if x.withdrawn is not None and _micros(x.withdrawn) > seen.last
    ]
    if visit.discharged is not None and not seen.is_discharged:
        found.append(_Change(visit.discharged, "记了出院", None, "visits.discharge"))
    found.sort(key=lambda one: one.at)
    found = found[-_TOLD:]
    writers = _writers(db, visit, min((one.at for one in found), default=None))
    keys = [one.by or _writer_of(writers, one) for one in found]
    names = called([key for key in keys if key is not None])
    return [
        f"{'' if key is None else names.get(key, key) + ' '}{_clock(one.at)} {one.what}"
        for key, one in zip(keys, found, strict=True)
    ]


def _name(line: Line) -> str:
    return str(line.content.get("name") or line.content.get("code") or line.id)


def _clock(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%m-%d %H:%M}"


_WRITERS = """
SELECT at, actor, action, detail ->> 'line' FROM audit_log_record
WHERE subject = %s AND at >= %s AND action LIKE 'visits.%%' AND detail ->> 'visit' = %s ORDER BY id LIMIT 200
"""


def _writers(db: Driver, visit: Visit, since: datetime | None) -> list[tables.Row]:
    """Who wrote to the visit since then, by the audit log."""
    if since is None:
        return []
    return db.execute(_WRITERS, [subject_of(visit.person), since, visit.id]).fetchall()


def _writer_of(writers: Sequence[tables.Row], change: _Change) -> str | None:
    """Who was recorded for a change when it was made, or right after: the record ends its transaction.

    Where many lines went at once, the record names none of them.
    """
    return next(
        (
            actor
            for at, actor, action, line in writers
            if at >= change.at and action == change.action and line in (None, change.line)
        ),
        None,
    )
