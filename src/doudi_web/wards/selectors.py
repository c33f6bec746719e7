"""The list of who is in hospital, as it is kept: a page of rows, sums over the whole result, how many each tab has.

How many statements it takes does not depend on how many rows there are. What moved since it was kept is looked at
anew before it is shown, as far as there is time; the others say as of when they are.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, LiteralString

import psycopg

from doudi.money import share_text, yuan
from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.register import sealing
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import told, told_or_none
from doudi_web.tenancy.roles import OF_FACILITY, Act
from doudi_web.tenancy.who import Actor
from doudi_web.wards import keeping
from doudi_web.wards.keeping import HAS_MOVED, IS_STALE, IS_UNDONE
from doudi_web.wards.needs import Need, Who
from doudi_web.wards.wanted import CURRENT, LISTED, OF, ORDERS, TABS, Tab, Wanted, matches

Driver = psycopg.Connection[tables.Row]
Json = dict[str, Any]
PATIENCE = 0.06
"""Seconds that a reader waits for what moved to be looked at anew."""
_AT_ONCE = 5

_FROM: LiteralString = """
FROM wards_kept k JOIN settlement_visit v ON v.id = k.visit_id LEFT JOIN register_person p ON p.id = k.person
LEFT JOIN wards_stay t ON t.visit_id = k.visit_id
"""
_OLD: LiteralString = f"""(CASE WHEN k.settled IS NULL THEN v.settled IS NOT NULL OR {IS_STALE}
  ELSE v.settled IS NULL OR {IS_UNDONE} END)"""
_OLD_IN_ALL: LiteralString = f"k.settled IS NULL AND (v.settled IS NOT NULL OR {HAS_MOVED})"
"""Among the thousands of a district what the rows tell alone; of each that is shown all is looked at."""
_ROWS: LiteralString = """
SELECT k.visit_id, k.visit, k.facility, k.person, p.name, coalesce(t.ward, ''), coalesce(t.bed, ''),
  coalesce(t.doctor, ''), t.planned_discharge, k.kind, k.admitted, k.discharged, k.leaves, k.settled, k.settlement,
  k.standing, k.standing_title, k.standing_to, k.entitled, k.status, k.share, k.share_least, k.share_most,
  k."limit", k.near, k.measured, k.excess, k.room, k.total, k.funds, k.hospital, k.floor, k.patient, k.otherwise,
  k.unmapped, k.unmapped_amount, k.faults, k.needs, k.who, k.urgency, k.as_of, {old}, k.due, v.moved
"""
_UNSEEN: LiteralString = """
SELECT count(*) FROM settlement_visit v WHERE v.settled IS NULL AND {of}
AND NOT EXISTS (SELECT 1 FROM wards_kept k WHERE k.visit_id = v.id)
"""
_HOSPITALS: LiteralString = """
SELECT f.code, f.name FROM tenancy_facility f
WHERE (%(of)s::text IS NULL OR f.code = %(of)s) AND EXISTS (SELECT 1 FROM wards_kept k WHERE k.facility = f.code)
ORDER BY f.name, f.code
"""
_SUMS = ("total", "funds", "hospital", "floor", "patient", "measured")
_CERTAIN: LiteralString = "k.status <> 'faulty' AND k.unmapped = 0"
"""Whose amounts are known: a bill with items of no known class has none that could be added up."""


@dataclass(frozen=True, slots=True)
class Row:
    """A visit of the list: amounts in fen, shares in parts of 10,000; what its bill's faults leave unknown is None.

    `name` is whole for who treats or settles, masked for others, None where the register does not know the person.
    """

    number: int
    visit: str
    facility: str
    person: str
    name: str | None
    ward: str
    bed: str
    doctor: str
    planned_discharge: datetime | None
    kind: str
    admitted: date | None
    discharged: datetime | None
    leaves: date | None
    settled: datetime | None
    settlement: int | None
    standing: str
    standing_title: str
    standing_to: date | None
    entitled: bool
    status: str
    share: int | None
    share_least: int | None
    share_most: int | None
    limit: int | None
    near: int | None
    measured: int | None
    excess: int | None
    room: int | None
    total: int | None
    funds: int | None
    hospital: int | None
    floor: int | None
    patient: int | None
    otherwise: int | None
    unmapped: int
    unmapped_amount: int
    faults: Sequence[str]
    needs: Sequence[str]
    who: Sequence[str]
    urgency: int
    as_of: datetime
    stale: bool
    due: datetime | None
    moved: int

    @property
    def need(self) -> Need | None:
        """What is to be done first."""
        return Need(self.needs[0]) if self.needs else None

    @property
    def must(self) -> Who | None:
        """Who must do it."""
        return Who(self.who[0]) if self.who else None

    @property
    def certain(self) -> bool:
        """Whether its amounts are known."""
        return self.status != "faulty" and not self.unmapped

    def json(self) -> Json:
        """As the interface tells it."""
        amounts = {
            name: None if (fen := getattr(self, name)) is None else yuan(fen)
            for name in ("limit", "excess", "room", "total", "funds", "hospital", "floor", "patient", "otherwise")
        }  # fmt: skip
        shares = {
            name: _share(getattr(self, name)) for name in ("share", "share_least", "share_most")
        }
        days = {
            name: None if (day := getattr(self, name)) is None else day.isoformat()
            for name in ("admitted", "leaves", "standing_to")
        }
        return {
            "visit_id": self.visit, "facility": self.facility, "person": self.person, "name": self.name,
            "ward": self.ward, "bed": self.bed, "doctor": self.doctor, "kind": self.kind, **days,
            "planned_discharge": told_or_none(self.planned_discharge),
            "discharged": told_or_none(self.discharged), "settled": told_or_none(self.settled),
            "settlement_id": None if self.settlement is None else str(self.settlement),
            "standing": self.standing, "entitled": self.entitled, "status": self.status, **shares, **amounts,
            "unmapped": self.unmapped, "unmapped_amount": yuan(self.unmapped_amount),
            "faults": list(self.faults), "needs": list(self.needs), "who": list(self.who),
            "due": told_or_none(self.due),
            "as_of": told(self.as_of), "stale": self.stale,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over the whole result, in fen, and over how many visits; `left_out` have no certain amounts."""

    visits: int
    left_out: int
    total: int
    funds: int
    hospital: int
    floor: int
    patient: int
    measured: int

    @property
    def share(self) -> int:
        """What is measured of the total, in parts of 10,000, half up."""
        return (self.measured * 20_000 + self.total) // (2 * self.total) if self.total else 0


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the list. `counts` are the tabs' under the same query; the rest is of the whole hospital, `borne`
    what it is to bear (fen), `unseen` those of whom nothing is kept yet: they are in no row and no sum."""

    wanted: Wanted
    rows: Sequence[Row]
    sums: Sums
    counts: dict[Tab, int]
    unseen: int
    running: int
    entitled: int
    to_do: int
    leaving: int
    borne: int
    stale: int
    as_of: datetime | None
    revision: int
    wards: Sequence[str]
    standings: Sequence[tuple[str, str]]
    today: date

    @property
    def pages(self) -> int:
        """How many pages there are; an empty list has one."""
        return max(1, -(-self.sums.visits // self.wanted.size))

    def json(self) -> Json:
        """As the interface tells it."""
        sums = {name: yuan(getattr(self.sums, name)) for name in _SUMS}
        return {
            "visits": [row.json() for row in self.rows], "page": self.wanted.page, "pages": self.pages,
            "sums": {**sums, "visits": self.sums.visits, "left_out": self.sums.left_out,
                     "share": _share(self.sums.share)},
            "tabs": {tab.value: count for tab, count in self.counts.items()}, "running": self.running,
            "unseen": self.unseen,
            "entitled": self.entitled, "to_do": self.to_do, "leaving": self.leaving, "stale": self.stale,
            "as_of": told_or_none(self.as_of), "revision": self.revision, "wards": list(self.wards),
        }  # fmt: skip


def listed(actor: Actor, wanted: Wanted) -> Listed:
    """A page of who is in the actor's hospital (a district's actor may name one). Raises Refusal 403."""
    wanted = of_actor(actor, wanted)
    db = tables.driver()
    asked = _fresh(db, wanted.facility)
    found = _read(db, actor, wanted, asked)
    with db.transaction():
        detail = {"facility": wanted.facility, "visits": len(found.rows), "tab": wanted.tab.value}
        record(actor, "wards.list", "visits", detail=detail)
        record_each(actor, "visits.read", _each(found.rows))
    return found


def moved_since(actor: Actor, facility: str | None, since: int) -> int:
    """How many visits of the hospital came out otherwise, or came, or were settled, after a list of that revision.

    No person is told of, so nobody's reading is recorded. Raises Refusal 403.
    """
    wanted = of_actor(actor, Wanted(facility=facility))
    db = tables.driver()
    asked = keeping.bounds()
    row = db.execute(
        f"SELECT count(*) FROM wards_kept k WHERE {_whose(wanted)} AND {CURRENT} AND {LISTED}"
        " AND k.revision > %(since)s",
        {**wanted.values(), **asked, "since": since},
    ).fetchone()
    assert row is not None
    return row[0]


def rows_of(db: Driver, actor: Actor, wanted: Wanted, asked: Json) -> list[Row]:
    """The rows of a page, names as the actor may see them."""
    conditions: list[LiteralString] = [
        _whose(wanted), CURRENT, matches(wanted), TABS[wanted.tab],
    ]  # fmt: skip
    where: LiteralString = " AND ".join(conditions)
    order: LiteralString = ORDERS[wanted.sort]
    sql: LiteralString = (
        _ROWS.replace("{old}", _OLD)
        + _FROM
        + " WHERE "
        + where
        + " ORDER BY "
        + order
        + " LIMIT %(size)s OFFSET %(first)s"
    )
    return _rows(actor, db.execute(sql, {**wanted.values(), **asked}))


def rows_by_number(db: Driver, actor: Actor, numbers: Sequence[int]) -> list[Row]:
    """The rows of these visits, the worst first."""
    order: LiteralString = ORDERS[Wanted().sort]
    sql: LiteralString = (
        _ROWS.replace("{old}", _OLD) + _FROM + " WHERE k.visit_id = ANY(%(numbers)s) ORDER BY "
    ) + order
    return _rows(actor, db.execute(sql, {"numbers": list(numbers), **keeping.bounds()}))


def waiting_in(actor: Actor) -> int:
    """Of how many visits of the actor's hospital, or of all, somebody must do something."""
    wanted = Wanted(facility=actor.facility)
    sql: LiteralString = (
        f"SELECT count(*) FROM wards_kept k WHERE {_whose(wanted)} AND {TABS[Tab.TO_DO]}"
    )
    row = tables.driver().execute(sql, wanted.values()).fetchone()
    assert row is not None
    return row[0]


def hospitals(actor: Actor) -> list[tuple[str, str]]:
    """(code, name) of the hospitals that have somebody in the list, for who may choose among them."""
    actor.must(Act.VISITS_READ)
    return tables.driver().execute(_HOSPITALS, {"of": actor.facility}).fetchall()


def sees_names(actor: Actor) -> bool:
    """Whether names are told whole: to who treats or settles, for two marks of a person are safer than one."""
    return actor.role in OF_FACILITY


def of_actor(actor: Actor, wanted: Wanted) -> Wanted:
    """What is wanted, of the actor's own hospital where they belong to one. Raises Refusal 403."""
    actor.must(Act.VISITS_READ)
    if wanted.facility is not None:
        actor.must_be_of(wanted.facility, Act.VISITS_READ)
    return replace(wanted, facility=actor.facility or wanted.facility)


def _whose(wanted: Wanted) -> LiteralString:
    return OF if wanted.facility is not None else "TRUE"


def _fresh(db: Driver, facility: str | None) -> Json:
    """Look anew at what moved, until the reader's patience ends; what the figures rest on now.

    Of a whole district the keeper alone looks at it.
    """
    until = time.monotonic() + PATIENCE
    asked = keeping.bounds()
    if facility is None:
        return asked
    keeping.follow(db, facility, asked)
    old = keeping.stale(db, facility, asked, 50)
    for first in range(0, len(old), _AT_ONCE):
        if time.monotonic() > until:
            break
        keeping.refresh(db, old[first : first + _AT_ONCE], asked)
    return asked


def _read(db: Driver, actor: Actor, wanted: Wanted, asked: Json) -> Listed:
    row = db.execute(_counted(wanted), {**wanted.values(), **asked}).fetchone()
    assert row is not None
    counts = dict(zip(Tab, row[: len(Tab)], strict=True))
    sums = Sums(*(int(one) for one in row[len(Tab) : len(Tab) + 8]))
    running, entitled, to_do, leaving, borne, stale, as_of, revision, wards, standings = row[
        len(Tab) + 8 :
    ]
    unseen = _unseen(db, wanted)
    pages = max(1, -(-sums.visits // wanted.size))
    wanted = replace(wanted, page=min(max(wanted.page, 1), pages))
    return Listed(
        wanted, rows_of(db, actor, wanted, asked), sums, counts, unseen, running + unseen, entitled, to_do, leaving,
        int(borne), stale, as_of, revision, wards or [], _standings(standings or []), asked["today"],
    )  # fmt: skip


def _unseen(db: Driver, wanted: Wanted) -> int:
    """Running visits of which nothing is kept yet."""
    of = "TRUE" if wanted.facility is None else "v.facility = %(facility)s"
    row = db.execute(_UNSEEN.replace("{of}", of), {"facility": wanted.facility}).fetchone()
    assert row is not None
    return row[0]


def _standings(found: Sequence[str]) -> list[tuple[str, str]]:
    """(code, title) of the standings in the list."""
    pairs = (one.partition("|") for one in found)
    return sorted((code, title) for code, _, title in pairs)


def _counted(wanted: Wanted) -> LiteralString:
    """Everything that is counted and summed, in one statement."""
    match = matches(wanted)
    tab: LiteralString = TABS[wanted.tab]
    tabs: list[LiteralString] = [f"count(*) FILTER (WHERE {match} AND {TABS[one]})" for one in Tab]
    chosen: LiteralString = f"FILTER (WHERE {match} AND {tab})"
    certain: LiteralString = f"FILTER (WHERE {match} AND {tab} AND {_CERTAIN})"
    sums: list[LiteralString] = [f"coalesce(sum(k.{name}) {certain}, 0)" for name in _SUMS]
    columns: list[LiteralString] = [
        *tabs,
        f"count(*) {chosen}",
        f"count(*) FILTER (WHERE {match} AND {tab} AND NOT ({_CERTAIN}))",
        *sums,
        "count(*) FILTER (WHERE k.settled IS NULL)",
        "count(*) FILTER (WHERE k.settled IS NULL AND k.entitled)",
        f"count(*) FILTER (WHERE {LISTED} AND {TABS[Tab.TO_DO]})",
        f"count(*) FILTER (WHERE {LISTED} AND {TABS[Tab.TODAY]})",
        f"coalesce(sum(k.hospital) FILTER (WHERE k.settled IS NULL AND {LISTED} AND {_CERTAIN}), 0)",
        f"count(*) FILTER (WHERE {_OLD if wanted.facility is not None else _OLD_IN_ALL})",
        "min(k.as_of) FILTER (WHERE k.settled IS NULL)",
        "coalesce(max(k.revision), 0)",
        "array_agg(DISTINCT t.ward) FILTER (WHERE t.ward <> '')",
        "array_agg(DISTINCT k.standing || '|' || k.standing_title) FILTER (WHERE k.entitled)",
    ]
    return "SELECT " + ", ".join(columns) + _FROM + " WHERE " + _whose(wanted) + " AND " + CURRENT


def _rows(actor: Actor, found: Any) -> list[Row]:
    whole, rows = sees_names(actor), list[Row]()
    for one in found:
        made = Row(*one)
        if (name := made.name) is not None:
            text = sealing.opened(bytes(one[4]), f"{made.person}.name")
            name = text if whole else sealing.masked_name(text)
        rows.append(replace(made, name=name))
    return rows


def _each(rows: Sequence[Row]) -> Iterator[tuple[str, Json]]:
    return ((subject_of(row.person), {"visit": row.visit}) for row in rows)


def _share(share: int | None) -> str | None:
    return None if share is None else share_text(share)
