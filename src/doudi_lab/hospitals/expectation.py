"""What every settlement must come to: the engine alone over the hospitals' own bills, in the ledger's order.

Nothing here looks at an amount that the service told. Of its answers only the numbers of settlements count: they
are the order of one moment. What a person's sums are before a settlement follows from what stands then and is
placed before it; who is entitled, from what the register had learned by then.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from doudi.adjudicate import NOTHING_TOLD, adjudicate
from doudi.adjudication import Adjudication
from doudi.course import added, sums_of
from doudi.dates import CHINA
from doudi.ledger.accumulators import Book, Owner
from doudi.settle import Shelf
from doudi.source_text import Document
from doudi.wire.bills import read_bill
from doudi.wire.lines import Lists
from doudi_lab.hospitals.acts import SETTLES, Act, Kind
from doudi_lab.hospitals.journal import Told
from doudi_lab.hospitals.wanted import Json
from doudi_lab.hospitals.world import World

_STATED = ("birth_date", "insurance_tier", "district")


@dataclass(frozen=True, slots=True)
class Standing:
    """A settlement as it stands: its place in the order, what it is of, what it comes to."""

    number: str
    place: tuple[datetime, int]
    act: Act
    found: Adjudication


@dataclass(slots=True)
class Expected:
    """What each settlement must have come to when it was made, and what stands at the end."""

    settled: dict[str, Adjudication] = field(default_factory=dict[str, Adjudication])
    """By the number of the settlement."""
    stands: dict[str, dict[str, Standing]] = field(
        default_factory=lambda: defaultdict[str, dict[str, Standing]](dict)
    )
    """By person, by the number of the settlement."""
    last: dict[str, Adjudication] = field(default_factory=dict[str, Adjudication])
    """By act: what was settled behind everything else of the person, as a look before it would have seen it."""

    def sums(self, person: str, year: int) -> Mapping[str, int]:
        """A person's sums of a year at the end."""
        found: defaultdict[str, int] = defaultdict(int)
        for one in self.stands[person].values():
            for name, amount in added(sums_of(one.found)[person, one.found.benefit_year]).items():
                if one.found.benefit_year == year:
                    found[name] += amount
        return found


def expectation(
    world: World, acts: Mapping[str, Act], told: Iterable[Told], shelf: Shelf
) -> Expected:
    """What the settlements that were told of must come to, in the order in which they were told: a person's
    messages are one after another."""
    found = Expected()
    for one in told:
        act = acts.get(one.act)
        if act is None or one.status not in (200, 201):
            continue
        if act.kind in SETTLES:
            number = str(one.said["settlement_id"])
            _settle(found, world, act, one, number, (_moment(act), int(number)), shelf)
        elif act.kind is Kind.REVERSE:
            del found.stands[act.person][str(one.said["settlement_id"])]
    return found


def _settle(
    found: Expected,
    world: World,
    act: Act,
    told: Told,
    number: str,
    place: tuple[datetime, int],
    shelf: Shelf,
) -> None:
    """Settle a bill at its place in the order on what stands before it."""
    stated = _stated(world, act, told.day)
    claim = read_bill(Document(act.id, stated), (), {**stated, "sequence": place[1]}, Lists())
    book = Book()
    for owner, sums in _before(found.stands[act.person].values(), place).items():
        book.post(owner, "", sums)
    made = adjudicate(shelf.running(claim), claim, book, NOTHING_TOLD)
    found.settled[number] = made
    if all(one.place < place for one in found.stands[act.person].values()):
        found.last[act.id] = made
    found.stands[act.person][number] = Standing(number, place, act, made)


def _stated(world: World, act: Act, day: int) -> Json:
    """The bill with who the person is as the register knew on the day when it was sent."""
    bill = cast("Json", act.bill)
    known = world.registered(act.person, day)
    person: dict[str, Any] = {**bill["person"], "standings": []}
    if known is not None:
        person |= {key: known[key] for key in _STATED}
        person["standings"] = known["standings"]
    return {**bill, "person": person}


def _before(
    standing: Iterable[Standing], place: tuple[datetime, int]
) -> dict[Owner, dict[str, int]]:
    """What the settlements before a place have added to each sum."""
    found: dict[Owner, dict[str, int]] = {}
    for one in standing:
        if one.place >= place:
            continue
        for owner, pairs in sums_of(one.found).items():
            sums = found.setdefault(owner, {})
            for name, amount in added(pairs).items():
                sums[name] = sums.get(name, 0) + amount
    return found


def _moment(act: Act) -> datetime:
    """When the visit is settled, as its bill says."""
    return datetime.fromisoformat(str(cast("Json", act.bill)["settled"])).astimezone(CHINA)
