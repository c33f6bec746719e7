"""Bundles that were made, as they are read."""

from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor
from doudi_web.witness.models import Bundle


def bundles_of(actor: Actor, settlement: int) -> list[Bundle]:
    """Of a settlement, the newest first. Raises Refusal 403."""
    actor.must(Act.EVIDENCE_MAKE)
    return list(Bundle.objects.filter(settlement=settlement).order_by("-id")[:100])
