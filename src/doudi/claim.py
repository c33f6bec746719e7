"""What comes in: a claim with its lines, the person, the facility, and what the platform has settled.

Amounts are fen; unit prices and ceilings millionths of a yuan; quantities millionths of a unit;
first-self-pay rates millionths. A claim is complete: lines know their class, rate and ceiling already.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from doudi.dates import Moment, Span

PARTS = ("out_of_catalogue", "over_ceiling", "first_self_pay", "in_scope")
CLASSES = ("甲", "乙", "丙")

_WITH_PARTS = len(CLASSES)
LINE_SHAPES: tuple[Mapping[str, int], ...] = (
    *({"has_parts": 0, "item_class": n, "has_ceiling": 0} for n in range(len(CLASSES))),
    {"has_parts": 1, "item_class": 0, "has_ceiling": 0},
    *({"has_parts": 0, "item_class": n, "has_ceiling": 1} for n in range(len(CLASSES))),
)
"""What tells lines apart before any amount is looked at, the commonest first; a line's `shape` is its
place here."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's standing (身份) and the days on which it is valid."""

    code: str
    span: Span


@dataclass(frozen=True, slots=True)
class Person:
    """The patient as the register knows them; `id` is opaque and never an identity number."""

    id: str
    birth_date: date
    insurance_tier: str | None  # None where the sender tells none; a pack may not ask
    district: str | None
    standings: tuple[Standing, ...]
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Facility:
    """Where the patient is treated."""

    code: str
    level: str
    district: str
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """One charged item (费用明细). A refund has a negative quantity and names the line it refunds."""

    id: str
    code: str
    name: str
    item_class: str | None
    first_self_pay_rate: int
    price_ceiling: int | None
    quantity: int
    unit_price: int
    amount: int
    refunds: str | None
    consent: bool
    parts: tuple[int, int, int, int] | None
    shape: int
    listed: "ClaimLine | None" = None  # a line with parts as the catalogue would have it
    hospital_code: str | None = None

    @staticmethod
    def shape_of(item_class: str | None, price_ceiling: int | None, has_parts: bool) -> int:
        """The place among LINE_SHAPES; a line without parts has a class."""
        if has_parts:
            return _WITH_PARTS
        assert item_class is not None, "a line without parts has a class"
        place = CLASSES.index(item_class)
        return place if price_ceiling is None else place + _WITH_PARTS + 1


@dataclass(frozen=True, slots=True)
class Claim:
    """One episode of care asked to be settled (结算申请).

    `drafts` are orders being written (医嘱草稿): a pre-check looks at them, a settlement refuses them.
    `undecided` are lines of which nobody knows the class: only a pre-check has any, as wholly own pay.
    `given` are the amounts that the platform has settled, by layer; `given_deductible_met` what it says
    of the deductible. `awaiting` are layers it will settle and has not answered. `excess_approved`: the
    insurance office has approved the out-of-catalogue excess, where a pack asks. `where` is the file or
    path that the claim came from, for faults.
    """

    visit_id: str
    episode_id: str
    sequence: int
    person: Person
    facility: Facility
    kind: str
    admitted: Moment | None
    discharged: Moment | None
    settled: Moment
    referred: bool | None
    major_disease: bool
    lines: tuple[ClaimLine, ...]
    drafts: tuple[ClaimLine, ...] = ()
    undecided: tuple[str, ...] = ()
    given: Mapping[str, int] = field(default_factory=dict[str, int])
    given_deductible_met: int | None = None
    awaiting: tuple[str, ...] = ()
    excess_approved: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])
    remarks: tuple["Remark", ...] = ()
    where: str = ""

    @property
    def district(self) -> str:
        """The district of insurance: the person's, or the facility's where none is stated."""
        return self.person.district or self.facility.district

    @property
    def order(self) -> tuple[object, ...]:
        """The place in the person's year: settled, then sequence, then the visit's id as text."""
        return (self.settled.instant, self.sequence, self.visit_id)


@dataclass(frozen=True, slots=True)
class Remark:
    """Something noticed on the way in that does not keep the claim from being settled."""

    code: str
    text: str
    lines: tuple[str, ...] = ()
