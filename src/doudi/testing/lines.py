"""The lines of one bill: every class, with and without a ceiling, the platform's own parts, refunds."""

from dataclasses import replace

from hypothesis import strategies as st

from doudi.claim import CLASSES, ClaimLine
from doudi.money import EXTENSION_SCALE, RATE_SCALE, Rounding, divide
from doudi.testing.amounts import amounts

_IN_FEN = amounts(100_000_00).map(lambda fen: fen * 10_000)
_PRICES = st.integers(0, 3).flatmap(lambda n: st.integers(0, 10**9) if n == 3 else _IN_FEN)
_QUANTITIES = st.one_of(
    st.just(1_000_000),
    st.sampled_from([2_000_000, 500_000, 333_333, 7_000_000, 1, 0]),
    st.integers(1, 900).map(lambda hundredths: hundredths * 10_000),
)
_RATES = st.one_of(
    st.sampled_from([0, 50_000, 100_000, 155_000, 333_300, RATE_SCALE]), st.integers(0, RATE_SCALE)
)


@st.composite
def claim_lines(draw: st.DrawFn, *, most: int = 4, refunds: bool = True) -> tuple[ClaimLine, ...]:
    """Lines as a claim holds them; a refund takes back all or some of one line, whose terms it has.

    The net of a partial refund, or of any refund where the decomposition's rounding does not mirror, may
    fall a fen below zero in one part; `claims` leaves such refunds out.
    """
    count = draw(st.integers(0, most)) or draw(st.integers(0, most))  # no lines at all is rare
    charged = [draw(charged_lines(f"L{n}")) for n in range(count)]
    if not refunds or not charged or not draw(st.booleans()):
        return tuple(charged)
    of = draw(st.lists(st.sampled_from(charged), unique_by=lambda line: line.id, max_size=2))
    refunded = [draw(_refunds(line)) for line in of if line.quantity]
    return tuple(draw(st.permutations([*charged, *refunded])))


@st.composite
def charged_lines(draw: st.DrawFn, line_id: str) -> ClaimLine:
    """One charged item, in any of the shapes."""
    price, quantity = draw(_PRICES), draw(_QUANTITIES)
    amount = _extended(price, quantity)
    item_class = draw(st.sampled_from(("甲", *CLASSES)))
    parts = draw(_splits(amount)) if draw(st.integers(0, 5)) == 5 else None
    ceiling = draw(_ceilings(price)) if draw(st.integers(0, 2)) == 2 else None
    return ClaimLine(
        id=line_id,
        code=f"C{line_id}",
        name="某项目",
        item_class=item_class,
        first_self_pay_rate=draw(_RATES) if item_class == "乙" else 0,
        price_ceiling=ceiling,
        quantity=quantity,
        unit_price=price,
        amount=amount,
        refunds=None,
        consent=draw(st.integers(0, 3)) == 3,
        parts=parts,
        shape=ClaimLine.shape_of(item_class, ceiling, parts is not None),
    )


def refund_of(line: ClaimLine) -> ClaimLine:
    """The refund that takes a line back whole."""
    parts = None if line.parts is None else (*(-part for part in line.parts),)
    return replace(
        line,
        id=f"R{line.id}",
        quantity=-line.quantity,
        amount=-line.amount,
        refunds=line.id,
        parts=parts,
    )


@st.composite
def _refunds(draw: st.DrawFn, line: ClaimLine) -> ClaimLine:
    """The whole line, or some of it."""
    whole = refund_of(line)
    if draw(st.booleans()):
        return whole
    quantity = draw(st.integers(1, line.quantity))
    if line.parts is None:
        amount, parts = _extended(line.unit_price, quantity), None
    else:
        a, b, c, d = (draw(st.integers(0, part)) for part in line.parts)
        amount, parts = a + b + c + d, (-a, -b, -c, -d)
    return replace(whole, quantity=-quantity, amount=-amount, parts=parts)


def _ceilings(price: int) -> st.SearchStrategy[int]:
    """A price ceiling: some share of the price, the price itself, or above it."""
    return st.one_of(
        st.sampled_from([0, price, price + 1, max(price - 1, 0)]),
        st.integers(0, 1200).map(lambda thousandths: price * thousandths // 1000),
    )


@st.composite
def _splits(draw: st.DrawFn, amount: int) -> tuple[int, int, int, int]:
    """An amount in four parts, some of them often 0."""
    cut = st.one_of(st.sampled_from([0, amount]), st.integers(0, amount))
    a, b, c = sorted((draw(cut), draw(cut), draw(cut)))
    first, second, third, fourth = draw(st.permutations([a, b - a, c - b, amount - c]))
    return (first, second, third, fourth)


def _extended(price: int, quantity: int) -> int:
    return divide(price * quantity, EXTENSION_SCALE, Rounding.HALF_AWAY)
