"""A simulation runs: day by day, each person's messages one after another, many persons at once."""

import json
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zlib import crc32

from doudi.settle import Shelf
from doudi_lab.hospitals.acts import POSTS, Act, Kind
from doudi_lab.hospitals.clerk import Clerk
from doudi_lab.hospitals.comparing import (
    Comparison,
    amounts_as_expected,
    asked_as_expected,
    ledger_as_recorded,
    presettled_as_expected,
    settlements_as_told,
    sums_as_expected,
)
from doudi_lab.hospitals.expectation import expectation
from doudi_lab.hospitals.figures import state_figures
from doudi_lab.hospitals.journal import Journal, Told
from doudi_lab.hospitals.mishaps import Mishap, Post, mishap_of
from doudi_lab.hospitals.outcome import Difference, Outcome
from doudi_lab.hospitals.proposed import Proposed
from doudi_lab.hospitals.recording import recorded
from doudi_lab.hospitals.requests import RIVAL, kept, request_of
from doudi_lab.hospitals.stories import acts
from doudi_lab.hospitals.wanted import Json, Wanted
from doudi_lab.hospitals.wire import PATIENCE_SECONDS, Answer, Line, Request, Silent, Unread
from doudi_lab.hospitals.world import World, world

_BATCH = 500  # persons in one request


@dataclass(frozen=True, slots=True)
class Keys:
    """Tokens: of a client that may back-date, and of the district's administrator."""

    settle: str
    district: str


class Stopped(Exception):
    """Somebody stopped the run."""


class Broken(Exception):
    """The simulation cannot go on: the service is away, or refuses what everything rests on. `code` says why."""

    def __init__(self, code: str, **details: object) -> None:
        self.code, self.details = code, details
        super().__init__(code, details)


_EXPECTED: Mapping[Kind, frozenset[int]] = {
    Kind.EARLY: frozenset({404}),
    Kind.OPEN: frozenset({200, 201}),
    Kind.LINES: frozenset({200, 201}),
    Kind.WITHDRAW: frozenset({200}),
    Kind.PRECHECK: frozenset({200}),
    Kind.PRESETTLE: frozenset({200}),
    Kind.DISCHARGE: frozenset({200}),
    Kind.SETTLE_VISIT: frozenset({200, 201}),
    Kind.SETTLE: frozenset({200, 201}),
    Kind.FAULTY: frozenset({422}),
    Kind.REVERSE: frozenset({200, 201}),
    Kind.CORRECT: frozenset({200, 201}),
    Kind.ANSWER: frozenset({200, 201}),
}


_ROUTES = {
    Kind.CORRECT: "/api/v1/settlements/{settlement}/correct",
    Kind.ANSWER: "/api/v1/settlements/{settlement}/answer",
    Kind.DECIDE: "/api/v1/proposals",
}


@dataclass(slots=True)
class _Hospitals:
    """All hospitals, with what each remembers, and the journal that they share."""

    world: World
    url: str
    keys: Keys
    patience: float
    journal: Journal
    progress: Callable[[int, int], None] | None
    total: int
    memory: dict[str, dict[str, Told]] = field(default_factory=dict[str, dict[str, Told]])
    broken: list[Exception] = field(default_factory=list[Exception])
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _done: int = 0

    def day(self, number: int, share: Sequence[Act]) -> None:
        """A thread's share of a day: persons in turn, so that who waits for an answer holds nobody up."""
        queues: dict[str, deque[Act]] = {}
        for act in share:
            queues.setdefault(act.person, deque()).append(act)
        post = Post(Line(self.url, self.keys.settle, self.patience), self._wrong)
        try:
            while queues and not self.broken:
                for person in list(queues):
                    if self._bring(post, number, queues[person][0]):
                        queues[person].popleft()
                    if not queues[person]:
                        del queues[person]
        except Exception as error:  # told to whoever asked; the others stop
            self.broken.append(error)
        finally:
            post.line.close()

    def _bring(self, post: Post, day: int, act: Act) -> bool:
        """Bring a message through, if it has not been; False where its answer was lost."""
        memory = self.memory.setdefault(act.hospital, {})
        told = self.journal.told.get(act.id)
        if told is not None:
            memory[act.id] = told
            self._tick()
            return True
        request = request_of(act, memory, agrees=self.world.wanted.agrees)
        if request is None:
            self._tick()
            return True
        rival = request_of(act, memory, RIVAL, agrees=self.world.wanted.agrees)
        has_faults = self.world.wanted.faults
        planned = mishap_of(self.world.wanted.seed, act) if has_faults else Mishap.NONE
        is_first = self.journal.send(act.id)
        mishap = planned if is_first else Mishap.NONE
        if is_first and mishap is not Mishap.NONE:
            self.journal.count({"mishap": mishap})
        answer = post.bring(self.world.wanted.seed, act, request, rival, mishap)
        if answer is None:
            if mishap is Mishap.CRASH:
                with self._lock:  # what another thread is told meanwhile is not forgotten
                    told_ones = self.journal.of_hospital(act.hospital)
                    self.memory[act.hospital] = {one.act: one for one in told_ones}
            return False
        if planned is Mishap.RIVAL and rival is not None:
            answer = post.settled_by_rival(answer, rival)
        self._tell(act, day, request, answer, is_new=is_first and mishap is Mishap.NONE)
        return True

    def _tell(self, act: Act, day: int, request: Request, answer: Answer, *, is_new: bool) -> None:
        """Keep an answer; one that should not be is a difference."""
        expected = _EXPECTED[act.kind]
        if is_new and act.kind in POSTS:
            expected = frozenset({201})
        if answer.status not in expected:
            wanted = "、".join(str(one) for one in sorted(expected))
            self._wrong(act, wanted, f"{answer.status} {'、'.join(answer.codes)}".strip())
        asked = json.loads(request.body or b"{}") if act.kind is Kind.ANSWER else None
        told = Told(
            act.id, act.kind, act.hospital, act.visit, act.person, day, answer.status,
            self._kept(act, request, answer), asked,
        )  # fmt: skip
        with self._lock:
            self.journal.tell(told)
            self.memory.setdefault(act.hospital, {})[act.id] = told
        self._tick()

    def _kept(self, act: Act, request: Request, answer: Answer) -> Json:
        """What counts of an answer; nothing of one that is not as described, or undoes what it was not asked to."""
        try:
            said = kept(act, answer)
        except (KeyError, TypeError):
            self._wrong(act, "as described", answer.text[:200].decode("utf-8", "replace"))
            return {}
        number = said.get("settlement_id") if act.kind is Kind.REVERSE else said.get("replaces")
        if number is not None and f"/{number}/" not in request.path:
            self._wrong(act, request.path, f"settlement {number}")
            return {}
        return said

    def _wrong(self, act: Act, expected: str, came: str) -> None:
        """Keep a difference in the journal: a run that goes on tells it still."""
        wrong = Difference("answers", act.visit, f"{act.kind} {expected}", came)
        self.journal.count({"wrong": wrong.json()})

    def clerk(self, district: Line) -> Clerk:
        """The district's clerk."""
        return Clerk(self.world, district, self.journal, Post(district, self._wrong), self.memory)

    def _tick(self) -> None:
        with self._lock:
            self._done += 1
            if self.progress is not None:
                self.progress(self._done, self.total)


def simulate(
    wanted: Wanted,
    url: str,
    keys: Keys,
    shelf: Shelf,
    state: Path,
    *,
    clients: int = 4,
    patience: float = PATIENCE_SECONDS,
    progress: Callable[[int, int], None] | None = None,
) -> Outcome:
    """Simulate the days against the service at `url`, then compare. Raises Broken, journal.OtherRun.

    A run that was stopped goes on from the journal in `state`.
    """
    made = world(wanted, shelf)
    journal = Journal(state, wanted)
    try:
        district = Line(url, keys.district, patience)
        able = _able(district, journal)
        days = acts(made, able)
        hospitals = _Hospitals(made, url, keys, patience, journal, progress, sum(map(len, days)))
        _begin(made, district, journal)
        clerk = hospitals.clerk(district) if Kind.DECIDE in able else None
        if clerk is not None:
            clerk.finish_what_was_begun()
        for number, day in enumerate(days):
            _learn(made, number, district, journal)
            _day(hospitals, number, day, clients)
            if clerk is not None:
                clerk.evening(number)
        outcome = _outcome(hospitals, days, district, shelf, clerk)
        district.close()
        return outcome
    except Silent as silent:
        raise Broken("S595", url=url, path=str(silent)) from silent
    except Unread as unread:
        codes = "、".join(unread.answer.codes)
        raise Broken("S598", path=unread.path, status=unread.answer.status, codes=codes) from unread
    finally:
        journal.close()


def _able(district: Line, journal: Journal) -> frozenset[Kind]:
    """The later kinds of messages that the service says it takes; asked once: a run goes on as it began."""
    stated = next((one["able"] for one in journal.counts if "able" in one), None)
    if stated is None:
        paths = district.read("/api/v1/openapi.json").get("paths", {})
        stated = [kind for kind, path in _ROUTES.items() if path in paths]
        journal.count({"able": stated})
    return frozenset(Kind(kind) for kind in stated)


def _begin(made: World, district: Line, journal: Journal) -> None:
    """The hospitals are in the register, and were not before. Raises Broken."""
    codes = {one.code for one in made.hospitals}
    if journal.is_new:
        told = district.read("/api/v1/facilities")
        there = {str(one["code"]) for one in told["facilities"]}
        if codes & there:
            raise Broken("S596", prefix=made.wanted.prefix)
    stated = [
        {"code": one.code, "name": one.name, "level": one.level, "district": one.district}
        for one in made.hospitals
    ]
    _write(district, "/api/v1/facilities", {"facilities": stated})


def _learn(made: World, day: int, district: Line, journal: Journal) -> None:
    """What the register learns on the morning of a day. Raises Broken."""
    name = f"{made.wanted.prefix}learn-{day}"
    entries = [one.entry for one in made.learnings if one.day == day]
    if name in journal.told or not entries:
        return
    for first in range(0, len(entries), _BATCH):
        _write(district, "/api/v1/persons", {"persons": entries[first : first + _BATCH]})
    journal.tell(Told(name, Kind.LEARN, "", "", "", day, 201, {"persons": len(entries)}))


def _write(district: Line, path: str, body: Json) -> None:
    request = Request("POST", path, json.dumps(body, ensure_ascii=False).encode())
    _must(district.ask(request), path)


def _must(answer: Answer, path: str) -> None:
    if answer.status not in (200, 201):
        raise Broken("S598", path=path, status=answer.status, codes="、".join(answer.codes))


def _day(hospitals: _Hospitals, number: int, day: Sequence[Act], clients: int) -> None:
    """A day's messages, each person's all in one thread. Raises what a thread raised."""
    shares: list[list[Act]] = [[] for _ in range(clients)]
    for act in day:
        shares[crc32(act.person.encode()) % clients].append(act)
    threads = [threading.Thread(target=hospitals.day, args=(number, share)) for share in shares]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except BaseException as stop:  # Ctrl-C: what is under way is brought to its end
        hospitals.broken.append(Stopped())
        for thread in threads:
            thread.join()
        raise stop from None
    if hospitals.broken:
        raise hospitals.broken[0]


def _outcome(
    hospitals: _Hospitals,
    days: Sequence[Sequence[Act]],
    district: Line,
    shelf: Shelf,
    clerk: Clerk | None,
) -> Outcome:
    """The clerk's last decisions; then compare, and count."""
    made, journal = hospitals.world, hospitals.journal
    by_id = {act.id: act for day in days for act in day}
    last = made.wanted.days - 1
    if clerk is not None:
        proposed = Proposed(expectation(made, by_id, journal.told.values(), shelf), journal, last)
        clerk.wait_until(proposed.agree)
        clerk.at_the_end()
    told = list(journal.told.values())
    record, said = recorded(told)
    expected = expectation(made, by_id, told, shelf)
    wrong = [Difference(**one["wrong"]) for one in journal.counts if "wrong" in one]
    comparison = Comparison(differences=wrong)
    amounts_as_expected(comparison, said, expected)
    asked_as_expected(comparison, said, expected)
    presettled_as_expected(comparison, by_id, told, expected)
    visits = {number: str(one["visit_id"]) for number, one in said.items()}
    ledger_as_recorded(comparison, district, made, record, visits)
    stands = {number for of in expected.stands.values() for number in of}
    state_figures(district, record, said, stands)
    settlements_as_told(comparison, district, made, said, stands)
    sums_as_expected(comparison, district, made, expected)
    if clerk is not None:
        Proposed(expected, journal, last).compare(comparison, clerk.opened())
    mishaps = Counter(str(one["mishap"]) for one in journal.counts if "mishap" in one)
    events = Counter(one.kind for one in told)
    return Outcome(made.wanted, events, mishaps, comparison.compared, tuple(comparison.differences))
