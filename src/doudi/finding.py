"""What a pre-check finds, in fen: effects of lines, alternatives, draft orders, what still fits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from doudi.adjudication import Adjudication


@dataclass(frozen=True, slots=True)
class Effect:
    """What changes for whom: amounts with, minus amounts without. The total is their sum."""

    patient: int
    hospital: int
    payments: Mapping[str, int]

    @property
    def total(self) -> int:
        return self.patient + self.hospital + sum(self.payments.values())


@dataclass(frozen=True, slots=True)
class Marginal:
    """One line's effect on the bill: with it minus without it, its refunds (`refunds`) gone with it.

    No effect where the bill cannot stand without the line (its refunds would be too many, or what the
    platform has settled would be above its base).
    """

    line: str
    refunds: tuple[str, ...]
    effect: Effect | None


@dataclass(frozen=True, slots=True)
class Alternative:
    """An item in scope that could stand in for a line; `same` says what they share.

    `quantity` and `unit_price` in millionths; `amount` in fen. `saves` is the bill as it is minus the bill
    with the alternative: what the patient would not pay is never below 0.
    """

    line: str
    code: str
    name: str
    item_class: str
    same: str  # generic_name | group
    quantity: int
    unit: str | None
    unit_price: int
    amount: int
    restriction: str | None
    saves: Effect


@dataclass(frozen=True, slots=True)
class Drafted:
    """What the draft orders (医嘱草稿) would do together, and each of them on top of all the others."""

    adjudication: Adjudication
    effect: Effect
    lines: tuple[Marginal, ...]


@dataclass(frozen=True, slots=True)
class Undecided:
    """Lines of which the class is not known, and what can lie between: `share` in parts of 10,000.

    No range of the patient's amount where some class would need a value that no text gives.
    """

    lines: tuple[str, ...]
    amount: int
    share: tuple[int, int]
    patient: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One bill's pre-check. `room` is how much more wholly own pay fits under the limit; None: no limit.

    `hints` say for a line whose code is not mapped what to do about it.
    """

    adjudication: Adjudication
    marginal: tuple[Marginal, ...]
    alternatives: tuple[Alternative, ...]
    room: int | None
    drafted: Drafted | None = None
    undecided: Undecided | None = None


_RANK = {"exceeded": 0, "approaching": 1, "within": 2}


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Over the limit by most, then close to it, then the largest share; last what no limit is on."""
    return sorted(findings, key=badness)


def badness(found: Finding) -> tuple[int, int, int, str]:
    """What findings are ordered by, the worst least."""
    a = found.adjudication
    if a.control is None:
        return (len(_RANK), 0, 0, a.visit_id)
    return (_RANK[a.control.status], -a.control.excess, -a.control.share, a.visit_id)
