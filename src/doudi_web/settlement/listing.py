"""Settlements, a page at a time, in the order in which they were settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.settlement import tables
from doudi_web.settlement.since import SINCE, as_it_stands
from doudi_web.tenancy.clock import told_or_none
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

LISTED = 100  # settlements in one answer


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which settlements: of a person, of a hospital, settled within [start, end), behind another one."""

    person: str = ""
    facility: str = ""
    start: datetime | None = None
    end: datetime | None = None
    after: int | None = None


_PAGE = f"""
SELECT s.id, s.person, s.facility, s.result, {SINCE} FROM settlement_settlement s {{where}}
ORDER BY s.settled, s.id LIMIT %s
"""
"""The conditions are written out one by one: a plan that is kept then has an index for each of them."""


def settlements(actor: Actor, wanted: Wanted, limit: int) -> dict[str, Any]:
    """A page of settlements by (settled, sequence), each as `selectors.settlement` tells it, with its hospital.

    A hospital has its own alone. Erased ones are named apart. `after` names the last where there are more.
    Raises Refusal: 403, 404 (`after` names none), 422 (from behind to).
    """
    actor.must(Act.SETTLEMENTS_READ)
    if wanted.facility:
        actor.must_be_of(wanted.facility, Act.SETTLEMENTS_READ)
    if wanted.start is not None and wanted.end is not None and wanted.start > wanted.end:
        raise Refusal.of(
            422, "F302", "from", earlier="from", earlier_value=told_or_none(wanted.start), later="to",
            later_value=told_or_none(wanted.end),
        )  # fmt: skip
    where, values = _conditions(actor, wanted)
    db = tables.driver()
    with db.transaction():
        rows = db.execute(_PAGE.format(where=where), [*values, limit + 1]).fetchall()
        shown = rows[:limit]
        _recorded(actor, wanted, [(number, person) for number, person, *_ in shown])
    return {
        "settlements": [
            {**as_it_stands(result, *came), "facility": facility}
            for _, _, facility, result, *came in shown
            if result is not None
        ],
        "erased": [str(number) for number, _, _, result, *_ in shown if result is None],
        "after": str(shown[-1][0]) if len(rows) > limit else None,
    }


def _recorded(actor: Actor, wanted: Wanted, found: Sequence[tuple[int, str]]) -> None:
    """Who asked by what, and whose they read. What was asked for itself is not kept: it need be no id at all."""
    asked = {
        "person": wanted.person, "facility": wanted.facility, "from": wanted.start, "to": wanted.end,
        "after": wanted.after,
    }  # fmt: skip
    by = [key for key, value in asked.items() if value]
    record(actor, "settlements.list", "settlements", detail={"by": by, "rows": len(found)})
    each = ((subject_of(person), {"settlement": number}) for number, person in found)
    record_each(actor, "settlements.read", each)


def _conditions(actor: Actor, wanted: Wanted) -> tuple[LiteralString, list[Any]]:
    """The conditions that are asked for, and their values. Raises Refusal 403, 404."""
    facility = actor.facility or wanted.facility
    asked: tuple[tuple[LiteralString, Any], ...] = (
        ("s.person = %s", wanted.person or None),
        ("s.facility = %s", facility or None),
        ("s.settled >= %s", wanted.start),
        ("s.settled < %s", wanted.end),
    )
    conditions: list[LiteralString] = [c for c, value in asked if value is not None]
    values = [value for _, value in asked if value is not None]
    if wanted.after is not None:
        conditions.append("(s.settled, s.id) > (%s, %s)")
        values += [_settled(actor, wanted.after), wanted.after]
    return ("WHERE " + " AND ".join(conditions) if conditions else ""), values


def _settled(actor: Actor, number: int) -> datetime:
    """When the settlement was settled that a page begins behind."""
    row = tables.driver().execute(
        "SELECT facility, settled FROM settlement_settlement WHERE id = %s", [number]
    )
    found = row.fetchone()
    if found is None:
        raise Refusal.of(404, "S406", "after")
    actor.must_be_of(found[0], Act.SETTLEMENTS_READ)
    return found[1]
