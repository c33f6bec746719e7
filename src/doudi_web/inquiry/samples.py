"""Plans and samples as they are read: which there are, how far each is judged, what was drawn and out of what."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from doudi_web.audit_log.actions import record
from doudi_web.inquiry.frame import Scope, count, scope_of
from doudi_web.inquiry.models import Draw, Plan
from doudi_web.inquiry.planning import FINDING, plan_of, record_read
from doudi_web.settlement import tables
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

PAGE = 50
_PLANS = """
SELECT p.id, p.content, p.digest, p.at, p.actor, d.population, d.count, d.at,
  (SELECT count(*) FROM inquiry_drawn n WHERE n.plan_id = p.id
     AND EXISTS (SELECT 1 FROM inquiry_judged j WHERE j.drawn_id = n.id)),
  (SELECT count(*) FROM inquiry_drawn n WHERE n.plan_id = p.id
     AND (SELECT j.verdict FROM inquiry_judged j WHERE j.drawn_id = n.id ORDER BY j.id DESC LIMIT 1) = %(finding)s)
FROM inquiry_plan p LEFT JOIN inquiry_draw d ON d.plan_id = p.id
WHERE {where} ORDER BY p.id DESC LIMIT %(limit)s
"""
_DRAWN = """
SELECT n.place, n.settlement, n.stratum, n.weight, n.marks::json, n.ticket, s.person, s.visit, s.facility,
  s.settled, s.result::json ->> 'total', s.result::json ->> 'patient',
  coalesce(j.id, 0), coalesce(j.verdict, ''), coalesce(j.words, ''), j.at, coalesce(j.actor, ''), j.question
FROM inquiry_drawn n JOIN settlement_settlement s ON s.id = n.settlement
LEFT JOIN LATERAL (SELECT * FROM inquiry_judged j WHERE j.drawn_id = n.id ORDER BY j.id DESC LIMIT 1) j ON true
WHERE n.plan_id = %s AND n.place > %s {left} ORDER BY n.place LIMIT %s
"""
_LEFT = "AND NOT EXISTS (SELECT 1 FROM inquiry_judged k WHERE k.drawn_id = n.id)"


@dataclass(frozen=True, slots=True)
class Sample:
    """A plan, whether it was drawn, and how much of it is judged."""

    number: int
    scope: Scope
    digest: str
    at: datetime
    actor: str
    population: int | None
    count: int | None
    drawn: datetime | None
    judged: int
    findings: int

    @property
    def left(self) -> int:
        """How many wait to be judged."""
        return (self.count or 0) - self.judged


@dataclass(frozen=True, slots=True)
class Row:
    """One that was drawn, and what was found of it last; `version` is what whoever judges it has seen."""

    place: int
    settlement: int
    stratum: str
    weight: int
    marks: Sequence[str]
    ticket: str
    person: str
    visit: str
    facility: str
    settled: datetime
    total: str | None
    patient: str | None
    version: int
    verdict: str
    words: str
    judged: datetime | None
    judged_by: str
    question: int | None


def _sample(row: Sequence[Any]) -> Sample:
    number, content, digest, *rest = row
    return Sample(number, scope_of(json.loads(content)), bytes(digest).hex(), *rest)


def samples(
    actor: Actor, before: int | None = None, most: int = PAGE
) -> tuple[list[Sample], int | None]:
    """The plans, the newest first; behind which one there are more. Raises Refusal 403."""
    actor.must(Act.OVERSIGHT_READ)
    where = "p.id < %(before)s" if before else "true"
    asked = {"before": before, "finding": FINDING, "limit": most + 1}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_PLANS.format(where=where), asked)
        found = [_sample(row) for row in cursor.fetchall()]
        record(actor, "samples.list", "samples", detail={"rows": len(found[:most])})
    return found[:most], found[most - 1].number if len(found) > most else None


def sample(actor: Actor, number: int) -> Sample:
    """A plan with how far it is. Raises Refusal 403, 404."""
    actor.must(Act.OVERSIGHT_READ)
    plan_of(number)
    asked = {"number": number, "finding": FINDING, "limit": 1}
    with connection.cursor() as cursor:
        cursor.execute(_PLANS.format(where="p.id = %(number)s"), asked)
        return _sample(cursor.fetchall()[0])


def rows(
    actor: Actor, number: int, after: int = 0, *, only_left: bool = False, most: int = PAGE
) -> list[Row]:
    """What was drawn, in its order, behind a place. Whose it is was read. Raises Refusal 403."""
    actor.must(Act.OVERSIGHT_READ)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_DRAWN.format(left=_LEFT if only_left else ""), [number, after, most])
        found = [Row(*row) for row in cursor.fetchall()]
        record_read(actor, number, [one.settlement for one in found])
    return found


def row_at(actor: Actor, number: int, place: int) -> Row:
    """One that was drawn. Raises Refusal 403, 404."""
    found = rows(actor, number, place - 1, most=1)
    if not found or found[0].place != place:
        raise Refusal.of(404, "S481", "place", what="抽中的结算", number=place)
    return found[0]


def scope_count(actor: Actor, scope: Scope) -> int:
    """Out of how many a plan would be drawn, before it is fixed; not which. Raises Refusal 403."""
    actor.must(Act.OVERSIGHT_WRITE)
    return count(tables.driver(), scope)


@dataclass(frozen=True, slots=True)
class Proof:
    """What a third party needs to draw again: the plan and the list of all, as they were digested."""

    plan: str
    frame: str
    frame_digest: str
    list_digest: str


def proof(actor: Actor, number: int) -> Proof:
    """Raises Refusal 403, 404, 409 where it is not drawn yet."""
    actor.must(Act.OVERSIGHT_READ)
    plan: Plan = plan_of(number)
    made = Draw.objects.filter(plan_id=number).first()
    if made is None:
        raise Refusal.of(409, "S752", f"sample:{number}", number=number, stands="还没有抽")
    with transaction.atomic():
        record(actor, "samples.proof", f"sample:{number}", detail={"population": made.population})
    frame = zlib.decompress(bytes(made.frame)).decode()
    return Proof(plan.content, frame, bytes(made.frame_digest).hex(), bytes(made.list_digest).hex())


_LEFT_OF_ALL = "SELECT count(*) FROM (SELECT 1 FROM inquiry_left LIMIT 100) waiting"


def count_left(_: Actor) -> int:
    """How many that were drawn wait to be judged, up to a hundred."""
    with connection.cursor() as cursor:
        cursor.execute(_LEFT_OF_ALL)
        row = cursor.fetchone()
    return 0 if row is None else row[0]


def facilities() -> Mapping[str, str]:
    """The hospitals of the district by code."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT code, name FROM tenancy_facility ORDER BY code")
        return dict(cursor.fetchall())
