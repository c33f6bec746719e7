"""Items in scope that could stand in for what is out of the catalogue or above its ceiling."""

from collections.abc import Sequence
from dataclasses import replace

from doudi.catalogue import Catalogue, Item
from doudi.claim import Claim, ClaimLine
from doudi.finding import Alternative
from doudi.money import EXTENSION_SCALE, Rounding, divide
from doudi.precheck.what_if import Sums, WhatIf, minus, plus, summed

_UNIT = 10**6  # of quantities
OFFERED = 5  # for one line


def alternatives(
    what_if: WhatIf,
    claim: Claim,
    catalogue: Catalogue,
    lines: Sequence[ClaimLine],
    rows: Sequence[Sums],
    whole: Sums,
) -> tuple[Alternative, ...]:
    """For each line with own pay or over-ceiling cost, what stands in for it; best for the patient first.

    Of the same generic name first, then of the same group; the same quantity by pack size, in whole packs
    where the pack sizes differ; at the catalogue's reference price. Only what is wholly in the catalogue and
    under its ceiling, and never what the patient would pay more for. A line's refunds are netted.
    """
    now = what_if.amounts(whole)
    assert now is not None, "the bill itself has been settled"
    found: list[Alternative] = []
    owns: dict[str, list[int]] = {}  # the places of a line and of its refunds
    for place, line in enumerate(lines):
        owns.setdefault(line.refunds or line.id, []).append(place)
    for line in lines:
        if line.refunds is not None:
            continue
        own = owns[line.id]
        net = rows[own[0]] if len(own) == 1 else summed(rows[n] for n in own)
        quantity = sum(lines[n].quantity for n in own)
        if net[0] + net[1] <= 0 or quantity <= 0:
            continue
        rest, charged = minus(whole, net), sum(lines[n].amount for n in own)
        offered: list[tuple[int, int, str, Item, ClaimLine, dict[str, int]]] = []
        stands_in = _stand_ins(claim, catalogue, line, quantity)
        for (same, item, made), row in zip(
            stands_in, what_if.sums_of_each([made for _, _, made in stands_in]), strict=True
        ):
            other = what_if.amounts(plus(rest, row))
            if row[0] + row[1] or other is None or made.amount > charged:
                continue
            if other["patient"] <= now["patient"]:
                saved = now["patient"] - other["patient"]
                offered.append((-saved, made.amount, same, item, made, other))
        offered.sort(key=lambda one: one[:2])
        found += [
            Alternative(
                line.id, item.code, item.name, item.item_class, same, made.quantity, item.unit,
                made.unit_price, made.amount, item.restriction, what_if.effect(now, other),
            )
            for _, _, same, item, made, other in offered[:OFFERED]
        ]  # fmt: skip
    return tuple(found)


def _stand_ins(
    claim: Claim, catalogue: Catalogue, line: ClaimLine, quantity: int
) -> list[tuple[str, Item, ClaimLine]]:
    """Items in scope of the same generic name or group, each as the line that it would be."""
    day = claim.settled.day
    item = catalogue.item(line.code, day)
    if item is None:
        return []
    made: list[tuple[str, Item, ClaimLine]] = []
    for other in catalogue.equivalents(item, day):
        if other.item_class == "丙" or other.reference_price is None:
            continue
        named = other.generic_name is not None and other.generic_name == item.generic_name
        same = "generic_name" if named else "group"
        made.append((same, other, _line(claim, line, item, other, quantity)))
    return made


def _line(claim: Claim, line: ClaimLine, item: Item, other: Item, quantity: int) -> ClaimLine:
    """The line with the other item on it, for the same number of base units."""
    assert other.reference_price is not None, "an item without a price is not offered"
    if item.pack_size and other.pack_size and item.pack_size != other.pack_size:
        quantity = -(-quantity * item.pack_size // (other.pack_size * _UNIT)) * _UNIT
    amount = divide(quantity * other.reference_price, EXTENSION_SCALE, Rounding.HALF_AWAY)
    ceiling = other.ceiling(claim.facility.level)
    return replace(
        line,
        code=other.code,
        name=other.name,
        item_class=other.item_class,
        first_self_pay_rate=other.first_self_pay_rate or 0,
        price_ceiling=ceiling,
        quantity=quantity,
        unit_price=other.reference_price,
        amount=amount,
        consent=False,
        parts=None,
        shape=ClaimLine.shape_of(other.item_class, ceiling, has_parts=False),
        listed=None,
    )
