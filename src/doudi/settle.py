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
from doudi.ledger.accumulators import Book, Opening, Recorded
from doudi.packs.load import Finder, load
from doudi.packs.model import Pack
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
) -> Run:
    """Settle claims in the order (settled, sequence, visit id), each on what stood before it.

    A visit with a fault is not settled and adds nothing; the person's later visits of the year are
    settled and name it. History is settled in the same order but not returned; a claim of this run takes
    the place of its own earlier record.
    """
    book = Book()
    book.open(history.openings)
    line = _Line(shelf, book, told, [*history.unsettled, *unsettled])
    twice = {v for v, n in Counter(c.visit_id for c in claims).items() if n > 1}
    own = {claim.visit_id for claim in claims}
    line.faults += [fault("F301", c.where, visit=c.visit_id) for c in claims if c.visit_id in twice]
    line.held += [_unsettled(c) for c in claims if c.visit_id in twice]
    events: list[tuple[tuple[object, ...], Claim | Recorded, bool]] = [
        *((c.order, c, True) for c in claims if c.visit_id not in twice),
        *((c.order, c, False) for c in history.claims if c.visit_id not in own),
        *((r.order, r, False) for r in history.recorded if r.visit_id not in own),
    ]
    events.sort(key=lambda event: event[0])
    for number, (_, event, is_own) in enumerate(events):
        if isinstance(event, Recorded):
            line.record(event)
        else:
            line.settle(event, is_own=is_own)
        if progress is not None:
            progress(number + 1, len(events))
    return Run(tuple(line.settlements), tuple(line.faults))


@dataclass(slots=True)
class _Line:
    """A run under way."""

    shelf: Shelf
    book: Book
    told: Told
    held: list[Unsettled]
    settlements: list[Adjudication] = field(default_factory=list[Adjudication])
    faults: list[Fault] = field(default_factory=list[Fault])

    def settle(self, claim: Claim, *, is_own: bool) -> None:
        """Settle one claim and post what it adds; a faulty one is held."""
        try:
            running = self.shelf.running(claim)
            self._openings_known(claim, running)
            held_by = tuple(dict.fromkeys(self._held_by(claim, running.policy.pack.year_starts)))
            told = Told(self.told.catalogue, held_by, self.told.language)
            settled = adjudicate(running, claim, self.book, told)
        except Faulty as error:
            self.faults.extend(error.faults)
            self.held.append(_unsettled(claim))
            return
        adds = {name: after - before for name, (before, after) in settled.accumulators.items()}
        episode = {n: after - before for n, (before, after) in settled.episode_accumulators.items()}
        self._post(
            claim.person.id, settled.benefit_year, claim.episode_id, claim.visit_id, adds, episode,
            is_own=is_own,
        )  # fmt: skip
        if is_own:
            self.settlements.append(settled)

    def _openings_known(self, claim: Claim, running: Running) -> None:
        """An opening whose name the pack does not know would be lost silently: a fault."""
        year = benefit_year(claim.settled.day, running.policy.pack.year_starts)
        known = [a.name for a in running.policy.outline.accumulators if not a.per_episode]
        unknown = [o for o in self.book.openings((claim.person.id, year)) if o.name not in known]
        if unknown:
            raise Faulty(
                fault(
                    "F317", claim.where, what_=opening.name,
                    reason=f"政策包没有这项累计；有的是：{'、'.join(known)}",
                )
                for opening in unknown
            )  # fmt: skip

    def record(self, r: Recorded) -> None:
        """Post what an earlier settlement added."""
        self._post(
            r.person_id, r.year, r.episode_id, r.visit_id, r.adds, r.episode_adds, is_own=False
        )

    def _post(
        self,
        person: str,
        year: int,
        episode: str,
        visit: str,
        adds: Mapping[str, int],
        episode_adds: Mapping[str, int],
        *,
        is_own: bool,
    ) -> None:
        """Add a visit's entries. What history adds is already in an opening of the same sum."""
        owner = (person, year)
        wanted = {
            name: amount
            for name, amount in adds.items()
            if is_own or self.book.opening(owner, name) is None
        }
        self.book.post(owner, visit, wanted)
        self.book.post((person, episode), visit, episode_adds)

    def _held_by(self, claim: Claim, starts: tuple[int, int]) -> Iterator[str]:
        """Earlier visits of the person's year that were not settled; an unknown day may be earlier."""
        year = benefit_year(claim.settled.day, starts)
        for held in self.held:
            if held.person_id != claim.person.id or held.visit_id == claim.visit_id:
                continue
            if held.settled is None:
                yield held.visit_id
            elif benefit_year(held.settled.day, starts) == year:
                order = (held.settled.instant, held.sequence, held.visit_id)
                if order < claim.order:
                    yield held.visit_id


def _unsettled(claim: Claim) -> Unsettled:
    return Unsettled(claim.visit_id, claim.person.id, claim.settled, claim.sequence)
