"""Contracts as they are read: by village, those who need it first; the visits that are due; whom to call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, LiteralString

from django.db import transaction

from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.contracts.models import Visit, Wish
from doudi_web.register import sealing
from doudi_web.register.file import Doctor, doctor_of, whole_name
from doudi_web.register.living import OF_TOWNSHIP
from doudi_web.register.models import Person
from doudi_web.register.named import names_of
from doudi_web.register.selectors import in_sight, in_sight_one
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.models import Township
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

SOON_DAYS = 45
AHEAD_DAYS = 14
LISTED = 50
DUE = 200
"""Visits that are listed, those that are overdue longest first."""
CALLED = 50
"""People whose numbers are shown at once."""


class Tab(StrEnum):
    """Which of them."""

    WISH = "wish"  # who wish one, or have not been asked, and have none
    ENDS = "ends"
    HAVE = "have"


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody poor of the township: until when they have a doctor, whether they wish one."""

    person: str
    name: str
    village: str
    until: date | None
    has: bool
    wishes: bool | None


@dataclass(frozen=True, slots=True)
class Due:
    """A visit that is due."""

    id: int
    person: str
    name: str
    village: str
    due: date
    what: str
    is_late: bool


_OF: LiteralString = """
FROM of_township p JOIN tenancy_village v ON v.code = p.lives_in
LEFT JOIN contracts_wish w ON w.person = p.id
LEFT JOIN LATERAL (
  SELECT bool_or(f.kind = 'standing') AS poor, bool_or(f.kind = 'doctor') AS has,
    CASE WHEN bool_or(f.kind = 'doctor' AND f.valid_to IS NULL) THEN NULL
      ELSE max(f.valid_to) FILTER (WHERE f.kind = 'doctor') END AS until
  FROM register_fact f WHERE f.person_id = p.id AND f.superseded IS NULL AND f.kind IN ('standing', 'doctor')
    AND f.valid_from <= %(today)s AND coalesce(f.valid_to > %(today)s, true)) x ON true
WHERE p.withdrawn IS NULL AND p.died IS NULL AND p.moved_out IS NULL
  AND (%(village)s = '' OR v.code = %(village)s)
"""
_WHERE: dict[Tab, LiteralString] = {
    Tab.WISH: " AND x.poor AND x.has IS NOT TRUE AND w.wishes IS NOT FALSE",
    Tab.ENDS: " AND x.has AND x.until <= %(soon)s",
    Tab.HAVE: " AND x.has",
}
_OPEN: LiteralString = """
FROM contracts_visit c JOIN register_person p ON p.id = c.person
JOIN tenancy_village v ON v.code = coalesce(p.village_id,
  (SELECT h.village_id FROM register_household h WHERE h.code = p.household_id))
WHERE c.done IS NULL AND c.dropped IS NULL AND v.township_id = %(town)s
  AND p.withdrawn IS NULL AND p.died IS NULL AND p.moved_out IS NULL
"""
"""Visits that are still to be done: of who lives in the township by now, and of nobody who is gone."""
_DUE: LiteralString = (
    "SELECT c.id, c.person, v.name, c.due, c.what" + _OPEN + "  AND c.due <= %(ahead)s"
    " AND (%(village)s = '' OR v.code = %(village)s) ORDER BY c.due, c.id LIMIT %(most)s"
)
_OVERDUE: LiteralString = "SELECT count(*)" + _OPEN + "  AND c.due < %(today)s"


def town_of(actor: Actor, township: str) -> str:
    """The township that is looked at: the officer's own. Raises Refusal 403."""
    if actor.township is not None and township not in ("", actor.township):
        raise Refusal.of(403, "S431", township, township=township)
    first = Township.objects.order_by("code").values_list("code", flat=True).first()
    return actor.township or township or first or ""


def listed(
    actor: Actor, township: str, tab: Tab, after: str = "", village: str = "", most: int = LISTED
) -> tuple[list[Row], str | None]:
    """A page of people, of a village or of all. Raises Refusal 403."""
    actor.must(Act.CONTRACTS_READ)
    town, db = town_of(actor, township), tables.driver()
    with db.transaction():
        rows = db.execute(
            OF_TOWNSHIP + "SELECT p.id, v.name, x.until, x.has, w.wishes " + _OF + _WHERE[tab]
            + " AND p.id > %(after)s ORDER BY p.id LIMIT %(most)s",
            {**_asked(town, village), "after": after, "most": most + 1},
        ).fetchall()  # fmt: skip
        found = rows[:most]
        record(
            actor,
            "contracts.list",
            f"township:{town}",
            detail={"tab": tab.value, "rows": len(found)},
        )
        record_each(
            actor, "persons.read", ((subject_of(row[0]), {"by": ["contracts"]}) for row in found)
        )
    names = names_of(actor, (row[0] for row in found))
    made = [
        Row(one, names.get(one, ""), village, until, bool(has), wishes)
        for one, village, until, has, wishes in found
    ]
    return made, found[-1][0] if len(rows) > most else None


def counts(actor: Actor, township: str, village: str = "") -> dict[Tab, int]:
    """How many each tab has, of a village or of all. Raises Refusal 403."""
    actor.must(Act.CONTRACTS_READ)
    town, db = town_of(actor, township), tables.driver()
    counted: LiteralString = ", ".join(
        [f"count(*) FILTER (WHERE true{_WHERE[tab]})" for tab in Tab]
    )
    row = db.execute(f"{OF_TOWNSHIP} SELECT {counted} {_OF}", _asked(town, village)).fetchone()
    assert row is not None
    return dict(zip(Tab, row, strict=True))


def due(actor: Actor, township: str, village: str = "", most: int = DUE) -> list[Due]:
    """Visits that are due within two weeks, the longest overdue first. Raises Refusal 403."""
    actor.must(Act.CONTRACTS_READ)
    town, today, db = town_of(actor, township), now().date(), tables.driver()
    ahead = today + timedelta(days=AHEAD_DAYS)
    asked = {"town": town, "ahead": ahead, "village": village, "most": most}
    with db.transaction():
        rows = db.execute(_DUE, asked).fetchall()
        record(actor, "contracts.due", f"township:{town}", detail={"rows": len(rows)})
        each = {row[1]: row for row in rows}
        record_each(
            actor, "persons.read", ((subject_of(one), {"by": ["contracts"]}) for one in each)
        )
    names = names_of(actor, (row[1] for row in rows))
    return [
        Due(n, who, names.get(who, ""), place, day, what, day < today)
        for n, who, place, day, what in rows
    ]


def count_due(actor: Actor) -> int:
    """How many visits of the officer's township are overdue."""
    if actor.township is None:
        return 0
    asked = {"town": actor.township, "today": now().date()}
    row = tables.driver().execute(_OVERDUE, asked).fetchone()
    return 0 if row is None else row[0]


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody's doctor, wish and visits."""

    person: Person
    doctor: Doctor | None
    wishes: bool | None
    visits: Sequence[tuple[Visit, str]]


def one(actor: Actor, person: str) -> Held:
    """Somebody whom the actor may see. Raises Refusal 403, 404."""
    actor.must(Act.CONTRACTS_READ)
    found = in_sight_one(actor, person)
    record(actor, "persons.read", subject_of(person), detail={"by": ["contracts"]})
    wish = Wish.objects.filter(pk=person).first()
    visits = Visit.objects.filter(person=person, dropped=None).order_by("-due", "-id")[:40]
    told = [
        (visit, "" if visit.note is None else sealing.opened(visit.note, f"visit.{visit.pk}"))
        for visit in visits
    ]
    return Held(found, doctor_of(person), None if wish is None else wish.wishes, told)


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody with the numbers to press: the own and the doctor's."""

    person: str
    name: str
    phone: str
    doctor: Doctor | None


def calls(actor: Actor, persons: Sequence[str], reason: str) -> list[Call]:
    """Names and numbers in full of those who are to be called; each is an unmasking with its reason.

    Raises Refusal 403, 422 (nobody said why; more than CALLED).
    """
    actor.must(Act.CONTRACTS_WRITE)
    actor.must(Act.PERSONS_UNMASK)
    wanted = list(dict.fromkeys(persons))
    if len(wanted) > CALLED:
        raise Refusal.of(
            422, "F203", "person", value=f"{len(wanted)} 人", expected=f"一次最多 {CALLED} 人"
        )
    found = list(in_sight(actor).filter(pk__in=wanted))
    with transaction.atomic():
        for one_ in found:
            record(
                actor, "persons.unmask", subject_of(one_.pk), reason=reason, detail={"by": "calls"}
            )
    return [
        Call(
            one_.pk, whole_name(one_) or one_.pk,
            "" if one_.phone is None else sealing.opened(one_.phone, f"{one_.pk}.phone"), doctor_of(one_.pk),
        )
        for one_ in found
    ]  # fmt: skip


def _asked(town: str, village: str) -> dict[str, Any]:
    today = now().date()
    soon = today + timedelta(days=SOON_DAYS)
    return {"town": town, "village": village, "today": today, "soon": soon}
