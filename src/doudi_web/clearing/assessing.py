"""Periods recounted, the visits behind them, their assessment: what control leaves goes back to the floor fund.

It touches no person: the posting has the hospital's entry and the fund's, and adds to no sum. ADR 0019.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import psycopg

from doudi.money import yuan
from doudi_web.audit_log.actions import record
from doudi_web.clearing.figures import (
    UNVERIFIED,
    Figures,
    Visit,
    assessed_within,
    figures_json,
    figures_of,
    kept_figures,
    visit_json,
    visits_behind,
    visits_of,
)
from doudi_web.clearing.spans import Period
from doudi_web.settlement import assessed, tables
from doudi_web.settlement.months import month_of
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

FUND = "floor"
"""Who gets it back. ADR 0019."""
LISTED = 500


def recounted(
    db: "psycopg.Connection[tables.Row]", period: Period, facility: str = ""
) -> Iterator[Figures]:
    """What a period comes to, hospital by hospital, from what each visit was answered; also one whose visits are
    gone, but that was assessed."""
    before = assessed_within(db, period, facility)
    for code, visits in groupby(visits_of(db, period, facility), lambda one: one.facility):
        yield figures_of(code, visits, before.pop(code, 0))
    for code, amount in sorted(before.items()):
        yield figures_of(code, (), amount)


_PLACE = """
SELECT settled, sequence FROM settlement_settlement
WHERE id = %s AND facility = %s AND settled >= %s AND settled < %s
"""


def visits(
    actor: Actor, period: Period, facility: str, after: int, most: int = LISTED
) -> dict[str, Any]:
    """The visits behind a hospital's figures, in their order; `after` names the last where there are more.

    Raises Refusal: 403, 404 (`after` is none of them).
    """
    actor.must(Act.PERIODS_READ)
    actor.must_be_of(facility, Act.PERIODS_READ)
    db = tables.driver()
    with db.transaction():
        behind = (period.start, 0)
        if after:
            place = db.execute(_PLACE, [after, facility, period.start, period.end]).fetchone()
            if place is None:
                raise Refusal.of(404, "S406", "after")
            behind = place
        found = visits_behind(db, period, facility, behind, most + 1)
        shown = found[:most]
        detail = {"period": str(period), "facility": facility, "rows": len(shown)}
        record(actor, "periods.visits", "periods", detail=detail)
    return {
        **head_json(period),
        "facility": facility,
        "visits": [visit_json(one) for one in shown],
        "after": str(shown[-1].settlement) if len(found) > most else None,
    }


def head_json(period: Period) -> dict[str, Any]:
    """What every answer about a period begins with."""
    return {
        "period": str(period),
        "from": told(period.start),
        "to": told(period.end),
        "unverified": list(UNVERIFIED),
    }


def assess_in(
    db: "psycopg.Connection[tables.Row]",
    actor: Actor,
    message: str,
    facility: str,
    period: Period,
    reason: str,
) -> dict[str, Any]:
    """Take back from a hospital what a period leaves, as two persons decided it: `proposing`.

    Once a hospital and period; after visits changed, the difference, which may be negative.
    Raises Refusal: 403, 409 (the period runs still; it lies in one that was assessed; nothing is left; visits that
    nobody can measure; no floor fund).
    """
    actor.must(Act.ASSESS)
    tables.lock(db, (f"assess:{facility}",))
    found, figures = due(db, facility, period)
    posted = now()
    month = month_of(posted, tables.last_closed(db))
    number, posting = assessed.post(
        db,
        assessed.Assessed(
            facility, str(period), figures.difference, FUND, kept_figures(found), reason, actor.key,
            message, posted, month,
        ),
    )  # fmt: skip
    detail = {"period": str(period), "facility": facility, "amount": yuan(figures.difference)}
    record(actor, "assess", f"facility:{facility}"[:80], reason=reason, detail=detail)
    return {
        **head_json(period),
        "assessment_id": str(number),
        "posting": posting,
        "month": month,
        "amount": yuan(figures.difference),
        "entries": _entries(db, posting),
        "figures": figures_json(figures),
    }


def due(
    db: "psycopg.Connection[tables.Row]", facility: str, period: Period
) -> tuple[list[Visit], Figures]:
    """The visits of a hospital's period that can be assessed, and what they come to. Raises Refusal 409."""
    _must_be_over(period)
    _must_be_outermost(db, facility, period)
    found = list(visits_of(db, period, facility))
    figures = figures_of(facility, found, assessed_within(db, period, facility).get(facility, 0))
    _must_be_due(period, figures, found)
    return found, figures


def _entries(db: "psycopg.Connection[tables.Row]", posting: int) -> list[dict[str, Any]]:
    rows = db.execute(
        "SELECT id, account, amount FROM settlement_entry WHERE posting = %s ORDER BY id", [posting]
    )
    return [{"id": i, "account": account, "amount": yuan(fen)} for i, account, fen in rows]


def _must_be_over(period: Period) -> None:
    """Raises Refusal 409 while visits may still be settled in it."""
    if now() < period.end:
        raise Refusal.of(409, "S584", "period", period=str(period), end=told(period.end))


def _must_be_outermost(db: "psycopg.Connection[tables.Row]", facility: str, period: Period) -> None:
    """Raises Refusal 409 where a longer period that holds it was assessed: that one goes on."""
    outer = [str(one) for one in period.outer()]
    for _, stated, _, _ in assessed.assessments_of(db, facility, outer):
        raise Refusal.of(409, "S585", "period", period=str(period), outer=stated)


def _must_be_due(period: Period, figures: Figures, visits: list[Visit]) -> None:
    """Raises Refusal 409 where nothing is to be posted, or what is cannot be told."""
    if figures.unmeasured:
        raise Refusal.of(409, "S586", "period", period=str(period), count=figures.unmeasured)
    if not figures.difference:
        details = {"to_claw_back": yuan(figures.to_claw_back), "assessed": yuan(figures.assessed)}
        raise Refusal.of(409, "S587", "period", period=str(period), **details)
    if figures.difference > 0 and not any(one.has_floor for one in visits):
        raise Refusal.of(409, "S588", "period", period=str(period))
