"""The one-stop settlement sheet: every column of its profile, in its order, and that it closes.

The columns are those of the export profile `one_stop`, so that the paper and the file say the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar

from doudi_web.exchange.facts import Facts, Known, fen
from doudi_web.exchange.facts import Kind as Holds
from doudi_web.exchange.profiles import Column, Profile, profile
from doudi_web.papers.code import grouped, qr
from doudi_web.papers.found import Found
from doudi_web.papers.kinds import Kind, Print
from doudi_web.papers.statement import alerts, asked
from doudi_web.papers.words import cut, money
from doudi_web.register import sealing

PROFILE = "one_stop"
UNKNOWN = "—"


@dataclass(frozen=True, slots=True)
class Field:
    """A column: its title and what stands in it."""

    title: str
    value: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the sheet says."""

    kind: ClassVar[Kind] = Kind.SHEET
    printed: Print
    hospital: str
    title: str
    number: str
    visit: str
    fields: tuple[Field, ...]
    amounts: tuple[Field, ...]
    closes: tuple[str, ...]
    """Each sum of the profile that must hold, with its amounts."""
    alert: tuple[str, ...]
    source: str
    code: str
    qr: str


def sheet(found: Found, printed: Print, *, is_open: bool) -> Sheet:
    """The sheet of a settlement as it stands; the identity number in full where `is_open`."""
    of, facts = profile(PROFILE), _shown(found.facts, is_open=is_open)
    taken = {column.key: _worded(column, column.take(facts)) for column in of.columns}
    held = [
        (column, Field(column.title, _written(taken[column.key], column))) for column in of.columns
    ]
    unconfirmed = "；区里还在确认" if of.form.status == "unverified" else ""
    return Sheet(
        printed=printed,
        hospital=cut(facts.facility_name or facts.facility, 40),
        title="一站式结算单",
        number=str(facts.settlement),
        visit=cut(facts.visit, 64),
        fields=tuple(field for column, field in held if column.kind is not Holds.AMOUNT),
        amounts=tuple(field for column, field in held if column.kind is Holds.AMOUNT),
        closes=tuple(_closes(of, taken)),
        alert=(*alerts(found, asked(found.told)), *_undecided(found.told)),
        source=f"栏目：{of.form.title}（{of.form.source}{unconfirmed}）",
        code=grouped(found.code),
        qr=qr(f"doudi:1:{facts.settlement}:{found.code}"),
    )


def _undecided(told: Mapping[str, Any]) -> Iterator[str]:
    """What of the patient's amount is not asked for, since nobody has approved it."""
    whole, now = fen(told["patient"]) or 0, asked(told)
    if whole != now and not told["reversed"]:
        yield f"自付 {money(whole)} 元里有 {money(whole - now)} 元没有批准，现在只收 {money(now)} 元。"


def _shown(facts: Facts, *, is_open: bool) -> Facts:
    person = facts.person
    if is_open or person is None or person.id_number is None:
        return facts
    hidden = replace(person, id_number=sealing.masked_number(person.id_number))
    return replace(facts, person=hidden)


def _worded(column: Column, value: Known) -> Known:
    if isinstance(value, str) and column.codes is not None:
        return column.codes.get(value, value)
    return value


def _written(value: Known, column: Column) -> str:
    if value is None or value == "":
        return UNKNOWN
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int):
        return money(value) if column.kind is Holds.AMOUNT else str(value)
    return cut(value, 120)


def _closes(of: Profile, taken: dict[str, Known]) -> Iterator[str]:
    titles = {column.key: column.title for column in of.columns}

    def side(keys: list[str]) -> tuple[int, str]:
        amounts = [(titles[key], taken[key]) for key in keys]
        total = sum(amount for _, amount in amounts if isinstance(amount, int))
        told = " + ".join(
            f"{title} {money(amount)}" for title, amount in amounts if isinstance(amount, int)
        )
        return total, told

    for check in of.form.checks:
        if check.equal is not None:
            left, left_told = side(check.equal.left)
            right, right_told = side(check.equal.right)
            mark = "=" if left == right else "≠"
            yield f"{left_told} {mark} {right_told}"
