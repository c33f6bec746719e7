"""The form of an export profile as it is written: what the receiver's table looks like, as data.

A key that is not listed is a fault. A column is required unless it says `optional`.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Title = Annotated[str, Field(min_length=1, max_length=60)]
Note = Annotated[str, Field(min_length=1, max_length=400)]
FactName = Annotated[str, Field(min_length=1, max_length=80)]
Word = Annotated[str, Field(max_length=60)]
Keys = Annotated[list[Key], Field(min_length=1)]
Encoding = Literal["utf-8", "gbk"]
Format = Literal["csv", "xlsx"]


class Form(BaseModel):
    """No key may stand that is not listed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class InsteadForm(Form):
    """What stands in a column for visits of some kinds: another fact, or a value."""

    of_kinds: Annotated[list[Word], Field(min_length=1)]
    fact: FactName | None = None
    value: Word | None = None


class ColumnForm(Form):
    """A column: one fact, or a sum of amounts; its words; what it must look like."""

    key: Key
    title: Title
    fact: FactName | None = None
    sum: Annotated[list[FactName], Field(min_length=1)] | None = None
    instead: InsteadForm | None = None
    codes: dict[Word, Word] | None = None
    optional: bool = False
    longest: Annotated[int, Field(ge=1, le=1000)] | None = None
    note: Note | None = None


class SidesForm(Form):
    """Two sums of columns."""

    left: Keys
    right: Keys


class BetweenForm(Form):
    """A whole number within bounds, both included."""

    column: Key
    least: Annotated[int, Field(strict=False)]
    most: Annotated[int, Field(strict=False)]


class CheckForm(Form):
    """A check that a row must pass; exactly one of the kinds."""

    id: Key
    title: Note
    equal: SidesForm | None = None
    at_most: SidesForm | None = None
    in_order: Annotated[list[Key], Field(min_length=2, max_length=2)] | None = None
    not_negative: Keys | None = None
    between: BetweenForm | None = None
    identity_number: Key | None = None
    answered: Literal[True] | None = None


CHECKS = tuple(key for key in CheckForm.model_fields if key not in ("id", "title"))
"""The kinds of checks."""


class OnlyForm(Form):
    """Which visits the receiver wants: of somebody with a standing, of some standings, of some kinds."""

    has_standing: Literal[True] | None = None
    standings: Annotated[list[Word], Field(min_length=1)] | None = None
    kinds: Annotated[list[Word], Field(min_length=1)] | None = None


class WithdrawalForm(Form):
    """How a visit is taken back: in a file of its own with some columns, or by a column of every row."""

    file: Title | None = None
    columns: Keys | None = None
    column: Title | None = None
    marked: Word = "是"
    unmarked: Word = ""


class ReportForm(Form):
    """The receiver's report: by which columns a row is found, which column says what, in which words."""

    key: Keys
    result: Annotated[list[Title], Field(min_length=1)]
    reason: Annotated[list[Title], Field(min_length=1)]
    accepted: Annotated[list[Word], Field(min_length=1)]
    rejected: Annotated[list[Word], Field(min_length=1)]
    titles: dict[Key, list[Title]] | None = None


class DueForm(Form):
    """By which day of each month the receiver wants what the month before came to, and how sure that is."""

    day: Annotated[int, Field(ge=1, le=28)]
    status: Literal["declared", "strong", "medium", "weak", "unverified"]
    note: Note


class ProfileForm(Form):
    """An export profile."""

    profile: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
    title: Title
    status: Literal["declared", "strong", "medium", "weak", "unverified"]
    source: Note
    format: Format = "xlsx"
    encoding: Encoding = "utf-8"
    rows_per_file: Annotated[int, Field(ge=1, le=1_000_000)] = 50_000
    amounts: Literal["yuan", "fen"] = "yuan"
    dates: Literal["YYYY-MM-DD", "YYYYMMDD", "YYYY/MM/DD", "YYYY年MM月DD日"] = "YYYY-MM-DD"
    only: OnlyForm | None = None
    columns: Annotated[list[ColumnForm], Field(min_length=1, max_length=200)]
    checks: list[CheckForm] = []
    withdrawal: WithdrawalForm
    report: ReportForm | None = None
    due: DueForm | None = None
