"""All hospitals of a month of the ledger: what each fund owes, what they bear, whether the platform agrees."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import LiteralString

import psycopg

from doudi_web.audit_log.actions import record
from doudi_web.papers.clearing import must_be_month
from doudi_web.settlement import tables
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

Driver = psycopg.Connection[tables.Row]


@dataclass(slots=True)
class Hospital:
    """A hospital's month in fen. `differs`: settlements whose funds the platform states otherwise; `stated`: of how
    many it states anything."""

    facility: str
    name: str
    postings: int = 0
    total: int = 0
    funds: dict[str, int] = field(default_factory=dict[str, int])
    hospital: int = 0
    patient: int = 0
    stated: int = 0
    differs: int = 0
    difference: int = 0

    @property
    def of_funds(self) -> int:
        """What all funds owe together."""
        return sum(self.funds.values())

    @property
    def closes(self) -> bool:
        """Whether what all bear is what the hospital has earned."""
        return self.total == self.of_funds + self.hospital + self.patient


_SUMS: LiteralString = """
WITH own AS MATERIALIZED (
  SELECT p.id, coalesce(s.facility, a.facility) AS facility FROM settlement_posting p
  LEFT JOIN settlement_settlement s ON s.id = p.settlement
  LEFT JOIN settlement_assessment a ON a.id = p.assessment
  WHERE p.month = %(month)s AND (p.settlement IS NOT NULL OR p.assessment IS NOT NULL))
SELECT o.facility, coalesce(f.name, o.facility),
  CASE WHEN e.account LIKE 'patient:%%' THEN 'patient:' WHEN e.account LIKE 'clearing:%%' THEN 'clearing:'
    WHEN e.account LIKE 'hospital:%%' THEN 'hospital:' ELSE e.account END AS account,
  count(DISTINCT o.id), sum(e.amount)::bigint
FROM own o JOIN settlement_entry e ON e.posting = o.id LEFT JOIN tenancy_facility f ON f.code = o.facility
WHERE %(facility)s = '' OR o.facility = %(facility)s
GROUP BY 1, 2, 3 ORDER BY 2, 1
"""
_PLATFORM: LiteralString = """
WITH own AS MATERIALIZED (
  SELECT s.id, s.facility, s.visit, p.id AS posting FROM settlement_posting p
  JOIN settlement_settlement s ON s.id = p.settlement
  WHERE p.month = %(month)s AND p.kind = 'settle' AND (%(facility)s = '' OR s.facility = %(facility)s)
    AND NOT EXISTS (SELECT 1 FROM settlement_posting r WHERE r.settlement = s.id AND r.kind = 'reverse')
    AND EXISTS (SELECT 1 FROM oversight_figure g WHERE g.facility = s.facility AND g.visit = s.visit
      AND g.source = 'platform'))
SELECT o.facility, count(*), count(*) FILTER (WHERE d.differs), coalesce(sum(d.difference), 0)::bigint
FROM own o
JOIN LATERAL (SELECT g.amounts FROM oversight_figure g WHERE g.facility = o.facility
  AND g.visit = o.visit AND g.source = 'platform' ORDER BY g.id DESC LIMIT 1) g ON true
CROSS JOIN LATERAL (SELECT bool_or(f.difference <> 0) AS differs, sum(f.difference) AS difference FROM (
  SELECT (x.value)::bigint - coalesce((SELECT sum(e.amount) FROM settlement_entry e
    WHERE e.posting = o.posting AND e.account = 'fund:' || x.key), 0) AS difference
  FROM jsonb_each_text(g.amounts) x WHERE x.key NOT IN ('total', 'hospital', 'patient')) f) d
GROUP BY o.facility
"""


def hospitals(actor: Actor, month: str) -> list[Hospital]:
    """Every hospital with postings in a month; a hospital has its own alone. Raises Refusal 403, 422."""
    actor.must(Act.MONTHS_READ)
    must_be_month(month)
    db = tables.driver()
    with db.transaction():
        found = read(db, month, actor.facility or "")
        record(actor, "months.hospitals", f"month:{month}", detail={"rows": len(found)})
    return found


def read(db: Driver, month: str, facility: str = "") -> list[Hospital]:
    """The same within what somebody else records."""
    asked: Mapping[str, str] = {"month": month, "facility": facility}
    found: dict[str, Hospital] = {}
    for code, name, account, postings, amount in db.execute(_SUMS, asked):
        one = found.setdefault(code, Hospital(code, name))
        one.postings = max(one.postings, postings)
        _add(one, account, amount)
    for code, stated, differs, difference in db.execute(_PLATFORM, asked):
        if code in found:
            one = found[code]
            one.stated, one.differs, one.difference = stated, differs, difference
    for one in found.values():
        assert one.closes, "a month that does not close"
    return list(found.values())


def _add(one: Hospital, account: str, amount: int) -> None:
    kind, _, name = account.partition(":")
    match kind:
        case "clearing":
            one.total -= amount
        case "fund":
            one.funds[name] = one.funds.get(name, 0) + amount
        case "hospital":
            one.hospital += amount
        case _:
            one.patient += amount
