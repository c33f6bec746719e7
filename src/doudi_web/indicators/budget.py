"""What a fund may spend in a year: as the district states it, with a reason; nobody invents one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from doudi.money import yuan
from doudi_web.audit_log.actions import record
from doudi_web.indicators.models import Budget
from doudi_web.policy.rules import generation, rules
from doudi_web.settlement.titles import titles_of
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

FLOOR = "floor"
YEARS = range(2000, 2100)
MOST = 10**15
"""Fen: what no district's fund spends, and a number that is exact everywhere."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A budget as it was stated."""

    year: int
    fund: str
    amount: int
    reason: str
    stated: datetime
    stated_by: str

    def json(self) -> dict[str, Any]:
        """As answers tell it."""
        return {
            "year": self.year, "fund": self.fund, "amount": yuan(self.amount), "reason": self.reason,
            "stated": told(self.stated), "stated_by": self.stated_by,
        }  # fmt: skip


def history(year: int, fund: str) -> list[Stated]:
    """What was stated for a fund's year, the last first: it holds."""
    rows = Budget.objects.filter(year=year, fund=fund).order_by("-id")[:50]
    return [Stated(b.year, b.fund, b.amount, b.reason, b.stated, b.stated_by) for b in rows]


def funds() -> Sequence[str]:
    """The funds of the installed packs: their layers that pay, and the floor."""
    shelf, found = rules(generation()).shelf, dict[str, None]()
    for head in shelf.heads:
        pack = shelf.pack(head.id)
        found |= dict.fromkeys(layer.id for layer in pack.layers)
    return [*(fund for fund in found if fund != "control"), *([] if FLOOR in found else [FLOOR])]


def titles(of: Sequence[str]) -> dict[str, str]:
    """What funds are called."""
    named = titles_of([], [*of, FLOOR]).layers
    return {fund: named.get(fund, "政府兜底" if fund == FLOOR else fund) for fund in of}


def state(actor: Actor, year: int, fund: str, amount: int, reason: str) -> tuple[int, Stated]:
    """State a fund's budget of a year: 201; what holds already stays as it is: 200. Raises Refusal 403, 422."""
    actor.must(Act.BUDGETS_WRITE)
    if fund not in funds():
        raise Refusal.of(422, "S701", "fund", fund=fund, funds="、".join(funds()))
    with transaction.atomic():
        last = Budget.objects.filter(year=year, fund=fund).order_by("-id").first()
        if last is not None and last.amount == amount:
            record(actor, "budgets.again", f"budget:{year}:{fund}"[:80])
            return 200, history(year, fund)[0]
        Budget.objects.create(
            year=year, fund=fund, amount=amount, reason=reason, stated=now(), stated_by=actor.key
        )
        before = None if last is None else yuan(last.amount)
        detail = {"amount": yuan(amount), "before": before}
        record(actor, "budgets.state", f"budget:{year}:{fund}"[:80], reason=reason, detail=detail)
    return 201, history(year, fund)[0]
