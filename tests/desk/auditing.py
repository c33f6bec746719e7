"""Things of the audit desk at hand: a plan that was drawn, a question, an audit, a head that was handed over."""

from datetime import date, timedelta
from typing import Any

from doudi_web.inquiry import asking, planning, samples
from doudi_web.inquiry.frame import Method, Scope
from doudi_web.oversight.audited import Range
from doudi_web.oversight.auditing import audit
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.who import Actor, actor_of_account
from doudi_web.witness import handing
from web.accounts import person


def auditor() -> Actor:
    """An auditor at work."""
    return actor_of_account(person("auditor"))


def drawn(who: Actor, size: int = 2, seed: str = "1") -> int:
    """A plan over June 2019 that was fixed and drawn."""
    of = Scope("六月", Method.RANDOM, seed, date(2019, 6, 1), date(2019, 7, 1), size)
    number = planning.fix(who, of, samples.facilities())
    planning.draw(who, number)
    return number


def asked(who: Actor, settlement: int, to: str = "office") -> int:
    """A question about a settlement."""
    soon = now().date() + timedelta(days=7)
    return asking.raise_question(who, settlement, "floor", 13_479, to, soon, "依据是什么")


def audit_at_hand(settlement: int) -> dict[str, Any]:
    """What addresses of the audit desk are filled with."""
    who = auditor()
    return {
        "sample": drawn(who),
        "place": 1,
        "file": "frame",
        "question": asked(who, settlement),
        "audit": audit(who, Range())["id"],
        "head": handing.hand_over(who, "市审计局", "paper"),
        "kind": "audit_chains",
    }
