"""Everything that waits for the district's decision in one list, what is late first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from doudi_web.approvals.models import Taken
from doudi_web.policy import selectors as policies
from doudi_web.policy.versions import OPEN
from doudi_web.review.seen import unreviewed
from doudi_web.settlement import awaiting, proposals, provisional, tables
from doudi_web.settlement.proposing import LEARNED
from doudi_web.settlement.replaying import fen
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

LISTED = 500
"""Items of one kind that are listed; of more it is said so."""


class Kind(StrEnum):
    """What waits."""

    ADJUST = "adjust"  # settling anew, since something before it changed
    STANDING = "standing"  # settling anew, since the register learned of a standing later
    COLLECT = "collect"  # asking a poor patient for more, or exempting them
    AWAITING = "awaiting"  # settled provisionally, the platform's answer is too long in coming
    UNREGISTERED = (
        "unregistered"  # settled provisionally, the person is not registered for too long
    )
    EMERGENCY = "emergency"  # passed without waiting, the hospital's office has not reviewed it
    POLICY = "policy"  # a change of policy


DAYS: Mapping[Kind, int] = {
    Kind.ADJUST: 10, Kind.STANDING: 10, Kind.COLLECT: 10, Kind.AWAITING: 3, Kind.UNREGISTERED: 10,
    Kind.EMERGENCY: 3, Kind.POLICY: 15,
}  # fmt: skip
"""Within how many days each is to be decided. No document states one: they are ours, shown as unverified. Of an
emergency the pack's own hours hold, where it has some."""
PROPOSED = frozenset({Kind.ADJUST, Kind.STANDING, Kind.COLLECT})
"""Decided as proposals of settling are."""


@dataclass(frozen=True, slots=True)
class Item:
    """One that waits: since when, by when it is to be decided, how much money it moves, who looks after it."""

    kind: Kind
    number: int
    since: datetime
    money: int | None
    patient: int | None
    """How much more the patient pays, or less; None where nobody knows."""
    person: str = ""
    visit: str = ""
    facility: str = ""
    text: str = ""
    owner: str = ""
    is_faulty: bool = False
    stated_due: datetime | None = None

    @property
    def due(self) -> datetime:
        """By when it is to be decided."""
        return self.stated_due or self.since + timedelta(days=DAYS[self.kind])

    @property
    def is_late(self) -> bool:
        """Whether that has passed."""
        return self.due < now()

    @property
    def days(self) -> int:
        """How many days it has waited."""
        return max(0, (now() - self.since).days)

    @property
    def alike(self) -> str:
        """What items have in common that may be decided together; nothing where one is decided alone."""
        if self.kind not in PROPOSED or self.is_faulty or self.patient is None:
            return ""
        side = "more" if self.patient > 0 else "less" if self.patient < 0 else "same"
        return f"{self.kind.value}:{side}"


def waiting(actor: Actor) -> list[Item]:
    """All that waits, late ones first and then the oldest; a hospital's own. Raises Refusal 403."""
    actor.must(Act.APPROVALS_READ)
    found = [
        *_proposed(actor), *_awaiting(actor), *_unregistered(actor), *_emergencies(actor), *_policies(actor),
    ]  # fmt: skip
    owners = {
        (one.kind, one.number): one.owner
        for one in Taken.objects.filter(kind__in=[kind.value for kind in Kind])
    }
    owned = [replace(one, owner=owners.get((one.kind.value, one.number), "")) for one in found]
    return sorted(owned, key=lambda one: (not one.is_late, one.since, one.number))


_COUNT = """
SELECT (SELECT count(*) FROM settlement_proposal WHERE state = 'open')
  + (SELECT count(*) FROM policy_version WHERE state IN ('draft', 'checked'))
  + (SELECT count(*) FROM review_unreviewed WHERE %(emergencies)s)
  + (SELECT count(*) FROM settlement_provisional w JOIN settlement_settlement s ON s.id = w.settlement
     WHERE w.platform AND s.settled < %(awaiting)s::timestamptz)
  + (SELECT count(*) FROM settlement_provisional w
     JOIN settlement_posting p ON p.settlement = w.settlement AND p.kind = 'settle'
     WHERE w.unregistered AND p.posted < %(unregistered)s::timestamptz)
"""


def count_waiting(actor: Actor) -> int:
    """How many wait, as the list counts them."""
    at = now()
    values = {
        "emergencies": actor.may(Act.VISITS_READ),
        "awaiting": at - timedelta(days=DAYS[Kind.AWAITING]) if actor.may(Act.AWAITING_READ) else None,
        "unregistered": at - timedelta(days=DAYS[Kind.UNREGISTERED]) if actor.may(Act.PROVISIONAL_READ) else None,
    }  # fmt: skip
    row = tables.driver().execute(_COUNT, values).fetchone()
    assert row is not None
    return int(row[0])


def item_of(told: Mapping[str, Any]) -> Item:
    """A proposal as an item."""
    causes: Sequence[str] = told.get("causes") or ()
    kind = (
        Kind.COLLECT
        if told["kind"] == "collect"
        else Kind.STANDING
        if LEARNED in causes
        else Kind.ADJUST
    )
    changes: Mapping[str, Any] = told.get("changes") or {}
    money, patient = None, None
    if told["kind"] == "collect":
        money = patient = fen(told["amount"])
    elif changes:
        patient = fen(changes["patient"])
        moved = [fen(amount) for amount in changes["payments"].values()]
        parts = [*moved, fen(changes["hospital"]), patient]
        money = sum(part for part in parts if part > 0)
    return Item(
        kind, int(told["proposal_id"]), datetime.fromisoformat(told["made"]), money, patient, told["person"],
        told["visit_id"], told["facility"], told.get("text", ""), is_faulty=bool(told.get("faults")),
    )  # fmt: skip


def _proposed(actor: Actor) -> Iterator[Item]:
    found = proposals.proposals(actor, state="open", person="", facility="", after=0, limit=LISTED)
    yield from map(item_of, found["proposals"])


def _awaiting(actor: Actor) -> Iterator[Item]:
    """Those alone that have waited for the platform longer than they may."""
    if not actor.may(Act.AWAITING_READ):
        return
    for one in awaiting.waiting(actor, 0, LISTED)["awaiting"]:
        made = Item(
            Kind.AWAITING, int(one["settlement_id"]), datetime.fromisoformat(one["settled"]), None, None,
            one["person"], one["visit_id"], one["facility"],
        )  # fmt: skip
        if made.is_late:
            yield made


def _unregistered(actor: Actor) -> Iterator[Item]:
    if not actor.may(Act.PROVISIONAL_READ):
        return
    for one in provisional.waiting(actor, 0, LISTED)["provisional"]:
        made = Item(
            Kind.UNREGISTERED, int(one["settlement_id"]), datetime.fromisoformat(one["since"]), None, None,
            one["person"], one["visit_id"], one["facility"],
        )  # fmt: skip
        if made.is_late:
            yield made


def _emergencies(actor: Actor) -> Iterator[Item]:
    """Those that a hospital's office has not reviewed: it reviews them, the district sees that it does."""
    if not actor.may(Act.VISITS_READ):
        return
    for one in unreviewed(actor, LISTED):
        yield Item(
            Kind.EMERGENCY, one.event.id, one.event.at, None, None, one.person, one.visit, one.facility,
            one.event.reason, stated_due=one.due,
        )  # fmt: skip


def _policies(actor: Actor) -> Iterator[Item]:
    if not actor.may(Act.POLICIES_READ):
        return
    for one in policies.versions(actor):
        if one.state in OPEN:
            yield Item(Kind.POLICY, one.pk, one.asked, None, None, text=one.reason)


def proposal(actor: Actor, number: int) -> dict[str, Any] | None:
    """One proposal, as it stands. Raises Refusal 403."""
    found = proposals.proposals(actor, state="", person="", facility="", after=number - 1, limit=1)
    rows: list[dict[str, Any]] = found["proposals"]
    return rows[0] if rows and rows[0]["proposal_id"] == str(number) else None


def of_person(actor: Actor, person: str) -> list[dict[str, Any]]:
    """The open proposals of a person, in the order in which their visits stand. Raises Refusal 403."""
    found = proposals.proposals(
        actor, state="open", person=person, facility="", after=0, limit=LISTED
    )
    rows: list[dict[str, Any]] = found["proposals"]
    return sorted(rows, key=lambda one: (str(one.get("settled") or ""), int(one["settlement_id"])))
