"""What a reader is told about a Program: titles, units, sources, and the names of the steps to speak of.

The Program says what each amount is; the outline says what it is called and where the rule stands.
Nothing here changes an amount, so nothing here enters the fingerprint.
"""

from collections.abc import Mapping
from dataclasses import dataclass

UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class Said:
    """A name in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule or value stands: the cite as the wire prints it, the document's title, the mark."""

    cite: str
    document: str
    heading: str
    status: str


@dataclass(frozen=True, slots=True)
class ParameterOutline:
    """A parameter as an explanation names it."""

    title: Said
    unit: str
    source: Source


@dataclass(frozen=True, slots=True)
class BandOutline:
    """The steps that hold a band's start and rate."""

    start: str
    rate: str


@dataclass(frozen=True, slots=True)
class RuleOutline:
    """The names of a rule's steps; those that a rule has no use for are None."""

    name: str
    title: Said
    source: Source
    applies: str
    base: str
    deductible: str | None  # what the deductible still asks
    met: str | None
    rate: str | None
    before: str | None  # where the running base stood
    bands: tuple[BandOutline, ...]
    raw: str  # before the cap
    capped: str | None  # flag: a cap applies to this person
    cap: str | None
    left: str | None  # what the cap leaves


@dataclass(frozen=True, slots=True)
class LayerOutline:
    """A layer as an explanation tells it."""

    id: str
    title: Said
    fund: str | None
    payer: Said
    field: str
    source: Source
    rules: tuple[RuleOutline, ...]
    may_be_given: bool
    always_shown: bool


@dataclass(frozen=True, slots=True)
class ControlOutline:
    """The control of out-of-catalogue cost."""

    title: Said
    mode: str
    source: Source
    consent: Source
    consented_leaves: bool


@dataclass(frozen=True, slots=True)
class FloorOutline:
    """The floor."""

    title: Said
    fund: str | None
    payer: Said
    field: str
    source: Source


@dataclass(frozen=True, slots=True)
class AccumulatorOutline:
    """A running sum: whose, and over which time."""

    name: str
    title: Said
    per_episode: bool
    source: Source


@dataclass(frozen=True, slots=True)
class Outline:
    """All that is said about one policy."""

    parameters: Mapping[str, ParameterOutline]
    layers: tuple[LayerOutline, ...]
    control: ControlOutline | None
    floor: FloorOutline | None
    accumulators: tuple[AccumulatorOutline, ...]
    decomposition: Source
    deductible_layer: str | None
