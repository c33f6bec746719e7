"""The ledger as a hospital's papers read it: its postings of a month or of a day, each with who bears how much.

Both are read by index: a hospital's own entries between two numbers of postings, never a whole district's month.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, LiteralString

import psycopg

from doudi.dates import CHINA
from doudi_web.exchange.facts import fen
from doudi_web.register import sealing
from doudi_web.settlement import tables
from doudi_web.settlement.titles import codes_of

_NAME = 4  # signs of a masked name: of a longer one the rest are stars too
LATE = 10_000
"""How far behind the first posting of a moment one of it may stand: numbers are taken before commits."""

_KIND_OF: LiteralString = """substring(left(s.result, 2000) FROM '"kind":"([^"]*)"')"""
"""The kind of a settlement's visit, from the beginning of its answer: the whole of it is long to read."""

_NAMED: LiteralString = f"""
SELECT s.id, s.person, {_KIND_OF}, n.name FROM settlement_settlement s
LEFT JOIN register_person n ON n.id = s.person AND n.withdrawn IS NULL WHERE s.id = ANY(%s)
"""
_OWN: LiteralString = """
  SELECT e.posting AS id FROM settlement_entry e
  WHERE e.account LIKE 'clearing:%%' AND e.account = 'clearing:' || %(facility)s
    AND e.posting >= %(low)s AND e.posting < %(high)s
"""
_TOLD: LiteralString = """
SELECT p.id, p.kind, p.settlement, p.posted, p.client, p.reason, s.visit, s.person, s.settled,
  (SELECT json_agg(json_build_array(e.account, e.amount) ORDER BY e.id) FROM settlement_entry e
   WHERE e.posting = p.id),
  c.says ->> 'amount', c.state, c.decided
FROM found JOIN settlement_posting p ON p.id = found.id
LEFT JOIN settlement_settlement s ON s.id = p.settlement
LEFT JOIN LATERAL (SELECT c.says, c.state, c.decided FROM settlement_proposal c
  WHERE c.settlement = p.settlement AND c.kind = 'collect' LIMIT 1) c ON true
"""
_OF_MONTH: LiteralString = f"""
WITH found AS ({_OWN}
  UNION SELECT p.id FROM settlement_assessment a JOIN settlement_posting p ON p.assessment = a.id
    WHERE a.facility = %(facility)s AND p.month = %(month)s
  UNION SELECT p.id FROM settlement_proposal c JOIN settlement_posting p ON p.settlement = c.settlement
    WHERE c.kind = 'collect' AND c.state = 'refused' AND c.facility = %(facility)s
      AND p.kind = 'relief' AND p.month = %(month)s)
"""
_SUMS: LiteralString = f"""
{_OF_MONTH}, own AS (SELECT p.id, p.kind FROM found JOIN settlement_posting p ON p.id = found.id
  WHERE p.month = %(month)s)
SELECT 'posting', kind, count(*), 0::bigint FROM own GROUP BY kind
UNION ALL
SELECT 'entry', a.account, count(*), sum(a.amount)::bigint FROM (
  SELECT CASE WHEN e.account LIKE 'patient:%%' THEN 'patient:' ELSE e.account END AS account, e.amount
  FROM own JOIN settlement_entry e ON e.posting = own.id) a GROUP BY a.account
"""
_MONTH: LiteralString = f"""
{_OF_MONTH}
{_TOLD} WHERE p.month = %(month)s AND p.id > %(after)s ORDER BY p.id LIMIT %(limit)s
"""
_SPAN = "SELECT coalesce(min(id), 0), coalesce(max(id), -1) + 1 FROM settlement_posting WHERE month = %s"
_DAY: LiteralString = f"""
WITH found AS ({_OWN})
{_TOLD} WHERE p.posted >= %(start)s AND p.posted < %(end)s AND (%(by)s = '' OR p.client = %(by)s)
"""
_APPROVED: LiteralString = """
SELECT c.id, 'collect', c.settlement, c.decided, c.decided_by, c.reason, s.visit, s.person, s.settled,
  NULL, c.says ->> 'amount', c.state, c.decided
FROM settlement_proposal c JOIN settlement_settlement s ON s.id = c.settlement
WHERE c.kind = 'collect' AND c.facility = %(facility)s AND c.decided >= %(start)s AND c.decided < %(end)s
  AND c.state = 'approved' AND (%(by)s = '' OR c.decided_by = %(by)s)
"""
"""What waited and was approved on a day: no posting, since the ledger had it from the settlement on."""
_FIRST_AT: LiteralString = """
WITH RECURSIVE b(low, high) AS (
  SELECT 0::bigint, (SELECT coalesce(max(id), 0) + 1 FROM settlement_posting)
  UNION ALL
  SELECT CASE WHEN m.posted < %(at)s THEN m.id + 1 ELSE b.low END,
    CASE WHEN m.posted < %(at)s THEN b.high ELSE (b.low + b.high) / 2 END
  FROM b, LATERAL (SELECT id, posted FROM settlement_posting WHERE id >= (b.low + b.high) / 2 ORDER BY id LIMIT 1) m
  WHERE b.low < b.high)
SELECT max(low) FROM b
"""
"""The first posting from a moment on, halving the numbers: they are given in the order of time."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A posting of a hospital: of which settlement, whose, and who bears how many fen of it."""

    id: int
    kind: str
    settlement: int | None
    posted: datetime
    client: str
    reason: str
    visit: str
    person: str
    settled: datetime | None
    total: int
    funds: Mapping[str, int]
    hospital: int
    patient: int
    waited: int
    """What of the settlement's patient's part was asked for only where somebody approved it."""
    state: str
    """What became of that: open, approved, refused, superseded; empty where nothing waited."""
    decided: datetime | None
    visit_kind: str = ""
    """What the kind of visit is called, once it is named; empty where no pack knows it."""
    name: str = ""
    """The masked name of the person, once it is named."""

    @property
    def closes(self) -> bool:
        """Whether what all bear is what the hospital has earned."""
        return self.total == sum(self.funds.values()) + self.hospital + self.patient

    @property
    def asked(self) -> int:
        """What the patient was asked for by it, below 0 what was given back; the same whenever it is read.

        What waits is not asked for until it is approved, and what is refused never was: others come to bear it. A
        settlement that is undone before that gives back what it had asked for.
        """
        match self.kind:
            case "settle":
                return self.patient - self.waited
            case "reverse":
                return self.patient + (self.waited if self.state in ("open", "superseded") else 0)
            case "relief":
                return 0
            case "collect":
                return self.waited
            case _:
                return self.patient

    def waits(self, at: datetime) -> int:
        """What of it nobody had decided at a moment."""
        is_open = self.decided is None or self.decided >= at
        return self.waited if self.kind == "settle" and is_open else 0


def month(facility: str, of: str, after: int = 0, limit: int | None = None) -> Sequence[Posted]:
    """A hospital's postings of a month of the ledger, in its order, from behind one on, named."""
    db = tables.driver()
    row = db.execute(_SPAN, [of]).fetchone()
    assert row is not None
    low, high = row
    asked = {
        "facility": facility, "month": of, "low": max(low, after + 1), "high": high, "after": after, "limit": limit,
    }  # fmt: skip
    with _planned_for(db):
        found = list(_posted(db.execute(_MONTH, asked)))
    return named(found)


def day(facility: str, start: datetime, by: str) -> Sequence[Posted]:
    """A hospital's postings of a day, by one client or (empty) by all, in the order in which they were made; and
    what was approved on it of what had waited."""
    db, end = tables.driver(), start + timedelta(days=1)
    asked = {
        "facility": facility, "by": by, "start": start, "end": end, "low": max(_first(start) - LATE, 0),
        "high": _first(end) + LATE,
    }  # fmt: skip
    found = [*_posted(db.execute(_DAY, asked)), *_posted(db.execute(_APPROVED, asked))]
    return sorted(found, key=lambda one: (one.posted, one.kind == "collect", one.id))


@contextmanager
def _planned_for(db: "psycopg.Connection[tables.Row]") -> Generator[None, None, None]:
    """What is asked here is planned for its numbers: a plan for any numbers takes four times as long."""
    with db.transaction():
        tables.plan_for_values(db)
        yield


def _first(at: datetime) -> int:
    row = tables.driver().execute(_FIRST_AT, {"at": at}).fetchone()
    return row[0] if row is not None else 0


def named(found: Sequence[Posted]) -> Sequence[Posted]:
    """The same postings with whose they are and of which kind of visit: asked for those alone that are shown."""
    asked = sorted({one.settlement for one in found if one.settlement is not None})
    rows = tables.driver().execute(_NAMED, [asked]).fetchall()
    kinds = codes_of("kind", {kind for _, _, kind, _ in rows if kind})
    names = dict[str, str]()
    for _, person, _, name in rows:
        if name is not None and person not in names:
            names[person] = sealing.masked_name(sealing.opened(name, f"{person}.name"))[:_NAME]
    told = {
        number: (kinds.get(kind, ""), names.get(person, "")) for number, person, kind, _ in rows
    }
    return [
        one if one.settlement not in told
        else replace(one, visit_kind=told[one.settlement][0], name=told[one.settlement][1])
        for one in found
    ]  # fmt: skip


def _posted(rows: Iterable[Any]) -> Iterator[Posted]:
    for (
        number,
        kind,
        settlement,
        posted,
        client,
        reason,
        visit,
        person,
        settled,
        entries,
        waited,
        state,
        decided,
    ) in rows:
        yield Posted(
            number, kind, settlement, posted.astimezone(CHINA), client, reason, visit or "", person or "", settled,
            *_borne(entries or ()), fen(waited) or 0, state or "", decided,
        )  # fmt: skip


def _borne(entries: Sequence[tuple[str, int]]) -> tuple[int, Mapping[str, int], int, int]:
    """What the hospital earned, and what each fund, the hospital and the patient bear of it."""
    total = hospital = patient = 0
    funds: dict[str, int] = {}
    for account, amount in entries:
        kind, _, name = account.partition(":")
        if kind == "clearing":
            total -= amount
        elif kind == "fund":
            funds[name] = funds.get(name, 0) + amount
        elif kind == "hospital":
            hospital += amount
        else:
            patient += amount
    return total, funds, hospital, patient


@dataclass(frozen=True, slots=True)
class Sums:
    """What a month comes to: how many postings of each kind, and who bears how much, in fen."""

    counts: Mapping[str, int]
    total: int
    funds: Mapping[str, int]
    hospital: int
    patient: int

    @property
    def closes(self) -> bool:
        """Whether what all bear is what the hospital has earned."""
        return self.total == sum(self.funds.values()) + self.hospital + self.patient


def sums(facility: str, of: str) -> Sums:
    """What a hospital's month comes to, added up by the database."""
    db = tables.driver()
    row = db.execute(_SPAN, [of]).fetchone()
    assert row is not None
    asked = {"facility": facility, "month": of, "low": row[0], "high": row[1]}
    counts: dict[str, int] = {}
    entries: list[tuple[str, int]] = []
    with _planned_for(db):
        told = db.execute(_SUMS, asked).fetchall()
    for what, name, count, amount in told:
        if what == "posting":
            counts[name] = count
        else:
            entries.append((name, amount))
    return Sums(counts, *_borne(entries))
