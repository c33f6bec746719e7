"""The shape of a bill on the wire. Amounts become fen, prices and quantities millionths, moments Moments.

Money and rates are decimal strings; an exact JSON number is taken too. What is finer than a field carries
is a fault, never cut off.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    StrictBool,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from doudi.dates import Moment
from doudi.money import FEN_LIMIT, RATE_SCALE, scaled
from doudi.source_text import shown

_LIMIT = Decimal(FEN_LIMIT).scaleb(-2)  # in yuan
_MILLIONTHS = 6  # places of prices, quantities and rates
_USUAL = re.compile(r"(-?[0-9]{1,12})(?:\.([0-9]{1,6}))?")  # below every limit
_DECIMAL = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")
_EITHER = "日期（如 2019-05-01）或带时区的时间（如 2019-05-01T08:30:00+08:00）"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    _DAY.pattern + r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.(?P<fraction>[0-9]+))?)?"
    r"(?P<offset>Z|[+-][0-9]{2}:[0-9]{2})?"
)


def _decimal(value: object, expected: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise _wrong(value, expected)
    text = str(value).strip(" ")
    if not _DECIMAL.fullmatch(text):
        raise _wrong(value, expected)
    return Decimal(text)


def _wrong(value: object, expected: str) -> PydanticCustomError:
    return PydanticCustomError("F203", "{value}", {"value": shown(value), "expected": expected})


def _whole(value: object, places: int, expected: str) -> int:
    """A decimal times ten to the power of its places. What nearly every field holds is read without a Decimal."""
    usual = _USUAL.fullmatch(value) if isinstance(value, str) else None
    if usual is not None:
        digits, finer = usual[1], usual[2] or ""
        if len(finer) <= places:
            return int(digits + finer) * 10 ** (places - len(finer))
    number = _decimal(value, expected)
    if abs(number) >= _LIMIT:
        limit = f"{FEN_LIMIT // 100:,}"
        raise PydanticCustomError("F206", "{value}", {"value": shown(value), "limit": limit})
    exact = scaled(number, 10**places)
    if exact is None:
        raise PydanticCustomError("F204", "{value}", {"value": shown(value), "places": places})
    return exact


def _fen(value: object) -> int:
    return _whole(value, 2, "金额（元，如 2539.50）")


def _fen_not_negative(value: object) -> int:
    return _not_negative(_fen(value), value, "金额")


def _price(value: object) -> int:
    price = _whole(value, _MILLIONTHS, "单价（元，最多六位小数）")
    return _not_negative(price, value, "单价")


def _not_negative(number: int, value: object, name: str) -> int:
    if number < 0:
        raise PydanticCustomError("F207", "{value}", {"value": shown(value), "name": name})
    return number


def _quantity(value: object) -> int:
    return _whole(value, _MILLIONTHS, "数量")


def _rate(value: object) -> int:
    rate = _whole(value, _MILLIONTHS, "比例（小数，如 0.10）")
    if not 0 <= rate <= RATE_SCALE:
        raise PydanticCustomError("F208", "{value}", {"value": shown(value)})
    return rate


def _day(value: object) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise _wrong(value, "日期（如 2019-05-01）")


def _moment(value: object) -> Moment:
    if isinstance(value, str) and _DAY.fullmatch(value):
        day = _day(value)
        if not 1900 < day.year < 2200:  # no ledger keeps it, and it is no stay of anybody's
            raise _wrong(value, _EITHER)
        return Moment.of_day(day)
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if not isinstance(value, str) or found is None:
        raise _wrong(value, _EITHER)
    if found["offset"] is None:
        raise PydanticCustomError("F205", "{value}", {"value": value})
    if len(found["fraction"] or "") > 6:
        raise PydanticCustomError("F204", "{value}", {"value": shown(value), "places": 6})
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        instant = None
    if instant is None or not 1900 < instant.year < 2200:
        raise _wrong(value, _EITHER)
    return Moment.of_instant(instant)


def _code(value: object) -> str:
    """An id or a code: two that look alike must be alike, so nothing in it is invisible."""
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        raise _wrong(value, "代码（文字）")
    text = str(value)
    if len(text) > 200:
        raise _wrong(value, "不超过 200 字的代码")
    if text != text.strip() or not text.isprintable():
        raise _wrong(value, "干净的代码（前后没有空格，没有看不见的字符）")
    return text


def _label(value: object) -> str:
    """A text that people read in a table: some characters that can be seen, not too many."""
    if not isinstance(value, str) or not value.strip() or len(value) > 200:
        raise _wrong(value, "不超过 200 字的文字")
    if not value.isprintable():
        raise _wrong(value, "没有看不见的字符的文字")
    return value


def _integer(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53:
        return value
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,15}", value):
        return int(value)
    raise _wrong(value, "整数")


def _attribute(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | Decimal):
        return str(value)
    raise _wrong(value, "文字、数或 true、false")


_TEXT = {"type": "string"}
_NUMBER: dict[str, Any] = {"type": ["string", "number"]}
Fen = Annotated[int, BeforeValidator(_fen), WithJsonSchema(_NUMBER | {"format": "yuan"})]
FenNotNegative = Annotated[
    int, BeforeValidator(_fen_not_negative), WithJsonSchema(_NUMBER | {"format": "yuan"})
]
Price = Annotated[int, BeforeValidator(_price), WithJsonSchema(_NUMBER | {"format": "decimal"})]
Quantity = Annotated[
    int, BeforeValidator(_quantity), WithJsonSchema(_NUMBER | {"format": "decimal"})
]
RateText = Annotated[int, BeforeValidator(_rate), WithJsonSchema(_NUMBER | {"format": "decimal"})]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema(_TEXT | {"format": "date"})]
When = Annotated[
    Moment, BeforeValidator(_moment), WithJsonSchema(_TEXT | {"format": "date or date-time"})
]
Code = Annotated[str, BeforeValidator(_code), WithJsonSchema({"type": ["string", "integer"]})]
Label = Annotated[str, BeforeValidator(_label), WithJsonSchema(_TEXT | {"maxLength": 200})]
Whole = Annotated[int, BeforeValidator(_integer), WithJsonSchema({"type": "integer"})]
Attribute = Annotated[str, BeforeValidator(_attribute), WithJsonSchema({})]
Attributes = dict[str, Attribute | None]


class BillForm(BaseModel):
    """No key may stand that is not listed; a null is an absent key."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class PartsForm(BillForm):
    """The platform's own decomposition of a line."""

    out_of_catalogue: Fen
    over_ceiling: Fen
    first_self_pay: Fen
    in_scope: Fen


class LineForm(BillForm):
    """One charged item."""

    id: Code
    code: Code | None = None
    hospital_code: Code | None = None
    name: str | None = None
    date: Day | None = None
    item_class: Literal["甲", "乙", "丙"] | None = Field(default=None, alias="class")
    first_self_pay_rate: RateText | None = None
    price_ceiling: Price | None = None
    quantity: Quantity
    unit_price: Price
    amount: Fen
    refunds: Code | None = None
    consent: StrictBool | None = None
    draft: StrictBool | None = None
    parts: PartsForm | None = None
    attributes: Attributes | None = None


class StandingForm(BillForm):
    """A standing and the days on which it is valid; `known` is when the register learned of it."""

    code: Code
    start: Day = Field(alias="from")
    end: Day | None = Field(default=None, alias="to")
    known: When | None = None


class PersonForm(BillForm):
    """The patient."""

    id: Code
    id_number: str | None = None
    birth_date: Day
    insurance_tier: Code | None = None
    district: Code | None = None
    standings: Annotated[list[StandingForm], FailFast()]
    attributes: Attributes | None = None


class FacilityForm(BillForm):
    """Where the patient is treated."""

    code: Code
    level: Code
    district: Code
    attributes: Attributes | None = None


class DiagnosisForm(BillForm):
    """What was found, as the hospital codes it. No rule reads it; the state's ledger does."""

    code: Code
    name: Label
    main: StrictBool | None = None


class Bill(BillForm):
    """One bill asked to be settled."""

    visit_id: Code
    episode_id: Code | None = None
    sequence: Whole | None = None
    person: PersonForm
    facility: FacilityForm
    kind: Code
    admitted: When | None = None
    discharged: When | None = None
    settled: When
    referred: StrictBool | None = None
    major_disease: StrictBool | None = None
    lines: Annotated[list[LineForm], FailFast()]
    given: dict[Code, FenNotNegative | None] | None = None
    awaiting: list[Code] | None = Field(default=None, max_length=1000)
    diagnoses: list[DiagnosisForm] | None = Field(default=None, max_length=100)
    attributes: Attributes | None = None


def bill_schema() -> dict[str, Any]:
    """The JSON Schema of a bill."""
    return Bill.model_json_schema(by_alias=True)


def code_of(value: object) -> str:
    """An id or a code as a bill writes it. Raises ValueError."""
    return _code(value)


def whole_of(value: object) -> int:
    """A whole number as a bill writes it. Raises ValueError."""
    return _integer(value)


def moment_of(value: object) -> Moment:
    """A moment as a bill writes it. Raises ValueError."""
    return _moment(value)
