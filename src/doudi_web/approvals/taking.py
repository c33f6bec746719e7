"""Taking what waits upon oneself, or giving it back; and deciding alike ones together."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from doudi_web.approvals.models import Taken
from doudi_web.approvals.selectors import Item, Kind, item_of, proposal
from doudi_web.audit_log.actions import record
from doudi_web.settlement.deciding import Decision, decide
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

MOST = 100
"""Items that are decided together."""


def take(actor: Actor, kind: Kind, number: int) -> None:
    """Look after an item, in the place of who did before. Raises Refusal 403."""
    actor.must(Act.APPROVALS_TAKE)
    with transaction.atomic():
        values = {"owner": actor.key, "at": now()}
        Taken.objects.update_or_create(kind=kind.value, number=number, defaults=values)
        record(actor, "approvals.take", f"{kind.value}:{number}")


def give_back(actor: Actor, kind: Kind, number: int) -> None:
    """Look after an item no more. Raises Refusal 403."""
    actor.must(Act.APPROVALS_TAKE)
    with transaction.atomic():
        Taken.objects.filter(kind=kind.value, number=number, owner=actor.key).delete()
        record(actor, "approvals.give_back", f"{kind.value}:{number}")


def alike(actor: Actor, numbers: Sequence[int]) -> list[Item]:
    """The open proposals of these numbers, which must be alike. Raises Refusal 403, 422."""
    found = [
        one for number in dict.fromkeys(numbers) if (one := proposal(actor, number)) is not None
    ]
    items = [item_of(one) for one in found if one["state"] == "open"]
    kinds = {one.alike for one in items}
    if not items or len(items) > MOST or len(kinds) != 1 or "" in kinds:
        raise Refusal.of(422, "S738", "proposal", count=len(set(numbers)))
    return items


@dataclass(frozen=True, slots=True)
class Together:
    """What became of each of those that were decided together: done, or why not."""

    done: Sequence[int]
    left: Sequence[tuple[int, Refusal]]


def decide_together(
    actor: Actor, numbers: Sequence[int], message: str, decision: Decision
) -> Together:
    """Decide alike proposals, each by itself: one that changed meanwhile is left and told, the others are decided.

    Raises Refusal 403, 422.
    """
    actor.must(Act.PROPOSALS_DECIDE)
    items = alike(actor, numbers)
    done, left = list[int](), list[tuple[int, Refusal]]()
    for one in sorted(items, key=lambda item: item.number):
        made = Decision(
            one.number, f"{message}:{one.number}", decision.reason, decision.is_approved, decision.borne_by
        )  # fmt: skip
        try:
            decide(actor, made)
            done.append(one.number)
        except Refusal as refused:
            left.append((one.number, refused))
    return Together(done, left)
