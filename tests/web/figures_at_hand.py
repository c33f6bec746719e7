"""A district of some months whose figures are known from what was sent and what the listing of settlements tells:
counted here by other code than the service's."""

import itertools
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import banan
from web.service import Json, Service
from web.test_settling import bill

HOME, AWAY = "500113", "500112"
TOWNS = ("500113101", "500113102", "500113103")
KINDS = ("inpatient", "chronic_outpatient", "major_outpatient", "outpatient")
POOR = ("destitute", "dibao", "registered_poor")
DISEASES = ("I10", "J44.100", "E11.9", None)
INSIDE = {"F1": "2", "F2": "1", "F3": "3"}
OUTSIDE = {"X1": "3"}


@dataclass
class Sent:
    """A visit as it was sent: what the answer does not tell."""

    visit: str
    person: str
    facility: str
    kind: str
    day: str
    referred: bool
    disease: str | None
    bill: Json


@dataclass
class World:
    """A service, whose people live where, and what was sent."""

    service: Service
    chance: random.Random
    towns: dict[str, str | None] = field(default_factory=dict[str, "str | None"])
    standings: dict[str, str | None] = field(default_factory=dict[str, "str | None"])
    sent: dict[str, Sent] = field(default_factory=dict[str, Sent])
    erased: set[str] = field(default_factory=set[str])
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.sender = self.service.token(may_back_date=True)
        self.admin = self.service.token("district_admin")

    def told(self, method: str, path: str, body: object = None, by: str | None = None) -> Json:
        status, told = self.service.ask(method, path, by or self.admin, body)
        assert status in (200, 201), (path, told)
        return told

    def people(self, count: int) -> None:
        """Persons of three townships, one of no township; some poor."""
        made: list[Json] = []
        for number in range(count):
            who = f"FP{number}"
            town = None if number == count - 1 else TOWNS[number % 3]
            standing = (*POOR, None)[number % 4]
            self.towns[who], self.standings[who] = town, standing
            made.append(self._person(who, HOME, town, standing, number))
        self.told("POST", "/api/v1/persons", {"persons": made})
        facilities = [
            {
                "code": code,
                "name": f"医院{code}",
                "level": level,
                "district": HOME if code in INSIDE else AWAY,
            }
            for code, level in (INSIDE | OUTSIDE).items()
        ]
        self.told("POST", "/api/v1/facilities", {"facilities": facilities})

    def _person(
        self, who: str, district: str, town: str | None, standing: str | None, number: int
    ) -> Json:
        attributes = {
            0: {"long_term_care_insured": True},
            1: {"long_term_care_insured": False},
        }.get(number % 3, {})
        doctors = (
            [{"name": "罗", "phone": "66221234", "from": "2018-01-01"}] if number % 2 == 0 else []
        )
        return {
            "id": who, "birth_date": "1970-01-01", "district": district,
            "standings": [] if standing is None else [{"code": standing, "from": "2018-01-01"}],
            "tiers": [{"tier": "tier_1", "from": "1970-01-01"}], "doctors": doctors,
            **({} if town is None else {"village": f"{town}201"}), "attributes": attributes,
        }  # fmt: skip

    def settle(self, **fixed: Any) -> Json:
        """One more visit, by chance where nothing is fixed."""
        chance, number = self.chance, next(self.numbers)
        who = fixed.get("person") or chance.choice([*self.towns, "FN"])
        facility = fixed.get("facility") or chance.choice([*INSIDE, *INSIDE, *OUTSIDE])
        kind = fixed.get("kind") or chance.choice(KINDS)
        day = fixed.get("day") or f"2019-{chance.randint(1, 11):02d}-15"
        referred = chance.random() < 0.5
        disease = chance.choice(DISEASES)
        lines = [banan.line(f"{chance.randint(1, 9_000)}.{chance.randint(0, 99):02d}", "甲")]
        if chance.random() < 0.6:
            lines.append(banan.line(f"{chance.randint(1, 3_000)}.10", "丙", "L2"))
        if chance.random() < 0.1:
            lines = [banan.line("0.00", "甲")]
        made = bill(f"FG{number}", who, settled=day, admitted=day, kind=kind)
        made |= {
            "lines": fixed.get("lines") or lines,
            "facility": {"code": facility, "level": (INSIDE | OUTSIDE)[facility],
                         "district": HOME if facility in INSIDE else AWAY},
        }  # fmt: skip
        if kind != "inpatient":
            del made["admitted"]
        if facility in OUTSIDE:
            made["referred"] = referred
        if disease is not None:
            made["diagnoses"] = [
                {"code": "Z99", "name": "其他"},
                {"code": disease, "name": "病", "main": True},
            ]
        status, told = self.service.settle(self.sender, made, f"fg{number}")
        assert status == 201, told
        self.sent[told["visit_id"]] = Sent(
            told["visit_id"], who, facility, kind, day, referred, disease, made
        )
        return told

    def undo(self, settlement: Json) -> None:
        path = f"/api/v1/settlements/{settlement['settlement_id']}/reverse"
        body = {"message_id": f"fu{next(self.numbers)}", "reason": "重复录入"}
        self.told("POST", path, body)

    def correct(self, settlement: Json, more: str) -> Json:
        """The same visit with another line."""
        sent = self.sent[settlement["visit_id"]]
        sent.bill = {
            **sent.bill,
            "lines": [*sent.bill["lines"], banan.line(more, "丙", f"L9{next(self.numbers)}")],
        }
        path = f"/api/v1/settlements/{settlement['settlement_id']}/correct"
        body = {"message_id": f"fc{next(self.numbers)}", "reason": "漏记", "bill": sent.bill}
        return self.told("POST", path, body, self.sender)

    def decide(self, proposal: str, said: str, **more: str) -> None:
        body = {"message_id": f"fd{next(self.numbers)}", "reason": "试", **more}
        self.told("POST", f"/api/v1/proposals/{proposal}/{said}", body)

    # ----------------------------------------------------------- the recount

    def standing_rows(self) -> list["Counted"]:
        """Every standing settlement, as the listing of settlements and what was sent tell of it."""
        found: list[Counted] = []
        after = ""
        while True:
            told = self.told("GET", f"/api/v1/settlements?limit=100{after}")
            for one in told["settlements"]:
                if not one["reversed"]:
                    found.append(self._counted(one))
            if told["after"] is None:
                return found
            after = f"&after={told['after']}"

    def _counted(self, one: Json) -> "Counted":
        sent = self.sent[one["visit_id"]]
        waits = fen(one.get("collect") or "0.00")
        there = HOME if sent.facility in INSIDE else AWAY
        district = HOME if sent.person in self.towns else HOME_OF_BILL
        place = (
            "unknown" if not district else "inside" if district == there
            else "referred" if sent.facility in OUTSIDE and sent.referred else "elsewhere"
        )  # fmt: skip
        standing = one["standing"] if one["standing"] in POOR else ""
        town = self.towns.get(sent.person) or f"{district}000"
        return Counted(
            one["settlement_id"], sent.day[:7], sent.facility, town, sent.kind, standing, place, district,
            "-" if sent.disease is None else sent.disease[:3], fen(one["total"]), fen(one["patient"]) - waits,
            fen(one["hospital"]), waits, {k: fen(v) for k, v in one["payments"].items() if fen(v)},
            one["control"],
        )  # fmt: skip


HOME_OF_BILL = ""
"""The bills of tests say nothing of where somebody lives whom the register does not know."""


@dataclass(frozen=True)
class Counted:
    """A standing settlement as it is counted here."""

    settlement: str
    month: str
    facility: str
    township: str
    kind: str
    standing: str
    place: str
    district: str
    disease: str
    total: int
    patient: int
    hospital: int
    waits: int
    payments: Mapping[str, int]
    control: Json | None

    @property
    def share(self) -> Decimal:
        """Per hundred."""
        return Decimal(self.patient * 100) / self.total if self.total else Decimal(0)


def fen(text: str) -> int:
    return int(Decimal(text) * 100)


def fits(one: Counted, asked: Mapping[str, str]) -> bool:
    """Whether a settlement is among what an address asks for."""
    standing = asked.get("standing", "poor")
    is_of = {
        "poor": one.standing != "", "all": True, "others": one.standing == "",
    }.get(standing, one.standing == standing)  # fmt: skip
    return (
        is_of
        and asked.get("from", "2000-01") <= one.month <= asked.get("to", "2099-12")
        and asked.get("kind", one.kind) == one.kind
        and asked.get("facility", one.facility) == one.facility
        and asked.get("township", one.township) == one.township
        and asked.get("disease", one.disease) == one.disease
    )


def summed(some: Iterable[Counted]) -> Json:
    """What settlements come to, as answers tell it."""
    found = list(some)
    total, patient = sum(c.total for c in found), sum(c.patient for c in found)
    controls = [(c, c.control) for c in found if c.control is not None]
    measured_of = sum(c.total for c, _ in controls)
    measured = sum(fen(control["measured"]) for _, control in controls)
    limit = {"inpatient": 10, "chronic_outpatient": 20, "major_outpatient": 20}
    return {
        "visits": len(found), "total": yuan(total), "patient": yuan(patient),
        "hospital": yuan(sum(c.hospital for c in found)), "waits": yuan(sum(c.waits for c in found)),
        "funds": yuan(sum(sum(c.payments.values()) for c in found)),
        "floor": yuan(sum(c.payments.get("floor", 0) for c in found)), "share": cut(patient, total),
        "over": sum(c.kind in limit and c.share > limit[c.kind] for c in found),
        "measured_visits": len(controls), "measured": yuan(measured), "measured_of": yuan(measured_of),
        "measured_share": cut(measured, measured_of),
        "exceeded": sum(control["status"] == "exceeded" for _, control in controls),
    }  # fmt: skip


def yuan(amount: int) -> str:
    return f"{Decimal(amount) / 100:.2f}"


def cut(part: int, whole: int) -> str | None:
    """A share with four decimals, cut off."""
    return (
        None
        if not whole
        else str((Decimal(part) / whole).quantize(Decimal("0.0001"), "ROUND_DOWN"))
    )


def median(some: Iterable[Counted]) -> str | None:
    """The median of the shares, of an even number the lower, with four decimals, cut off."""
    shares = sorted(c.share / 100 for c in some)
    if not shares:
        return None
    return str(shares[(len(shares) - 1) // 2].quantize(Decimal("0.0001"), "ROUND_DOWN"))
