"""A random year of a district, step by step through the interface, beside the oracle's own books.

All is drawn from one seed; the clock is the test's, so that postings fall into the months of the year.
"""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from oracle.banan_2019 import ACCUMULATORS, CHINA, yuan
from oracle.district import Settled
from web.beside import Beside, of_month
from web.people import standing
from web.service import Json, Service

KINDS = (
    "inpatient",
    "inpatient",
    "inpatient",
    "chronic_outpatient",
    "major_outpatient",
    "outpatient",
)
CODES = ("destitute", "dibao", "registered_poor")
FIRST = date(2019, 1, 1)


@dataclass
class Clock:
    """A clock that stands where it is set, in the place of a demonstration's."""

    moment: datetime = datetime(2019, 1, 10, 9, tzinfo=CHINA)
    day: date = FIRST

    def at(self, _: datetime) -> datetime:
        return self.moment


@dataclass
class Year:
    """A run of random steps: the service, the oracle, and what is drawn."""

    service: Service
    seed: str
    clock: Clock
    asked: int = 0
    opens: bool = False
    """Whether the city's centre states sums; they are no reason to propose anything."""
    refuses: bool = False
    """Whether a proposal may be refused; it is not made again."""
    closed: dict[str, list[tuple[Any, ...]]] = field(
        default_factory=dict[str, list[tuple[Any, ...]]]
    )
    """What the ledger had of each month when it was closed."""

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.on_time = self.service.token()
        self.late = self.service.token(may_back_date=True)
        self.admin = self.service.token("district_admin")
        self.held = Beside(self.service, self.seed, self.admin, not self.refuses)
        self.books = self.held.books
        self.other = self.service.token("district_admin")  # decides
        self.third = self.service.token("district_admin")  # decides on what the other brought about
        self.brought = set[int]()
        """Settlements that the other posted by deciding: what is collected of them another one decides."""
        self.service.rows(
            "INSERT INTO tenancy_district (code, name, \"group\") VALUES ('500113', '巴南', '')"
            " ON CONFLICT (code) DO UPDATE SET name = '巴南' RETURNING code"
        )
        for number in range(2):
            self.register(f"P{number}", [])

    # ---------------------------------------------------------------------------------- steps

    def step(self) -> None:
        """One random step, and then all that both sides say."""
        days = self.chance.choice((0, 0, 1, 3, 8))
        last = datetime(2019, 12, 30, tzinfo=CHINA)
        self.clock.moment = min(
            self.clock.moment + timedelta(days=days, minutes=7), last + timedelta(hours=9)
        )
        chosen = self.chance.choices(*zip(*self.choices(), strict=True))[0]
        self.held.steps.append(f"{self.clock.moment:%m-%d %H:%M} {chosen.__name__}")
        chosen()
        self.held.agrees()

    def choices(self) -> list[tuple[Any, int]]:
        """The steps that can be taken now, each with its weight."""
        found = [
            (self.settle, 5),
            (self.settle_late, 5),
            (self.learn, 1),
            (self.decide, 6),
            (self.close, 1),
        ]
        if self.opens:
            found += [(self.open, 3)]
        if self.mine():
            found += [(self.reverse, 2), (self.correct, 3)]
        return found

    def settle(self) -> None:
        """A visit of today, settled on the server's clock."""
        self._settle(self.bill(), None)

    def settle_late(self) -> None:
        """A visit of a day that is past, often one on which there are visits already."""
        moments = [s.place[0] for s in self.mine()]
        day = FIRST + timedelta(
            days=self.chance.randint(0, (self.clock.moment.date() - FIRST).days)
        )
        moment = datetime.combine(day, time(), CHINA)
        if moments and self.chance.random() < 0.4:
            moment = self.chance.choice(moments)
        self._settle(self.bill(), moment)

    def _settle(self, bill: Json, moment: datetime | None) -> None:
        settled = moment or self.clock.moment
        day = settled.date().isoformat()
        sent = {**bill, "admitted": day, "discharged": day}
        if moment is not None:
            sent["settled"] = moment.isoformat()
        token = self.on_time if moment is None else self.late
        self.held.tell(sent)
        status, told = self.service.settle(token, sent, self.message())
        self.held.equal(told, status, 201)
        number = int(told["settlement_id"])
        made = self.books.settle(number, sent, (settled, number))
        self.held.same(told, made)
        behind = [
            str(s.number) for s in self.books.standing(made.visit.person_id) if s.place > made.place
        ]
        self.held.equal("later", told.get("later", []), behind)

    def reverse(self) -> None:
        chosen = self.chance.choice(self.books.standing(self.person()) or self.mine())
        self.held.tell(chosen.number)
        status, told = self.service.ask(
            "POST", f"/api/v1/settlements/{chosen.number}/reverse", self.on_time,
            {"message_id": self.message(), "reason": "记错了人"},
        )  # fmt: skip
        self.held.equal(told, status, 201)
        self.books.reverse(chosen.number)

    def correct(self) -> None:
        """A settled visit with other lines."""
        chosen = self.chance.choice(self.books.standing(self.person()) or self.mine())
        made = {**chosen.bill, "lines": self.bill()["lines"]}
        self.held.tell((chosen.number, made["lines"]))
        status, told = self.service.ask(
            "POST", f"/api/v1/settlements/{chosen.number}/correct", self.late,
            {"message_id": self.message(), "bill": made, "reason": "漏记"},
        )  # fmt: skip
        self.held.equal(told, status, 201)
        self.replaced(chosen, told, made)

    def replaced(self, old: Settled, told: Json, bill: Json | None = None) -> None:
        """A settlement took the place of another, with another bill or its own."""
        number = int(told["settlement"]["settlement_id"])
        assert told["settlement"]["replaces"] == str(old.number)
        made = self.books.replace(old.number, number, bill)
        self.held.same(told["settlement"], made)
        asked, now = old.asked, made.outcome.patient
        state = "even" if now == asked else "refund" if now < asked else "collect"
        if made.more:
            state = "needs_approval"
        patient = {key: told["patient"][key] for key in ("asked", "now", "difference", "state")}
        wanted = {
            "asked": yuan(asked), "now": yuan(now), "difference": yuan(now - asked), "state": state,
        }  # fmt: skip
        self.held.equal("patient", patient, wanted)

    def finish(self) -> None:
        """All that is proposed is approved, until nothing is."""
        for person in self.books.persons:
            while listed := self.held.proposals(person):
                self._decide(listed, listed[0], is_approved=True)
                self.held.agrees()

    def decide(self) -> None:
        """The district decides one of a person's proposals."""
        listed = self.held.proposals(self.person())
        if listed:
            is_approved = not self.refuses or self.chance.random() < 0.7
            self._decide(listed, self.chance.choice(listed), is_approved=is_approved)

    def _decide(self, listed: list[Json], chosen: Json, *, is_approved: bool) -> None:
        """Of what would adjust, the person's first visit is decided first."""
        asked = {"message_id": self.message(), "reason": "核对过"}
        if chosen["kind"] == "collect" and not is_approved:
            asked["borne_by"] = self.chance.choice(("floor", "hospital"))
        self.held.tell(
            (chosen["proposal_id"], chosen["kind"], chosen["settlement_id"], is_approved, asked)
        )
        path = f"/api/v1/proposals/{chosen['proposal_id']}/{'approve' if is_approved else 'refuse'}"
        status, told = self.service.ask("POST", path, self.other, asked)
        if chosen["kind"] == "collect" and int(chosen["settlement_id"]) in self.brought:
            codes = [fault["code"] for fault in told.get("faults", [])]
            self.held.equal("another decides", (status, codes), (403, ["S523"]))
            status, told = self.service.ask("POST", path, self.third, asked)
        first = next((p for p in listed if p["kind"] == "adjust"), chosen)
        if chosen["kind"] == "adjust" and chosen != first:
            codes = [fault["code"] for fault in told.get("faults", [])]
            self.held.equal("another comes first", (status, codes), (409, ["S526"]))
            return
        self.held.equal(told, status, 201)
        one = self.books.settled[int(chosen["settlement_id"])]
        if chosen["kind"] == "adjust":
            if is_approved:
                self.replaced(one, told)
                self.brought.add(int(told["settlement"]["settlement_id"]))
        elif is_approved:
            one.asked = one.outcome.patient
        else:
            account = {
                "floor": "fund:floor",
                "hospital": f"hospital:{one.bill['facility']['code']}",
            }
            one.relief = account[asked["borne_by"]]

    def close(self) -> None:
        """The first month that is open and has begun is closed."""
        begun = [f"2019-{n:02d}" for n in range(1, self.clock.moment.month + 1)]
        month = next((m for m in begun if m not in self.closed), None)
        if month is None:
            return
        self.held.tell(month)
        status, told = self.service.ask(
            "POST", f"/api/v1/months/{month}/close", self.admin,
            {"message_id": self.message(), "reason": "月结"},
        )  # fmt: skip
        self.closed[month] = of_month(self.service, month)
        self.held.equal(told, (status, told.get("postings")), (201, len(self.closed[month])))

    def learn(self) -> None:
        """The register learns a standing, from some day of the year on, or that there is none."""
        person = self.person()
        starts = FIRST + timedelta(days=self.chance.randint(-30, 300))
        stated = standing(self.chance.choice(CODES), starts.isoformat())
        if self.chance.random() < 0.3:
            stated["to"] = (starts + timedelta(days=self.chance.randint(1, 200))).isoformat()
        self.register(person, [stated] if self.chance.random() < 0.9 else [])

    def open(self) -> None:
        """The city's centre states a sum, near what the ledger has or far from it."""
        person = self.person()
        moved = sorted(self.books.books[person].names()) or ACCUMULATORS
        name = self.chance.choice(moved if self.chance.random() < 0.8 else ACCUMULATORS)
        held = [o.stands for o in self.books.books[person].opened if o.name == name]
        first = max((s.astimezone(CHINA).date() - timedelta(days=1) for s in held), default=FIRST)
        today = self.clock.moment.date()
        as_of = min(today, first + timedelta(days=self.chance.randint(0, 90)))
        near = self.books.books[person].before(name)
        amount = max(
            0,
            near + self.chance.choice((0, 1, -500_00, 500_00, 5_000_00, -near, -near, -near // 2)),
        )
        stated = {
            "person": person, "year": 2019, "name": name, "amount": yuan(amount),
            "source": f"市中心{self.asked}", "as_of": as_of.isoformat(),
        }  # fmt: skip
        self.held.tell(stated)
        status, told = self.service.ask(
            "POST", "/api/v1/openings", self.admin, {"openings": [stated]}
        )
        self.held.equal(told, status, 201)
        self.books.books[person].open(name, amount, as_of, self.clock.moment)

    # ---------------------------------------------------------------------------------- drawn

    def register(self, person: str, standings: list[Json]) -> None:
        stated = {
            "id": person, "birth_date": "1970-01-01", "insurance_tier": "tier_1", "district": "500113",
            "standings": standings,
        }  # fmt: skip
        self.held.tell(stated)
        status, told = self.service.ask(
            "POST", "/api/v1/persons", self.admin, {"persons": [stated]}
        )
        self.held.equal(told, status, 201)
        self.books.know(stated)

    def person(self) -> str:
        """Mostly the first, so that their year fills."""
        return self.chance.choices([*self.books.persons], (4, 1))[0]

    def bill(self) -> Json:
        """A bill of one of the persons; inpatient care is of one of two stays."""
        person, kind = self.person(), self.chance.choice(KINDS)
        level = self.chance.choice((1, 2, 2, 3))
        most = self.chance.choice((500, 5_000, 30_000, 200_000))
        amount = yuan(self.chance.randint(100, most * 100))
        self.asked += 1
        return {
            "visit_id": f"V{self.asked}",
            "episode_id": f"{self.chance.choice('AB')}-{person}",
            "person": {"id": person},
            "facility": {"code": f"F{level}", "level": level, "district": "500113"},
            "kind": kind,
            "referred": False,
            "major_disease": self.chance.random() < 0.2,
            "lines": [
                {"id": "1", "code": "C1", "class": self.chance.choice("甲甲甲丙"), "quantity": "1",
                 "unit_price": amount, "amount": amount},
            ],
        }  # fmt: skip

    def message(self) -> str:
        self.asked += 1
        return f"m{self.asked}"

    def mine(self) -> list[Settled]:
        """The settlements that stand."""
        return [s for person in self.books.persons for s in self.books.standing(person)]
