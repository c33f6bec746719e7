"""The typed policy: a Pack and the nouns it is made of. Values are integers; every one has a cite.

Amounts are fen; rates are exact fractions; a table is keyed by codes in the order of its dimensions;
None in a table means "without limit". A Place says where in the files a thing is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from doudi.dates import Span
from doudi.money import Rounding
from doudi.packs.expression import Expression


class Status(StrEnum):
    """How sure a value is; `unverified` values are named in every output that rests on them."""

    DECLARED = "declared"  # the pack's own choice where no text decides
    STRONG = "strong"  # an official text or an official interview
    MEDIUM = "medium"  # a production system's code or export, a scholarly article, a notice
    WEAK = "weak"  # a secondary source
    UNVERIFIED = "unverified"  # general knowledge; no source found


@dataclass(frozen=True, slots=True)
class Title:
    """What a thing is called, in Chinese and in English."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Cite:
    """The heading of a source file that a value or rule comes from."""

    pack: str
    file: str
    heading: str
    document: str  # the source file's own title

    def __str__(self) -> str:
        return f"{self.file}#{self.heading}"


@dataclass(frozen=True, slots=True)
class Basis:
    """Where something comes from, how sure it is, and where in the pack it is written."""

    cite: Cite
    status: Status
    place: str


class Unit(StrEnum):
    """What a parameter's values count."""

    YUAN = "yuan"
    PERCENT = "percent"
    YEARS = "years"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Dimension:
    """A category that rules tell apart, where the bill states it, and its codes in order."""

    name: str
    title: Title
    of: str
    codes: Mapping[str, Title]
    otherwise: str | None  # the standing of who has none
    place: str


@dataclass(frozen=True, slots=True)
class DatedTable:
    """A parameter's values from a day on, until the next dated table.

    Cells in `open` have no value in any text: a district sets them in a pack that extends this one; what the
    table holds there is a stand-in.
    """

    start: date
    table: Mapping[tuple[str, ...], Fraction | None]
    basis: Basis
    open: frozenset[tuple[str, ...]] = frozenset()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value of the policy: by which dimensions it differs and what it is from which day on."""

    name: str
    title: Title
    unit: Unit
    by: tuple[str, ...]
    dated: tuple[DatedTable, ...]
    place: str

    def on(self, day: date) -> DatedTable:
        """The table in force that day."""
        return max((d for d in self.dated if d.start <= day), key=lambda d: d.start)


@dataclass(frozen=True, slots=True)
class Formula:
    """An expression as written, its tree, and where it stands."""

    text: str
    tree: Expression
    place: str


class Owner(StrEnum):
    """Whose sum an accumulator is."""

    PERSON = "person"
    EPISODE = "episode"


class Period(StrEnum):
    """Over which time an accumulator adds up."""

    BENEFIT_YEAR = "benefit_year"
    EPISODE = "episode"


class Measure(StrEnum):
    """A position is the running base that a curve stands on; paid is what a cap is compared with."""

    POSITION = "position"
    PAID = "paid"
    MET = "met"  # what deductibles took


@dataclass(frozen=True, slots=True)
class Accumulator:
    """A running sum that layers read: whose, over which time, and what each visit adds to it."""

    name: str
    title: Title
    owner: Owner
    period: Period
    measure: Measure
    adds: Formula
    when: Formula | None
    basis: Basis


@dataclass(frozen=True, slots=True)
class Deductible:
    """What the patient bears first; `met` is the accumulator that counts what was met before."""

    limit: Formula
    met: str | None


@dataclass(frozen=True, slots=True)
class Band:
    """From this point of the running base on, this rate, until the next band."""

    start: Formula
    rate: Formula


@dataclass(frozen=True, slots=True)
class Bands:
    """A piecewise-linear function of a position: a visit gets F(before + x) - F(before)."""

    over: str
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class Cap:
    """At most what the limit leaves over what was paid; a limit of None is no limit."""

    limit: Formula
    paid: str


@dataclass(frozen=True, slots=True)
class Rule:
    """How a layer pays for one kind of visit: base, deductible, rate or bands, rounding, cap."""

    name: str
    title: Title
    when: Formula | None
    base: Formula
    deductible: Deductible | None
    rate: Formula | None
    bands: Bands | None
    rounding: Rounding
    cap: Cap | None
    basis: Basis


@dataclass(frozen=True, slots=True)
class Payer:
    """The fund that pays a layer, with its national code where one is known and the platform's field."""

    fund: str | None
    name: Title
    field: str


@dataclass(frozen=True, slots=True)
class Layer:
    """One fund's turn. Its first rule whose condition holds applies; none: it pays nothing.

    `given_at_most` is the base that an amount given by the platform must not exceed, and `given_when`
    the condition without which nothing can have been paid; no `given_at_most`: always computed.
    """

    id: str
    title: Title
    payer: Payer
    given_at_most: Formula | None
    given_when: Formula | None
    rules: tuple[Rule, ...]
    always_shown: bool
    basis: Basis


class Mode(StrEnum):
    """What becomes of the excess of out-of-catalogue cost."""

    HOSPITAL = "hospital"  # it leaves the patient's bill and is the hospital's
    APPROVAL = "approval"  # the same, unless the insurance office has approved it
    WARN = "warn"  # it is shown and warned of; nothing moves


class Consent(StrEnum):
    """Whether what the patient chose and signed for counts in the measure."""

    COUNTS = "counts"
    LEAVES = "leaves"


class Demand(StrEnum):
    """When the insurance office must agree."""

    EXCEEDED = "exceeded"  # a visit above the limit
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Approval:
    """Whether the hospital's insurance office must agree to a visit above the limit, and by when.

    `within_hours` counts from the alert; None: no deadline is stated. No amount of a visit rests on it: it is no
    part of the compiled policy.
    """

    demand: Demand
    within_hours: int | None
    basis: Basis

    @property
    def cite(self) -> Cite:
        """The article that says so."""
        return self.basis.cite

    @property
    def status(self) -> Status:
        """How sure it is."""
        return self.basis.status


@dataclass(frozen=True, slots=True)
class ControlRule:
    """Control of out-of-catalogue cost: what is measured against what, from where on, and what follows."""

    title: Title
    measure: Formula
    of: Formula
    limit: Formula
    rounding: Rounding
    approaching: Formula
    applies: Formula
    mode: Mode
    consent: Consent
    consent_basis: Basis
    basis: Basis
    approval: Approval | None = None


@dataclass(frozen=True, slots=True)
class FloorRule:
    """The floor: who is entitled, and what share of which amount the patient bears at most."""

    title: Title
    payer: Payer
    when: Formula
    share: Formula
    of: Formula
    rounding: Rounding
    basis: Basis


class Effect(StrEnum):
    """What a standing learned late does to visits that are settled already."""

    REOPEN = "reopen"  # what they would come to becomes proposals
    FORWARD = "forward"  # nothing: it counts for visits settled after it is known


@dataclass(frozen=True, slots=True)
class LateKnowledge:
    """What is done where a standing becomes known after a visit was settled, with a first day before it.

    No amount of a visit rests on it: it is no part of the compiled policy.
    """

    effect: Effect
    basis: Basis

    @property
    def cite(self) -> Cite:
        """The article that says so."""
        return self.basis.cite

    @property
    def status(self) -> Status:
        """How sure it is."""
        return self.basis.status


@dataclass(frozen=True, slots=True)
class Decomposition:
    """How a line is split into its four parts: the rounding of over-ceiling and first self-pay."""

    rounding: Rounding
    basis: Basis


@dataclass(frozen=True, slots=True)
class Pack:
    """A policy: where and when it rules, what it tells apart, its values, its cascade."""

    id: str
    title: Title
    district: str
    valid: Span
    year_starts: tuple[int, int]
    dimensions: Mapping[str, Dimension]
    groups: Mapping[str, Formula]
    parameters: Mapping[str, Parameter]
    decomposition: Decomposition
    amounts: Mapping[str, Formula]
    accumulators: Mapping[str, Accumulator]
    layers: tuple[Layer, ...]
    control: ControlRule | None
    floor: FloorRule | None
    late_knowledge: LateKnowledge | None

    def dated_on(self, day: date) -> date:
        """The last day up to this one on which a value changed: policies are equal in between."""
        starts = {d.start for p in self.parameters.values() for d in p.dated}
        return max((s for s in starts if self.valid.start <= s <= day), default=self.valid.start)
