"""What comes out: who pays what for one visit, the control's finding, warnings, and the reasons.

An Adjudication conserves to the fen or it does not exist.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from doudi.errors import BrokenInvariant


@dataclass(frozen=True, slots=True)
class Control:
    """The out-of-catalogue share against its limit. `share` is in parts of 10,000."""

    applies: bool
    share: int
    measured: int
    limit: int
    excess: int
    status: str  # within | approaching | exceeded


@dataclass(frozen=True, slots=True)
class Warning_:
    """Something a person should look at; `layer` and `visits` where it is about one."""

    code: str
    severity: str  # info | warning | critical
    text: str
    lines: tuple[str, ...] = ()
    layer: str | None = None
    visits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the policy that an amount rests on."""

    name: str
    title: str
    value: str
    cite: str
    document: str
    status: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One sentence for one layer, the article behind it, and the values it rests on."""

    layer: str
    title: str
    text: str
    cite: str
    document: str
    status: str
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class LineParts:
    """How one line fell into its four parts, in fen."""

    id: str
    out_of_catalogue: int
    over_ceiling: int
    first_self_pay: int
    in_scope: int


@dataclass(frozen=True, slots=True)
class Adjudication:
    """One settled visit, in fen. `payments` are in the order of the cascade, the floor last."""

    visit_id: str
    episode_id: str
    person_id: str
    settled: str
    sequence: int
    benefit_year: int
    kind: str
    standing: str
    pack: str
    fingerprint: str
    total: int
    out_of_catalogue: int
    over_ceiling: int
    first_self_pay: int
    in_scope: int
    deductible_met: int
    payments: Mapping[str, int]
    computed: Mapping[str, int]
    hospital: int
    patient: int
    patient_limit: int | None
    control: Control | None
    lines: tuple[LineParts, ...]
    accumulators: Mapping[str, tuple[int, int]]
    episode_accumulators: Mapping[str, tuple[int, int]]
    unverified: tuple[str, ...] = ()
    warnings: tuple[Warning_, ...] = ()
    explanation: tuple[Explanation, ...] = ()
    provisional: str | None = None
    catalogue: str | None = None
    titles: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        """Total = parts = payers; no payer is negative; the patient bears at most the limit."""
        parts = self.out_of_catalogue + self.over_ceiling + self.first_self_pay + self.in_scope
        paid = sum(self.payments.values()) + self.hospital + self.patient
        smallest = min(*self.payments.values(), self.hospital, self.patient, 0)
        for holds, name in (
            (self.total == parts, "total = the four parts"),
            (self.total == paid, "total = payments + hospital + patient"),
            (smallest == 0, "no payer is negative"),
            (self.patient_limit is None or self.patient <= self.patient_limit, "patient <= limit"),
        ):
            if not holds:
                raise BrokenInvariant(name, self.facts())

    def facts(self) -> dict[str, object]:
        """What is needed to see why, without names or identity."""
        return {
            "visit_id": self.visit_id,
            "pack": self.pack,
            "fingerprint": self.fingerprint,
            "total": self.total,
            "payments": dict(self.payments),
            "hospital": self.hospital,
            "patient": self.patient,
        }
