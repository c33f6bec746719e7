"""A person's standing settlements in the order, and the sums that each would see now."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg

from doudi_web.settlement import accumulators, tables
from doudi_web.settlement.accumulators import STANDS, owners_of
from doudi_web.settlement.replaying import STANDING, Stored

Key = tuple[str, int, str]
"""One sum: owner, year (0 of a stay), name."""

_ENTRIES = """
SELECT e.owner, e.year, e.name, e.amount, e.posting, e.settled, e.settlement, s.visit
FROM settlement_accumulatorentry e JOIN settlement_posting p ON p.id = e.posting
JOIN settlement_settlement s ON s.id = p.settlement
WHERE e.owner = ANY(%s) ORDER BY e.id
"""
_OPENINGS = f"""
SELECT o.owner, o.year, o.name, p.id, {STANDS}
FROM settlement_opening o JOIN settlement_posting p ON p.opening = o.id WHERE o.owner = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class _Entry:
    key: Key
    amount: int
    posting: int
    settled: datetime
    sequence: int
    visit: str


@dataclass(frozen=True, slots=True)
class _Opening:
    key: Key
    posting: int
    stands: datetime


@dataclass(frozen=True, slots=True)
class Later:
    """A standing settlement, and whether something came after it into the sums before it."""

    stored: Stored
    saw: dict[Key, int]
    """The sums that it saw."""
    moved: bool
    """Whether something was posted since at a place before it: entries, or a figure of the centre."""
    causes: dict[Key, dict[str, None]]
    """The visits whose entries these are, by the sum that they move."""


def standing(db: "psycopg.Connection[tables.Row]", person: str) -> Iterator[Later]:
    """A person's standing settlements in the order, each with what was posted since at a place before it."""
    rows = db.execute(f"{STANDING} AND s.person = %s ORDER BY s.settled, s.sequence", [person])
    found = [Stored(*row) for row in rows.fetchall()]
    owners = sorted({owner for one in found for owner in owners_of(one.person, one.episode)})
    entries = [
        _Entry((owner, year, name), *rest)
        for owner, year, name, *rest in db.execute(_ENTRIES, [owners]).fetchall()
    ]
    openings = [
        _Opening((owner, year, name), posting, stands)
        for owner, year, name, posting, stands in db.execute(_OPENINGS, [owners]).fetchall()
    ]
    for one in found:
        yield _later(one, entries, openings)


def _later(one: Stored, entries: Sequence[_Entry], openings: Sequence[_Opening]) -> Later:
    saw = {(owner, year, name): amount for owner, year, name, amount in one.sums()}
    moved: defaultdict[Key, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for e in entries:
        is_before = (e.settled, e.sequence) < (one.settled, one.sequence)
        if is_before and e.posting > one.posting and e.key in saw:
            moved[e.key][e.visit] += e.amount
    causes = {
        key: dict.fromkeys(visit for visit, amount in of.items() if amount)
        for key, of in moved.items()
    }
    stated = any(
        o.key in saw and o.posting > one.posting and o.stands <= one.settled for o in openings
    )
    return Later(one, saw, stated or any(causes.values()), causes)


def sums_now(
    db: "psycopg.Connection[tables.Row]", one: Stored, names: "dict[Key, int]"
) -> dict[Key, int]:
    """The sums of these names before the place of a settlement, as they are now."""
    owners = owners_of(one.person, one.episode)
    rows = accumulators.sums_before(db, owners, one.settled, one.sequence)
    now = {(owner, year, name): amount for owner, year, name, amount in rows}
    return {key: now.get(key, 0) for key in names}
