"""Control over a period: what its visits measured, what they were allowed, what the hospital bore of it by visit.

No document that we have says how a period is judged: its limit is the pack's rate on the total of the visits to
which control applies, rounded down. Every answer says that this is unverified.
"""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import floor
from typing import Any, LiteralString

import psycopg
from pydantic_core import to_json

from doudi.money import Rounding, divide, share_text, yuan
from doudi_web.clearing.spans import Period
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import told

UNVERIFIED = ("period.limit", "period.assessment")
"""What no document confirms: that a period has this limit, and that what is above it is taken back."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What a standing settlement says of control; `rate` is None where nothing says it, as after an erasure.

    `has_floor`: whether its policy has a floor, whose fund can be given back to.
    """

    settlement: int
    visit: str
    facility: str
    settled: datetime
    total: int
    measured: int
    limit: int
    excess: int
    borne: int
    rate: Fraction | None
    has_floor: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """What a hospital's period comes to; amounts in fen, the share in parts of 10,000."""

    facility: str
    visits: int
    unmeasured: int
    total: int
    measured: int
    limit: int
    borne: int
    assessed: int

    @property
    def share(self) -> int:
        """Measured of total, half up; 0 of a total of nothing."""
        return divide(self.measured * 10_000, self.total, Rounding.HALF_UP) if self.total else 0

    @property
    def excess(self) -> int:
        """What is above the limit of the period."""
        return max(0, self.measured - self.limit)

    @property
    def to_claw_back(self) -> int:
        """What is above the limit, and the hospital has not borne by visit."""
        return max(0, self.measured - self.limit - self.borne)

    @property
    def difference(self) -> int:
        """What is left to be assessed; negative where more was assessed than there is now."""
        return self.to_claw_back - self.assessed


_VISITS: LiteralString = """
SELECT s.id, s.visit, s.facility, s.settled, r.total, r.hospital, r.control,
  (SELECT e -> 'values' FROM json_array_elements(r.explanation) e WHERE e ->> 'layer' = 'control' LIMIT 1),
  EXISTS (SELECT 1 FROM json_array_elements(r.explanation) e WHERE e ->> 'layer' = 'floor'), s.result IS NULL
FROM settlement_settlement s
LEFT JOIN LATERAL json_to_record(s.result::json)
  AS r(total text, hospital text, control json, explanation json) ON true
WHERE s.settled >= %(start)s AND s.settled < %(end)s AND NOT EXISTS (
  SELECT 1 FROM settlement_posting p WHERE p.settlement = s.id AND p.kind = 'reverse')
"""
_IN_ORDER: LiteralString = " ORDER BY s.facility, s.settled, s.sequence"
_PAGE: LiteralString = f"""
{_VISITS} AND s.facility = %(facility)s AND (s.settled, s.sequence) > (%(behind)s, %(sequence)s)
  AND (s.result IS NULL OR (r.control ->> 'applies')::boolean) {_IN_ORDER} LIMIT %(most)s
"""


def visits_of(
    db: "psycopg.Connection[tables.Row]",
    period: Period,
    facility: str,
    only: Sequence[int] | None = None,
) -> Iterator[Visit]:
    """The standing settlements of a period to which control applies, hospital by hospital, in their order; of these
    alone, where told.

    One whose content was erased is as an assessment has kept it; where none has, nothing is known of it but that it
    was there.
    """
    sql = _VISITS
    if facility:
        sql += " AND s.facility = %(facility)s"
    if only is not None:
        sql += " AND s.id = ANY(%(only)s)"
    values = {"start": period.start, "end": period.end, "facility": facility, "only": only}
    yield from _read(db, period, facility, sql + _IN_ORDER, values)


def visits_behind(
    db: "psycopg.Connection[tables.Row]",
    period: Period,
    facility: str,
    behind: tuple[datetime, int],
    most: int,
) -> list[Visit]:
    """The same of a hospital: so many of those that follow a moment and a place in the order of the visits."""
    moment, sequence = behind
    values = {
        "start": period.start, "end": period.end, "facility": facility, "behind": moment, "sequence": sequence,
        "most": most,
    }  # fmt: skip
    return [*_read(db, period, facility, _PAGE, values)]


def _read(
    db: "psycopg.Connection[tables.Row]",
    period: Period,
    facility: str,
    sql: LiteralString,
    values: Mapping[str, Any],
) -> Iterator[Visit]:
    rows = db.execute(sql, values).fetchall()
    kept = _kept(db, period, facility) if any(row[-1] for row in rows) else {}
    for (
        number,
        visit,
        where,
        settled,
        total,
        hospital,
        control,
        told_values,
        has_floor,
        is_erased,
    ) in rows:
        if is_erased:
            one = kept.get(number)
            if one is None:
                yield Visit(number, visit, where, settled, 0, 0, 0, 0, 0, None, has_floor=True)
            else:
                yield Visit(number, visit, where, settled, *one, has_floor=True)
        elif control is not None and control["applies"]:
            limit, whole = fen(control["limit"]), fen(total)
            yield Visit(
                number, visit, where, settled, whole, fen(control["measured"]), limit, fen(control["excess"]),
                fen(hospital), rate_of(told_values or [], whole, limit), has_floor,
            )  # fmt: skip


def fen(amount: str) -> int:
    """An amount that an answer tells, in fen.

    >>> fen("2539.50"), fen("-0.05")
    (253950, -5)
    """
    return int(Decimal(amount).scaleb(2))


def rate_of(values: Sequence[Mapping[str, Any]], total: int, limit: int) -> Fraction | None:
    """The rate by which a visit's limit came out, as its own explanation of control tells it; None: it does not."""
    told = sorted(values, key=lambda value: value["name"] != "control.limit")
    for value in told:
        rate = _percent(value["value"])
        if rate is not None and floor(rate * total) == limit:
            return rate
    return None


def _percent(text: str) -> Fraction | None:
    if not text.endswith("%"):
        return None
    try:
        return Fraction(Decimal(text[:-1])) / 100
    except InvalidOperation:
        return None


@dataclass(frozen=True, slots=True)
class Part:
    """Visits of one rate together: how many, and what they come to in fen."""

    rate: Fraction | None
    visits: int
    total: int
    measured: int
    borne: int


def figures_of(facility: str, visits: Iterable[Visit], assessed: int) -> Figures:
    """What the visits of one hospital come to."""
    parts = (Part(one.rate, 1, one.total, one.measured, one.borne) for one in visits)
    return figures_of_parts(facility, parts, assessed)


def figures_of_parts(facility: str, parts: Iterable[Part], assessed: int) -> Figures:
    """The same of visits that were added up by their rates: the limit is cut off once, of all together."""
    found = list(parts)
    known = [(one, one.rate) for one in found if one.rate is not None]
    visits = sum(one.visits for one, _ in known)
    limit = floor(sum((rate * one.total for one, rate in known), Fraction(0)))
    return Figures(
        facility, visits, sum(one.visits for one in found) - visits, sum(one.total for one, _ in known),
        sum(one.measured for one, _ in known), limit, sum(one.borne for one, _ in known), assessed,
    )  # fmt: skip


def kept_figures(visits: Iterable[Visit]) -> bytes:
    """What an assessment keeps of the visits that it rests on: numbers and amounts, nothing of a person."""
    rows = [
        [one.settlement, one.total, one.measured, one.limit, one.excess, one.borne, str(one.rate)]
        for one in visits
        if one.rate is not None
    ]
    return zlib.compress(to_json({"visits": rows}), 9)


_KEPT = """
SELECT figures FROM settlement_assessment WHERE period = ANY(%s) AND (%s = '' OR facility = %s) ORDER BY id
"""


def _kept(
    db: "psycopg.Connection[tables.Row]", period: Period, facility: str
) -> dict[int, tuple[int, int, int, int, int, Fraction]]:
    """What assessments of periods that touch this one have kept of its visits; the last one holds."""
    touching = [str(one) for one in (*period.inner(), *period.outer())]
    found: dict[int, tuple[int, int, int, int, int, Fraction]] = {}
    for (figures,) in db.execute(_KEPT, [touching, facility, facility]):
        for number, total, measured, limit, excess, borne, rate in json.loads(
            zlib.decompress(figures)
        )["visits"]:
            found[number] = (total, measured, limit, excess, borne, Fraction(rate))
    return found


_ASSESSED = """
SELECT facility, sum(amount)::bigint FROM settlement_assessment
WHERE period = ANY(%s) AND (%s = '' OR facility = %s) GROUP BY facility
"""


def assessed_within(
    db: "psycopg.Connection[tables.Row]", period: Period, facility: str
) -> dict[str, int]:
    """By hospital: what was assessed for the period and for those that lie within it."""
    within = [str(one) for one in period.inner()]
    return dict(db.execute(_ASSESSED, [within, facility, facility]).fetchall())


def figures_json(one: Figures) -> dict[str, Any]:
    """A hospital's period as answers tell it."""
    return {
        "facility": one.facility, "visits": one.visits, "unmeasured": one.unmeasured, "total": yuan(one.total),
        "measured": yuan(one.measured), "share": share_text(one.share), "limit": yuan(one.limit),
        "excess": yuan(one.excess), "borne": yuan(one.borne), "to_claw_back": yuan(one.to_claw_back),
        "assessed": yuan(one.assessed), "difference": yuan(one.difference),
    }  # fmt: skip


def visit_json(one: Visit) -> dict[str, Any]:
    """One visit behind a figure: amounts are null where its content was erased and no assessment kept them."""
    is_known = one.rate is not None
    share = divide(one.measured * 10_000, one.total, Rounding.HALF_UP) if one.total else 0
    return {
        "settlement_id": str(one.settlement), "visit_id": one.visit, "facility": one.facility,
        "settled": told(one.settled),
        **{
            name: yuan(amount) if is_known else None
            for name, amount in (
                ("total", one.total), ("measured", one.measured), ("limit", one.limit),
                ("excess", one.excess), ("borne", one.borne),
            )
        },
        "share": share_text(share) if is_known else None,
    }  # fmt: skip
