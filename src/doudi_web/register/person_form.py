"""The shape of a person on the wire: as a bill writes one, with what only the register keeps."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from doudi.source_text import shown
from doudi.wire.bill_form import Attribute, BillForm, Code, Day, StandingForm, code_of

PERSON_LIMIT = 100_000  # in one file


def _short(limit: int) -> Any:
    """A code of at most so many characters."""

    def check(text: str) -> str:
        if len(text) > limit:
            raise _wrong(text, f"不超过 {limit} 字的代码")
        return text

    return AfterValidator(check)


def _text(limit: int) -> Any:
    """A line of text of at most so many characters, without what cannot be seen."""

    def check(value: object) -> str:
        expected = f"不超过 {limit} 字的文字"
        if not isinstance(value, str) or not value.strip() or len(value) > limit:
            raise _wrong(value, expected)
        if not value.isprintable():
            raise _wrong(value, "没有看不见的字符的文字")
        return value.strip()

    return BeforeValidator(check)


def _phone(value: object) -> str:
    text = code_of(value).replace("-", "").replace(" ", "")
    if not 7 <= len(text.lstrip("+")) <= 15 or not text.lstrip("+").isdecimal():
        raise _wrong(f"…{text[-2:]}", "电话号码（七至十五位数字）")
    return text


def _division(digits: int) -> Any:
    def check(text: str) -> str:
        if not (text.isascii() and text.isdecimal() and len(text) == digits):
            raise _wrong(text, f"{digits} 位数字的区划代码")
        return text

    return AfterValidator(check)


def _wrong(value: object, expected: str) -> PydanticCustomError:
    return PydanticCustomError("F203", "{value}", {"value": shown(value), "expected": expected})


def _clean(value: str | None) -> str | None:
    """What a database can keep: no character that stands for nothing."""
    if value is not None and not all(c.isprintable() or c in "\n\t" for c in value):
        raise _wrong(value, "没有看不见的字符的文字")
    return value


Code40 = Annotated[Code, _short(40)]
Code64 = Annotated[Code, _short(64)]
Name = Annotated[str, _text(60)]
LongText = Annotated[str, _text(400)]
Phone = Annotated[str, BeforeValidator(_phone)]
DistrictCode = Annotated[Code, _division(6)]
VillageCode = Annotated[Code, _division(12)]
CleanAttributes = dict[
    Annotated[str, AfterValidator(_clean)], Annotated[Attribute | None, AfterValidator(_clean)]
]


class HeldForm(StandingForm):
    """A standing; its code must fit the register."""

    code: Code40


class TierForm(BillForm):
    """The insurance tier of some days."""

    tier: Code40
    start: Day = Field(alias="from")
    end: Day | None = Field(default=None, alias="to")


class DiseaseForm(BillForm):
    """A disease that the register keeps (慢病、重大疾病), from when on."""

    code: Code40
    start: Day | None = Field(default=None, alias="from")
    end: Day | None = Field(default=None, alias="to")


class DoctorForm(BillForm):
    """A contract with a family doctor."""

    name: Name
    phone: Phone
    facility: Code40 | None = None
    start: Day | None = Field(default=None, alias="from")
    end: Day | None = Field(default=None, alias="to")


class RegisteredForm(BillForm):
    """A person. A key that is absent leaves what the register has; a list that is there takes its place."""

    id: Code64
    id_number: Code | None = None
    name: Name | None = None
    sex: Literal["男", "女"] | None = None
    ethnicity: Annotated[str, _text(20)] | None = None
    phone: Phone | None = None
    birth_date: Day
    insurance_tier: Code40 | None = None
    tiers: list[TierForm] | None = None
    district: DistrictCode
    village: VillageCode | None = None
    household: Code40 | None = None
    mother: Code64 | None = None
    standings: list[HeldForm] | None = None
    diseases: list[DiseaseForm] | None = None
    doctors: list[DoctorForm] | None = None
    plan: LongText | None = None
    died: Day | None = None
    moved_out: Day | None = None
    attributes: CleanAttributes | None = None


class FacilityForm(BillForm):
    """A hospital or clinic, and the day from which on it is so: today where none is stated."""

    code: Code40
    name: Annotated[str, _text(120)]
    level: Code40
    district: DistrictCode
    start: Day | None = Field(default=None, alias="from")


class DivisionForm(BillForm):
    """A district, township or village, by the length of its code."""

    code: Code
    name: Name
    group: Annotated[str, _text(20)] | None = None
