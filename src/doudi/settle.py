"""Many claims in order: the right pack for each, accumulators over the year, history, visits held back."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from doudi.adjudicate import NOTHING_TOLD, Told, adjudicate
from doudi.adjudication import Adjudication
from doudi.claim import Claim
from doudi.compile import compile_policy
from doudi.dates import Moment, benefit_year
from doudi.errors import Fault, Faulty, fault
from doudi.ledger.accumulators import Book, Opening, Owner, Recorded
from doudi.ledger.history import HistoryTold
from doudi.packs.load import Finder, load
from doudi.packs.model import Measure, Pack
from doudi.packs.resolve import Head, in_force, of_district
from doudi.running import Running


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A bill that could not be read as a claim, as far as it says whose and when."""

    visit_id: str
    person_id: str
    settled: Moment | None
    sequence: int


@dataclass(frozen=True, slots=True)
class History:
    """What was before this run: claims, settlements, and accumulators from the city's centre."""

    claims: tuple[Claim, ...] = ()
    recorded: tuple[Recorded, ...] = ()
    openings: tuple[Opening, ...] = ()
    unsettled: tuple[Unsettled, ...] = ()


NO_HISTORY = History()

Look = Callable[[Running, Claim, Book, Adjudication], None]
"""Sees each claim of a run as it is settled, on the book as it was before it."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run settled, in order, and every fault that kept something from being settled."""

    settlements: tuple[Adjudication, ...]
    faults: tuple[Fault, ...]


@dataclass(slots=True)
class Shelf:
    """The packs at hand: heads to choose from, and policies compiled once each."""

    find: Finder
    heads: Sequence[Head]
    named: str | None = None
    _packs: dict[str, Pack] = field(default_factory=dict[str, Pack])
    _running: dict[tuple[str, date], Running] = field(
        default_factory=dict[tuple[str, date], Running]
    )

    def running(self, claim: Claim) -> Running:
        """The policy that rules on this claim. Raises Faulty."""
        return self.policy(self._choose(claim), claim.settled.day, claim.where)

    def policy(self, pack_id: str, day: date, where: str = "") -> Running:
        """One pack's policy of a day. Raises Faulty: no such pack, or not in force."""
        pack = self.pack(pack_id)
        if not pack.valid.covers(day):
            raise Faulty([fault("F402", where, day=day, pack=pack_id, span=pack.valid)])
        key = pack_id, pack.dated_on(day)
        if key not in self._running:
            self._running[key] = Running(compile_policy(pack, day))
        return self._running[key]

    def pack(self, pack_id: str) -> Pack:
        """A pack by its id. Raises Faulty with every fault of its files."""
        if pack_id not in self._packs:
            if self.find(pack_id) is None:
                known = "现有：" + "、".join(head.id for head in self.heads) + "。"
                raise Faulty([fault("F411", pack_id, pack=pack_id, known=known)])
            self._packs[pack_id] = load(pack_id, self.find)
        return self._packs[pack_id]

    def _choose(self, claim: Claim) -> str:
        if self.named is not None:
            return self.named
        district, day = claim.district, claim.settled.day
        found = in_force(self.heads, district, day)
        if not found:
            near = of_district(self.heads, district)
            known = "、".join(f"{head.id}（{head.valid}）" for head in near)
            known = f"这个地区现有：{known}。" if known else "这个地区还没有政策包。"
            raise Faulty([fault("F401", claim.where, district=district, day=day, known=known)])
        if len(found) > 1:
            packs = "、".join(head.id for head in found)
            raise Faulty([fault("F413", claim.where, packs=packs)])
        return found[0].id


def settle(
    shelf: Shelf,
    claims: Sequence[Claim],
    *,
    history: History = NO_HISTORY,
    unsettled: Sequence[Unsettled] = (),
    told: Told = NOTHING_TOLD,
    progress: Callable[[int, int], None] | None = None,
    look: Look | None = None,
) -> Run:
    """Settle claims in the order (settled, sequence, visit id), each on what stood before it.

    A visit with a fault is not settled and adds nothing; the person's later visits of the year are
    settled and name it. History is settled in the same order but not returned; a claim of this run takes
    the place of its own earlier record.
    """
    book, past = Book(), Book()
    book.open(history.openings)
    line = _Line(shelf, book, past, told, look)
    brought = Counter([*(c.visit_id for c in claims), *(u.visit_id for u in unsettled)])
    twice = {visit for visit, count in brought.items() if count > 1}
    line.faults += [fault("F301", c.where, visit=c.visit_id) for c in claims if c.visit_id in twice]
    for held in (
        *(u for u in history.unsettled if u.visit_id not in brought),
        *unsettled,
        *(_unsettled(c) for c in claims if c.visit_id in twice),
    ):
        line.hold(held)
    events: list[tuple[tuple[object, ...], Claim | Recorded, bool]] = [
        *((c.order, c, True) for c in claims if c.visit_id not in twice),
        *((c.order, c, False) for c in history.claims if c.visit_id not in brought),
        *((r.order, r, r.visit_id in brought) for r in history.recorded),
    ]
    events.sort(key=lambda event: event[0])
    for number, (_, event, is_own) in enumerate(events):
        if isinstance(event, Recorded):
            line.record(event, is_replaced=is_own)
        else:
            line.settle(event, is_own=is_own)
        if progress is not None:
            progress(number + 1, len(events))
    return Run(tuple(line.settlements), tuple(line.faults))


@dataclass(slots=True)
class _Line:
    """A run under way.

    `book` is what the run's own claims are settled on. History's claims are settled on `past`, which has no
    openings: a stated accumulator is the sum before this run, history included. `history` is what history
    has told of each sum so far; `held` are the visits that could not be settled, by person.
    """

    shelf: Shelf
    book: Book
    past: Book
    told: Told
    look: Look | None = None
    held: dict[str, list[Unsettled]] = field(default_factory=dict[str, list[Unsettled]])
    settlements: list[Adjudication] = field(default_factory=list[Adjudication])
    faults: list[Fault] = field(default_factory=list[Fault])
    history: HistoryTold = field(default_factory=HistoryTold)

    def hold(self, unsettled: Unsettled) -> None:
        """Later visits of the person name this one."""
        self.held.setdefault(unsettled.person_id, []).append(unsettled)

    def settle(self, claim: Claim, *, is_own: bool) -> None:
        """Settle one claim and post what it adds; a faulty one is held."""
        try:
            running = self.shelf.running(claim)
            self._sums_known(claim, running)
            held_by = tuple(dict.fromkeys(self._held_by(claim, running.policy.pack.year_starts)))
            told = Told(self.told.catalogue, held_by, self.told.language)
            settled = adjudicate(running, claim, self.book if is_own else self.past, told)
        except Faulty as error:
            self.faults.extend(error.faults)
            self.hold(_unsettled(claim))
            return
        if is_own and self.look is not None:
            self.look(running, claim, self.book, settled)
        person, visit = claim.person.id, claim.visit_id
        for owner, sums in (
            ((person, settled.benefit_year), settled.accumulators),
            ((person, claim.episode_id), settled.episode_accumulators),
        ):
            adds = {name: after - before for name, (before, after) in sums.items()}
            self._post(owner, visit, adds, is_own=is_own)
            if not is_own:
                self.history.add(owner, adds)
        if is_own:
            self.settlements.append(settled)

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
            *((n, "有一笔历史结算没有写这项累计") for n in self.history.lacking(owner, names)),
            *(
                (n, "有一笔历史结算，这项累计之后比之前少")
                for n in self.history.fallen(owner, rising)
            ),
        ]
        if reasons:
            raise Faulty(fault("F317", claim.where, what_=n, reason=why) for n, why in reasons)

    def record(self, r: Recorded, *, is_replaced: bool) -> None:
        """Post what an earlier settlement added, and what it says was there before beyond what is known.

        Of one that this run settles anew only the latter: what was before it is still true.
        """
        for owner, sums in (
            ((r.person_id, r.year), r.sums),
            ((r.person_id, r.episode_id), r.episode_sums),
        ):
            beyond, adds = self.history.record(owner, sums)
            self._post(owner, r.visit_id, beyond, is_own=False)
            if not is_replaced:
                self._post(owner, r.visit_id, adds, is_own=False)

    def _post(self, owner: Owner, visit: str, adds: Mapping[str, int], *, is_own: bool) -> None:
        """Add a visit's entries. What history adds is already in an opening of the same sum."""
        wanted = {
            name: amount
            for name, amount in adds.items()
            if is_own or self.book.opening(owner, name) is None
        }
        self.book.post(owner, visit, wanted)
        self.past.post(owner, visit, adds)

    def _held_by(self, claim: Claim, starts: tuple[int, int]) -> Iterator[str]:
        """Earlier visits of the person's year that were not settled; an unknown day may be earlier."""
        year = benefit_year(claim.settled.day, starts)
        for held in self.held.get(claim.person.id, ()):
            if held.visit_id == claim.visit_id:
                continue
            if held.settled is None:
                yield held.visit_id
            elif benefit_year(held.settled.day, starts) == year:
                order = (held.settled.instant, held.sequence, held.visit_id)
                if order < claim.order:
                    yield held.visit_id


def _unsettled(claim: Claim) -> Unsettled:
    return Unsettled(claim.visit_id, claim.person.id, claim.settled, claim.sequence)
