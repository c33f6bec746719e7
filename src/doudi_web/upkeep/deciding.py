"""The second person confirms what a township stated, as it was looked at, or refuses it; it may be taken back."""

import json
from typing import Any

from django.db import transaction

from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.register import sealing, statements
from doudi_web.review.events import note_faults
from doudi_web.settlement import learning
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor
from doudi_web.upkeep.asking import STATES
from doudi_web.upkeep.models import Change

LISTED = 50
"""Changes of a page, the last first."""


def changes(
    actor: Actor, *, waiting: bool, person: str = "", before: int = 0, most: int = LISTED
) -> list[Change]:
    """What was stated, the last first: of the officer's township, of any for the district. Raises Refusal 403."""
    actor.must(Act.UPKEEP_READ)
    found = Change.objects.order_by("-id")
    if actor.township is not None:
        found = found.filter(township=actor.township)
    if waiting:
        found = found.filter(state="waiting")
    if person:
        found = found.filter(person=person)
    if before:
        found = found.filter(pk__lt=before)
    with transaction.atomic():
        listed = list(found.defer("statement")[:most])
        record(actor, "upkeep.changes", "changes", detail={"rows": len(listed)})
        each = ((subject_of(one), {"by": ["changes"]}) for one in {x.person for x in listed})
        record_each(actor, "persons.read", each)
    return listed


def one(actor: Actor, number: int) -> tuple[Change, dict[str, Any]]:
    """A change and its statement. Raises Refusal 403, 404."""
    actor.must(Act.UPKEEP_READ)
    change = _found(actor, number)
    record(actor, "upkeep.read", subject_of(change.person), detail={"change": number})
    return change, json.loads(sealing.opened(change.statement, f"change.{number}"))


def confirm(actor: Actor, number: int, note: str) -> None:
    """Confirm it: the register is written as it was looked at.

    Raises Refusal 403 (who stated it), 404, 409, 422 (what is said cannot be kept).
    """
    actor.must(Act.UPKEEP_CONFIRM)
    if faults := note_faults("reason", note, "说明，至多 400 字", required=False):
        raise Refusal(422, faults)
    with transaction.atomic():
        change = _waiting(actor, number, "确认")
        if change.asked_by == actor.key:
            raise Refusal.of(
                403, "S746", str(number), what=f"变更 {number}", did="提出", does="确认"
            )
        statement = json.loads(sealing.opened(change.statement, f"change.{number}"))
        change.became = statements.write(actor, statement, change.digest, note or change.reason)
        _decided(actor, change, "written", note)
    learning.learn(learning.AT_ONCE)


def refuse(actor: Actor, number: int, reason: str) -> None:
    """Do not confirm it; the register stays as it is. Raises Refusal 403, 404, 409, 422."""
    actor.must(Act.UPKEEP_CONFIRM)
    if faults := note_faults("reason", reason, "为什么，1 至 400 字", required=True):
        raise Refusal(422, faults)
    with transaction.atomic():
        _decided(actor, _waiting(actor, number, "退回"), "refused", reason)


def withdraw(actor: Actor, number: int) -> None:
    """The township takes back what waits. Raises Refusal 403, 404, 409."""
    actor.must(Act.UPKEEP_WRITE)
    with transaction.atomic():
        _decided(actor, _waiting(actor, number, "撤回"), "withdrawn", "")


def count_waiting(actor: Actor) -> int:
    """How many wait for the second person."""
    found = Change.objects.filter(state="waiting")
    return (found if actor.township is None else found.filter(township=actor.township)).count()


def _found(actor: Actor, number: int) -> Change:
    found = Change.objects.filter(pk=number)
    if actor.township is not None:
        found = found.filter(township=actor.township)
    change = found.first()
    if change is None:
        raise Refusal.of(404, "S744", str(number), what="变更", number=number)
    return change


def _waiting(actor: Actor, number: int, wanted: str) -> Change:
    _found(actor, number)
    change = Change.objects.select_for_update().get(pk=number)
    if change.state != "waiting":
        what = f"变更 {number}"
        raise Refusal.of(
            409, "S745", str(number), what=what, state=STATES[change.state], wanted=wanted
        )
    return change


def _decided(actor: Actor, change: Change, state: str, text: str) -> None:
    change.state, change.decided, change.decided_by, change.decision = state, now(), actor.key, text
    change.save()
    detail = {"change": change.pk, "state": state}
    record(actor, f"upkeep.{state}", subject_of(change.person), reason=text, detail=detail)
