"""Reading sums: of cells where a level has what is asked, else of the facts themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, LiteralString, Self

import psycopg

from doudi_web.indicators.asked import Condition, Wanted, conditions, level_of
from doudi_web.indicators.facts import INSIDE, UNKNOWN
from doudi_web.indicators.folding import SUMS, sums_of_facts
from doudi_web.settlement import tables

Driver = psycopg.Connection[tables.Row]


@dataclass(frozen=True, slots=True)
class Sums:
    """What facts come to, in fen and counts; `allowed` and `measured` of the `measured_n` that were measured."""

    n: int = 0
    total: int = 0
    patient: int = 0
    hospital: int = 0
    waits: int = 0
    funds: int = 0
    floor: int = 0
    floored: int = 0
    measured: int = 0
    allowed: int = 0
    measured_total: int = 0
    measured_n: int = 0
    exceeded: int = 0
    over: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(*(getattr(self, name) + getattr(other, name) for name in _NAMES))

    @classmethod
    def of(cls, some: "Sequence[Sums]") -> Self:
        """All together."""
        return cls(*(sum(getattr(one, name) for one in some) for name in _NAMES))

    @property
    def closes(self) -> bool:
        """Whether funds, hospital, patient and what waits come to the total."""
        return self.funds + self.hospital + self.patient + self.waits == self.total


_NAMES = tuple(f.name for f in fields(Sums))
Key = tuple[Any, ...]
_BY: Mapping[str, LiteralString] = {
    "month": "month", "facility": "facility", "township": "township", "disease": "disease", "kind": "kind",
    "standing": "standing", "place": "place", "district": "district",
}  # fmt: skip


def sums_by(
    db: Driver,
    wanted: Wanted,
    by: Sequence[str],
    also: Sequence[Condition] = (),
    apart: Sequence[str] = (),
) -> dict[Key, Sums]:
    """Sums of what is asked for, by these; `also` are conditions on what cells tell apart, `apart` whether
    hospitals or diseases are among it."""
    told = {name for name in ("facility", "township", "disease") if name in by}
    told |= {name for name in ("facility", "township") if getattr(wanted, name)}
    level = level_of(frozenset({*told, *apart}))
    stated = [*conditions(wanted), *also]
    if level is not None:
        stated.insert(0, Condition("level = %s", (level,)))
    where: LiteralString = " AND ".join([one.sql for one in stated])
    names: LiteralString = ", ".join([_BY[name] for name in by])
    summed: LiteralString = (
        sums_of_facts() if level is None else ", ".join([f"sum({name})::bigint" for name in SUMS])
    )
    table: LiteralString = "indicators_fact f" if level is None else "indicators_cell"
    head: LiteralString = f"{names}, " if by else ""
    group: LiteralString = f"GROUP BY {names}" if by else ""
    rows = db.execute(
        f"SELECT {head}{summed} FROM {table} WHERE {where} {group}",
        [value for one in stated for value in one.values],
    )
    found: dict[Key, Sums] = {}
    for row in rows:
        made = Sums(*(value or 0 for value in row[len(by) :]))
        if made.n:
            found[tuple(row[: len(by)])] = made
    return found


def sums(
    db: Driver, wanted: Wanted, also: Sequence[Condition] = (), apart: Sequence[str] = ()
) -> Sums:
    """Sums of all that is asked for."""
    return next(iter(sums_by(db, wanted, (), also, apart).values()), Sums())


_MEDIAN: LiteralString = """
SELECT share FROM (
  SELECT share, sum(n) OVER (ORDER BY share) AS upto, sum(n) OVER () AS every FROM (
    SELECT share, sum(n) AS n FROM indicators_share WHERE {where} GROUP BY share HAVING sum(n) > 0) s) t
WHERE upto * 2 >= every ORDER BY share LIMIT 1
"""
_MEDIAN_OF_FACTS: LiteralString = """
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY share) FROM indicators_fact WHERE {where}
"""


def median(db: Driver, wanted: Wanted, kinds: Sequence[str]) -> int | None:
    """The median of the patients' shares of these kinds, in parts of 10,000; of an even number the lower one."""
    stated = [*conditions(wanted), Condition("kind = ANY(%s)", (list(kinds),))]
    level = level_of(frozenset(name for name in ("facility", "township") if getattr(wanted, name)))
    sql = _MEDIAN_OF_FACTS
    if not (wanted.facility and wanted.township):
        stated.insert(0, Condition("level = %s", (level,)))
        sql = _MEDIAN
    where: LiteralString = " AND ".join([one.sql for one in stated])
    values = [value for one in stated for value in one.values]
    row = db.execute(sql.replace("{where}", where), values).fetchone()
    return None if row is None else row[0]


def paid_by_funds(db: Driver, wanted: Wanted) -> dict[str, tuple[int, int]]:
    """What each fund paid of what is asked for: how many visits, and how much."""
    level = level_of(frozenset(name for name in ("facility", "township") if getattr(wanted, name)))
    stated = [Condition("level = %s", (level,)), *conditions(wanted)]
    where: LiteralString = " AND ".join([one.sql for one in stated])
    rows = db.execute(
        "SELECT fund, sum(n)::bigint, sum(amount)::bigint FROM indicators_paid"
        f" WHERE {where} GROUP BY fund HAVING sum(n) <> 0",
        [value for one in stated for value in one.values],
    )
    return {fund: (n, amount) for fund, n, amount in rows}


def home(db: Driver) -> str:
    """The district in which most of the registered live: whose residents the rate of visits within is of."""
    row = db.execute(
        "SELECT left(township, 6) FROM indicators_people GROUP BY 1 ORDER BY sum(persons) DESC, 1 LIMIT 1"
    ).fetchone()
    return "" if row is None else row[0]


def residents(district: str) -> list[Condition]:
    """Visits of a district's own people of which it is known where they were."""
    return [Condition("district = %s", (district,)), Condition("place <> %s", (UNKNOWN,))]


def inside(district: str) -> list[Condition]:
    """Those of them within the district."""
    return [Condition("district = %s", (district,)), Condition("place = %s", (INSIDE,))]
