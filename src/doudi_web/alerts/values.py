"""The values that rules go by: the shipped ones, or what this installation stated in their place, with a reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from doudi.errors import fault
from doudi_web.alerts.models import Value as Row
from doudi_web.alerts.rules import ALL, RULES, Rule, Value
from doudi_web.audit_log.actions import record
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor


@dataclass(frozen=True, slots=True)
class InForce:
    """A value as it holds: `of` is what was shipped; `stated` tells by whom and why another holds."""

    of: Value
    amount: int
    reason: str = ""
    stated: datetime | None = None
    stated_by: str = ""

    def json(self) -> dict[str, Any]:
        """As answers tell it."""
        return {
            "name": self.of.name, "title": self.of.title, "amount": self.amount, "unit": self.of.unit.value,
            "shipped": self.of.amount, "status": self.of.status, "source": self.of.source or None,
            "reason": self.reason or None, "stated_by": self.stated_by or None,
            "stated": None if self.stated is None else told(self.stated),
        }  # fmt: skip


def in_force() -> dict[str, dict[str, InForce]]:
    """All values of all rules."""
    last = {(row.rule, row.name): row for row in Row.objects.order_by("id")}
    return {rule.code: {one.name: _held(rule, one, last) for one in rule.values} for rule in ALL}


def _held(rule: Rule, one: Value, last: Mapping[tuple[str, str], Row]) -> InForce:
    row = last.get((rule.code, one.name))
    if row is None:
        return InForce(one, one.amount)
    return InForce(one, row.amount, row.reason, row.stated, row.stated_by)


def amounts() -> tuple[dict[str, dict[str, int]], int]:
    """The values alone, and the number of the last one that was stated: 0 where none was."""
    held = in_force()
    last = Row.objects.order_by("-id").values_list("id", flat=True).first() or 0
    return {
        rule: {name: one.amount for name, one in own.items()} for rule, own in held.items()
    }, last


def state(actor: Actor, rule: str, name: str, amount: int, reason: str) -> tuple[int, InForce]:
    """State a value for this installation: 201; what holds already stays as it is: 200. Raises Refusal 403, 422."""
    actor.must(Act.ALERTS_RULES)
    of = RULES.get(rule)
    value = None if of is None else next((one for one in of.values if one.name == name), None)
    if of is None or value is None:
        raise Refusal.of(422, "S714", "name", rule=rule[:40], name=name[:40])
    if not value.least <= amount <= value.most:
        expected = f"{value.least} 至 {value.most}"
        raise Refusal(422, [fault("F203", "amount", value=str(amount)[:40], expected=expected)])
    if not reason:
        raise Refusal(
            422, [fault("F201", "reason", key="reason", expected="依据和原因，1 至 400 字")]
        )
    with transaction.atomic():
        held = in_force()[rule][name]
        if held.amount == amount:
            record(actor, "alerts.value.again", f"rule:{rule}.{name}")
            return 200, held
        Row.objects.create(
            rule=rule,
            name=name,
            amount=amount,
            reason=reason[:400],
            stated=now(),
            stated_by=actor.key,
        )
        detail = {"amount": amount, "before": held.amount}
        record(actor, "alerts.value", f"rule:{rule}.{name}", reason=reason, detail=detail)
    return 201, in_force()[rule][name]
