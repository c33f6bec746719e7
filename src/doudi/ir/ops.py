"""The operations, a closed set. Each is a name, what it takes, and what it means.

Arguments are the numbers of earlier steps. What is not an argument (a rounding, a table, a scale)
is part of the operation, known when the policy is compiled.
"""

from dataclasses import dataclass

from doudi.money import Rounding


@dataclass(frozen=True, slots=True)
class Input:
    """A fact of the visit or of a line, or an accumulator's opening, by name."""

    name: str


@dataclass(frozen=True, slots=True)
class Const:
    """A fixed worth."""

    value: int


IS_OPEN = "open:"


@dataclass(frozen=True, slots=True)
class Look:
    """A parameter's value chosen by categories: `table` in row-major order of the arguments' codes.

    At the places in `open` no text gives a value: what stands there is a stand-in. Whether the cell is one of
    them is looked up in a table of its own, named `open:` and the parameter (see `compile.openness`).
    """

    parameter: str
    table: tuple[int, ...]
    open: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Add:
    """a + b, of one type."""


@dataclass(frozen=True, slots=True)
class Minus:
    """a - b, of one type."""


@dataclass(frozen=True, slots=True)
class Lesser:
    """The smaller of a and b: at most."""


@dataclass(frozen=True, slots=True)
class Greater:
    """The larger of a and b: at least."""


@dataclass(frozen=True, slots=True)
class Clip:
    """a, or zero where a is negative."""


@dataclass(frozen=True, slots=True)
class Times:
    """The product of two ratios; its scale is the product of theirs."""


@dataclass(frozen=True, slots=True)
class Rescale:
    """The same ratio over a scale `factor` times as large: exact."""

    factor: int


@dataclass(frozen=True, slots=True)
class Share:
    """An amount times a ratio, rounded once to fen."""

    rounding: Rounding


@dataclass(frozen=True, slots=True)
class Extend:
    """A unit price times a quantity, rounded once to fen."""

    rounding: Rounding


@dataclass(frozen=True, slots=True)
class Curve:
    """Bands run over an amount x: the sum of rate_i x (what of x lies in band i), rounded once to fen.

    Arguments: x, then a threshold and a rate for each band, thresholds rising; band i reaches from its
    threshold to the next, the last has no end.
    """

    rounding: Rounding


@dataclass(frozen=True, slots=True)
class Quotient:
    """a / b as a ratio over the step's own scale, rounded once; 0 where b is not above 0."""

    rounding: Rounding


@dataclass(frozen=True, slots=True)
class Among:
    """True when the category is one of the codes at `places`."""

    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Less:
    """a < b, of one type."""


@dataclass(frozen=True, slots=True)
class Equal:
    """a = b, of one type."""


@dataclass(frozen=True, slots=True)
class Reaches:
    """a >= b x ratio, compared exactly: nothing is rounded."""


@dataclass(frozen=True, slots=True)
class Both:
    """a and b."""


@dataclass(frozen=True, slots=True)
class Either:
    """a or b."""


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary of a."""


@dataclass(frozen=True, slots=True)
class When:
    """b where a holds, else c."""


Op = (
    Input | Const | Look | Add | Minus | Lesser | Greater | Clip | Times | Rescale | Share | Extend
    | Curve | Quotient | Among | Less | Equal | Reaches | Both | Either | Not | When
)  # fmt: skip
