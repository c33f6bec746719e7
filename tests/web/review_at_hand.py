"""A ward in 2019: a hospital, a catalogue in force, somebody with a standing, people at work, visits that run."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from django.conf import settings

from doudi.source_text import read_json
from doudi_web.policy import actions
from doudi_web.tenancy.who import KEEPER
from web.people import person, standing
from web.service import Json, Service
from web.test_interface import OPERATIONS, REVIEWED, hold

VISITS = "/api/v1/visits"
MORNING = datetime.fromisoformat("2019-06-13T10:00:00+08:00")
SILVER, SULFA, SHEET, PLAIN = "SILVER", "SULFA", "SHEET", "PLAIN"
ITEMS: list[Json] = [
    {"code": SILVER, "name": "银离子敷料（进口）", "class": "丙", "group": "dressing"},
    {"code": SULFA, "name": "磺胺嘧啶银敷料（国产）", "class": "乙", "first_self_pay_rate": "0.1",
     "group": "dressing", "reference_price": "31.50", "unit": "片"},
    {"code": SHEET, "name": "陪护床租用", "class": "丙"},
    {"code": PLAIN, "name": "清创术（大）", "class": "甲"},
]  # fmt: skip


@dataclass
class Clock:
    """A clock that stands where it is set, in the place of a demonstration's."""

    moment: datetime = MORNING
    day: date = date(2019, 6, 13)

    def at(self, _: datetime) -> datetime:
        """The moment."""
        return self.moment

    def goes(self, **by: float) -> None:
        """Time passes."""
        self.moment += timedelta(**by)


def line(line_id: str, code: str, quantity: int, price: str, **more: Any) -> Json:
    """A charged line of an item of the catalogue."""
    cents = quantity * int(price.replace(".", ""))
    amount = f"{cents // 100}.{cents % 100:02d}"
    keys = {"id": line_id, "code": code, "quantity": str(quantity), "unit_price": price}
    name = next(one["name"] for one in ITEMS if one["code"] == code)
    return {**keys, "name": name, "amount": amount, **more}


OVER = (line("L1", PLAIN, 10, "286.00"), line("L2", SILVER, 8, "92.00"))
"""3,596.00 in all, 736.00 outside: 376.40 above the limit of 359.60."""
NEAR = (line("L1", PLAIN, 10, "286.00"), line("L2", SILVER, 3, "92.00"))
"""276.00 of 3,136.00: 8.80 %."""


HELD: set[str] = set()
"""Operations of reviews that were answered, and answered in their shape."""


def _held(method: str, path: str, status: int, told: Json) -> tuple[int, Json]:
    """An answer, held against the shape that is described of it."""
    operation = next(n for n, (m, p, _) in OPERATIONS.items() if (m, p) == (method, path))
    hold(operation, status, told)
    if status < 300 and operation in REVIEWED:
        HELD.add(operation)
    return status, told


@dataclass
class Ward:
    """Who works at hospital F, and how they are asked."""

    service: Service
    clock: Clock
    doctor: str
    office: str
    second: str
    cashier: str
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def opened(self, *lines: Json, who: str = "SICK") -> str:
        """A new visit with lines; its number."""
        visit = f"ZY{next(self._numbers)}"
        header = {
            "visit_id": visit, "person": {"id": who}, "facility": {"code": "F"}, "kind": "inpatient",
            "admitted": "2019-06-01",
        }  # fmt: skip
        status, told = self.service.ask("POST", VISITS, self.cashier, header)
        assert status == 201, told
        self.adds(visit, *lines)
        return visit

    def adds(self, visit: str, *lines: Json) -> None:
        """More lines."""
        if lines:
            body = {"lines": list(lines)}
            status, told = self.service.ask("POST", f"{VISITS}/{visit}/lines", self.cashier, body)
            assert status == 201, told

    def ask(self, visit: str, what: str, by: str, body: object = None) -> tuple[int, Json]:
        """Something asked of a visit."""
        method = "GET" if body is None and what == "review" else "POST"
        status, told = self.service.ask(method, f"{VISITS}/{visit}/{what}", by, body or {})
        return _held(method, f"{VISITS}/{{visit}}/{what}", status, told)

    def lists(self, what: str, by: str) -> Json:
        """What a list tells of a hospital, or of all."""
        status, told = self.service.ask("GET", f"/api/v1/{what}", by)
        return _held("GET", f"/api/v1/{what}", status, told)[1]

    def version(self, visit: str) -> str:
        """What somebody sees who looks now."""
        status, told = self.ask(visit, "review", self.doctor)
        assert status == 200, told
        return told["version"]

    def says(self, visit: str, what: str, by: str, **body: Any) -> tuple[int, Json]:
        """The same on the version that stands now."""
        return self.ask(visit, what, by, {"version": self.version(visit), **body})


@contextmanager
def at_work(service: Service) -> Iterator[Ward]:
    """The ward, with its own clock."""
    clock = Clock()
    before, settings.DEMO = settings.DEMO, clock
    try:
        service.facilities("F", "G")
        admin = service.token("district_admin")
        poor = person(
            "SICK",
            standings=[standing()],
            tiers=[{"tier": "tier_1", "from": "1970-01-01"}],
        )
        other = person("WELL", tiers=[{"tier": "tier_1", "from": "1970-01-01"}])
        told = service.ask("POST", "/api/v1/persons", admin, {"persons": [poor, other]})
        assert told[0] == 201, told
        text = json.dumps({"version": "v1", "items": ITEMS})
        actions.install_catalogue(KEEPER, read_json("catalogue.json", text), None)
        yield Ward(
            service, clock, service.token("doctor", "F"), service.token("insurance_office", "F"),
            service.token("insurance_office", "F"), service.token("cashier", "F"),
        )  # fmt: skip
    finally:
        settings.DEMO = before
