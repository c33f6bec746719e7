"""What settlements that are asked for come to together, from the ledger's entries, where there are not too many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from doudi_web.settlement import tables
from doudi_web.settlement.rows import MOST, STATES, Query, conditions
from doudi_web.settlement.since import IS_REVERSED
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor


@dataclass(frozen=True, slots=True)
class Sums:
    """How many settlements there are, and what they come to in fen, as they stand.

    What was reversed is in the sums only where reversed ones alone were asked for: else it would count twice. Where
    there are more than MOST nothing is summed, and `count` is MOST.
    """

    count: int
    is_whole: bool
    reversed: int
    erased: int
    total: int
    payments: Mapping[str, int]
    hospital: int
    patient: int

    @property
    def closes(self) -> bool:
        """Whether all payers come to the total."""
        return sum(self.payments.values()) + self.hospital + self.patient == self.total


_SUMS = """
WITH chosen AS MATERIALIZED (
  SELECT s.id, s.result IS NULL AS erased, {reversed} AS reversed FROM settlement_settlement s {where} LIMIT %s
), counted AS (
  SELECT count(*) AS n, count(*) FILTER (WHERE reversed AND NOT erased) AS reversed,
    count(*) FILTER (WHERE erased) AS erased
  FROM chosen
), borne AS (
  SELECT split_part(e.account, ':', 1) AS kind, sum(e.amount) AS amount,
    CASE WHEN e.account LIKE 'fund:%%' THEN split_part(e.account, ':', 2) END AS fund
  FROM chosen c CROSS JOIN LATERAL (
    SELECT e.account, e.amount FROM settlement_posting p JOIN settlement_entry e ON e.posting = p.id
    WHERE p.settlement = c.id AND p.kind = ANY(%s) OFFSET 0
  ) e
  WHERE (SELECT n FROM counted) <= %s AND NOT c.erased AND (%s OR NOT c.reversed)
  GROUP BY 1, 3
)
SELECT n, reversed, erased, (SELECT json_agg(json_build_array(kind, fund, amount)) FROM borne) FROM counted
"""
"""Each settlement's own entries are read by their indexes, however many others there are."""


def sums(actor: Actor, query: Query) -> Sums:
    """Count and sum what a query asks for, whatever page of it is shown. Raises Refusal 403."""
    actor.must(Act.SETTLEMENTS_READ)
    if query.facility:
        actor.must_be_of(query.facility, Act.SETTLEMENTS_READ)
    where, values = conditions(actor, query, is_page=False)
    return _summed(where, values, ("settle", "relief"), with_reversed=query.state == "reversed")


def sums_awaiting(actor: Actor) -> Sums:
    """The same of those that stand and await the platform, as they were settled. Raises Refusal 403."""
    actor.must(Act.AWAITING_READ)
    where: LiteralString = f"WHERE {STATES['awaiting']}"
    values: list[Any] = []
    if actor.facility is not None:
        where, values = f"WHERE s.facility = %s AND {STATES['awaiting']}", [actor.facility]
    return _summed(where, values, ("settle",), with_reversed=False)


def _summed(
    where: LiteralString, values: Sequence[Any], kinds: Sequence[str], *, with_reversed: bool
) -> Sums:
    sql = _SUMS.format(reversed=IS_REVERSED, where=where)
    asked = [*values, MOST + 1, list(kinds), MOST, with_reversed]
    row = tables.driver().execute(sql, asked).fetchone()
    assert row is not None
    count, undone, erased, borne = row
    found = {"clearing": 0, "hospital": 0, "patient": 0}
    payments: dict[str, int] = {}
    for kind, fund, amount in borne or ():
        if fund is None:
            found[kind] += amount
        else:
            payments[fund] = amount
    return Sums(
        min(count, MOST), count <= MOST, undone, erased, -found["clearing"], payments, found["hospital"],
        found["patient"],
    )  # fmt: skip
