"""What a correction leads to: visits that were settled already and would come out otherwise now.

A settled visit is never rewritten. A proposal says what was recorded, what it comes to on the corrected
sums, who pays more and who gets back, and which visits of the run are the cause. Amounts are fen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from doudi.errors import BrokenInvariant, Fault


@dataclass(frozen=True, slots=True)
class Amounts:
    """Who pays what for a visit, under which rules. `excess` is what the control finds over its limit."""

    total: int
    payments: Mapping[str, int]
    hospital: int
    patient: int
    excess: int
    pack: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Change:
    """By how much each pays more than was recorded, or less: only those that change, and the excess."""

    payments: Mapping[str, int]
    hospital: int
    patient: int
    excess: int

    @classmethod
    def between(cls, recorded: Amounts, now: Amounts) -> "Change":
        """What is to be paid on top of the recorded amounts to come to these; a layer not named paid nothing."""
        layers = dict.fromkeys((*now.payments, *recorded.payments))
        payments = {n: now.payments.get(n, 0) - recorded.payments.get(n, 0) for n in layers}
        change = cls(
            {name: amount for name, amount in payments.items() if amount},
            now.hospital - recorded.hospital,
            now.patient - recorded.patient,
            now.excess - recorded.excess,
        )
        if change.sum != now.total - recorded.total:
            raise BrokenInvariant("changes add up to the change of the total", (recorded, now))
        return change

    @property
    def sum(self) -> int:
        return sum(self.payments.values()) + self.hospital + self.patient

    def __bool__(self) -> bool:
        return bool(self.payments or self.hospital or self.patient or self.excess)


@dataclass(frozen=True, slots=True)
class MovedSum:
    """A running sum before the visit: as recorded, and now."""

    name: str
    title: str
    recorded: int
    amended: int


@dataclass(frozen=True, slots=True)
class Correction:
    """A visit of the run that takes the place of its own earlier record: what was recorded, what changes.

    Both are None where the record does not say who paid what.
    """

    visit_id: str
    recorded: Amounts | None
    change: Change | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A visit that was settled, and would come out otherwise on the sums that this run corrects.

    `amended` is None where it cannot be computed, and `reason` says why: no_bill, fault or not_recorded.
    """

    visit_id: str
    person_id: str
    settled: str
    sequence: int
    causes: tuple[str, ...]
    recorded: Amounts | None
    amended: Amounts | None
    change: Change | None
    moved: tuple[MovedSum, ...]
    text: str
    reason: str | None = None
    faults: tuple[Fault, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict[str, str])
