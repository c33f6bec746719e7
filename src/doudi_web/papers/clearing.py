"""A hospital's clearing of a month: what each fund owes it, what it bears itself, visit by visit, to the fen."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from doudi.dates import CHINA
from doudi.source_text import shown
from doudi_web.papers import books, lists
from doudi_web.papers.found import hospital_name
from doudi_web.papers.kinds import Kind, Print
from doudi_web.papers.lists import width
from doudi_web.papers.printing import Of, preview, prints, told
from doudi_web.papers.words import PAYERS, cut, money
from doudi_web.settlement import tables
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])", re.ASCII)
_ORDER = tuple(PAYERS)
_FOLDS = (
    "other_aid", "targeted_insurance", "health_poverty_fund", "tilted_aid", "critical_illness",
    "medical_assistance",
)  # fmt: skip
_OTHERS = "其他基金"
_FIXED = (12, 17, 13, lists.WHAT, 13)
"""Millimetres of the columns beside the visit's number and the amounts: place, settlement, name, what, day."""
VISIT, ACROSS = 30, 273
"""Millimetres that a visit's number takes at least, and that the page has."""
_LINES = 31
PART = 5_000
"""Rows of one paper: a month of more is printed in parts, each with the whole month's totals."""
WHAT = {"settle": "结算", "reverse": "撤销", "relief": "免收", "assess": "按期追回"}


@dataclass(frozen=True, slots=True)
class Row:
    """A posting: its place, whose, what, and what each column bears."""

    number: str
    settlement: str
    visit: str
    name: str
    what: str
    day: str
    amounts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Owed:
    """What one payer owes the hospital for the month."""

    name: str
    amount: str
    rows: str


@dataclass(frozen=True, slots=True)
class Clearing:
    """What the clearing says."""

    kind: ClassVar[Kind] = Kind.CLEARING
    printed: Print
    hospital: str
    facility: str
    title: str
    month: str
    owed: tuple[Owed, ...]
    heads: tuple[str, ...]
    widths: tuple[float, ...]
    """Millimetres of each column, 0 for what is left: an amount's as wide as its total."""
    visit_fits: int
    rows: tuple[Row, ...]
    runs: tuple[int, ...]
    """How many rows stand on each page."""
    totals: tuple[str, ...]
    folded: str
    """Which funds stand together in the list, where any do."""
    part: str
    """Which part of how many this is, where there are several."""
    closes: str
    counted: str


def printed(actor: Actor, facility: str, month: str, part: int, *, is_print: bool) -> bytes:
    """The clearing of a hospital's month: printed and counted, or as a preview. Raises Refusal 403, 422, 503."""
    found = read(actor, facility, month)
    parts = max(-(-len(found) // PART), 1)
    if not 1 <= part <= parts:
        raise Refusal.of(422, "F203", "part", value=part, expected=f"1 至 {parts} 的整数")
    key = f"{facility}:{month}" if part == 1 else f"{facility}:{month}:{part}"
    of = _of(found[(part - 1) * PART : part * PART], key, facility)
    name = hospital_name(facility)

    def make(print_: Print) -> Clearing:
        return clearing(found, print_, facility, name, month, part)

    return prints(actor, of, make) if is_print else preview(actor, of, make)


def read(actor: Actor, facility: str, month: str) -> Sequence[books.Posted]:
    """The postings of a hospital's month. Raises Refusal 403, 422."""
    _must_be_of(actor, facility)
    must_be_month(month)
    return books.month(facility, month)


def seen(
    actor: Actor, facility: str, month: str, after: int, limit: int
) -> tuple[books.Sums, Sequence[books.Posted], int | None]:
    """What a hospital's month comes to, some of its postings, and the last of them where there are more.

    Raises Refusal 403, 422.
    """
    _must_be_of(actor, facility)
    must_be_month(month)
    sums, found = books.sums(facility, month), books.month(facility, month, after, limit + 1)
    assert sums.closes, "a month that does not close"
    rows = found[:limit]
    with tables.driver().transaction():
        told(actor, "papers.read", _of(rows, f"{facility}:{month}", facility), rows=len(rows))
    return sums, rows, rows[-1].id if len(found) > limit else None


def _of(rows: Sequence[books.Posted], key: str, facility: str) -> Of:
    persons = [one.person for one in rows if one.person]
    return Of(Kind.CLEARING, key, facility, f"facility:{facility}"[:80], persons=persons)


def must_be_month(month: str) -> None:
    """Raises Refusal 422."""
    if not _MONTH.fullmatch(month):
        raise Refusal.of(422, "F203", "month", value=shown(month, 80), expected="月份，如 2026-11")


def _must_be_of(actor: Actor, facility: str) -> None:
    """Raises Refusal 403, 422."""
    actor.must(Act.MONTHS_READ)
    if not facility:
        raise Refusal.of(422, "F201", "facility", key="facility", expected="医疗机构编码")
    actor.must_be_of(facility, Act.MONTHS_READ)


def clearing(
    found: Sequence[books.Posted],
    printed_: Print,
    facility: str,
    name: str,
    month: str,
    part: int = 1,
) -> Clearing:
    """The clearing of these postings; every row closes, and so do the totals.

    On the first page each fund stands alone. In the list, where all would not fit beside one another, the smaller
    ones stand in one column.
    """
    assert all(one.closes for one in found), "a posting that does not close"
    funds = _funds(found)
    owed = [
        *((PAYERS.get(fund, fund), [one.funds.get(fund, 0) for one in found]) for fund in funds),
        ("医院承担", [one.hospital for one in found]),
        ("患者", [one.patient for one in found]),
    ]
    total = sum(one.total for one in found)
    assert total == sum(sum(column) for _, column in owed), "totals that do not close"
    shown_ = list(enumerate(found, 1))[(part - 1) * PART : part * PART]
    folded = _folded(found, funds)
    columns = _columns(found, [fund for fund in funds if fund not in folded], folded)
    widths = [width(head, (*column, sum(column))) for head, column in columns]
    most = lists.fits(ACROSS - sum(_FIXED) - sum(widths))
    rows = tuple(_row(n, one, [column[n - 1] for _, column in columns]) for n, one in shown_)
    return Clearing(
        printed=printed_,
        hospital=cut(name, 40),
        facility=facility,
        title="清算单",
        month=f"{month[:4]} 年 {int(month[5:])} 月",
        owed=tuple(
            Owed(head, money(sum(column)), f"{sum(1 for one in column if one):,}")
            for head, column in owed
        ),
        heads=tuple(head for head, _ in columns),
        widths=(*_FIXED[:2], 0, *_FIXED[2:], *widths),
        visit_fits=most,
        rows=rows,
        runs=lists.runs([lists.lines(one.visit, one.what, most) for one in rows], _LINES, _LINES),
        part="" if len(found) <= PART else f"第 {part} 份，共 {-(-len(found) // PART)} 份",
        totals=tuple(money(sum(column)) for _, column in columns),
        closes=f"总费用 {money(total)} = "
        + " + ".join(f"{head} {money(sum(column))}" for head, column in owed),
        folded="" if not folded else f"逐笔里“{_OTHERS}”是{_named(folded)}合起来的。",
        counted=_counted(found),
    )


def _funds(found: Sequence[books.Posted]) -> list[str]:
    """The funds that pay, in the order of the cascade."""
    return sorted(
        {fund for one in found for fund in one.funds},
        key=lambda f: (_ORDER.index(f) if f in _ORDER else len(_ORDER), f),
    )


def _named(funds: Sequence[str]) -> str:
    return "、".join(PAYERS.get(fund, fund) for fund in funds)


def _columns(
    found: Sequence[books.Posted], funds: Sequence[str], folded: Sequence[str]
) -> list[tuple[str, list[int]]]:
    """The amounts of the list by their heads: each fund, then those that stand together."""
    others = [(_OTHERS, [sum(one.funds.get(f, 0) for f in folded) for one in found])]
    return [
        ("总费用", [one.total for one in found]),
        *((PAYERS.get(fund, fund), [one.funds.get(fund, 0) for one in found]) for fund in funds),
        *(others if folded else ()),
        ("医院承担", [one.hospital for one in found]),
        ("患者", [one.patient for one in found]),
    ]


def _folded(found: Sequence[books.Posted], funds: Sequence[str]) -> tuple[str, ...]:
    """The funds that stand together so that the list fits its page: none, or at least two, the lesser ones first.

    Basic insurance and the floor always stand alone.
    """
    room = ACROSS - VISIT - sum(_FIXED)
    may = [fund for fund in _FOLDS if fund in funds]
    may = [*(fund for fund in funds if fund not in _ORDER), *may]
    for count in (0, *range(2, len(may) + 1)):
        folded = [fund for fund in funds if fund in may[:count]]
        columns = _columns(found, [fund for fund in funds if fund not in folded], folded)
        if sum(width(head, (*column, sum(column))) for head, column in columns) <= room:
            return tuple(folded)
    return tuple(fund for fund in funds if fund in may) if len(may) > 1 else ()


def what_of(one: books.Posted, words: Mapping[str, str] = WHAT) -> str:
    """What a posting is: of a settlement the kind of visit, else what was done, and of which kind."""
    kind, what = one.visit_kind, words.get(one.kind, one.kind)
    return (kind or what) if one.kind == "settle" else f"{what}{kind}"


def _row(number: int, one: books.Posted, amounts: Sequence[int]) -> Row:
    return Row(
        f"{number:,}",
        "" if one.settlement is None else str(one.settlement),
        cut(one.visit, 24),
        one.name,
        what_of(one),
        f"{one.posted.astimezone(CHINA):%m-%d}",
        tuple(money(amount) for amount in amounts),
    )


def _counted(found: Sequence[books.Posted]) -> str:
    of = {kind: sum(1 for one in found if one.kind == kind) for kind in WHAT}
    counted = "，".join(f"{WHAT[kind]} {count:,} 笔" for kind, count in of.items() if count)
    return counted or "这个月没有记账"
