"""Oracle for a district's ledger under the rules of 巴南 2019, written from the text of ADR 0010, 0014, 0015 alone.

It shares no code with the service that it judges, nor with the engine: single visits are settled by
`banan_2019`. Here is the bookkeeping: in which order visits stand, what each finds before it, what an opening of
the city's centre covers, what a reversal takes off, what is proposed. Money is whole fen.

Interpretations taken where the text leaves a choice
----------------------------------------------------
 1. A place is (moment of settlement, number): the number of a settlement that takes another's place is the other's.
 2. An opening stands at the end of its day in China's time, or when it was received where that is earlier. Of
    several of one name that of the last day holds, of one day the last received; also at places before its day.
 3. It covers the entries that were recorded when it was received and whose place is before where it stands.
    Before a place the sum is the opening, and what it does not cover and stands before the place, less what it
    covers and stands at or behind the place; never below 0. Of a stay there are no openings.
 4. A reversal stands at the place of what it undoes and takes off what that added, at most what the person's sum
    of the year then is with everything in it.
 5. Who a person is, is what the register says when the bill is settled, also of a day that is past.
 6. What a patient was asked for is what they bore when they left. Less is given back, more is asked for: of who was
    poor whenever the visit was settled only once somebody has approved that; where it is refused, the fund or the
    hospital that is named bears it, as long as that settlement stands.
 7. A proposal is what the visit comes to at its place, for who the register says the person is, where all that is
    proposed of their earlier visits is approved. Where nothing is proposed of a person, no visit would come to
    anything else, but for what was refused, and for an opening that stands behind the visit.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from oracle.banan_2019 import ACCUMULATORS, CHINA, INPATIENT, Outcome, Visit, Year, read_entry
from oracle.banan_2019 import settle_visit as settled_alone

Place = tuple[datetime, int]
BEHIND_ALL: Place = (datetime.max.replace(tzinfo=CHINA), 0)
STAY = "stay:"
"""Before the id of a stay: the name under which what its visits met is kept."""


@dataclass(frozen=True)
class Added:
    """What a settlement or its reversal adds to one sum, at a place in the order."""

    name: str
    amount: int
    place: Place


@dataclass(frozen=True)
class Opened:
    """A sum as the city's centre stated it: where it stands, and how many entries were recorded by then."""

    name: str
    amount: int
    stands: datetime
    recorded: int


@dataclass
class Books:
    """One person's sums of the year, entry by entry in the order in which they were recorded."""

    added: list[Added] = field(default_factory=list[Added])
    opened: list[Opened] = field(default_factory=list[Opened])

    def open(self, name: str, amount: int, as_of: date, received: datetime) -> None:
        """A statement of the city's centre."""
        end = datetime.combine(as_of + timedelta(days=1), time(), CHINA)
        self.opened.append(Opened(name, amount, min(end, received), len(self.added)))

    def before(self, name: str, place: Place = BEHIND_ALL) -> int:
        """What a sum comes to before a place."""
        stated = [one for one in self.opened if one.name == name]
        holds = max(enumerate(stated), key=lambda pair: (pair[1].stands, pair[0]), default=None)
        sum_ = 0
        covered_below, covered_before = 0, BEHIND_ALL[0]
        if holds is not None:
            opening = holds[1]
            sum_, covered_below, covered_before = opening.amount, opening.recorded, opening.stands
        for number, one in enumerate(self.added):
            if one.name != name:
                continue
            is_before = one.place < place
            is_covered = number < covered_below and one.place[0] < covered_before
            if is_covered and not is_before:
                sum_ -= one.amount
            elif is_before and not is_covered:
                sum_ += one.amount
        return max(sum_, 0)

    def year(self, stay: str, place: Place = BEHIND_ALL) -> Year:
        """All sums before a place, as a visit of that stay finds them."""
        sums = {name: self.before(name, place) for name in ACCUMULATORS}
        return Year(sums=sums, stays={stay: self.before(STAY + stay, place)})

    def names(self) -> set[str]:
        """The yearly sums that anything was said of."""
        said = {one.name for one in (*self.added, *self.opened)}
        return {name for name in said if not name.startswith(STAY)}


@dataclass
class Settled:
    """A settlement: its bill, its place, what it found there, what it came to, what it added."""

    number: int
    bill: dict[str, Any]
    visit: Visit
    place: Place
    found: Year
    outcome: Outcome
    added: dict[str, int]
    recorded: int
    asked: int
    was_poor: bool
    relief: str = ""
    """The account that bears what is not asked of the patient."""
    stands: bool = True

    @property
    def more(self) -> int:
        """What the patient bears and was not asked for."""
        return self.outcome.patient - self.asked

    def accounts(self) -> dict[str, int]:
        """Who owes what for it."""
        facility = self.bill["facility"]["code"]
        found = {
            f"clearing:{facility}": -self.visit.net.total,
            **{f"fund:{layer}": amount for layer, amount in self.outcome.payments.items()},
            f"hospital:{facility}": self.outcome.hospital,
            f"patient:{self.visit.person_id}": self.outcome.patient,
        }
        if self.relief:
            found[self.relief] += self.more
            found[f"patient:{self.visit.person_id}"] -= self.more
        return found


@dataclass
class District:
    """Persons as the register knows them, their books, and every settlement by its number."""

    persons: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    books: dict[str, Books] = field(default_factory=dict[str, Books])
    settled: dict[int, Settled] = field(default_factory=dict[int, Settled])

    def know(self, person: dict[str, Any]) -> None:
        """What the register says of a person from now on."""
        self.persons[person["id"]] = person
        self.books.setdefault(person["id"], Books())

    def settle(self, number: int, bill: dict[str, Any], place: Place) -> Settled:
        """A visit settled at a place, on what stands before it."""
        visit = self.visit(bill, place[0])
        books = self.books[visit.person_id]
        found = books.year(visit.stay, place)
        outcome = settled_alone(visit, found)
        added = added_by(visit, outcome)
        books.added += [Added(name, amount, place) for name, amount in added.items()]
        asked, poor = outcome.patient, visit.poor
        recorded = len(books.added)
        made = Settled(number, bill, visit, place, found, outcome, added, recorded, asked, poor)
        self.settled[number] = made
        return made

    def reverse(self, number: int) -> None:
        """A settlement undone."""
        undone = self.settled[number]
        assert undone.stands
        undone.stands = False
        books = self.books[undone.visit.person_id]
        books.added += [
            Added(name, -min(amount, books.before(name)), undone.place)
            for name, amount in undone.added.items()
        ]

    def replace(self, number: int, by: int, bill: dict[str, Any] | None = None) -> Settled:
        """A settlement undone and settled anew at its own place, with another bill or its own."""
        old = self.settled[number]
        self.reverse(number)
        made = self.settle(by, old.bill if bill is None else bill, old.place)
        made.was_poor |= old.was_poor
        if made.was_poor:
            made.asked = min(old.asked, made.asked)
        return made

    def proposed(self, person: str, named: set[int]) -> dict[int, Outcome]:
        """What each standing settlement of a person comes to at its place, those that are named being replaced."""
        world = deepcopy(self)
        found: dict[int, Outcome] = {}
        for one in self.standing(person):
            visit = self.visit(one.bill, one.place[0])
            year = world.books[person].year(visit.stay, one.place)
            found[one.number] = settled_alone(visit, year)
            if one.number in named:
                world.replace(one.number, -one.number)
        return found

    def covered(self, one: Settled) -> bool:
        """Whether an opening received since stands behind a settlement: that is no reason to look at it."""
        opened = self.books[one.visit.person_id].opened
        return any(o.recorded >= one.recorded and one.place[0] < o.stands for o in opened)

    def waiting(self, person: str) -> dict[int, int]:
        """What waits to be asked of the person, by settlement."""
        return {s.number: s.more for s in self.standing(person) if s.more and not s.relief}

    def visit(self, bill: dict[str, Any], settled: datetime) -> Visit:
        """The bill's visit, its person as the register knows them."""
        person = self.persons[bill["person"]["id"]]
        entry = read_entry({**bill, "person": person, "settled": settled.isoformat()})
        assert entry.visit is not None, entry.faults
        return entry.visit

    def standing(self, person: str) -> list[Settled]:
        """The settlements of a person that are not undone, in their order."""
        own = (s for s in self.settled.values() if s.stands and s.visit.person_id == person)
        return sorted(own, key=lambda s: s.place)

    def sums(self, person: str) -> dict[str, int]:
        """The person's sums of the year as the next settlement would find them."""
        books = self.books[person]
        return {name: books.before(name) for name in books.names()}

    def accounts(self) -> dict[str, int]:
        """What every account comes to; those that come to nothing are left out."""
        found: dict[str, int] = {}
        for one in self.settled.values():
            for account, amount in one.accounts().items() if one.stands else ():
                found[account] = found.get(account, 0) + amount
        return {account: amount for account, amount in found.items() if amount}


def added_by(visit: Visit, outcome: Outcome) -> dict[str, int]:
    """What a visit adds to the sums of its person and its stay; what adds nothing is left out."""
    added = dict(outcome.adds)
    if visit.kind == INPATIENT:
        added[STAY + visit.stay] = outcome.deductible_met
    return {name: amount for name, amount in added.items() if amount}
