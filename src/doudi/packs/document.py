"""The form of a pack as it is written: keys and shapes, from which the JSON Schema comes.

Everything is text here; what it means is `build`'s to say. A key that is not listed is a fault.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

Text = Annotated[str, Field(min_length=1, max_length=2000)]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+$", max_length=60)]
Ident = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Dotted = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$", max_length=80)]
DayText = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
HOURS = r"^[1-9][0-9]{0,2}$"
Hours = Annotated[
    str,
    Field(pattern=HOURS),
    WithJsonSchema({"type": ["string", "integer"], "pattern": HOURS, "minimum": 1, "maximum": 999}),
]
OF = (
    r"^(kind|place|person\.standings|person\.insurance_tier|facility\.level"
    r"|(bill|person|facility)\.attributes\.[a-z][a-z0-9_]*)$"
)
ID = r"^[a-z0-9_-]+(/[a-z0-9_-]+)*$"
StatusText = Literal["declared", "strong", "medium", "weak", "unverified"]
RoundingText = Literal["half_up", "half_away", "half_even", "down", "up"]


class Form(BaseModel):
    """No key may stand that is not listed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TitleForm(Form):
    """A title in Chinese and English."""

    zh: Text
    en: Text


TitleText = Text | TitleForm


class Cited(Form):
    """What has a source and a mark of how sure it is."""

    cite: Text = Field(description="出处：sources/文件.md#标题")
    status: StatusText = Field(description="把握：declared、strong、medium、weak、unverified")


class ValidForm(Form):
    """The days on which the pack rules: from, and to (exclusive, may be null)."""

    start: DayText = Field(alias="from")
    end: DayText | None = Field(alias="to")


class CurrencyForm(Form):
    """The currency; amounts are whole parts of 10^-decimals."""

    code: Literal["CNY"]
    decimals: Annotated[Literal["2"], WithJsonSchema({"enum": [2, "2"]})]


class YearForm(Form):
    """When the benefit year starts (month-day) and which day of the visit decides it."""

    starts: Annotated[str, Field(pattern=r"^[0-9]{2}-[0-9]{2}$")]
    decided_by: Literal["settled"]


class DimensionForm(Form):
    """What rules tell apart: where the bill states it, and its codes. For standings the order counts:
    of several on one day the first holds; `otherwise` is the code of who has none."""

    title: TitleText
    of: Annotated[str, Field(pattern=OF)]
    codes: dict[Code, TitleText] = Field(min_length=1)
    otherwise: Code | None = None


class ParameterForm(Cited):
    """A dated value. `values` maps a first day to a value, or to a table over `by`; a day may bring its
    own cite and status as {value, cite, status}."""

    title: TitleText
    unit: Literal["yuan", "percent", "years", "flag"]
    by: Ident | list[Ident] = Field(default_factory=list[Ident])
    values: dict[DayText, Any] = Field(min_length=1)


class DecompositionForm(Cited):
    """How a line's over-ceiling and first self-pay are rounded."""

    round: RoundingText


class AccumulatorForm(Cited):
    """A running sum: whose, over which time, what each visit adds."""

    title: TitleText
    owner: Literal["person", "episode"]
    period: Literal["benefit_year", "episode"]
    measure: Literal["position", "paid", "met"]
    adds: Text
    when: Text | None = None


class PayerForm(Form):
    """A fund, its national code where a text gives one, the platform's field."""

    fund: Text | None = None
    name: TitleText
    field: Text


class GivenForm(Form):
    """What the platform may have settled: at most this amount, and only where the condition holds."""

    at_most: Text
    when: Text | None = None


class DeductibleForm(Form):
    """The patient's first amount; `met` counts what earlier visits met (none: each visit anew)."""

    limit: Text
    met: Ident | None = None


class BandForm(Form):
    """From this point of the running base on, this rate."""

    start: Text = Field(alias="from")
    rate: Text


class BandsForm(Form):
    """Bands that run over an accumulator's position."""

    over: Ident
    bands: list[BandForm] = Field(min_length=1, max_length=20)


class CapForm(Form):
    """At most what the limit leaves over what the accumulator has paid."""

    limit: Text
    paid: Ident


class RuleForm(Cited):
    """How a layer pays for one kind of visit. Either `rate` or `bands`."""

    rule: Ident
    title: TitleText
    when: Text | None = None
    base: Text
    deductible: DeductibleForm | None = None
    rate: Text | None = None
    bands: BandsForm | None = None
    round: RoundingText
    cap: CapForm | None = None


class LayerForm(Cited):
    """One fund's turn in the cascade. Without `given` it is always computed; without rules only given."""

    layer: Ident
    title: TitleText
    payer: PayerForm
    given: GivenForm | None = None
    shown: Literal["always", "nonzero"] = "always"
    rules: list[RuleForm] = Field(default_factory=list[RuleForm])


class LimitForm(Form):
    """A share, rounded to whole fen."""

    share: Text
    round: RoundingText


class ConsentForm(Cited):
    """Whether what the patient signed for counts in the measure."""

    value: Literal["counts", "leaves"]


class ApprovalForm(Cited):
    """Whether the insurance office must agree to a visit above the limit, and within how many hours of the alert
    the doctor has explained and the office has decided."""

    value: Literal["exceeded", "never"]
    within_hours: Hours | None = None


class ControlForm(Cited):
    """Control of out-of-catalogue cost."""

    title: TitleText
    measure: Text
    of: Text
    limit: LimitForm
    approaching: Text
    applies: Text
    excess: Literal["hospital", "approval", "warn"]
    consented: ConsentForm
    approval: ApprovalForm | None = None


class PatientLimitForm(Form):
    """The patient bears at most this share of this amount."""

    share: Text
    of: Text
    round: RoundingText


class FloorForm(Cited):
    """The floor: who is entitled and what the patient bears at most."""

    title: TitleText
    payer: PayerForm
    when: Text
    patient_at_most: PatientLimitForm


class LateKnowledgeForm(Cited):
    """What a standing that becomes known only after a visit was settled, with an earlier first day, does."""

    effect: Literal["reopen", "forward"]


class PackForm(Form):
    """A whole pack, after what it extends has been filled in."""

    pack: Annotated[str, Field(pattern=ID, max_length=200)]
    title: TitleText
    district: Annotated[str, Field(pattern=r"^[0-9]{6}$")]
    valid: ValidForm
    currency: CurrencyForm
    benefit_year: YearForm
    extends: str | None = None
    dimensions: dict[Ident, DimensionForm] = Field(min_length=1)
    groups: dict[Ident, Text] = Field(default_factory=dict[Ident, Text])
    parameters: dict[Dotted, ParameterForm]
    decomposition: DecompositionForm
    amounts: dict[Ident, Text] = Field(default_factory=dict[Ident, Text])
    accumulators: dict[Ident, AccumulatorForm] = Field(default_factory=dict[Ident, AccumulatorForm])
    layers: list[LayerForm] = Field(min_length=1, max_length=40)
    control: ControlForm | None = None
    floor: FloorForm | None = None
    late_knowledge: LateKnowledgeForm | None = None
