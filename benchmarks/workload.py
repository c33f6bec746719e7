"""The visits that everything is measured on, as the peers' dicts and as our typed nouns."""

import random
from datetime import date
from typing import Any

from benchmarks.peers.selfcheck import random_visit
from doudi.claim import Claim, ClaimLine, Facility, Person, Standing
from doudi.dates import Moment, Span

DAY = date(2019, 7, 1)
CLASSES = "甲甲甲甲乙乙乙丙"


def visits(count: int, seed: int) -> list[dict[str, Any]]:
    """Random visits as the peers take them: decomposed already, every layer computed."""
    rng = random.Random(seed)
    return [random_visit(rng) for _ in range(count)]


def claim(visit: dict[str, Any], number: int, lines: tuple[ClaimLine, ...] = ()) -> Claim:
    """One such visit as a claim; without lines, one line that carries the parts."""
    names = ("out_of_catalogue", "over_ceiling", "first_self_pay", "in_scope")
    parts = tuple(visit[name] for name in names)
    whole = ClaimLine(
        "1", "A", "A", None, 0, None, 10**6, visit["total"] * 10**4, visit["total"], None, False,
        parts, ClaimLine.shape_of(None, None, True),
    )  # fmt: skip
    standing = visit["standing"]
    held = () if standing == "ordinary" else (Standing(standing, Span(date(2018, 1, 1), None)),)
    settled = Moment.of_day(DAY)
    return Claim(
        visit_id=f"v{number}",
        episode_id=f"v{number}",
        sequence=0,
        person=Person(f"p{number}", _born(visit["age"]), visit["tier"], "500113", held),
        facility=Facility(
            "H", str(visit["level"]), "500113" if visit["place"] == "in_district" else "500103"
        ),
        kind=visit["kind"],
        admitted=settled,
        discharged=settled,
        settled=settled,
        referred=visit["place"] == "referred",
        major_disease=visit["major_disease"],
        lines=lines or (whole,),
    )


def bill_lines(rng: random.Random, count: int) -> tuple[ClaimLine, ...]:
    """Lines as a hospital charges them: mostly 甲 and 乙; a fifth has a ceiling, half of those above it."""
    made: list[ClaimLine] = []
    for number in range(count):
        item_class = rng.choice(CLASSES)
        price = rng.randint(1, 30_000) * 10**4
        ceiling = rng.choice((*(None,) * 8, price - price // 10, price + 10**4))
        quantity = rng.randint(1, 9)
        amount = price * quantity // 10**4
        rate = rng.choice((50_000, 100_000, 155_000)) if item_class == "乙" else 0
        shape = ClaimLine.shape_of(item_class, ceiling, False)
        made.append(
            ClaimLine(
                str(number),
                "A",
                "A",
                item_class,
                rate,
                ceiling,
                quantity * 10**6,
                price,
                amount,
                None,
                False,
                None,
                shape,
            )
        )
    return tuple(made)


def _born(age: int) -> date:
    return date(DAY.year - age, 1, 1)
