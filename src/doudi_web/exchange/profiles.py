"""Export profiles: those that come with the program, or a site's own file, read and held against themselves."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from doudi.errors import Faulty, fault
from doudi.source_text import JSON_LIMIT_MB, decode, read_yaml, shown
from doudi_web.exchange.facts import REST, Fact, Facts, Kind, Known, fact, rest_of_payments
from doudi_web.exchange.profile_form import CHECKS, CheckForm, ColumnForm, InsteadForm, ProfileForm
from doudi_web.settlement.ledger import sm3

SHIPPED = ("national", "one_stop")
_ADDED = {Kind.AMOUNT}
_ORDERED = {Kind.DAY, Kind.WHOLE, Kind.AMOUNT}


@dataclass(frozen=True, slots=True)
class Column:
    """A column as it is filled: what it holds, from what, in which words."""

    key: str
    title: str
    kind: Kind
    take: Fact
    codes: Mapping[str, str] | None
    optional: bool
    longest: int | None


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile that fits itself; `digest` is the SM3 of its text."""

    form: ProfileForm
    columns: tuple[Column, ...]
    digest: str

    @property
    def name(self) -> str:
        return self.form.profile

    def place(self, key: str) -> int:
        """The number of a column from 0."""
        return next(n for n, column in enumerate(self.columns) if column.key == key)

    def withdrawn(self) -> tuple[Column, ...]:
        """The columns of a row that is taken back."""
        wanted = self.form.withdrawal.columns
        if wanted is None:
            return self.columns
        return tuple(self.columns[self.place(key)] for key in wanted)


def profile(named: str) -> Profile:
    """The profile of that name that comes with the program, or the one in the file at that path. Raises Faulty."""
    if named in SHIPPED:
        name = f"{named}.yaml"
        content = files("doudi_web.exchange").joinpath("profiles", name).read_bytes()
        return read(name, content)
    path = Path(named)
    if not path.is_file():
        known = "、".join(SHIPPED)
        raise Faulty([fault("S541", shown(named, 200), profile=shown(named, 80), known=known)])
    return read(named, path.read_bytes())


def read(name: str, content: bytes) -> Profile:
    """A profile from its text. Raises Faulty with all that is wrong."""
    document = read_yaml(name, decode(name, content, limit_mb=JSON_LIMIT_MB))
    try:
        form = ProfileForm.model_validate(document.value)
    except ValidationError as error:
        raise Faulty(
            fault("S540", document.where(item["loc"]), reason=_reason(dict(item)))
            for item in error.errors(include_url=False, include_input=True)
        ) from error
    wrong = [*_columns(form), *_checks(form), *_others(form)]
    if wrong:
        raise Faulty(fault("S540", document.where(path), reason=why) for path, why in wrong)
    named = frozenset(
        name.removeprefix("payments.")
        for column in form.columns
        for name in _facts_of(column)
        if name.startswith("payments.") and name != REST
    )
    columns = tuple(_compiled(column, named) for column in form.columns)
    return Profile(form, columns, sm3(content).hex())


Wrong = Iterator[tuple[tuple[str | int, ...], str]]

_REASONS = {
    "missing": "少了这一项",
    "extra_forbidden": "没有这个键",
    "literal_error": "只能是 {expected}",
    "string_pattern_mismatch": "要用小写字母开头的名称（字母、数字、下划线）",
    "list_type": "要写成列表",
    "model_type": "要写成键值表",
    "dict_type": "要写成键值表",
    "too_short": "至少一项",
}


def _reason(item: Mapping[str, Any]) -> str:
    """Why a value does not fit its form, in words."""
    text = _REASONS.get(str(item["type"]), "写法不对：{input}")
    context = dict(item.get("ctx") or {})
    return text.format(input=shown(item["input"], 80), expected=context.get("expected", ""))


def _facts_of(column: ColumnForm) -> list[str]:
    return [column.fact] if column.fact is not None else list(column.sum or ())


def _columns(form: ProfileForm) -> Wrong:
    """What is wrong with the columns."""
    seen: set[str] = set()
    for number, column in enumerate(form.columns):
        at = ("columns", number)
        for what in (column.key, column.title):
            if what in seen:
                yield at, f"“{what}”用了两次"
            seen.add(what)
        if (column.fact is None) == (column.sum is None):
            yield at, "fact 和 sum 要写一个，只写一个"
        for name in _facts_of(column):
            found = (Kind.AMOUNT, None) if name == REST else fact(name)
            if found is None:
                yield at, f"没有“{shown(name)}”这一项内容；有哪些见参考"
            elif column.sum is not None and found[0] not in _ADDED:
                yield at, f"“{name}”不是金额，不能相加"
        kind = kind_of(column)
        if kind is not Kind.TEXT and (column.codes is not None or column.longest is not None):
            yield at, "codes 和 longest 只用于文字"
        if column.instead is not None and kind is not None:
            yield from _instead((*at, "instead"), column.instead, kind)


def _instead(at: tuple[str | int, ...], stated: InsteadForm, kind: Kind) -> Wrong:
    if (stated.fact is None) == (stated.value is None):
        yield at, "fact 和 value 要写一个，只写一个"
    elif stated.fact is not None:
        found = fact(stated.fact)
        if found is None or found[0] is not kind:
            yield at, f"“{shown(stated.fact)}”不是同一种内容"
    elif kind is Kind.DAY or (kind is not Kind.TEXT and not str(stated.value).isdecimal()):
        yield at, f"“{stated.value}”不是同一种内容"


def kind_of(column: ColumnForm) -> Kind | None:
    """What a column holds; None where its fact is none."""
    if column.sum is not None or column.fact == REST:
        return Kind.AMOUNT
    found = fact(column.fact or "")
    return None if found is None else found[0]


def _checks(form: ProfileForm) -> Wrong:
    """What is wrong with the checks."""
    kinds = {column.key: kind_of(column) for column in form.columns}
    seen: set[str] = set()
    for number, check in enumerate(form.checks):
        at = ("checks", number)
        stated = [key for key in CHECKS if getattr(check, key) is not None]
        if len(stated) != 1:
            yield at, f"要写一种核对，只写一种：{'、'.join(CHECKS)}"
        if check.id in seen:
            yield at, f"“{check.id}”用了两次"
        seen.add(check.id)
        wanted = _wanted(check)
        for key, may in wanted:
            if key not in kinds:
                yield at, f"没有“{key}”这一列"
            elif kinds[key] not in may:
                yield at, f"“{key}”这一列不是这种核对能看的"


def _wanted(check: CheckForm) -> list[tuple[str, set[Kind]]]:
    """The columns that a check looks at, and what they may hold."""
    found: list[tuple[str, set[Kind]]] = []
    for sides in (check.equal, check.at_most):
        if sides is not None:
            found += [(key, _ADDED) for key in (*sides.left, *sides.right)]
    found += [(key, _ORDERED) for key in check.in_order or ()]
    found += [(key, _ADDED | {Kind.WHOLE}) for key in check.not_negative or ()]
    if check.between is not None:
        found.append((check.between.column, {Kind.WHOLE}))
    if check.identity_number is not None:
        found.append((check.identity_number, {Kind.TEXT}))
    return found


def _others(form: ProfileForm) -> Wrong:
    """What is wrong with the withdrawal and the report."""
    keys = {column.key for column in form.columns}
    back = form.withdrawal
    if (back.file is None) == (back.column is None) or (back.file is None) != (
        back.columns is None
    ):
        yield ("withdrawal",), "写 file 和 columns，或者写 column"
    if back.column in {column.title for column in form.columns}:
        yield ("withdrawal",), f"“{back.column}”用了两次"
    asked = [("withdrawal", key) for key in back.columns or ()]
    if form.report is not None:
        asked += [("report", key) for key in (*form.report.key, *(form.report.titles or ()))]
        both = set(form.report.accepted) & set(form.report.rejected)
        if both:
            yield ("report",), f"“{'、'.join(sorted(both))}”既是接受又是退回"
        if back.columns is not None and not set(form.report.key) <= set(back.columns):
            yield ("withdrawal",), "撤销的行里要有 report 的 key，不然对不上回执"
    for part, key in asked:
        if key not in keys:
            yield (part,), f"没有“{key}”这一列"


def _compiled(column: ColumnForm, named: frozenset[str]) -> Column:
    kind = kind_of(column)
    assert kind is not None, column.key
    takes = [_taken(name, named) for name in _facts_of(column)]
    take = takes[0] if column.sum is None else _added(takes)
    if column.instead is not None:
        take = _instead_of(take, column.instead, kind)
    return Column(
        column.key, column.title, kind, take, column.codes, column.optional, column.longest
    )


def _taken(name: str, named: frozenset[str]) -> Fact:
    if name == REST:
        return rest_of_payments(named)
    found = fact(name)
    assert found is not None, name
    return found[1]


def _added(takes: Sequence[Fact]) -> Fact:
    def total(facts: Facts) -> int | None:
        found = 0
        for take in takes:
            amount = take(facts)
            if not isinstance(amount, int):
                return None
            found += amount
        return found

    return total


def _instead_of(take: Fact, stated: InsteadForm, kind: Kind) -> Fact:
    kinds = frozenset(stated.of_kinds)
    if stated.fact is not None:
        other = _taken(stated.fact, frozenset())
        return lambda facts: (other if facts.result.get("kind") in kinds else take)(facts)
    value: Known = stated.value if kind is Kind.TEXT else int(stated.value or 0)
    return lambda facts: value if facts.result.get("kind") in kinds else take(facts)
