"""One item of the queue: what is like it in the catalogue, what its mapping says, what was proposed for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from doudi.mapping import Mapped
from doudi.money import millionths
from doudi_web.audit_log.actions import record
from doudi_web.matching.entries import entries_of
from doudi_web.matching.proposals import OPEN, Proposal, history
from doudi_web.matching.proposing import first_day, ruling_row, version_of
from doudi_web.matching.queue import Item, found_item
from doudi_web.policy.rules import generation, rules
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.named import called
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor


@dataclass(frozen=True, slots=True)
class Doubted:
    """What somebody should look at in the item's mapping."""

    what: str
    code: str
    own: str
    catalogue: str
    mark: str


@dataclass(frozen=True, slots=True)
class ItemPage:
    """An item with all that is known of it. `since`: from when a proposal would hold unless it says."""

    item: Item
    doubts: Sequence[Doubted]
    mapped: Sequence[Mapped]
    since: date
    history: Sequence[Proposal]
    version: str
    names: Mapping[str, str]

    @property
    def open(self) -> Proposal | None:
        """What is proposed and not decided."""
        return next((one for one in self.history if one.state == OPEN), None)

    def json(self) -> dict[str, Any]:
        """The item as answers tell it."""
        item = self.item
        return {
            "item": item.number, "facility": item.facility, "code": item.code, "name": item.name,
            "stated_code": item.stated_code,
            "unit_price": None if item.unit_price is None else millionths(item.unit_price),
            "found": told(item.found), "suggestions": [one.json() for one in item.suggestions],
            "doubts": [
                {"what": d.what, "code": d.code, "own": d.own, "catalogue": d.catalogue} for d in self.doubts
            ],
            "mapped": [
                {"code": m.code, "name": m.name, "from": m.span.start.isoformat(),
                 "to": None if m.span.end is None else m.span.end.isoformat()}
                for m in self.mapped
            ],
            "from": self.since.isoformat(), "version": self.version,
            "history": [one.json() for one in self.history],
        }  # fmt: skip


def one(actor: Actor, number: int) -> ItemPage:
    """An item of the queue, or one that was in it. Raises Refusal 403, 404."""
    actor.must(Act.MATCHING_READ)
    db = tables.driver()
    with db.transaction():
        item = found_item(db, actor, Act.MATCHING_READ, number)
        rows = db.execute(
            "SELECT what, code, own, catalogue, mark FROM matching_doubt WHERE item = %s ORDER BY what",
            [number],
        )
        doubts = [one for one in (Doubted(*row) for row in rows) if one.mark not in item.kept]
        found = history(db, number)
        since = first_day(db, number, now().date())
        record(actor, "matching.read", f"item:{number}")
        names = called(key for one in found for key in (one.made_by, one.decided_by))
        version = version_of(entries_of(ruling_row(item.facility), item.code))
    mapping = rules(generation()).lists_of(item.facility).mapping
    return ItemPage(item, doubts, mapping.by_code.get(item.code, ()), since, found, version, names)
