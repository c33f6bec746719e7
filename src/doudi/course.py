"""The visits of persons one after another: each settled on what stood before it, history beside the run.

Two worlds run side by side. `past` is what is on record: history alone, as if this run were not. `book` is
what the run's own visits are settled on: history with the run's visits in the place of their own records.
Where the two differ at a visit of history, that visit stands on sums which this run moved.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from doudi.adjudicate import NOTHING_TOLD, Told, adjudicate
from doudi.adjudication import Adjudication
from doudi.claim import Claim
from doudi.dates import Moment, benefit_year
from doudi.errors import Fault, Faulty, fault
from doudi.ledger.accumulators import Book, Owner, Recorded
from doudi.ledger.history import HistoryTold
from doudi.ledger.moved import Blame, Doubts
from doudi.packs.model import Measure
from doudi.running import Running

Look = Callable[[Running, Claim, Book, Adjudication], None]
"""Sees each claim of a run as it is settled, on the book as it was before it."""

Pairs = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A bill that could not be read as a claim, as far as it says whose and when."""

    visit_id: str
    person_id: str
    settled: Moment | None
    sequence: int


@dataclass(frozen=True, slots=True)
class Past:
    """A visit of history: its bill, its printed settlement, or both."""

    visit_id: str
    person_id: str
    order: tuple[object, ...]
    claim: Claim | None
    recorded: Recorded | None


@dataclass(frozen=True, slots=True)
class Moved:
    """A sum before a visit: on record, and with the visits of this run."""

    name: str
    recorded: int
    amended: int


@dataclass(frozen=True, slots=True)
class Later:
    """A visit of history behind one of this run, on sums that moved: as recorded, and settled anew.

    `anew` is None where there is no bill to settle, or the bill has these faults now.
    """

    past: Past
    recorded: Adjudication | Recorded
    anew: Adjudication | None
    faults: tuple[Fault, ...]
    moved: tuple[Moved, ...]
    causes: tuple[str, ...]


@dataclass(slots=True)
class Course:
    """A run under way.

    `watched` are the persons whose history has something at or behind a visit of this run. Only theirs is
    held against the record: an opening of theirs is carried as what it holds beyond history's visits, since
    those stand before and behind. Of all others the opening is simply the sum before the run.
    """

    policy_of: Callable[[Claim], Running]
    told: Told = NOTHING_TOLD
    look: Look | None = None
    watched: frozenset[str] = frozenset()
    book: Book = field(default_factory=Book)
    past: Book = field(default_factory=Book)
    settled: list[tuple[Claim, Adjudication]] = field(
        default_factory=list[tuple[Claim, Adjudication]]
    )
    faults: list[Fault] = field(default_factory=list[Fault])
    later: list[Later] = field(default_factory=list[Later])
    replaced: dict[str, tuple[Past, Adjudication | Recorded]] = field(
        default_factory=dict[str, tuple[Past, Adjudication | Recorded]]
    )
    failed: set[str] = field(default_factory=set[str])  # visits of the run that have faults
    doubts: Doubts = field(default_factory=Doubts)
    _held: dict[str, list[Unsettled]] = field(default_factory=dict[str, list[Unsettled]])
    _history: HistoryTold = field(default_factory=HistoryTold)
    _blame: Blame = field(default_factory=Blame)

    def hold(self, unsettled: Unsettled) -> None:
        """Later visits of the person name this one."""
        self._held.setdefault(unsettled.person_id, []).append(unsettled)

    def own(self, claim: Claim) -> None:
        """Settle one claim of the run and post what it adds; a faulty one is held."""
        try:
            running, settled = self._adjudicated(claim, self.book)
        except Faulty as error:
            self.faults.extend(error.faults)
            self.hold(unsettled_of(claim))
            self.failed.add(claim.visit_id)
            if claim.visit_id in self.replaced:
                self._stands(*self.replaced[claim.visit_id])
            return
        if self.look is not None:
            self.look(running, claim, self.book, settled)
        for owner, pairs in sums_of(settled).items():
            adds = added(pairs)
            self.book.post(owner, claim.visit_id, adds)
            if claim.person.id in self.watched:
                self._blame.post(owner, claim.visit_id, adds, 1)
        self.settled.append((claim, settled))

    def history(self, visit: Past, *, is_replaced: bool) -> None:
        """Post what a visit of history added: on record, and beside the run's own visits.

        One that this run settles anew stands on record only; what its settlement says was before it is
        still true. One that is a bill alone is settled; the printed settlement says what was, where there is
        one.
        """
        recorded = visit.recorded
        if recorded is None:
            assert visit.claim is not None, "history has the bill or the settlement"
            try:
                recorded = self._adjudicated(visit.claim, self.past)[1]
            except Faulty as error:
                if not is_replaced:
                    self.faults.extend(error.faults)
                    self.hold(unsettled_of(visit.claim))
                return
        sums = sums_of(recorded)
        for owner, pairs in sums.items():
            if isinstance(recorded, Recorded):
                self._beyond(owner, visit, pairs)
            else:
                self._history.add(owner, added(pairs))
            self.doubts.last[owner] = visit.order
        if is_replaced:
            self.replaced[visit.visit_id] = (visit, recorded)
            for owner, pairs in sums.items():
                self.past.post(owner, visit.visit_id, added(pairs))
                self._blame.post(owner, visit.visit_id, added(pairs), -1)
            if visit.visit_id in self.failed:
                self._stands(visit, recorded)
            return
        anew = self._anew(visit, recorded) if visit.person_id in self.watched else None
        for owner, pairs in (sums if anew is None else sums_of(anew)).items():
            self._post(owner, visit.visit_id, added(pairs))
        for owner, pairs in sums.items():
            self.past.post(owner, visit.visit_id, added(pairs))

    def _stands(self, visit: Past, recorded: Adjudication | Recorded) -> None:
        """A record that nothing takes the place of is in the stated sums still."""
        for owner, pairs in sums_of(recorded).items():
            adds = {n: a for n, a in added(pairs).items() if self.book.carries(owner, n)}
            self.book.post(owner, visit.visit_id, adds)

    def _beyond(self, owner: Owner, visit: Past, pairs: Pairs) -> None:
        """What a printed settlement says was before it and no visit of history accounts for.

        Where an opening is carried, it is in it already.
        """
        for name, (before, _) in pairs.items():
            if self.past.carries(owner, name) and self.past.sum(owner, name) == before:
                self.doubts.pins.setdefault((owner, name), visit.order)
        beyond, _ = self._history.record(owner, pairs)
        beyond = {n: amount for n, amount in beyond.items() if not self.past.carries(owner, n)}
        self._post(owner, visit.visit_id, beyond)
        self.past.post(owner, visit.visit_id, beyond)
        for name, amount in beyond.items():
            if amount:
                self.doubts.gaps[owner, name].append((visit.order, amount))

    def _post(self, owner: Owner, visit: str, adds: Mapping[str, int]) -> None:
        """Add what history adds to the run's sums, where it is not in an opening already."""
        wanted = {n: amount for n, amount in adds.items() if self.book.opening(owner, n) is None}
        self.book.post(owner, visit, wanted)

    def _anew(self, visit: Past, recorded: Adjudication | Recorded) -> Adjudication | None:
        """The visit settled anew, where this run moved a sum before it and its bill is at hand."""
        sums = sums_of(recorded)
        moved = tuple(
            Moved(name, before, self.book.sum(owner, name))
            for owner, pairs in sums.items()
            for name, (before, _) in pairs.items()
            if self.book.sum(owner, name) != self.past.sum(owner, name)
        )
        if not moved:
            return None
        anew, faults = None, tuple[Fault, ...]()
        if visit.claim is not None:
            try:
                anew = self._adjudicated(visit.claim, self.book)[1]
            except Faulty as error:
                faults = error.faults
        causes = self._blame.of(sums)
        if anew is not None and any(
            added(pairs) != added(sums.get(owner, {})) for owner, pairs in sums_of(anew).items()
        ):
            self._blame.stays(sums, causes)
        self.later.append(Later(visit, recorded, anew, faults, moved, causes))
        return anew

    def _adjudicated(self, claim: Claim, book: Book) -> tuple[Running, Adjudication]:
        """One claim settled on a book, with the visits that hold it. Raises Faulty."""
        running = self.policy_of(claim)
        self._sums_known(claim, running)
        held_by = tuple(dict.fromkeys(self._held_by(claim, running.policy.pack.year_starts)))
        told = Told(self.told.catalogue, held_by, self.told.language)
        return running, adjudicate(running, claim, book, told)

    def _sums_known(self, claim: Claim, running: Running) -> None:
        """What history tells of the person's year must be the pack's sums, all of them, none lowered."""
        pack = running.policy.pack
        owner = (claim.person.id, benefit_year(claim.settled.day, pack.year_starts))
        names = [a.name for a in running.accumulators if not a.per_episode]
        rising = [n for n in names if pack.accumulators[n].measure != Measure.POSITION]
        listed = "、".join(names)
        reasons = [
            *(
                (name, f"政策包没有这项累计；有的是：{listed}")
                for name in sorted(self.book.names(owner) - set(names))
            ),
            *((n, "有一笔历史结算没有写这项累计") for n in self._history.lacking(owner, names)),
            *(
                (n, "有一笔历史结算，这项累计之后比之前少")
                for n in self._history.fallen(owner, rising)
            ),
        ]
        if reasons:
            raise Faulty(fault("F317", claim.where, what_=n, reason=why) for n, why in reasons)

    def _held_by(self, claim: Claim, starts: tuple[int, int]) -> Iterator[str]:
        """Earlier visits of the person's year that were not settled; an unknown day may be earlier."""
        year = benefit_year(claim.settled.day, starts)
        for held in self._held.get(claim.person.id, ()):
            if held.visit_id == claim.visit_id:
                continue
            if held.settled is None:
                yield held.visit_id
            elif benefit_year(held.settled.day, starts) == year:
                order = (held.settled.instant, held.sequence, held.visit_id)
                if order < claim.order:
                    yield held.visit_id


def sums_of(settled: Adjudication | Recorded) -> dict[Owner, Pairs]:
    """Each sum before and after a settlement, of the person's year and of the stay."""
    if isinstance(settled, Recorded):
        year, sums, episode_sums = settled.year, settled.sums, settled.episode_sums
    else:
        year, sums = settled.benefit_year, settled.accumulators
        episode_sums = settled.episode_accumulators
    person = settled.person_id
    return {(person, year): sums, (person, settled.episode_id): episode_sums}


def added(pairs: Pairs) -> dict[str, int]:
    """What a settlement added to each sum."""
    return {name: after - before for name, (before, after) in pairs.items()}


def unsettled_of(claim: Claim) -> Unsettled:
    return Unsettled(claim.visit_id, claim.person.id, claim.settled, claim.sequence)
