"""What the clients ask of the service: bills of thirty lines of a lab county's persons, and reads."""

import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.load import Request
from doudi_lab import County

Json = dict[str, Any]

LINES = 30
SETTLED = "2019-12-31T23:00:00+08:00"
"""After every visit that a lab year of 2019 holds."""
_TEXTS = 200


class Bills:
    """Inpatient bills of persons as bills state them, chosen by chance; the same seed, the same bills.

    Lines are written as JSON once: a client must not take from the cores what it measures.
    """

    def __init__(self, persons: Sequence[Json], facility: Json, seed: int) -> None:
        rng = random.Random(seed)
        self._persons, self._facility, self._seed = persons, facility, seed
        self._lines = [
            json.dumps([_line(rng, n) for n in range(LINES)], ensure_ascii=False)
            for _ in range(_TEXTS)
        ]

    def settlements(self, run: str) -> Iterator[Request]:
        """Messages without end, each of a visit of its own; `run` tells those of two runs apart."""
        for visit, bill in self._bills(run):
            body = f'{{"message_id": "{visit}", "bill": {bill}}}'
            yield Request("POST", "/api/v1/settlements", body.encode(), 201)

    def prechecks(self, run: str, *, effects: bool) -> Iterator[Request]:
        """The same bills looked at before they are charged: with the effect of every line, or amounts alone."""
        path = f"/api/v1/precheck?effects={int(effects)}"
        for _, bill in self._bills(run):
            yield Request("POST", path, bill.encode(), 200)

    def sums(self, run: str) -> Iterator[Request]:
        """The accumulators of persons by chance."""
        rng = random.Random(f"{self._seed}/{run}")
        while True:
            person = rng.choice(self._persons)["id"]
            yield Request("GET", f"/api/v1/persons/{person}/accumulators?year=2019", None, 200)

    def answers(self, run: str, last: int) -> Iterator[Request]:
        """Settlements by chance, of those numbered up to `last`."""
        rng = random.Random(f"{self._seed}/{run}")
        while True:
            yield Request("GET", f"/api/v1/settlements/{rng.randint(1, last)}", None, 200)

    def _bills(self, run: str) -> Iterator[tuple[str, str]]:
        rng = random.Random(f"{self._seed}/{run}")
        number = 0
        while True:
            number += 1
            visit = f"{run}-{number}"
            head = {
                "visit_id": visit, "person": rng.choice(self._persons), "facility": self._facility,
                "kind": "inpatient", "admitted": "2019-12-20", "settled": SETTLED,
            }  # fmt: skip
            lines = rng.choice(self._lines)
            yield visit, f'{json.dumps(head, ensure_ascii=False)[:-1]}, "lines": {lines}}}'


def bills_of(made: County, persons: Sequence[Json], seed: int) -> Bills:
    """Bills of these persons from the county's first hospital."""
    hospital = made.places.hospitals[0]
    facility = {"code": hospital.code, "level": hospital.level, "district": hospital.district}
    return Bills(persons, facility, seed)


def _line(rng: random.Random, number: int) -> Json:
    price = f"{rng.randint(1, 300)}.{rng.randint(0, 99):02d}"
    item_class = rng.choice("甲甲甲甲乙乙乙丙")
    return {
        "id": f"L{number}", "code": f"C{number}", "name": "某药品注射液", "date": "2019-12-24",
        "class": item_class, "quantity": "1", "unit_price": price, "amount": price,
        **({"first_self_pay_rate": "0.1"} if item_class == "乙" else {}),
    }  # fmt: skip
