"""The form of a payment profile as it is written: what a bank's file, its return, or a voucher looks like.

A key that is not listed is a fault.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Title = Annotated[str, Field(min_length=1, max_length=60)]
Note = Annotated[str, Field(min_length=1, max_length=400)]
Text = Annotated[str, Field(max_length=200)]
Width = Annotated[int, Field(ge=1, le=400)]
Words = Annotated[list[Title], Field(min_length=1)]


class Form(BaseModel):
    """No key may stand that is not listed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnForm(Form):
    """A column: a fact, or the same text in every row; `width` bytes wide where the file has no separators."""

    title: Title
    fact: Title | None = None
    text: Text | None = None
    width: Width | None = None
    align: Literal["left", "right"] = "left"
    fill: Annotated[str, Field(min_length=1, max_length=1)] = " "
    longest: Annotated[int, Field(ge=1, le=400)] | None = None


class ReplyColumnForm(Form):
    """A column of the bank's return: by its titles, or by its width in bytes."""

    holds: Literal["row", "number", "amount", "result", "reference", "reason", "other"]
    titles: Words | None = None
    width: Width | None = None


class ReplyForm(Form):
    """The bank's return: which words say that a row was paid, or was not."""

    columns: Annotated[list[ReplyColumnForm], Field(min_length=2)]
    paid: Words
    failed: Words
    amounts: Literal["yuan", "fen"] = "yuan"


class LineForm(Form):
    """A line of a voucher: for each payment, or once for all; which amount, on which side, of which subject."""

    of: Literal["payment", "batch"]
    side: Literal["debit", "credit"]
    amount: Literal["owed", "returned", "amount"]
    subject_code: Text
    subject: Title
    summary: Text


class ProfileForm(Form):
    """A profile of a bank's file or of a voucher."""

    profile: Name
    kind: Literal["bank", "voucher"]
    title: Title
    status: Literal["declared", "strong", "medium", "weak", "unverified"]
    source: Note
    format: Literal["csv", "fixed", "xlsx"]
    encoding: Literal["utf-8", "gbk"] = "utf-8"
    amounts: Literal["yuan", "fen"] = "yuan"
    dates: Literal["YYYY-MM-DD", "YYYYMMDD"] = "YYYY-MM-DD"
    titles: bool = True
    first: list[ColumnForm] = []
    columns: Annotated[list[ColumnForm], Field(min_length=1, max_length=60)]
    last: list[ColumnForm] = []
    lines: list[LineForm] = []
    reply: ReplyForm | None = None
