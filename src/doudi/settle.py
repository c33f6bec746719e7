"""Many claims in order: the right pack for each, accumulators over the year, history, visits held back."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from doudi.adjudicate import NOTHING_TOLD, Told
from doudi.adjudication import Adjudication, Warning_
from doudi.claim import Claim
from doudi.compile import compile_policy
from doudi.course import Course, Later, Look, Past, Unsettled, sums_of, unsettled_of
from doudi.errors import Fault, Faulty, fault
from doudi.ledger.accumulators import Key, Opening, Recorded
from doudi.packs.load import Finder, load
from doudi.packs.model import Pack
from doudi.packs.resolve import Head, in_force, of_district
from doudi.proposal import Correction, Proposal
from doudi.running import Running
from doudi.warn import history_gap_warning


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
    """What a run settled, in order, and every fault that kept something from being settled.

    `later` are visits of history that stand on sums which this run moved, `replaced` the earlier records of
    visits settled anew; `proposals` and `corrections` say what follows from them.
    """

    settlements: tuple[Adjudication, ...]
    faults: tuple[Fault, ...]
    later: tuple[Later, ...] = ()
    replaced: Mapping[str, Adjudication | Recorded] = field(
        default_factory=dict[str, Adjudication | Recorded]
    )
    proposals: tuple[Proposal, ...] = ()
    corrections: Mapping[str, Correction] = field(default_factory=dict[str, Correction])


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
    brought = Counter([*(c.visit_id for c in claims), *(u.visit_id for u in unsettled)])
    twice = {visit for visit, count in brought.items() if count > 1}
    visits = list(_visits(history))
    course = Course(shelf.running, told, look, _watched(claims, visits, brought))
    _open(course, history.openings, visits)
    course.faults += [
        fault("F301", c.where, visit=c.visit_id) for c in claims if c.visit_id in twice
    ]
    course.failed |= twice | {u.visit_id for u in unsettled}
    printed = {r.visit_id for r in history.recorded}
    for held in (
        *(u for u in history.unsettled if u.visit_id not in brought and u.visit_id not in printed),
        *unsettled,
        *(unsettled_of(c) for c in claims if c.visit_id in twice),
    ):
        course.hold(held)
    events: list[tuple[tuple[object, ...], Past | Claim]] = [
        *((v.order, v) for v in visits),
        *((c.order, c) for c in claims if c.visit_id not in twice),
    ]
    events.sort(key=lambda event: event[0])  # a record stands before what takes its place
    for number, (_, event) in enumerate(events):
        if isinstance(event, Past):
            course.history(event, is_replaced=event.visit_id in brought)
        else:
            course.own(event)
        if progress is not None:
            progress(number + 1, len(events))
    return _run(course, claims, unsettled)


def _visits(history: History) -> Iterator[Past]:
    """History's visits: a bill and a printed settlement of one visit are one."""
    printed = {r.visit_id for r in history.recorded}
    bills = {c.visit_id: c for c in history.claims}
    for c in history.claims:
        if c.visit_id not in printed:
            yield Past(c.visit_id, c.person.id, c.order, c, None)
    for r in history.recorded:
        yield Past(r.visit_id, r.person_id, r.order, bills.get(r.visit_id), r)


def _watched(
    claims: Sequence[Claim], visits: Sequence[Past], brought: Mapping[str, int]
) -> frozenset[str]:
    """The persons whose history has something at or behind a visit of this run, or its earlier record."""
    first: dict[str, tuple[object, ...]] = {}
    for person, order in (
        *((c.person.id, c.order) for c in claims),
        *((v.person_id, v.order) for v in visits if v.visit_id in brought),
    ):
        if person not in first or order < first[person]:
            first[person] = order
    return frozenset(
        v.person_id for v in visits if v.person_id in first and v.order >= first[v.person_id]
    )


_ROUNDS = 8  # until history's bills come to the same on what the opening holds beyond them


def _open(course: Course, openings: Sequence[Opening], visits: Sequence[Past]) -> None:
    """Take the openings: as they stand, or of a watched person without what history's visits added.

    What the visits added may depend on where the sums began, so that is found in a few rounds.
    """
    course.book.open(o for o in openings if o.person not in course.watched)
    stated: dict[str, dict[Key, int]] = {}
    for o in openings:
        if o.person in course.watched:
            stated.setdefault(o.person, {})[(o.person, o.year), o.name] = o.amount
    brought: dict[str, list[Past]] = {person: [] for person in stated}
    for visit in sorted(visits, key=lambda v: v.order) if stated else ():
        if visit.person_id in brought:
            brought[visit.person_id].append(visit)
    for person, sums in stated.items():
        carried = dict.fromkeys(sums, 0)
        for _ in range(_ROUNDS):
            found = _beyond(course, brought[person], carried, sums)
            if found == carried:
                break
            carried = found
        for (owner, name), amount in carried.items():
            course.book.carry(owner, name, amount)
            course.past.carry(owner, name, amount)


def _beyond(
    course: Course, visits: Sequence[Past], carried: Mapping[Key, int], stated: Mapping[Key, int]
) -> dict[Key, int]:
    """The stated sums less what the visits of history add where the sums begin so."""
    alone = Course(course.policy_of)
    for (owner, name), amount in carried.items():
        alone.book.carry(owner, name, amount)
        alone.past.carry(owner, name, amount)
    for visit in visits:
        alone.history(visit, is_replaced=False)
    left = dict(stated)
    for entry in alone.past.entries:
        key = entry.owner, entry.name
        if key in left:
            left[key] -= entry.amount
    return left


def _run(course: Course, claims: Sequence[Claim], unsettled: Sequence[Unsettled]) -> Run:
    """What the course came to. Behind a visit with a fault nothing is proposed: it has to be mended first."""
    spoilt = {c.person.id for c in claims if c.visit_id in course.failed}
    spoilt |= {u.person_id for u in unsettled}
    spoilt |= {past.person_id for v, (past, _) in course.replaced.items() if v in course.failed}
    return Run(
        tuple(_doubted(course, claim, a) for claim, a in course.settled),
        tuple(course.faults),
        tuple(one for one in course.later if one.past.person_id not in spoilt),
        {
            visit: record
            for visit, (_, record) in course.replaced.items()
            if visit not in course.failed
        },
    )


def _doubted(course: Course, claim: Claim, settled: Adjudication) -> Adjudication:
    """The settlement, with a warning for each sum of which history does not say what was before it."""
    if claim.person.id not in course.watched:
        return settled
    accumulators = course.policy_of(claim).policy.pack.accumulators
    own = course.replaced.get(claim.visit_id)
    is_pinned = own is not None and own[0].recorded is not None and own[0].order == claim.order
    found: list[Warning_] = []
    for owner, pairs in sums_of(settled).items():
        for name in pairs:
            title = accumulators[name].title
            said = title.en if course.told.language == "en" else title.zh
            doubt = course.doubts.carried(course.past, owner, name, claim.order)
            if doubt:
                found.append(history_gap_warning(said, doubt, course.told.language, before=True))
            doubt = 0 if is_pinned else course.doubts.behind(owner, name, claim.order)
            if doubt:
                found.append(history_gap_warning(said, doubt, course.told.language, before=False))
    return replace(settled, warnings=(*settled.warnings, *found)) if found else settled
