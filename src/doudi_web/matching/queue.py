"""The queue of a hospital: what stands for nothing in the catalogue, the dearest first; then what is doubted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg

from doudi.catalogue import Catalogue
from doudi.catalogue import Item as Listed
from doudi.errors import fault
from doudi.money import millionths, yuan
from doudi_web.audit_log.actions import record
from doudi_web.matching import keeping
from doudi_web.matching.alike import index_of
from doudi_web.policy.rules import generation, rules
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import now, told, told_or_none
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

Driver = psycopg.Connection[tables.Row]
LISTED = 50
CAUSES = (
    "unmapped",
    "stated",
    "class_differs",
    "ceiling_differs",
    "expired",
    "unknown",
    "name_differs",
)
"""Why an item is in the queue. Only `unmapped` keeps a bill from being settled."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An item of the catalogue that is like the hospital's: 0 to 100, and why."""

    code: str
    score: int
    why: tuple[str, ...]
    identical: bool
    listed: Listed | None

    def json(self) -> dict[str, Any]:
        """The suggestion as answers tell it."""
        told = listed_json(self.listed) if self.listed is not None else {"code": self.code}
        return {**told, "score": self.score, "why": list(self.why), "identical": self.identical}


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a hospital. `proposal` is what is proposed for it and not decided."""

    number: int
    facility: str
    code: str
    name: str
    stated_code: str
    unit_price: int | None
    found: datetime
    suggestions: tuple[Suggestion, ...]
    kept: frozenset[str]


@dataclass(frozen=True, slots=True)
class Row:
    """An item in the queue: why, how much is charged of it, where, since when; what is proposed by whom."""

    item: Item
    causes: tuple[str, ...]
    lines: int
    visits: int
    amount: int
    since: date | None
    proposal: int | None
    proposed_code: str | None
    proposed_by: str | None
    identical: bool
    proposed_by_name: str | None

    @property
    def blocks(self) -> bool:
        """Whether a bill with it cannot be settled."""
        return "unmapped" in self.causes

    def json(self) -> dict[str, Any]:
        """The row as answers tell it."""
        item = self.item
        return {
            "item": item.number, "facility": item.facility, "code": item.code, "name": item.name,
            "stated_code": item.stated_code,
            "unit_price": None if item.unit_price is None else millionths(item.unit_price),
            "what": list(self.causes), "blocks": self.blocks, "lines": self.lines, "visits": self.visits,
            "amount": yuan(self.amount), "since": None if self.since is None else self.since.isoformat(),
            "found": told(item.found), "best": item.suggestions[0].json() if item.suggestions else None,
            "proposal": self.proposal, "proposed_code": self.proposed_code, "proposed_by": self.proposed_by,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of the queue: of a hospital, of one running visit, for one reason, by code or name."""

    facility: str = ""
    visit: str = ""
    what: str = ""
    text: str = ""
    state: str = ""  # "" all | "open" nothing proposed | "proposed"
    after: int = 0


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of the queue, and how far it is. `blocking`: how many of all keep bills from being settled."""

    rows: tuple[Row, ...]
    count: int
    blocking: int
    proposed: int
    amount: int
    after: int | None
    kept: keeping.Kept

    def json(self) -> dict[str, Any]:
        """The page as answers tell it."""
        return {
            "items": [row.json() for row in self.rows], "count": self.count, "blocking": self.blocking,
            "proposed": self.proposed, "amount": yuan(self.amount), "after": self.after,
            "current": self.kept.is_current, "new_lines": self.kept.lines, "as_of": told_or_none(self.kept.at),
        }  # fmt: skip


_ROWS = """
WITH charged AS (
  SELECT m.item, m.what, m.visit AS place, r.visit AS visit_id, m.amount, m.day FROM matching_line m
  JOIN settlement_visit r ON r.id = m.visit AND r.settled IS NULL
  JOIN settlement_feeline f ON f.id = m.feeline AND f.withdrawn IS NULL WHERE m.facility = %(facility)s
  UNION ALL
  SELECT m.item, m.what, -m.refused, q.visit, m.amount, m.day FROM matching_line m
  JOIN settlement_quarantined q ON q.id = m.refused AND q.released IS NULL
  WHERE m.facility = %(facility)s AND m.refused IS NOT NULL),
of_item AS (
  SELECT item, array_agg(DISTINCT what) AS causes, count(*) AS lines, count(DISTINCT place) AS visits,
    sum(amount)::bigint AS amount, min(day) AS since, bool_or(visit_id = %(visit)s) AS in_visit
  FROM charged GROUP BY item),
doubted AS (
  SELECT d.item, array_agg(DISTINCT d.what) AS causes FROM matching_doubt d JOIN matching_item i ON i.id = d.item
  WHERE d.facility = %(facility)s AND NOT d.mark = ANY(string_to_array(i.kept, ',')) GROUP BY d.item),
queued AS (
  SELECT i.*, array(SELECT unnest(c.causes) EXCEPT SELECT unnest(string_to_array(i.kept, ','))
                    UNION SELECT unnest(d.causes)) AS causes,
    coalesce(c.lines, 0) AS lines, coalesce(c.visits, 0) AS visits, coalesce(c.amount, 0) AS amount, c.since,
    coalesce(c.in_visit, false) AS in_visit, p.id AS proposal, p.code AS proposed_code, p.made_by,
    coalesce(p.identical, false) AS identical
  FROM matching_item i LEFT JOIN of_item c ON c.item = i.id LEFT JOIN doubted d ON d.item = i.id
  LEFT JOIN matching_proposal p ON p.item = i.id AND p.state = 'open'
  WHERE i.facility = %(facility)s AND (c.item IS NOT NULL OR d.item IS NOT NULL)),
wanted AS (
  SELECT * FROM queued WHERE cardinality(causes) > 0
  AND (%(visit)s = '' OR in_visit) AND (%(what)s = '' OR %(what)s = ANY(causes))
  AND (%(text)s = '' OR strpos(lower(name), lower(%(text)s)) > 0 OR strpos(lower(code), lower(%(text)s)) > 0)
  AND (%(state)s = '' OR (proposal IS NOT NULL) = (%(state)s = 'proposed')))
SELECT id, facility, code, name, stated_code, unit_price, found, suggestions::json, kept, causes, lines, visits,
  amount, since, proposal, proposed_code, made_by, identical,
  (SELECT a.name FROM tenancy_account a WHERE 'account:' || a.id = made_by), count(*) OVER (),
  count(*) FILTER (WHERE 'unmapped' = ANY(causes)) OVER (), count(proposal) OVER (), (sum(amount) OVER ())::bigint
FROM wanted ORDER BY 'unmapped' = ANY(causes) DESC, amount DESC, code OFFSET %(after)s LIMIT %(limit)s
"""
"""A line that was taken out and stands again has another number: what was kept of the one before stands no more."""


def queue(actor: Actor, wanted: Wanted, *, limit: int = LISTED) -> Queue:
    """A page of a hospital's queue: what keeps bills from being settled first, the dearest first.

    Who belongs to a hospital has its own. Raises Refusal 403, 422 (the district says which hospital).
    """
    actor.must(Act.MATCHING_READ)
    facility = facility_of(actor, wanted.facility)
    db = tables.driver()
    asked = {
        "facility": facility, "visit": wanted.visit, "what": wanted.what, "text": wanted.text.strip(),
        "state": wanted.state, "after": wanted.after, "limit": limit,
    }  # fmt: skip
    with db.transaction():
        found = db.execute(_ROWS, asked).fetchall()
        kept = keeping.kept(db, facility)
        record(actor, "matching.list", f"facility:{facility}"[:80], detail={"rows": len(found)})
    catalogue, day = rules(generation()).catalogue, now().date()
    rows = tuple(_row(one, catalogue, day) for one in found)
    count, blocking, proposed, amount = found[0][-4:] if found else (0, 0, 0, 0)
    end = wanted.after + len(rows)
    return Queue(
        rows, count, blocking, proposed, amount, end if end < count else None, kept
    )  # fmt: skip


def facility_of(actor: Actor, stated: str) -> str:
    """The hospital whose queue is asked for. Raises Refusal 403, 422."""
    if stated:
        actor.must_be_of(stated, Act.MATCHING_READ)
    facility = actor.facility or stated
    if not facility:
        expected = "医疗机构编码：看哪一家的对照"
        raise Refusal(422, [fault("F201", "facility", key="facility", expected=expected)])
    return facility


_WAITING = """
SELECT count(DISTINCT item) FROM (
  SELECT m.item FROM matching_line m JOIN settlement_visit r ON r.id = m.visit AND r.settled IS NULL
  JOIN settlement_feeline f ON f.id = m.feeline AND f.withdrawn IS NULL
  WHERE m.facility = %(facility)s AND m.what = 'unmapped'
  UNION ALL
  SELECT m.item FROM matching_line m JOIN settlement_quarantined q ON q.id = m.refused AND q.released IS NULL
  WHERE m.facility = %(facility)s AND m.what = 'unmapped' AND m.refused IS NOT NULL) x
"""
_PROPOSED = "SELECT count(*) FROM matching_proposal WHERE state = 'open'"


def waiting(actor: Actor) -> int:
    """How many items keep bills of the actor's hospital from being settled; for the district how many
    proposals wait for somebody."""
    db = tables.driver()
    of = {"facility": actor.facility}
    row = (db.execute(_WAITING, of) if actor.facility else db.execute(_PROPOSED)).fetchone()
    assert row is not None
    return row[0]


_FACILITIES = """
SELECT m.facility, coalesce(f.name, ''), coalesce(max(m.items) FILTER (WHERE m.what = 'unmapped'), 0), sum(m.items)
FROM (SELECT facility, what, count(DISTINCT item)::bigint AS items FROM matching_line
      WHERE %(facility)s::text IS NULL OR facility = %(facility)s GROUP BY facility, what) m
LEFT JOIN tenancy_facility f ON f.code = m.facility GROUP BY m.facility, f.name ORDER BY 3 DESC, m.facility
"""
"""As hospitals were looked at: what was settled since the day began is in it."""


def facilities(actor: Actor) -> list[dict[str, Any]]:
    """The hospitals with something in their queue, those with most that blocks bills first. Raises Refusal 403."""
    actor.must(Act.MATCHING_READ)
    db = tables.driver()
    with db.transaction():
        rows = db.execute(_FACILITIES, {"facility": actor.facility}).fetchall()
        record(actor, "matching.facilities", "matching", detail={"rows": len(rows)})
    return [
        {"facility": code, "name": name, "blocking": int(blocking), "items": int(items)}
        for code, name, blocking, items in rows
    ]


_ITEM = """
SELECT id, facility, code, name, stated_code, unit_price, found, suggestions::json, kept FROM matching_item
WHERE id = %s
"""


def found_item(db: Driver, actor: Actor, act: Act, number: int) -> Item:
    """An item of the actor's hospital. Raises Refusal 403, 404."""
    row = db.execute(_ITEM, [number]).fetchone()
    if row is None:
        raise Refusal.of(404, "S640", str(number), item=number)
    actor.must_be_of(row[1], act)
    return _item(row, rules(generation()).catalogue, now().date())


def in_catalogue(catalogue: Catalogue, code: str, days: Iterable[date]) -> Listed:
    """The item of the catalogue that is in force on all of these days. Raises Refusal 422."""
    found = [catalogue.item(code, day) for day in sorted(set(days))]
    if not found or any(one is None for one in found):
        spans = "、".join(str(one.span) for one in catalogue.items.get(code, ()))
        day = next((d for d, one in zip(sorted(set(days)), found, strict=True) if one is None), "")
        raise Refusal.of(422, "S646", code, code=code, day=str(day), spans=spans or "无")
    last = found[-1]
    assert last is not None, "looked at above"
    return last


def search(actor: Actor, text: str) -> list[dict[str, Any]]:
    """Items of the catalogue like a name or of a code, as answers tell them."""
    return [one.json() for one in found_in_catalogue(actor, text)]


def found_in_catalogue(actor: Actor, text: str) -> list[Suggestion]:
    """Items of the catalogue like a name or of a code, for who knows better than the suggestions."""
    actor.must(Act.MATCHING_READ)
    ruling, day, wanted = rules(generation()), now().date(), text.strip()
    if not wanted or ruling.catalogue_digest is None:
        return []
    index = index_of(ruling.catalogue_digest, ruling.catalogue, day)
    found = index.like(wanted, (wanted,), most=20)
    return [Suggestion(x.item.code, x.score, x.why, x.identical, x.item) for x in found]


def named(codes: Iterable[str]) -> dict[str, Listed]:
    """The items of the catalogue in force today, by their codes."""
    catalogue, day = rules(generation()).catalogue, now().date()
    found = ((code, catalogue.item(code, day)) for code in codes)
    return {code: item for code, item in found if item is not None}


def listed_json(item: Listed) -> dict[str, Any]:
    """An item of the catalogue as answers tell it."""
    return {
        "code": item.code, "name": item.name, "class": item.item_class,
        "first_self_pay_rate": None if item.first_self_pay_rate is None else millionths(item.first_self_pay_rate),
        "price_ceiling": None if item.price_ceiling is None else millionths(item.price_ceiling),
        "reference_price": None if item.reference_price is None else millionths(item.reference_price),
        "unit": item.unit, "restriction": item.restriction,
        "from": item.span.start.isoformat(), "to": None if item.span.end is None else item.span.end.isoformat(),
    }  # fmt: skip


def _row(row: Sequence[Any], catalogue: Catalogue, day: date) -> Row:
    causes, lines, visits, amount, since, proposal, code, by, identical, name = row[9:19]
    ordered = tuple(what for what in CAUSES if what in causes)
    return Row(
        _item(row[:9], catalogue, day), ordered, lines, visits, amount, since, proposal, code, by, identical,
        name or by,
    )  # fmt: skip


def _item(row: Sequence[Any], catalogue: Catalogue, day: date) -> Item:
    number, facility, code, name, stated, price, found, suggestions, kept = row
    likes = tuple(_suggestion(one, catalogue, day) for one in suggestions)
    return Item(
        number, facility, code, name, stated, price, found, likes, frozenset(kept.split(",")) - {""}
    )


def _suggestion(one: Mapping[str, Any], catalogue: Catalogue, day: date) -> Suggestion:
    listed = catalogue.item(one["code"], day)
    return Suggestion(one["code"], one["score"], tuple(one["why"]), one["identical"], listed)
