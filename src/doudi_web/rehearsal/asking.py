"""Asking that a version be tried on the visits of a span: queued as long work."""

from datetime import datetime, timedelta

from django.db import transaction

from doudi_web.policy.rules import generation, rules, together
from doudi_web.policy.versions import CHECKED, INSTALL, TITLES, locked
from doudi_web.rehearsal.models import Trial
from doudi_web.runs import actions as runs
from doudi_web.runs.kinds import Kind
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

RUN = Kind("rehearsal", Act.POLICIES_PROPOSE)
LONGEST = timedelta(days=366)


def ask(actor: Actor, version: int, start: datetime, end: datetime) -> int:
    """Ask for a trial of a version on the visits settled on [start, end). Its number.

    Raises Refusal: 403, 404, 409 (no version that passed its check; the same is on its way), 422 (the span).
    """
    actor.must(Act.POLICIES_PROPOSE)
    if start >= end:
        raise Refusal.of(
            422, "F302", "from", earlier="from", earlier_value=told(start), later="to", later_value=told(end)
        )  # fmt: skip
    if end - start > LONGEST:
        raise Refusal.of(422, "F203", "to", value=told(end), expected="从第一天起不超过一年")
    with transaction.atomic():
        one = locked(version)
        if one.kind != INSTALL or one.source_id is None or one.state != CHECKED:
            raise Refusal.of(409, "S732", str(version), number=version, state=TITLES[one.state])
        made = Trial.objects.create(
            version=version, name=one.name, digest=bytes(one.source_id), start=start, end=end,
            asked_by=actor.key, asked=now(), ruled=together(rules(generation())),
        )  # fmt: skip
        parameters = {"version": version, "from": told(start), "to": told(end)}
        asked = runs.ask(actor, RUN, {**parameters, "trial": made.pk}, "试算新的政策")
        made.run = asked["id"]
        made.save(update_fields=["run"])
    return made.pk
