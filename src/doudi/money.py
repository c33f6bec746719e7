"""Money is an integer number of fen; a rate is an exact fraction; rounding has one home and a name.

Nothing here is a float. `Fen` is an int that types tell apart, so arithmetic costs what ints cost; a
product of two amounts is refused by the IR's types, the one place where policies multiply.
"""

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NewType

Fen = NewType("Fen", int)
Rate = Fraction

PRICE_SCALE = (
    10**6
)  # a unit price is held in millionths of a yuan: the platform's `pric` has six decimals
QUANTITY_SCALE = 10**6  # a quantity in millionths: the platform's `cnt` has four decimals
RATE_SCALE = (
    10**6
)  # a line's first-self-pay rate in millionths: the platform's `selfpay_prop` has four
EXTENSION_SCALE = PRICE_SCALE * QUANTITY_SCALE // 100  # price x quantity, per fen

FEN_LIMIT = 2**63 // 10**4
"""|amount| stays below this in every reading, so that a 64-bit column never overflows."""


class Rounding(StrEnum):
    """How an exact figure becomes whole fen. The policy names it; nothing rounds without a name."""

    HALF_UP = "half_up"  # 四舍五入: ties go up (towards the larger number)
    HALF_AWAY = "half_away"  # ties go away from zero, so that a refund mirrors its line
    HALF_EVEN = "half_even"  # 四舍六入五成双
    DOWN = "down"  # 不超过: the next lower whole fen
    UP = "up"  # the next higher whole fen


def divide(numerator: int, denominator: int, rounding: Rounding) -> int:
    """`numerator / denominator` in whole units, rounded once as `rounding` says.

    >>> [divide(n, 2, Rounding.HALF_AWAY) for n in (3, -3)], divide(-3, 2, Rounding.HALF_UP)
    ([2, -2], -1)
    """
    assert denominator > 0, f"a rounding divides by a positive number, not {denominator}"
    match rounding:
        case Rounding.HALF_UP:
            return (2 * numerator + denominator) // (2 * denominator)
        case Rounding.HALF_AWAY:
            size = (2 * abs(numerator) + denominator) // (2 * denominator)
            return -size if numerator < 0 else size
        case Rounding.HALF_EVEN:
            return round(Fraction(numerator, denominator))
        case Rounding.DOWN:
            return numerator // denominator
        case Rounding.UP:
            return -(-numerator // denominator)


def yuan(amount: int) -> str:
    """An amount as the wire writes it: yuan with two decimals.

    >>> yuan(25395), yuan(-5)
    ('253.95', '-0.05')
    """
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100}.{abs(amount) % 100:02d}"


def yuan_for_people(amount: int) -> str:
    """An amount as people read it: grouped thousands, a true minus sign.

    >>> yuan_for_people(253950), yuan_for_people(-5)
    ('2,539.50', '−0.05')
    """
    sign = "−" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100:,}.{abs(amount) % 100:02d}"


def percent(numerator: int, denominator: int) -> str:
    """A rate as people read it, exact to four decimals of a percent.

    >>> percent(7, 10), percent(9, 1000), percent(1, 3)
    ('70%', '0.9%', '33.3333%')
    """
    millionths = divide(numerator * 10**6, denominator, Rounding.HALF_AWAY)
    whole, part = divmod(abs(millionths), 10**4)
    text = f"{whole}.{part:04d}".rstrip("0").rstrip(".")
    return f"{'−' if millionths < 0 else ''}{text}%"


def share_text(per_myriad: int) -> str:
    """A share in parts of 10,000 as it is written to machines: with four decimals.

    >>> share_text(1347), share_text(10_000)
    ('0.1347', '1.0000')
    """
    return f"{per_myriad // 10_000}.{per_myriad % 10_000:04d}"


def scaled(value: Decimal, scale: int) -> int | None:
    """`value` x `scale` where that is a whole number, else None: what is finer is never cut off.

    >>> scaled(Decimal("2.50"), 100), scaled(Decimal("0.005"), 100)
    (250, None)
    """
    if not value.is_finite() or value.adjusted() > 20:
        return None
    numerator, denominator = value.as_integer_ratio()
    exact, finer = divmod(numerator * scale, denominator)
    return None if finer else exact


def share_for_people(per_myriad: int) -> str:
    """A share in parts of 10,000 as people read it: always two decimals of a percent.

    >>> share_for_people(969), share_for_people(10_000)
    ('9.69%', '100.00%')
    """
    return f"{per_myriad // 100}.{per_myriad % 100:02d}%"


def millionths(value: int) -> str:
    """Millionths as a plain decimal, no trailing zeros.

    >>> millionths(-1_500_000), millionths(3_000_000)
    ('-1.5', '3')
    """
    sign = "-" if value < 0 else ""
    text = f"{abs(value) // 10**6}.{abs(value) % 10**6:06d}".rstrip("0").rstrip(".")
    return sign + text
