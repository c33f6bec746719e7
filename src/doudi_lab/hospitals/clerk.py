"""The district's clerk: approves and refuses what is proposed, by chance, in the order of the settlements."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from doudi.dates import CHINA
from doudi_lab.hospitals.acts import Act, Kind
from doudi_lab.hospitals.journal import Journal, Told
from doudi_lab.hospitals.mishaps import Mishap, Post
from doudi_lab.hospitals.requests import kept_of_replacement
from doudi_lab.hospitals.wanted import Json
from doudi_lab.hospitals.wire import Answer, Line, Request
from doudi_lab.hospitals.world import World
from doudi_lab.streams import Stream

_APPROVED, _REFUSED = 0.55, 0.2
_LINES: tuple[tuple[Mishap, float], ...] = (
    (Mishap.NONE, 70.0), (Mishap.AGAIN, 10.0), (Mishap.TWICE, 10.0), (Mishap.LOST, 10.0),
)  # fmt: skip
_MOST_ROUNDS = 40
_LEARNING_SECONDS = 30.0


@dataclass(slots=True)
class Clerk:
    """Who decides in the district."""

    world: World
    line: Line
    journal: Journal
    post: Post
    memory: dict[str, dict[str, Told]]
    """What each hospital remembers: the district tells it what was decided of its visits."""
    learning: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        counts: dict[str, int] = {}
        for one in self.world.learnings:
            counts[one.person] = counts.get(one.person, 0) + (one.day > 0)
        self.learning = frozenset(person for person, count in counts.items() if count)

    def finish_what_was_begun(self) -> None:
        """Hospitals know again what was decided; what was being decided as a run was stopped is asked again."""
        for one in self.journal.told.values():
            if one.kind == Kind.DECIDE:
                self.memory.setdefault(one.hospital, {})[one.act] = one
        for act, asked in list(self.journal.deciding.items()):
            if act not in self.journal.told:
                self._send(asked, Mishap.NONE)

    def evening(self, day: int) -> None:
        """Decide some of what is proposed; of whom the register learns something within the time, only at the end:
        a service may take a moment to work that in."""
        name = f"{self.world.wanted.prefix}clerk-{day}"
        if name not in self.journal.told:
            of_others = [p for p in self.opened() if p["person"] not in self.learning]
            self._decide(_firsts(of_others), day)
            self.journal.tell(Told(name, Kind.LEARN, "", "", "", day, 200, {}))

    def at_the_end(self) -> None:
        """Decide until nothing is open but what is left open on purpose."""
        day = self.world.wanted.days
        for number in range(_MOST_ROUNDS):
            if not self._decide(_firsts(self.opened()), day + number):
                return

    def opened(self) -> list[Json]:
        """What is proposed of our hospitals and open, in the order in which it was proposed."""
        return list(self.listed("open"))

    def listed(self, state: str) -> Iterator[Json]:
        """The proposals of our hospitals in a state."""
        after: object = 0
        while after is not None:
            path = f"/api/v1/proposals?state={state}&after={after}"
            page = self.line.read(path)
            for one in page["proposals"]:
                if str(one["facility"]).startswith(self.world.wanted.prefix):
                    yield one
            after = page["after"]

    def wait_until(self, is_so: Callable[[list[Json]], bool]) -> None:
        """Until the service has worked in what the register learned last, or a while has passed."""
        until = time.monotonic() + _LEARNING_SECONDS
        while not is_so(self.opened()) and time.monotonic() < until:
            time.sleep(0.5)

    def _decide(self, proposals: Sequence[Json], day: int) -> int:
        """Decide by chance; how many were decided."""
        wanted, count = self.world.wanted, 0
        for one in proposals:
            visit = str(one["visit_id"]).removeprefix(wanted.prefix)
            luck = Stream(wanted.seed, "decide", visit, one["kind"], day)
            lot = luck.uniform()
            if lot >= _APPROVED + _REFUSED or one.get("faults"):
                continue
            mishap = luck.weighted(_LINES) if wanted.faults else Mishap.NONE
            borne_by = luck.pick(("floor", "hospital"))
            asked = {
                "proposal_id": one["proposal_id"], "kind": one["kind"], "settlement_id": one["settlement_id"],
                "visit": one["visit_id"], "person": one["person"], "hospital": one["facility"],
                "is_approved": lot < _APPROVED, "borne_by": borne_by, "day": min(day, wanted.days - 1),
                "amounts": one.get("amounts"),
            }  # fmt: skip
            self._send(asked, mishap)
            count += 1
        return count

    def _send(self, asked: Json, mishap: Mishap) -> None:
        """Write down what is decided, then send it."""
        name = f"{self.world.wanted.prefix}decide-{asked['proposal_id']}"
        at = datetime.combine(self.world.wanted.day(asked["day"]), datetime.min.time(), CHINA)
        act = Act(
            name, at + timedelta(hours=20), Kind.DECIDE, asked["person"], asked["visit"], asked["hospital"]
        )  # fmt: skip
        self.journal.decide(name, asked)
        body: Json = {"message_id": name, "reason": "核对过账单和登记"}
        if asked["kind"] == "collect" and not asked["is_approved"]:
            body["borne_by"] = asked["borne_by"]
        said = "approve" if asked["is_approved"] else "refuse"
        path = f"/api/v1/proposals/{asked['proposal_id']}/{said}"
        request = Request("POST", path, json.dumps(body, ensure_ascii=False).encode())
        if mishap is not Mishap.NONE:
            self.journal.count({"mishap": mishap})
        answer = self.post.bring(self.world.wanted.seed, act, request, None, mishap)
        answer = answer or self.line.ask(request)
        self._judge(act, asked, answer)
        told = Told(
            name, Kind.DECIDE, act.hospital, act.visit, act.person, asked["day"], answer.status,
            _kept(answer), asked,
        )  # fmt: skip
        self.journal.tell(told)
        self.memory.setdefault(act.hospital, {})[act.id] = told

    def _judge(self, act: Act, asked: Json, answer: Answer) -> None:
        """Who posted a settlement does not decide what a poor patient is asked for in addition."""
        by_clerk = {
            str(one.said["settlement_id"])
            for one in self.journal.told.values()
            if one.kind == Kind.DECIDE and "settlement_id" in one.said
        }
        own = asked["kind"] == "collect" and asked["settlement_id"] in by_clerk
        wanted = {403} if own else {200, 201}
        if answer.status not in wanted:
            came = f"{answer.status} {'、'.join(answer.codes)}"
            self.post.wrong(act, f"{sorted(wanted)} to {asked['kind']}", came)


def _firsts(proposals: Sequence[Json]) -> list[Json]:
    """Of each person the adjustment that comes first in the order, and everything that is to be collected."""
    firsts: dict[str, Json] = {}
    found: list[Json] = []
    for one in proposals:
        if one["kind"] == "collect":
            found.append(one)
            continue
        before = firsts.get(one["person"])
        if before is None or _order(one) < _order(before):
            firsts[one["person"]] = one
    return [*found, *firsts.values()]


def _order(one: Mapping[str, object]) -> tuple[datetime, int]:
    return datetime.fromisoformat(str(one["settled"])).astimezone(CHINA), int(str(one["sequence"]))


def _kept(answer: Answer) -> Json:
    """What counts of a decision's answer."""
    said = answer.json
    if answer.status >= 300:
        return {"codes": list(answer.codes)}
    if "settlement" in said:
        return kept_of_replacement(said)
    return {"entries": said.get("entries", [])}
