"""A random year of a district, step by step through the interface, beside the oracle's own books.

All is drawn from one seed; the clock is the test's, so that postings fall into the months of the year.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from oracle.banan_2019 import ACCUMULATORS, CHINA, print_payments, yuan
from oracle.district import District, Settled
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
    books: District = field(default_factory=District)
    steps: list[str] = field(default_factory=list[str])
    asked: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.on_time = self.service.token()
        self.late = self.service.token(may_back_date=True)
        self.admin = self.service.token("district_admin")
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
        self.steps.append(f"{self.clock.moment:%m-%d %H:%M} {chosen.__name__}")
        chosen()
        self.agrees()

    def choices(self) -> list[tuple[Any, int]]:
        """The steps that can be taken now, each with its weight."""
        found = [(self.settle, 5), (self.settle_late, 5), (self.learn, 1), (self.open, 3)]
        if self.mine():
            found += [(self.reverse, 3)]
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
        self.tell(sent)
        status, told = self.service.settle(token, sent, self.message())
        assert status == 201, told
        number = int(told["settlement_id"])
        made = self.books.settle(number, sent, (settled, number))
        self.same(told, made)
        behind = [
            str(s.number) for s in self.books.standing(made.visit.person_id) if s.place > made.place
        ]
        assert told.get("later", []) == behind

    def reverse(self) -> None:
        chosen = self.chance.choice(self.books.standing(self.person()) or self.mine())
        self.tell(chosen.number)
        status, told = self.service.ask(
            "POST", f"/api/v1/settlements/{chosen.number}/reverse", self.on_time,
            {"message_id": self.message(), "reason": "记错了人"},
        )  # fmt: skip
        assert status == 201, told
        self.books.reverse(chosen.number)

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
        self.tell(stated)
        status, told = self.service.ask(
            "POST", "/api/v1/openings", self.admin, {"openings": [stated]}
        )
        assert status == 201, told
        self.books.books[person].open(name, amount, as_of, self.clock.moment)

    # ---------------------------------------------------------------------------------- drawn

    def register(self, person: str, standings: list[Json]) -> None:
        stated = {
            "id": person, "birth_date": "1970-01-01", "insurance_tier": "tier_1", "district": "500113",
            "standings": standings,
        }  # fmt: skip
        self.tell(stated)
        status, told = self.service.ask(
            "POST", "/api/v1/persons", self.admin, {"persons": [stated]}
        )
        assert status == 201, told
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

    # ---------------------------------------------------------------------------------- held against each other

    def tell(self, sent: object) -> None:
        """What a failure shows."""
        self.steps.append(f"    {sent}")

    def same(self, told: Json, made: Settled) -> None:
        """An answer is what the oracle comes to."""
        out, found = made.outcome, made.found
        before = {name: moved["before"] for name, moved in told["accumulators"].items()}
        assert before == {name: yuan(amount) for name, amount in found.sums.items()}, self.shown()
        stay = told["episode_accumulators"]["stay_deductible_met"]["before"]
        assert stay == yuan(found.stays[made.visit.stay]), self.shown()
        assert (told["payments"], told["hospital"], told["patient"], told["deductible_met"]) == (
            print_payments(out.payments), yuan(out.hospital), yuan(out.patient), yuan(out.deductible_met),
        ), self.shown()  # fmt: skip

    def agrees(self) -> None:
        """The sums of each person, and what each account comes to."""
        for person in self.books.persons:
            path = f"/api/v1/persons/{person}/accumulators?year=2019"
            told = self.service.ask("GET", path, self.admin)[1]
            assert told == {n: yuan(a) for n, a in self.books.sums(person).items()}, self.shown()
        assert self.accounts() == self.books.accounts(), self.shown()

    def accounts(self) -> dict[str, int]:
        """What the accounts come to, entry by entry."""
        number, found = 0, Counter[str]()
        while True:
            told = self.service.ask("GET", f"/api/v1/ledger/entries?after={number}", self.admin)[1]
            for one in told["entries"]:
                found[one["account"]] += fen(one["amount"])
            if not told["entries"]:
                return {account: amount for account, amount in found.items() if amount}
            number = told["entries"][-1]["id"]

    def shown(self) -> str:
        return "\n".join([f"seed {self.seed}", *self.steps])


def fen(amount: str) -> int:
    """An amount in yuan, in fen."""
    whole, _, parts = amount.partition(".")
    return int(f"{whole}{parts}")
