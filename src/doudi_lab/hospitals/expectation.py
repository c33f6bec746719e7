"""What every settlement must come to: the engine alone over the hospitals' own bills, in the ledger's order.

Nothing here looks at an amount that the service told. Of its answers only the numbers of settlements count: they
are the order of one moment. What a person's sums are before a settlement follows from what stands then and is
placed before it; who is entitled, from what the register had learned by then. What takes the place of another
settlement stands where that one stood.
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
from doudi.errors import Faulty
from doudi.ledger.accumulators import Book, Owner
from doudi.settle import Shelf
from doudi.source_text import Document
from doudi.wire.bills import read_bill
from doudi.wire.lines import Lists
from doudi_lab.hospitals.acts import REPLACES, SETTLES, Act, Kind
from doudi_lab.hospitals.journal import Told
from doudi_lab.hospitals.wanted import Json
from doudi_lab.hospitals.world import World

ORDINARY = "ordinary"
_STATED = ("birth_date", "insurance_tier", "district")

Sums = dict[Owner, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Standing:
    """A settlement as it stands: its place in the order, the bill, the day on which the register was asked, what it
    comes to, and what the patient has been asked to pay."""

    number: str
    place: tuple[datetime, int]
    bill: Json
    day: int
    found: Adjudication
    asked: int
    was_poor: bool = False
    """Whether the visit was ever settled as a poor patient's at this place, before this settlement."""

    @property
    def person(self) -> str:
        """Whose it is."""
        return self.found.person_id


@dataclass(frozen=True, slots=True)
class Asked:
    """What a patient had been asked before a replacement, what it comes to now, and what becomes of the rest."""

    asked: int
    now: int
    state: str


@dataclass(slots=True)
class Expected:
    """What each settlement must have come to when it was made, and what stands at the end."""

    world: World
    shelf: Shelf
    settled: dict[str, Adjudication] = field(default_factory=dict[str, Adjudication])
    """By the number of the settlement."""
    asked: dict[str, Asked] = field(default_factory=dict[str, Asked])
    """By the number of the settlement that has taken another's place."""
    stands: dict[str, dict[str, Standing]] = field(
        default_factory=lambda: defaultdict[str, dict[str, Standing]](dict)
    )
    """By person, by the number of the settlement."""
    last: dict[str, Adjudication] = field(default_factory=dict[str, Adjudication])
    """By act: what was settled behind everything else of the person, as a look before it would have seen it."""
    refused: dict[str, str] = field(default_factory=dict[str, str])
    """By the number of a settlement that the engine alone refuses: the codes of the faults."""

    def sums(self, person: str, year: int) -> Mapping[str, int]:
        """A person's sums of a year at the end."""
        before = sums_before(self.stands[person].values(), None)
        return before.get((person, year), {})

    def take(self, told: Told, act: Act | None) -> None:
        """Take one answer more, in the order in which they were told."""
        try:
            self._take(told, act)
        except Faulty as error:
            codes = "、".join(fault.code for fault in error.faults)
            self.refused[str(told.said["settlement_id"])] = codes

    def _take(self, told: Told, act: Act | None) -> None:
        kind, said = Kind(told.kind), told.said
        if told.status not in (200, 201) or not said:
            return
        if kind in SETTLES and act is not None:
            number = str(said["settlement_id"])
            place = (_moment(cast("Json", act.bill)), int(number))
            self._settle(number, place, cast("Json", act.bill), told.day, act.id)
        elif kind is Kind.REVERSE:
            self.stands[told.person].pop(str(said["settlement_id"]), None)
        elif kind in REPLACES or "replaces" in said:
            self._replace(told, act)
        elif kind is Kind.DECIDE:
            self._decided(told)

    def found(
        self,
        number: str,
        place: tuple[datetime, int],
        bill: Json,
        person: str,
        day: int,
        sums: Sums,
    ) -> Adjudication:
        """A bill settled at a place, on these sums, by what the register knew on a day. Raises Faulty."""
        stated = {**self._entitled(bill, person, day), "sequence": place[1]}
        claim = read_bill(Document(number, stated), (), stated, Lists())
        book = Book()
        for owner, amounts in sums.items():
            book.post(owner, "", amounts)
        return adjudicate(self.shelf.running(claim), claim, book, NOTHING_TOLD)

    def _settle(
        self, number: str, place: tuple[datetime, int], bill: Json, day: int, act: str
    ) -> None:
        person = str(bill["person"]["id"])
        others = self.stands[person]
        found = self.found(number, place, bill, person, day, sums_before(others.values(), place))
        self.settled[number] = found
        if all(one.place < place for one in others.values()):
            self.last[act] = found
        others[number] = Standing(number, place, bill, day, found, found.patient)

    def _replace(self, told: Told, act: Act | None) -> None:
        """What is corrected is settled by its new bill and today's register; what the platform has answered, by the
        register that it rested on; what is approved, by the same bill and today's register."""
        number = str(told.said["settlement_id"])
        old = self.stands[told.person].pop(str(told.said["replaces"]), None)
        if old is None:
            return  # what is replaced was refused by the engine alone, and told as a difference
        bill, day = old.bill, told.day
        if told.kind == Kind.CORRECT:
            bill = cast("Json", cast("Act", act).bill)
        elif told.kind == Kind.ANSWER:
            given = {**bill.get("given", {}), **cast("Json", told.asked)["given"]}
            bill = {**{k: v for k, v in bill.items() if k != "awaiting"}, "given": given}
            day = old.day
        sums = sums_before(self.stands[told.person].values(), old.place)
        found = self.found(number, old.place, bill, old.person, day, sums)
        difference = found.patient - old.asked
        was_poor = old.was_poor or old.found.standing != ORDINARY
        is_poor = was_poor or found.standing != ORDINARY or self._is_poor(told, old.place[0])
        state = "even" if difference == 0 else "refund" if difference < 0 else "collect"
        state = "needs_approval" if state == "collect" and is_poor else state
        asked = old.asked if state == "needs_approval" else found.patient
        self.settled[number] = found
        self.asked[number] = Asked(old.asked, found.patient, state)
        self.stands[told.person][number] = Standing(
            number, old.place, bill, day, found, asked, was_poor
        )

    def _decided(self, told: Told) -> None:
        """A poor patient is asked for more from the moment on at which that was approved."""
        stated = cast("Json", told.asked)
        one = self.stands[told.person].get(str(stated["settlement_id"]))
        if stated["kind"] == "collect" and stated["is_approved"] and one is not None:
            self.stands[told.person][one.number] = Standing(
                one.number, one.place, one.bill, one.day, one.found, one.found.patient, one.was_poor
            )

    def _is_poor(self, told: Told, settled: datetime) -> bool:
        """Whether the register says by now that the person was poor when the visit was settled."""
        known = self.world.registered(told.person, told.day)
        day = settled.astimezone(CHINA).date().isoformat()
        return known is not None and any(
            one["from"] <= day and (one.get("to") is None or day < one["to"])
            for one in known["standings"]
        )

    def _entitled(self, bill: Json, person: str, day: int) -> Json:
        """The bill with who the person is as the register knew on a day."""
        known = self.world.registered(person, day)
        stated: dict[str, Any] = {**bill["person"], "standings": []}
        if known is not None:
            stated |= {key: known[key] for key in _STATED}
            stated["standings"] = known["standings"]
        return {**bill, "person": stated}


def expectation(
    world: World, acts: Mapping[str, Act], told: Iterable[Told], shelf: Shelf
) -> Expected:
    """What the settlements that were told of must come to, in the order in which they were told: a person's
    messages are one after another."""
    found = Expected(world, shelf)
    for one in told:
        found.take(one, acts.get(one.act))
    return found


def sums_before(standing: Iterable[Standing], place: tuple[datetime, int] | None) -> Sums:
    """What the settlements before a place, or all, have added to each sum."""
    found: Sums = {}
    for one in standing:
        if place is not None and one.place >= place:
            continue
        for owner, pairs in sums_of(one.found).items():
            sums = found.setdefault(owner, {})
            for name, amount in added(pairs).items():
                sums[name] = sums.get(name, 0) + amount
    return found


def _moment(bill: Json) -> datetime:
    """When the visit is settled, as its bill says."""
    return datetime.fromisoformat(str(bill["settled"])).astimezone(CHINA)
