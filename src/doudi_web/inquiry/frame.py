"""Out of what a sample is drawn: the standing settlements of a scope, each with what makes it worth a look."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

import psycopg

from doudi.dates import CHINA
from doudi_web.inquiry.drawing import Candidate
from doudi_web.settlement import tables
from doudi_web.settlement.awaiting import AWAITS
from doudi_web.tenancy.refusals import Refusal

Driver = psycopg.Connection[tables.Row]
MOST = 200_000
"""Settlements out of which one sample is drawn."""


class Method(StrEnum):
    """How."""

    RANDOM = "random"
    WEIGHTED = "weighted"


class Strata(StrEnum):
    """Whether each part gets its share."""

    NONE = ""
    FACILITY = "facility"
    KIND = "kind"


class Mark(StrEnum):
    """What makes a settlement worth more than one ticket."""

    FLOOR = "floor"
    CORRECTED = "corrected"
    EXCEEDED = "exceeded"
    APPROACHING = "approaching"
    EMERGENCY = "emergency"
    PROVISIONAL = "provisional"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


TITLES: dict[Mark, str] = {
    Mark.FLOOR: "政府兜底多",
    Mark.CORRECTED: "更正过",
    Mark.EXCEEDED: "目录外超限",
    Mark.APPROACHING: "接近限额",
    Mark.EMERGENCY: "紧急放行",
    Mark.PROVISIONAL: "临时结算",
    Mark.DIFFERS: "与平台不同",
    Mark.UNKNOWN: "登记里没有",
}


@dataclass(frozen=True, slots=True)
class Scope:
    """A plan as it is fixed: what is looked at, how much, how; `weights` are tickets beside the one of all."""

    name: str
    method: Method
    seed: str
    start: date
    end: date
    size: int
    facility: str = ""
    kind: str = ""
    strata: Strata = Strata.NONE
    weights: Mapping[Mark, int] = field(default_factory=dict[Mark, int])
    floor_from: int = 0

    def json(self) -> dict[str, Any]:
        """All of it, as its digest reads it."""
        return {
            "plan": 1, "name": self.name, "method": self.method.value, "seed": self.seed,
            "from": self.start.isoformat(), "to": self.end.isoformat(), "size": self.size,
            "facility": self.facility, "kind": self.kind, "strata": self.strata.value,
            "weights": {mark.value: n for mark, n in sorted(self.weights.items())}, "floor_from": self.floor_from,
        }  # fmt: skip


def scope_of(told: Mapping[str, Any]) -> Scope:
    """A plan out of what was fixed."""
    return Scope(
        told["name"], Method(told["method"]), told["seed"], date.fromisoformat(told["from"]),
        date.fromisoformat(told["to"]), told["size"], told["facility"], told["kind"], Strata(told["strata"]),
        {Mark(mark): n for mark, n in told["weights"].items()}, told["floor_from"],
    )  # fmt: skip


_WHERE = """
s.settled >= %(start)s AND s.settled < %(end)s AND s.result IS NOT NULL
  AND (%(facility)s = '' OR s.facility = %(facility)s)
  AND (%(kind)s = '' OR s.result::json ->> 'kind' = %(kind)s)
  AND NOT EXISTS (SELECT 1 FROM settlement_posting u WHERE u.settlement = s.id AND u.kind = 'reverse')
"""
_COUNT = (
    f"SELECT count(*) FROM (SELECT 1 FROM settlement_settlement s WHERE {_WHERE} LIMIT %(most)s) x"
)
_PLAIN = f"""
SELECT s.id, s.facility, s.result::json ->> 'kind' FROM settlement_settlement s WHERE {_WHERE} ORDER BY s.id
LIMIT %(most)s
"""
_MARKED = f"""
SELECT s.id, s.facility, t.told ->> 'kind',
  (replace(coalesce(t.told -> 'payments' ->> 'floor', '0.00'), '.', '')::bigint
    >= greatest(%(floor_from)s, 1)),
  s.sequence <> s.id,
  t.told -> 'control' ->> 'status',
  EXISTS (SELECT 1 FROM settlement_visit v JOIN review_event e ON e.visit = v.id AND e.kind = 'passed'
    WHERE v.visit = s.visit AND v.facility = s.facility),
  {AWAITS},
  strpos(s.result, '_differs"') > 0,
  NOT EXISTS (SELECT 1 FROM register_person r WHERE r.id = s.person)
FROM settlement_settlement s CROSS JOIN LATERAL (SELECT s.result::json AS told) t
WHERE {_WHERE} ORDER BY s.id LIMIT %(most)s
"""


def _values(scope: Scope) -> dict[str, Any]:
    return {
        "start": _first(scope.start), "end": _first(scope.end), "facility": scope.facility, "kind": scope.kind,
        "floor_from": scope.floor_from, "most": MOST + 1,
    }  # fmt: skip


def _first(day: date) -> datetime:
    return datetime.combine(day, time.min, CHINA)


def count(db: Driver, scope: Scope) -> int:
    """How many settlements a plan would be drawn out of; more than MOST are not counted on."""
    row = db.execute(_COUNT, _values(scope)).fetchone()
    return 0 if row is None else row[0]


def candidates(db: Driver, scope: Scope) -> list[Candidate]:
    """All that may be drawn, in the order of their numbers. Raises Refusal 409: there are none, or too many."""
    sql = _PLAIN if scope.method is Method.RANDOM else _MARKED
    rows = db.execute(sql, _values(scope)).fetchall()
    if not rows or len(rows) > MOST:
        why = "没有可以抽的" if not rows else f"超过 {MOST} 笔，把日期写短，或只看一家医院"
        raise Refusal.of(409, "S753", "scope", count=len(rows), why=why)
    return [_candidate(scope, row) for row in rows]


def _candidate(scope: Scope, row: tables.Row) -> Candidate:
    number, facility, kind, *told = row
    stratum = {Strata.NONE: "", Strata.FACILITY: facility, Strata.KIND: kind}[scope.strata]
    if scope.method is Method.RANDOM:
        return Candidate(number, stratum, 1)
    has_floor, is_corrected, status, is_passed, awaits, differs, is_unknown = told
    found = {
        Mark.FLOOR: has_floor, Mark.CORRECTED: is_corrected, Mark.EXCEEDED: status == "exceeded",
        Mark.APPROACHING: status == "approaching", Mark.EMERGENCY: is_passed, Mark.PROVISIONAL: awaits,
        Mark.DIFFERS: differs, Mark.UNKNOWN: is_unknown,
    }  # fmt: skip
    marks = [mark for mark, holds in found.items() if holds and scope.weights.get(mark, 0)]
    weight = 1 + sum(scope.weights[mark] for mark in marks)
    return Candidate(number, stratum, weight, tuple(marks))
