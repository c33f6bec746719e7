"""Making alerts of what a rule found: a cause is one alert: it grows, goes, comes back; never the same twice."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import LiteralString

from pydantic_core import to_json

from doudi_web.alerts.found import Driver, Found
from doudi_web.alerts.rules import Rule

KEEPER = "keeper"
_EXISTING: LiteralString = """
SELECT id, cause, weight, state, ended_as, ended_weight, says, severity, last_day, ARRAY(
    SELECT concat_ws('|', b.settlement, b.visit, b.facility, b.person, b.day, b.amount) FROM alerts_behind b
    WHERE b.alert_id = alerts_alert.id ORDER BY b.id)
FROM alerts_alert
WHERE rule = %(rule)s AND (cause = ANY(%(causes)s) OR (state <> 'closed' AND last_day >= %(since)s
  AND (%(keys)s::text[] IS NULL OR key = ANY(%(keys)s)))) ORDER BY id FOR UPDATE
"""
_OPEN: LiteralString = """
INSERT INTO alerts_alert (rule, cause, key, says, figures, weight, severity, facility, township, owner_role,
  owner_facility, owner_township, taken_by, state, ended_as, ended_weight, last_day, due, opened, changed, version)
VALUES (%(rule)s, %(cause)s, %(key)s, %(says)s, %(figures)s, %(weight)s, %(severity)s, %(facility)s, %(township)s,
  %(owner_role)s, %(owner_facility)s, %(owner_township)s, '', 'open', '', 0, %(last_day)s, %(due)s,
  %(at)s, %(at)s, 1)
RETURNING id
"""
_SAY_ANEW: LiteralString = """
UPDATE alerts_alert SET says = %(says)s, figures = %(figures)s, weight = %(weight)s, severity = %(severity)s,
  facility = %(facility)s, township = %(township)s, last_day = %(last_day)s, changed = %(at)s, version = version + 1
WHERE id = %(id)s
"""
_REOPEN: LiteralString = """
UPDATE alerts_alert SET state = 'open', ended_as = '', ended_weight = 0, taken_by = '', due = %(due)s,
  owner_role = %(owner_role)s, owner_facility = %(owner_facility)s, owner_township = %(owner_township)s
WHERE id = %(id)s
"""
_GONE: LiteralString = """
UPDATE alerts_alert SET state = 'closed', ended_as = 'gone', ended_weight = weight, taken_by = '', changed = %s,
  version = version + 1
WHERE id = %s
"""
EVENT: LiteralString = """
INSERT INTO alerts_event (alert_id, what, text, weight, detail, at, by) VALUES (%s, %s, %s, %s, %s, %s, %s)
"""
_BEHIND: LiteralString = """
INSERT INTO alerts_behind (alert_id, settlement, visit, facility, person, day, amount)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""


@dataclass(frozen=True, slots=True)
class _Known:
    """An alert that is there."""

    id: int
    cause: str
    weight: int
    state: str
    ended_as: str
    ended_weight: int
    says: str
    severity: int
    last_day: date
    behind: Sequence[str]


def settle(
    db: Driver,
    rule: Rule,
    values: Mapping[str, int],
    found: Iterable[Found],
    since: date,
    keys: Sequence[str] | None,
    at: datetime,
    today: date,
) -> int:
    """Bring a rule's alerts up to what it found of these keys (None: of all); how many changed.

    The caller holds the lock of the keeper, and commits. What lies before `since` is not looked for any more, and
    stays as it is.
    """
    causes = {one.cause: one for one in found}
    asked = {
        "rule": rule.code, "causes": list(causes), "since": since,
        "keys": None if keys is None else list(keys),
    }  # fmt: skip
    known = {
        one.cause: one for one in (_Known(*r) for r in db.execute(_EXISTING, asked).fetchall())
    }
    due = today + timedelta(days=values["due"])
    count = 0
    for cause, one in causes.items():
        there = known.get(cause)
        if there is None:
            _open(db, rule, one, due, at)
            count += 1
        else:
            count += _known(db, there, one, values["step"], due, at)
    for cause, there in known.items():
        if cause not in causes and there.state != "closed":
            db.execute(_GONE, [at, there.id])
            _event(db, there.id, "gone", there.says, there.weight, at)
            count += 1
    return count


def _open(db: Driver, rule: Rule, one: Found, due: date, at: datetime) -> None:
    row = db.execute(_OPEN, {**_values(one, due, at), "rule": rule.code}).fetchone()
    assert row is not None
    _event(db, row[0], "open", one.says, one.weight, at)
    _lay_behind(db, row[0], one)


def _known(db: Driver, there: _Known, one: Found, step: int, due: date, at: datetime) -> bool:
    """Bring an alert that is there up to its cause; whether anything changed."""
    is_closed = there.state == "closed"
    is_same = (there.weight, there.says, there.severity, there.last_day) == (
        one.weight, one.says, one.severity, one.last_day,
    ) and [*there.behind] == _said(one)  # fmt: skip
    comes_back = is_closed and (there.ended_as == "gone" or one.weight >= there.ended_weight + step)
    if is_same and not comes_back:
        return False
    values = {**_values(one, due, at), "id": there.id}
    db.execute(_SAY_ANEW, values)
    db.execute("DELETE FROM alerts_behind WHERE alert_id = %s", [there.id])
    _lay_behind(db, there.id, one)
    if comes_back:
        db.execute(_REOPEN, values)
        _event(db, there.id, "reopen", one.says, one.weight, at)
    elif not is_closed and one.weight != there.weight:
        _event(
            db, there.id, "grow" if one.weight > there.weight else "ease", one.says, one.weight, at
        )
    return True


def _said(one: Found) -> list[str]:
    """What is behind a cause, as the statement that reads it writes it."""
    rows = ((b.settlement, b.visit, b.facility, b.person, b.day, b.amount) for b in one.behind)
    return ["|".join(str(value) for value in row if value is not None) for row in rows]


def _values(one: Found, due: date, at: datetime) -> dict[str, object]:
    return {
        "cause": one.cause, "key": one.key, "says": one.says, "figures": to_json(dict(one.figures)).decode(),
        "weight": one.weight, "severity": one.severity, "facility": one.facility, "township": one.township,
        "owner_role": one.owner.role.value, "owner_facility": one.owner.facility,
        "owner_township": one.owner.township, "last_day": one.last_day, "due": due, "at": at,
    }  # fmt: skip


def _event(db: Driver, alert: int, what: str, text: str, weight: int, at: datetime) -> None:
    db.execute(EVENT, [alert, what, text, weight, "{}", at, KEEPER])


def _lay_behind(db: Driver, alert: int, one: Found) -> None:
    if one.behind:
        rows = [
            [alert, b.settlement, b.visit, b.facility, b.person, b.day, b.amount]
            for b in one.behind
        ]
        db.cursor().executemany(_BEHIND, rows)
