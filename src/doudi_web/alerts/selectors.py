"""Alerts as they are read: the district has all, a hospital's office those of its hospital, a township's officer
those of its township; those that are to be acted on soonest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, LiteralString

from doudi.dates import CHINA
from doudi_web.alerts import keeping
from doudi_web.alerts.found import Driver
from doudi_web.alerts.keeping import AsOf
from doudi_web.alerts.rules import RULES, STATES
from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act, Role
from doudi_web.tenancy.who import Actor

PAGE, MOST = 50, 5_000
"""Alerts of a page, and of a sheet."""
MOST_COUNTED = 1_000
TABS = ("mine", "open", "taken", "overdue", "closed", "all")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which alerts are asked for; empty: all. `tab` is of TABS."""

    tab: str = "mine"
    rule: str = ""
    owner: str = ""
    facility: str = ""
    township: str = ""
    after: int = 0

    def address(self) -> dict[str, str]:
        """As an address tells it, but where it goes on."""
        told_ = {
            "tab": self.tab, "rule": self.rule, "owner": self.owner, "facility": self.facility,
            "township": self.township,
        }  # fmt: skip
        return {key: value for key, value in told_.items() if value}


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert: what it says, how large it is, whose it is until when, what became of it."""

    id: int
    rule: str
    says: str
    figures: Mapping[str, Any]
    weight: int
    severity: int
    facility: str
    facility_name: str
    township: str
    township_name: str
    owner_role: str
    owner_facility: str
    owner_township: str
    taken_by: str
    taken_name: str
    state: str
    ended_as: str
    due: date
    opened: datetime
    changed: datetime
    version: int

    @property
    def is_open(self) -> bool:
        """Whether it is still to be dealt with."""
        return self.state != "closed"

    @property
    def is_late(self) -> bool:
        """Whether it should have been dealt with."""
        return self.is_open and self.due < today()

    def is_of(self, actor: Actor) -> bool:
        """Whether it is the actor's to act on: its role's, in its hospital or township; and nobody else has it."""
        return (
            self.is_open
            and self.owner_role == actor.role.value
            and self.owner_facility == (actor.facility or "")
            and self.owner_township == (actor.township or "")
            and self.taken_by in ("", actor.key)
        )

    def json(self) -> dict[str, Any]:
        """As answers tell it."""
        return {
            "alert": self.id, "rule": self.rule, "says": self.says, "weight": self.weight,
            "measure": RULES[self.rule].measure.value, "severity": self.severity,
            "facility": self.facility or None, "township": self.township or None, "owner_role": self.owner_role,
            "owner_facility": self.owner_facility or None, "owner_township": self.owner_township or None,
            "taken_by": self.taken_by or None, "state": self.state, "ended_as": self.ended_as or None,
            "due": self.due.isoformat(), "late": self.is_late, "opened": told(self.opened),
            "changed": told(self.changed), "version": self.version,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Behind:
    """A visit or a person behind an alert."""

    settlement: int | None
    visit: str
    facility: str
    facility_name: str
    person: str
    day: date | None
    amount: int | None

    def json(self) -> dict[str, Any]:
        """As answers tell it."""
        return {
            "settlement_id": None if self.settlement is None else str(self.settlement),
            "visit_id": self.visit or None, "facility": self.facility or None, "person": self.person or None,
            "day": None if self.day is None else self.day.isoformat(), "amount": self.amount,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to an alert."""

    what: str
    text: str
    weight: int
    detail: Mapping[str, Any]
    at: datetime
    by: str
    by_name: str

    def json(self) -> dict[str, Any]:
        """As answers tell it."""
        return {
            "what": self.what, "text": self.text, "weight": self.weight, "at": told(self.at), "by": self.by,
            **({"detail": dict(self.detail)} if self.detail else {}),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of alerts, how many each tab has, where the next page begins."""

    as_of: AsOf
    alerts: Sequence[Alert]
    counts: Mapping[str, int]
    after: int | None


@dataclass(frozen=True, slots=True)
class Whole:
    """One alert with what is behind it and what happened; `elsewhere`: visits that another hospital's are."""

    alert: Alert
    behind: Sequence[Behind]
    events: Sequence[Event]
    elsewhere: int


_ALERTS: LiteralString = """
SELECT a.id, a.rule, a.says, a.figures::json, a.weight, a.severity, a.facility, coalesce(f.name, a.facility),
  a.township, coalesce(t.name, a.township), a.owner_role, a.owner_facility, a.owner_township, a.taken_by,
  coalesce(w.name, a.taken_by), a.state, a.ended_as, a.due, a.opened, a.changed, a.version
FROM {of} a LEFT JOIN tenancy_facility f ON f.code = a.facility LEFT JOIN tenancy_township t ON t.code = a.township
LEFT JOIN tenancy_account w ON a.taken_by = 'account:' || w.id
"""
_MINE: LiteralString = """a.owner_role = %(role)s AND a.owner_facility = %(own_facility)s
  AND a.owner_township = %(own_township)s AND a.taken_by IN ('', %(key)s) AND a.state <> 'closed'"""


def today() -> date:
    """The day in China."""
    return now().astimezone(CHINA).date()


def _asked(actor: Actor) -> dict[str, Any]:
    return {
        "role": actor.role.value, "own_facility": actor.facility or "", "own_township": actor.township or "",
        "key": actor.key, "today": today(),
    }  # fmt: skip


def _seen_by(actor: Actor) -> LiteralString:
    """Which alerts `a` an actor sees."""
    if actor.facility is not None:
        return "(a.facility = %(own_facility)s OR a.owner_facility = %(own_facility)s)"
    if actor.township is not None:
        return "(a.township = %(own_township)s OR a.owner_township = %(own_township)s)"
    return "true"


def _among(actor: Actor) -> LiteralString:
    """The same where many are listed or counted: found by the two indexes, not by going through all of them."""
    own: LiteralString = """a.id = ANY(ARRAY(SELECT x.id FROM alerts_alert x WHERE x.{of} = %(own_{of})s
  UNION ALL SELECT x.id FROM alerts_alert x WHERE x.owner_{of} = %(own_{of})s))"""
    if actor.facility is not None:
        return own.replace("{of}", "facility")
    return "true" if actor.township is None else own.replace("{of}", "township")


_TABS: Mapping[str, LiteralString] = {
    "mine": _MINE,
    "open": "a.state = 'open'",
    "taken": "a.state = 'taken'",
    "overdue": "a.state IN ('open', 'taken') AND a.due < %(today)s",
    "closed": "a.state = 'closed'",
    "all": "true",
}
assert set(_TABS) == set(TABS)
assert set(STATES) <= set(TABS) | {"open"}


def alerts(actor: Actor, wanted: Wanted, limit: int = PAGE) -> Listed:
    """A page of alerts, the soonest due first. Raises Refusal 403."""
    actor.must(Act.ALERTS_READ)
    db = tables.driver()
    with db.transaction():
        found, after = _page(db, actor, wanted, limit)
        record(actor, "alerts.list", "alerts", detail={**wanted.address(), "rows": len(found)})
    return Listed(keeping.as_of(db), found, counts(db, actor, wanted), after)


def exported(actor: Actor, wanted: Wanted, reason: str) -> list[Alert]:
    """All of them up to MOST, for a reason. Raises Refusal 403, 422."""
    actor.must(Act.ALERTS_READ)
    db = tables.driver()
    with db.transaction():
        found, _ = _page(db, actor, wanted, MOST)
        detail = {**wanted.address(), "rows": len(found)}
        record(actor, "alerts.export", "alerts", reason=reason, detail=detail)
    return found


def _page(db: Driver, actor: Actor, wanted: Wanted, limit: int) -> tuple[list[Alert], int | None]:
    """What is to be done by due day; where closed ones are among them, the newest first."""
    where, values = _where(actor, wanted)
    is_old = wanted.tab in ("closed", "all")
    order: LiteralString = "a.id DESC" if is_old else "a.due, a.id"
    if wanted.after:
        behind: LiteralString = (
            "a.id < %(after)s"
            if is_old
            else "(a.due, a.id) > (SELECT b.due, b.id FROM alerts_alert b WHERE b.id = %(after)s)"
        )
        where = f"{where} AND {behind}"
    of: LiteralString = (
        f"(SELECT a.* FROM alerts_alert a WHERE {where} ORDER BY {order} LIMIT %(limit)s)"
    )
    sql: LiteralString = _ALERTS.replace("{of}", of)
    rows = db.execute(f"{sql} ORDER BY {order}", {**values, "limit": limit + 1}).fetchall()
    found = [Alert(*row) for row in rows[:limit]]
    return found, found[-1].id if len(rows) > limit else None


def _where(actor: Actor, wanted: Wanted) -> tuple[LiteralString, dict[str, Any]]:
    values = {**_asked(actor), "after": wanted.after}
    stated: list[LiteralString] = [_among(actor), _TABS.get(wanted.tab, "true")]
    narrowed: tuple[tuple[str, str, LiteralString], ...] = (
        ("rule", wanted.rule, "a.rule = %(rule)s"),
        ("owner", wanted.owner, "a.owner_role = %(owner)s"),
        ("facility", wanted.facility, "a.facility = %(facility)s"),
        ("township", wanted.township, "a.township = %(township)s"),
    )
    for name, value, sql in narrowed:
        if value:
            stated.append(sql)
            values[name] = value
    where: LiteralString = " AND ".join(stated)
    return where, values


def counts(db: Driver, actor: Actor, wanted: Wanted) -> dict[str, int]:
    """How many each tab of open alerts has, under what else is asked for."""
    where, values = _where(
        actor, Wanted("all", wanted.rule, wanted.owner, wanted.facility, wanted.township)
    )
    row = db.execute(
        f"SELECT count(*) FILTER (WHERE {_MINE}), count(*) FILTER (WHERE a.state = 'open'),"
        " count(*) FILTER (WHERE a.state = 'taken'), count(*) FILTER (WHERE a.due < %(today)s)"
        f" FROM alerts_alert a WHERE {where} AND a.state IN ('open', 'taken')",
        values,
    ).fetchone()
    return dict(zip(("mine", "open", "taken", "overdue"), row or (0, 0, 0, 0), strict=True))


_OPEN_OF: LiteralString = f"""
SELECT count(*) FROM (SELECT 1 FROM alerts_alert a WHERE {_MINE} LIMIT %(most)s) x
"""


def open_of(actor: Actor) -> int:
    """How many wait for the actor to act on them: its role's, of its place, that nobody else has taken."""
    if not actor.may(Act.ALERTS_ACT):
        return 0
    values = {**_asked(actor), "most": MOST_COUNTED}
    row = tables.driver().execute(_OPEN_OF, values).fetchone()
    return 0 if row is None else row[0]


def one(actor: Actor, number: int) -> Whole:
    """An alert with what is behind it, of other hospitals' visits to a hospital their number alone.

    Whose data is shown is recorded. Raises Refusal 403, 404.
    """
    actor.must(Act.ALERTS_READ)
    db = tables.driver()
    with db.transaction():
        alert, every = found_alert(db, actor, number), behind_of(db, number)
        own = [b for b in every if actor.facility in (None, b.facility)]
        found = Whole(alert, own, events_of(db, number), len(every) - len(own))
        record(actor, "alerts.read", f"alert:{number}")
        persons = dict.fromkeys(b.person for b in found.behind if b.person)
        each = ((subject_of(person), {"alert": number}) for person in persons)
        record_each(actor, "alerts.behind", each)
    return found


def found_alert(db: Driver, actor: Actor, number: int, *, locked: bool = False) -> Alert:
    """An alert that the actor sees; locked until the transaction ends. Raises Refusal 404."""
    of: LiteralString = "(SELECT a.* FROM alerts_alert a WHERE a.id = %(id)s AND {seen}{lock})"
    lock: LiteralString = " FOR UPDATE" if locked else ""
    sql: LiteralString = _ALERTS.replace(
        "{of}", of.replace("{seen}", _seen_by(actor)).replace("{lock}", lock)
    )
    row = (
        db.execute(sql, {**_asked(actor), "id": number}).fetchone() if 0 < number < 2**63 else None
    )
    if row is None:
        raise Refusal.of(404, "S710", str(number)[:40], number=str(number)[:40])
    return Alert(*row)


_BEHIND: LiteralString = """
SELECT b.settlement, b.visit, b.facility, coalesce(f.name, b.facility), b.person, b.day, b.amount
FROM alerts_behind b LEFT JOIN tenancy_facility f ON f.code = b.facility WHERE b.alert_id = %s ORDER BY b.id
"""
_EVENTS: LiteralString = """
SELECT e.what, e.text, e.weight, e.detail::json, e.at, e.by, coalesce(w.name, e.by)
FROM alerts_event e LEFT JOIN tenancy_account w ON e.by = 'account:' || w.id WHERE e.alert_id = %s ORDER BY e.id
"""


def behind_of(db: Driver, number: int) -> list[Behind]:
    """What is behind an alert."""
    return [Behind(*row) for row in db.execute(_BEHIND, [number])]


def events_of(db: Driver, number: int) -> list[Event]:
    """What happened to an alert, the first first."""
    return [Event(*row) for row in db.execute(_EVENTS, [number])]


def ended(db: Driver, actor: Actor) -> dict[str, dict[str, int]]:
    """How many alerts of each rule that the actor sees were closed as what; `open` are not."""
    sql: LiteralString = f"""
SELECT a.rule, CASE WHEN a.state = 'closed' THEN a.ended_as ELSE 'open' END, count(*) FROM alerts_alert a
WHERE {_among(actor)} GROUP BY 1, 2"""
    found: dict[str, dict[str, int]] = {}
    for rule, how, count in db.execute(sql, _asked(actor)).fetchall():
        found.setdefault(rule, {})[how] = count
    return found


def owners() -> tuple[Role, ...]:
    """Roles to which an alert can be given."""
    return (Role.DISTRICT_ADMIN, Role.INSURANCE_OFFICE, Role.TOWNSHIP_OFFICER)
