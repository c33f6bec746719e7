"""Before anything is charged: what a bill comes to on what the database knows now. Nothing is locked, and nothing
written but who looked."""

from dataclasses import dataclass, replace
from typing import Any

from doudi.adjudication import Adjudication
from doudi.errors import Faulty
from doudi.finding import Finding
from doudi.precheck.check import look_at
from doudi.precheck.what_if import WhatIf, summed
from doudi.source_text import Document, Value
from doudi.wire.findings import finding_json
from doudi_web.audit_log.actions import row, subject_of
from doudi_web.settlement import accumulators, tables
from doudi_web.settlement.asked import Keys, keys_of, mapping
from doudi_web.settlement.assessing import Place, Ready, moment_of, ready
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor


@dataclass(frozen=True, slots=True)
class Looked:
    """A bill made ready, and settled as it stands without its draft orders."""

    ready: Ready
    settled: Adjudication

    def finding(self) -> Finding:
        """With what each line and draft order does, and what would do better. Raises Faulty."""
        made = self.ready
        claim = replace(made.claim, drafts=())
        return look_at(
            made.running, claim, made.claim.drafts, made.lists.catalogue, made.book, self.settled, made.told
        )  # fmt: skip

    def amounts(self) -> Finding:
        """The amounts alone, and what still fits under the limit."""
        made = self.ready
        claim = replace(made.claim, drafts=())
        what_if = WhatIf(made.running, claim, made.book)
        room = what_if.room(summed(what_if.sums_of_each(claim.lines)))
        return Finding(self.settled, (), (), room)

    def json(self, *, effects: bool) -> dict[str, Any]:
        """The finding as the contract's JSON. Raises Faulty."""
        found = finding_json(self.finding() if effects else self.amounts())
        if not effects:
            del found["marginal"], found["alternatives"]
        return self.ready.provisional(found)


def precheck(actor: Actor, document: Document, *, effects: bool) -> dict[str, Any]:
    """Look at a bill before it is charged. Raises Refusal 403, 422 with every fault of the bill."""
    actor.must(Act.PRECHECK)
    bill = mapping(document.value)
    keys = keys_of(bill)
    actor.must_be_of(keys.facility, Act.PRECHECK)
    try:
        return looked(actor, document, bill, keys, action="precheck").json(effects=effects)
    except Faulty as refused:
        raise Refusal(422, refused.faults) from refused


def looked(
    actor: Actor, document: Document, bill: dict[str, Value], keys: Keys, *, action: str | None
) -> Looked:
    """A running bill settled as if it were now; `action` as in `standing`. Raises Faulty."""
    made = standing(actor, document, bill, keys, running_bill=True, action=action)
    return Looked(made, made.settled(drafts=True))


def standing(
    actor: Actor,
    document: Document,
    bill: dict[str, Value],
    keys: Keys,
    *,
    running_bill: bool,
    action: str | None,
) -> Ready:
    """A bill made ready on what stands now. Raises Faulty.

    `action` is what the audit log calls this look; None where the caller records it among others.
    """
    stood, place = stands(actor, bill, keys, action=action)
    return ready(document, bill, keys, stood, place, running_bill=running_bill)


def stands(
    actor: Actor, bill: dict[str, Value], keys: Keys, *, action: str | None
) -> tuple[tables.Standing, Place]:
    """What the database knows of a bill, and where in the order it would be settled; `action` as in `standing`."""
    db, owners = tables.driver(), accumulators.owners_of(keys.person, keys.episode)
    of, detail = subject_of(keys.person), {"visit": keys.visit}
    recorded = None if action is None else row(actor, action, of, now(), detail=detail)
    stood = tables.look(
        db, owners,
        {"client": "", "message": "", "visit": keys.visit, "person": keys.person, "facility": keys.facility},
        recorded,
    )  # fmt: skip
    settled = moment_of(actor, bill, stood)
    if stood.last_settled is not None and settled < stood.last_settled:
        stood = replace(stood, sums=accumulators.sums_before(db, owners, settled, 0))
    return stood, Place(settled, 0)
