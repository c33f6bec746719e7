"""The people of a township with what ends soon and what is missing; those who need it first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import LiteralString

from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.register.living import OF_TOWNSHIP
from doudi_web.register.named import names_of
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

SOON_DAYS = 45
"""From how many days before its end on a standing is renewed; as the person's file has it. No document says it."""
LISTED = 50


class Tab(StrEnum):
    """Which of them."""

    SOON = "soon"
    ENDED = "ended"
    MISSING = "missing"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody: the standings that hold with their end, what ended lately, what is missing."""

    person: str
    name: str
    village: str
    birth: date
    standings: Sequence[tuple[str, date | None]]
    ends: date | None
    ended: date | None
    missing: Sequence[str]
    died: bool
    moved: bool


_OF: LiteralString = """
FROM of_township p JOIN tenancy_village v ON v.code = p.lives_in
LEFT JOIN LATERAL (
  SELECT json_agg(json_build_array(f.code, f.valid_to) ORDER BY f.id)
      FILTER (WHERE f.kind = 'standing' AND f.valid_from <= %(today)s AND coalesce(f.valid_to > %(today)s, true))
      AS held,
    min(f.valid_to) FILTER (WHERE f.kind = 'standing' AND f.valid_from <= %(today)s AND f.valid_to > %(today)s
      AND f.valid_to <= %(soon)s AND NOT EXISTS (SELECT 1 FROM register_fact g WHERE g.person_id = p.id
        AND g.kind = 'standing' AND g.code = f.code AND g.superseded IS NULL AND g.valid_from = f.valid_to))
      AS ends,
    max(f.valid_to) FILTER (WHERE f.kind = 'standing' AND f.valid_to <= %(today)s AND f.valid_to > %(lately)s)
      AS ended,
    bool_or(f.kind = 'tier' AND f.valid_from <= %(today)s AND coalesce(f.valid_to > %(today)s, true)) AS tiered,
    bool_or(f.kind = 'doctor' AND f.valid_from <= %(today)s AND coalesce(f.valid_to > %(today)s, true)) AS doctored
  FROM register_fact f WHERE f.person_id = p.id AND f.superseded IS NULL
    AND f.kind IN ('standing', 'tier', 'doctor')) x ON true
WHERE p.withdrawn IS NULL
"""
_GONE: LiteralString = " AND p.died IS NULL AND p.moved_out IS NULL"
_WHERE: dict[Tab, LiteralString] = {
    Tab.SOON: _GONE + " AND x.ends IS NOT NULL",
    Tab.ENDED: _GONE + " AND x.ended IS NOT NULL AND x.held IS NULL",
    Tab.MISSING: _GONE
    + " AND x.held IS NOT NULL AND (x.tiered IS NOT TRUE OR x.doctored IS NOT TRUE"
    " OR p.id_number IS NULL OR p.phone IS NULL)",
    Tab.ALL: "",
}
_COLUMNS: LiteralString = """
SELECT p.id, v.name, p.birth_date, x.held, x.ends, x.ended, x.tiered, x.doctored, p.id_number IS NULL,
  p.phone IS NULL, p.died IS NOT NULL, p.moved_out IS NOT NULL
"""


def listed(
    actor: Actor, township: str, tab: Tab, after: str = "", most: int = LISTED
) -> tuple[list[Row], str | None]:
    """A page of them in the order of their ids. Raises Refusal 403: another's township."""
    actor.must(Act.UPKEEP_READ)
    town = must_be_of(actor, township)
    db = tables.driver()
    with db.transaction():
        rows = db.execute(
            OF_TOWNSHIP
            + _COLUMNS
            + _OF
            + _WHERE[tab]
            + " AND p.id > %(after)s ORDER BY p.id LIMIT %(most)s",
            {**_asked(town), "after": after, "most": most + 1},
        ).fetchall()
        found = rows[:most]
        record(
            actor, "upkeep.list", f"township:{town}", detail={"tab": tab.value, "rows": len(found)}
        )
        record_each(
            actor, "persons.read", ((subject_of(row[0]), {"by": ["upkeep"]}) for row in found)
        )
    names = names_of(actor, (row[0] for row in found))
    made = [_row(row, names.get(row[0], "")) for row in found]
    return made, found[-1][0] if len(rows) > most else None


def counts(actor: Actor, township: str) -> dict[Tab, int]:
    """How many each tab has. Raises Refusal 403."""
    actor.must(Act.UPKEEP_READ)
    town, db = must_be_of(actor, township), tables.driver()
    counted: LiteralString = ", ".join(
        [f"count(*) FILTER (WHERE true{_WHERE[tab]})" for tab in Tab]
    )
    row = db.execute(f"{OF_TOWNSHIP} SELECT {counted} {_OF}", _asked(town)).fetchone()
    assert row is not None
    return dict(zip(Tab, row, strict=True))


def must_be_of(actor: Actor, township: str) -> str:
    """The township that is looked at: the officer's own. Raises Refusal 403."""
    if actor.township is not None and township not in ("", actor.township):
        raise Refusal.of(403, "S431", township, township=township)
    return actor.township or township


def _asked(town: str) -> dict[str, object]:
    today = now().date()
    return {
        "town": town, "today": today, "soon": today + timedelta(days=SOON_DAYS),
        "lately": today - timedelta(days=365),
    }  # fmt: skip


def _row(row: tables.Row, name: str) -> Row:
    (
        person,
        village,
        birth,
        held,
        ends,
        ended,
        tiered,
        doctored,
        numberless,
        phoneless,
        died,
        moved,
    ) = row
    standings = [
        (code, None if end is None else date.fromisoformat(end)) for code, end in held or ()
    ]
    missing = [
        what
        for what, is_so in (
            ("参保档次", not tiered), ("家庭医生", not doctored), ("身份证号", numberless), ("电话", phoneless),
        )
        if is_so
    ]  # fmt: skip
    return Row(person, name, village, birth, standings, ends, ended, missing, died, moved)
