"""The cashier's list of a day: every settlement, what was undone, what each patient was asked for or got back."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import ClassVar

from doudi.dates import CHINA
from doudi.source_text import shown
from doudi_web.papers import books, lists
from doudi_web.papers.clearing import WHAT, what_of
from doudi_web.papers.found import hospital_name
from doudi_web.papers.kinds import TITLES, Kind, Print
from doudi_web.papers.lists import width
from doudi_web.papers.printing import Of, preview, prints, told
from doudi_web.papers.words import cut, money
from doudi_web.papers.words import day as written
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.named import called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act, Role
from doudi_web.tenancy.who import Actor

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_CLIENT = re.compile(r"(account|token):[0-9]{1,18}", re.ASCII)
_MARK = "＊"
_FIXED = (11, 13, 17, 13, lists.WHAT)
"""Millimetres of the columns beside the visit's number and the amounts: place, time, settlement, name, what."""
_VISIT, _ACROSS, _LYING = 26, 186, 273
"""Millimetres that a visit's number takes at least, and that the page has, upright and on its side."""
_WHAT = {**WHAT, "collect": "补收"}


ROWS = 200
"""Rows of a day on a page; a paper has them all."""


@dataclass(frozen=True, slots=True)
class Row:
    """A posting of the day, and the money that changed hands for it."""

    number: str
    time: str
    settlement: str
    visit: str
    name: str
    what: str
    total: str
    others: str
    taken: str
    returned: str
    waits: str


@dataclass(frozen=True, slots=True)
class Day:
    """What the list says."""

    kind: ClassVar[Kind] = Kind.DAY
    printed: Print
    hospital: str
    title: str
    day: str
    by: str
    rows: tuple[Row, ...]
    taken: str
    returned: str
    net: str
    waits: str
    counted: str
    widths: tuple[float, ...]
    """Millimetres of each column, 0 for what is left."""
    wide: bool
    """Whether the page lies on its side, since the amounts need the room."""
    visit_fits: int
    runs: tuple[int, ...]
    """How many rows stand on each page."""


def whose(actor: Actor, by: str) -> str:
    """Whose list: a cashier's own unless all are asked for (`all`); of others all, or the named one's.

    Raises Refusal 422 where what is named is no account and no token.
    """
    if by == "all":
        return ""
    if by and not _CLIENT.fullmatch(by):
        expected = "all，或者谁收的，如 account:7"
        raise Refusal.of(422, "F203", "by", value=shown(by, 80), expected=expected)
    return by or (actor.key if actor.role is Role.CASHIER else "")


def read(actor: Actor, facility: str, stated: str, by: str) -> Sequence[books.Posted]:
    """The postings of a hospital's day. Raises Refusal 403, 422."""
    actor.must(Act.SETTLEMENTS_READ)
    if not facility:
        raise Refusal.of(422, "F201", "facility", key="facility", expected="医疗机构编码")
    actor.must_be_of(facility, Act.SETTLEMENTS_READ)
    return books.day(facility, _start(day_of(stated)), whose(actor, by))


def _start(of: date) -> datetime:
    return datetime.combine(of, time(), CHINA)


def day_of(stated: str) -> date:
    """The day that is stated. Raises Refusal 422."""
    try:
        if _DAY.fullmatch(stated) and (of := date.fromisoformat(stated)) < date.max:
            return of
    except ValueError:
        pass
    raise Refusal.of(422, "F203", "day", value=shown(stated, 80), expected="日期，如 2026-11-27")


def printed(actor: Actor, facility: str, stated: str, by: str, *, is_print: bool) -> bytes:
    """The list of a day: printed and counted, or as a preview. Raises Refusal 403, 422, 503."""
    if is_print:
        actor.must(Act.PAPERS_PRINT)
    found = read(actor, facility, stated, by)
    of = _of(found, actor, facility, stated, by)
    name, who = hospital_name(facility), _named(found, actor, whose(actor, by))

    rows = books.named(found)

    def make(print_: Print) -> Day:
        return listed(found, print_, name, day_of(stated), who, rows)

    return prints(actor, of, make) if is_print else preview(actor, of, make)


def key(actor: Actor, facility: str, stated: str, by: str) -> str:
    """By which the prints of a list are counted."""
    return f"{facility}:{stated}:{whose(actor, by)}"[:120]


def seen(actor: Actor, facility: str, stated: str, by: str, page: int = 1) -> tuple[Day, int]:
    """The list of a day for a page: its sums are of the whole day, its rows of one of so many pages.

    Raises Refusal 403, 422.
    """
    found = read(actor, facility, stated, by)
    pages = max(-(-len(found) // ROWS), 1)
    first = (min(page, pages) - 1) * ROWS
    shown = books.named(found[first : first + ROWS])
    of = _of(shown, actor, facility, stated, by)
    with tables.driver().transaction():
        told(actor, "papers.read", of, rows=len(shown))
    who = _named(found, actor, whose(actor, by))
    print_, name = Print(0, now()), hospital_name(facility)
    return listed(found, print_, name, day_of(stated), who, shown, first), pages


def _of(found: Sequence[books.Posted], actor: Actor, facility: str, stated: str, by: str) -> Of:
    return Of(
        Kind.DAY, key(actor, facility, stated, by), facility, f"facility:{facility}"[:80],
        persons=[one.person for one in found if one.person],
    )  # fmt: skip


def _named(found: Sequence[books.Posted], actor: Actor, client: str) -> str:
    """Whose list it is by name: one's own, or of who stands in it; of anybody else the key that was asked for."""
    if not client:
        return "全院"
    is_there = client == actor.key or any(one.client == client for one in found)
    return called([client]).get(client, client) if is_there else client


def listed(
    found: Sequence[books.Posted],
    print_: Print,
    name: str,
    of: date,
    who: str,
    shown: Sequence[books.Posted],
    before: int = 0,
) -> Day:
    """The list of these postings; the sums are of all, the rows of the shown ones, before which so many are."""
    asked, end = [one.asked for one in found], _start(of) + timedelta(days=1)
    taken = sum(one for one in asked if one > 0)
    returned = -sum(one for one in asked if one < 0)
    counts = {kind: sum(1 for one in found if one.kind == kind) for kind in _WHAT}
    counted = "，".join(f"{_WHAT[kind]} {count:,} 笔" for kind, count in counts.items() if count)
    rows = tuple(_row(before + n + 1, one, one.asked) for n, one in enumerate(shown))
    amounts = [
        width("总费用", [one.total for one in found]),
        width("别人付", [one.total - one.patient for one in found]),
        width("应收", [taken]),
        width("应退", [returned]),
    ]
    wide = sum(_FIXED) + sum(amounts) + _VISIT > _ACROSS
    most = lists.fits((_LYING if wide else _ACROSS) - sum(_FIXED) - sum(amounts))
    first, rest = (19, 31) if wide else (28, 42)
    return Day(
        printed=print_,
        hospital=cut(name, 40),
        title=TITLES[Kind.DAY],
        day=written(of),
        by=cut(who, 40),
        rows=rows,
        taken=money(taken),
        returned=money(returned),
        net=money(taken - returned),
        waits=money(sum(one.waits(end) for one in found)),
        counted=counted or "这一天没有结算",
        widths=(*_FIXED[:3], 0, *_FIXED[3:], *amounts),
        wide=wide,
        visit_fits=most,
        runs=lists.runs(
            [
                lists.lines(one.visit, one.what + _MARK * (one.waits != "0.00"), most)
                for one in rows
            ],
            first,
            rest,
        ),
    )


def _row(number: int, one: books.Posted, asked: int) -> Row:
    return Row(
        number=f"{number:,}",
        time=f"{one.posted:%H:%M}",
        settlement="" if one.settlement is None else str(one.settlement),
        visit=cut(one.visit, 24),
        name=one.name,
        what=what_of(one, _WHAT),
        total=money(one.total),
        others=money(one.total - one.patient),
        taken=money(max(asked, 0)),
        returned=money(max(-asked, 0)),
        waits=money(one.waited if one.kind == "settle" else 0),
    )
