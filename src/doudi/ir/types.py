"""What a step can be worth. Every worth is an integer; the type says of what."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What the integer counts."""

    FEN = "fen"  # an amount of money
    RATIO = "ratio"  # a rate: the integer over the type's scale
    FLAG = "flag"  # 0 or 1
    COUNT = "count"  # whole things: years of age
    CATEGORY = "category"  # the place of a code among the type's codes
    PRICE = "price"  # millionths of a yuan
    QUANTITY = "quantity"  # millionths of a unit


@dataclass(frozen=True, slots=True)
class Type:
    """A kind; for a ratio the scale it is held over, for a category its codes in order."""

    kind: Kind
    scale: int = 1
    codes: tuple[str, ...] = ()

    def __str__(self) -> str:
        match self.kind:
            case Kind.RATIO:
                return f"ratio/{self.scale}"
            case Kind.CATEGORY:
                return "category(" + " ".join(self.codes) + ")"
            case _:
                return self.kind.value


FEN = Type(Kind.FEN)
FLAG = Type(Kind.FLAG)
COUNT = Type(Kind.COUNT)
PRICE = Type(Kind.PRICE)
QUANTITY = Type(Kind.QUANTITY)


def ratio(scale: int) -> Type:
    """A rate held as whole parts of `scale`."""
    assert scale > 0, scale
    return Type(Kind.RATIO, scale=scale)


def category(codes: tuple[str, ...]) -> Type:
    """One of `codes`, held as its place among them."""
    return Type(Kind.CATEGORY, codes=codes)
