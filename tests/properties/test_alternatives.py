"""Alternatives and the range of what is not mapped, on generated running bills over the sample catalogue."""

from dataclasses import replace

from hypothesis import event, given
from hypothesis import strategies as st

from banan import PACK, SHELF
from doudi.catalogue import Item
from doudi.claim import Claim, ClaimLine
from doudi.dates import date
from doudi.ledger.accumulators import Book
from doudi.money import EXTENSION_SCALE, Rounding, divide
from doudi.precheck.check import check
from doudi.precheck.undecided import undecided
from doudi.precheck.what_if import WhatIf
from doudi.settle import settle
from doudi.testing import claims
from effort import FEW, MANY
from unit.test_catalogue import CATALOGUE

ITEMS = sorted(
    (i for found in CATALOGUE.items.values() for i in found if i.span.covers(date(2019, 6, 1))),
    key=lambda i: i.code,
)


def _line(item: Item, number: int, quantity: int, price: int, level: str) -> ClaimLine:
    ceiling = item.ceiling(level)
    return ClaimLine(
        id=f"L{number}", code=item.code, name=item.name, item_class=item.item_class,
        first_self_pay_rate=item.first_self_pay_rate or 0, price_ceiling=ceiling, quantity=quantity,
        unit_price=price, amount=divide(quantity * price, EXTENSION_SCALE, Rounding.HALF_AWAY), refunds=None,
        consent=False, parts=None, shape=ClaimLine.shape_of(item.item_class, ceiling, False),
    )  # fmt: skip


@st.composite
def running_bills(draw: st.DrawFn) -> Claim:
    """A bill of one visit whose lines are items of the catalogue, some above their ceiling."""
    (claim,) = draw(claims(PACK, most=1, given=False))
    lines: list[ClaimLine] = []
    for number in range(draw(st.integers(1, 12))):
        item = draw(st.sampled_from(ITEMS))
        assert item.reference_price is not None
        price = item.reference_price * draw(st.sampled_from([80, 100, 100, 130, 250])) // 100
        quantity = draw(st.integers(1, 9)) * 10**6
        lines.append(_line(item, number, quantity, price, claim.facility.level))
        if draw(st.integers(0, 4)) == 0:
            back = draw(st.integers(1, quantity // 10**6)) * 10**6
            amount = divide(back * price, EXTENSION_SCALE, Rounding.HALF_AWAY)
            lines.append(
                replace(
                    lines[-1], id=f"R{number}", refunds=f"L{number}", quantity=-back, amount=-amount
                )
            )
    return replace(claim, lines=tuple(lines), given={}, given_deductible_met=None, awaiting=())


# Catches an alternative that costs the patient more, is out of scope, or saves other sums than it says.
@MANY
@given(running_bills())
def test_no_alternative_worsens_what_the_patient_pays(claim: Claim) -> None:
    (found,) = check(SHELF, [claim], CATALOGUE).findings
    rank: dict[str, int] = {}
    for one in found.alternatives:
        event("an alternative of the same " + one.same)
        item = CATALOGUE.item(one.code, claim.settled.day)
        assert item is not None
        assert item.item_class != "丙"
        kept = tuple(line for line in claim.lines if one.line not in (line.id, line.refunds))
        own = next(line for line in claim.lines if line.id == one.line)
        stands_in = _line(item, 999, one.quantity, one.unit_price, claim.facility.level)
        (other,) = settle(SHELF, [replace(claim, lines=(*kept, stands_in))]).settlements
        now = found.adjudication
        assert one.saves.patient == now.patient - other.patient >= 0
        assert one.saves.hospital == now.hospital - other.hospital
        paid = {
            n: now.payments.get(n, 0) - other.payments.get(n, 0)
            for n in {*now.payments, *other.payments}
        }
        assert {n: a for n, a in one.saves.payments.items() if a} == {
            n: a for n, a in paid.items() if a
        }
        assert one.amount == stands_in.amount
        assert one.saves.patient <= rank.setdefault(one.line, one.saves.patient)
        rank[one.line] = one.saves.patient
        listed = CATALOGUE.item(own.code, claim.settled.day)
        assert listed is not None
        net = sum(line.quantity for line in claim.lines if one.line in (line.id, line.refunds))
        if item.pack_size and listed.pack_size and item.pack_size != listed.pack_size:
            assert one.quantity * item.pack_size >= net * listed.pack_size
            assert (one.quantity - 10**6) * item.pack_size < net * listed.pack_size
        else:
            assert one.quantity == net


# Catches a range that something real lies outside of.
@FEW
@given(running_bills(), st.data())
def test_whatever_class_an_unmapped_line_has_the_bill_lies_within_the_range(
    claim: Claim, data: st.DataObject
) -> None:
    free = [
        line
        for line in claim.lines
        if not any(line.id in (o.refunds, o.id) and o.refunds for o in claim.lines)
    ]
    if not free:
        return
    open_ = data.draw(st.lists(st.sampled_from(free), min_size=1, max_size=3, unique=True))
    amount = sum(line.amount for line in open_)
    if amount <= 0:
        return
    running = SHELF.running(claim)
    what_if = WhatIf(running, claim, Book())
    rest = [line for line in claim.lines if line not in open_]
    known = tuple(map(sum, zip(*what_if.sums_of_each(rest), strict=True))) if rest else (0,) * 8
    found = undecided(what_if, known, [line.id for line in open_], amount)
    for _ in range(6):
        guessed: list[ClaimLine] = []
        for line in open_:
            item_class = data.draw(st.sampled_from(["甲", "乙", "丙"]))
            rate = data.draw(st.integers(0, 10**6)) if item_class == "乙" else 0
            ceiling = data.draw(st.one_of(st.none(), st.integers(0, line.unit_price)))
            guessed.append(
                replace(
                    line,
                    item_class=item_class,
                    first_self_pay_rate=rate,
                    price_ceiling=ceiling,
                    parts=None,
                    shape=ClaimLine.shape_of(item_class, ceiling, False),
                )
            )
        (settled,) = settle(SHELF, [replace(claim, lines=(*rest, *guessed))]).settlements
        assert settled.control is not None
        assert found.share[0] <= settled.control.share <= found.share[1]
        assert found.patient[0] <= settled.patient <= found.patient[1]
