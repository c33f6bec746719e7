"""One person's visits, and what stands behind the sums of a year: for whoever has the person before them."""

from collections.abc import Sequence
from typing import Any

import psycopg

from doudi.money import yuan
from doudi_web.audit_log.actions import record, subject_of
from doudi_web.settlement import tables
from doudi_web.settlement.accumulators import ALL, OPENED, SUMS, counted, person_owner
from doudi_web.settlement.limits import limits_of
from doudi_web.settlement.replaying import fen
from doudi_web.settlement.since import SINCE, as_it_stands
from doudi_web.settlement.visited import visited
from doudi_web.tenancy.clock import now, told, told_or_none
from doudi_web.tenancy.roles import MAY, Act
from doudi_web.tenancy.who import Actor

Json = dict[str, Any]
Driver = psycopg.Connection[tables.Row]
LISTED = 100
"""Visits, and entries of a sum, in one answer: the newest."""

_RUNNING = """
SELECT v.visit, v.facility, f.name, v.header::json, v.opened, v.discharged FROM settlement_visit v
LEFT JOIN tenancy_facility f ON f.code = v.facility
WHERE v.person = %(person)s AND v.settled IS NULL AND (%(facility)s::text IS NULL OR v.facility = %(facility)s)
ORDER BY v.id DESC LIMIT %(limit)s
"""
_SETTLED = f"""
SELECT s.id, s.facility, f.name, s.result, {SINCE} FROM settlement_settlement s
LEFT JOIN tenancy_facility f ON f.code = s.facility
WHERE s.person = %(person)s AND (%(facility)s::text IS NULL OR s.facility = %(facility)s)
ORDER BY s.settled DESC, s.id DESC LIMIT %(limit)s
"""
_OF_VISIT = """
SELECT person FROM settlement_visit
WHERE visit = %(visit)s AND (%(facility)s::text IS NULL OR facility = %(facility)s)
UNION SELECT person FROM settlement_settlement
WHERE visit = %(visit)s AND (%(facility)s::text IS NULL OR facility = %(facility)s)
LIMIT 20
"""
_ENTRIES = f"""
WITH opened AS ({OPENED})
SELECT e.name, e.amount, {counted("e", "o", "%(at)s::timestamptz, %(number)s::bigint")}, e.settled, p.settlement,
  p.kind, s.visit, s.facility, f.name
FROM settlement_accumulatorentry e
LEFT JOIN opened o ON o.owner = e.owner AND o.year = e.year AND o.name = e.name
LEFT JOIN settlement_posting p ON p.id = e.posting
LEFT JOIN settlement_settlement s ON s.id = p.settlement
LEFT JOIN tenancy_facility f ON f.code = s.facility
WHERE e.owner = ANY(%(owners)s) AND e.year = %(year)s ORDER BY e.settled DESC, e.id DESC LIMIT %(limit)s
"""
_OPENINGS = """
SELECT name, amount, source, as_of, received FROM settlement_opening
WHERE owner = %s AND year = %s ORDER BY id DESC LIMIT %s
"""


def visits(actor: Actor, person: str, reason: str) -> Json:
    """A person's visits that run, and those that were settled, the newest first; a hospital's own alone.

    Who may not read settlements sees the running ones; `settled` is then None. Raises Refusal 403.
    """
    actor.must(Act.VISITS_READ)
    actor.must_know(person, reason, visited)
    db = tables.driver()
    asked = {"person": person, "facility": actor.facility, "limit": LISTED + 1}
    may_read = actor.role in MAY[Act.SETTLEMENTS_READ]
    with db.transaction():
        running = db.execute(_RUNNING, asked).fetchall()
        settled = db.execute(_SETTLED, asked).fetchall() if may_read else None
        detail = {"running": len(running), "settled": None if settled is None else len(settled)}
        record(actor, "visits.of_person", subject_of(person), reason=reason, detail=detail)
    told_ = None if settled is None else [
        {**as_it_stands(result, *came), "facility": facility, "facility_name": name}
        for _, facility, name, result, *came in settled
        if result is not None
    ]  # fmt: skip
    return {
        "running": [
            {"visit_id": visit, "facility": facility, "facility_name": name, "header": header, "opened": told(at),
             "discharged": told_or_none(gone)}
            for visit, facility, name, header, at, gone in running[:LISTED]
        ],
        "settled": None if told_ is None else told_[:LISTED],
        "year": None if told_ is None or len(told_) > LISTED else _year(told_, now().year),
        "more": len(running) > LISTED or len(settled or ()) > LISTED,
    }  # fmt: skip


def _year(settled: Sequence[Json], year: int) -> Json:
    """What the settlements of a benefit year that stand come to: how many, the whole, each payer's part."""
    stand = [one for one in settled if one["benefit_year"] == year and not one["reversed"]]
    payments: dict[str, int] = {}
    for one in stand:
        for layer, paid in one["payments"].items():
            payments[layer] = payments.get(layer, 0) + fen(paid)
    sums = {
        key: yuan(sum(fen(one[key]) for one in stand)) for key in ("total", "hospital", "patient")
    }
    paid = {layer: yuan(amount) for layer, amount in payments.items()}
    return {"year": year, "visits": len(stand), **sums, "payments": paid}


def persons_of_visit(actor: Actor, visit: str) -> list[str]:
    """Whose visits have this number, at the actor's hospital or anywhere. Raises Refusal 403."""
    actor.must(Act.PERSONS_READ)
    found = tables.driver().execute(_OF_VISIT, {"visit": visit, "facility": actor.facility})
    return sorted(person for (person,) in found)


def sums_of_year(actor: Actor, person: str, year: int, reason: str) -> Json:
    """The sums of a benefit year and what they are made of: what the city's centre stated, what each settlement
    added since. A hospital reads of other hospitals' settlements the amounts alone. Raises Refusal 403.
    """
    actor.must(Act.ACCUMULATORS_READ)
    actor.must_know(person, reason, visited)
    db, owner, limits = tables.driver(), person_owner(person), limits_of(person)
    asked = {**ALL, "owners": [owner], "year": year, "limit": LISTED + 1}
    with db.transaction():
        sums = {name: amount for _, of, name, amount in db.execute(SUMS, asked) if of == year}
        entries = db.execute(_ENTRIES, asked).fetchall()
        openings = db.execute(_OPENINGS, [owner, year, LISTED]).fetchall()
        detail = {"year": year, "sources": True}
        record(actor, "accumulators.read", subject_of(person), reason=reason, detail=detail)
    return {
        "year": year,
        "pack": limits.pack or None,
        "titles": dict(limits.titles),
        "limits": {
            name: {"layer": one.title, "amount": None if one.amount is None else yuan(one.amount),
                   "begins": one.begins, "status": one.status}
            for name, one in limits.of.items()
        },
        "sums": {name: yuan(amount) for name, amount in sorted(sums.items())},
        "openings": [
            {"name": name, "amount": yuan(amount), "source": source, "as_of": as_of.isoformat(),
             "received": told(at)}
            for name, amount, source, as_of, at in openings
        ],
        "entries": [_entry(actor, row) for row in entries[:LISTED]],
        "more": len(entries) > LISTED,
    }  # fmt: skip


def _entry(actor: Actor, row: Sequence[Any]) -> Json:
    """What a settlement added to a sum. `counts` is what of it stands beside the centre's figure."""
    name, amount, counts, settled, settlement, kind, visit, facility, title = row
    is_own = actor.facility in (None, facility)
    return {
        "name": name,
        "amount": yuan(amount),
        "counts": yuan(counts),
        "settled": told(settled),
        "kind": kind,
        "settlement_id": str(settlement) if is_own and settlement is not None else None,
        "visit_id": visit if is_own else None,
        "facility": facility if is_own else None,
        "facility_name": title if is_own else None,
    }
