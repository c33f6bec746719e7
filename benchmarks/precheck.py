"""A running bill of sixty lines, looked at before it is charged: marginal effects, alternatives, what fits."""

import random
from pathlib import Path

from benchmarks import workload
from benchmarks.peers.selfcheck import interleaved
from doudi.adjudicate import NOTHING_TOLD, adjudicate
from doudi.catalogue import Catalogue, Item
from doudi.claim import ClaimLine
from doudi.ledger.accumulators import Book
from doudi.money import EXTENSION_SCALE, Rounding, divide
from doudi.precheck.check import look_at
from doudi.running import Running
from doudi.wire.catalogue_file import catalogue_document, read_catalogue
from doudi.wire.sheets import read

SAMPLE = Path(__file__).parents[1] / "examples" / "catalogue" / "sample.csv"
LINES, BILLS, ROUNDS = 60, 40, 7


def seconds(running: Running) -> dict[str, float]:
    """Seconds a bill: settled with its reasons and looked at, and of it the looking alone."""
    catalogue = read_catalogue(
        catalogue_document("sample.csv", read("sample.csv", SAMPLE.read_bytes()))
    )
    rng = random.Random(60)
    level = "2"
    claims = [
        workload.claim(visit, number, _lines(rng, catalogue, level))
        for number, visit in enumerate(workload.visits(BILLS, seed=60))
    ]
    book = Book()

    def whole() -> None:
        for claim in claims:
            settled = adjudicate(running, claim, book, NOTHING_TOLD)
            look_at(running, claim, (), catalogue, book, settled)

    settled = [adjudicate(running, claim, book, NOTHING_TOLD) for claim in claims]

    def looking() -> None:
        for claim, one in zip(claims, settled, strict=True):
            look_at(running, claim, (), catalogue, book, one)

    whole()
    found = interleaved({"whole": whole, "looking": looking}, ROUNDS)
    return {name: taken / BILLS for name, taken in found.items()}


def _lines(rng: random.Random, catalogue: Catalogue, level: str) -> tuple[ClaimLine, ...]:
    """Sixty items of the sample, a fifth of them out of the catalogue, some above their ceiling."""
    items = [i for found in catalogue.items.values() for i in found if i.span.covers(workload.DAY)]
    own = [i for i in items if i.item_class == "丙"]
    covered = [i for i in items if i.item_class != "丙"]
    chosen = [rng.choice(own if n % 5 == 0 else covered) for n in range(LINES)]
    return tuple(_line(rng, n, item, level) for n, item in enumerate(chosen))


def _line(rng: random.Random, number: int, item: Item, level: str) -> ClaimLine:
    assert item.reference_price is not None, "every item of the sample has a price"
    quantity, price = (
        rng.randint(1, 6) * 10**6,
        item.reference_price * rng.choice((90, 100, 150)) // 100,
    )
    ceiling = item.ceiling(level)
    return ClaimLine(
        id=str(number), code=item.code, name=item.name, item_class=item.item_class,
        first_self_pay_rate=item.first_self_pay_rate or 0, price_ceiling=ceiling, quantity=quantity,
        unit_price=price, amount=divide(quantity * price, EXTENSION_SCALE, Rounding.HALF_AWAY),
        refunds=None, consent=False, parts=None,
        shape=ClaimLine.shape_of(item.item_class, ceiling, False),
    )  # fmt: skip
