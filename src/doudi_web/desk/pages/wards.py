"""在院台: who is in hospital, the worst first; chosen visits looked at together; the list as a table; stays."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from doudi.dates import CHINA
from doudi.errors import Fault, fault
from doudi_web.desk import asked_name
from doudi_web.desk.amounts import percent_of
from doudi_web.desk.page import Asked, Shown, faults_of, page, show, to
from doudi_web.desk.ward_rows import bed_of
from doudi_web.desk.ward_rows import shown as row_shown
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.wards import batch, selectors, stays
from doudi_web.wards.needs import Need
from doudi_web.wards.selectors import Listed
from doudi_web.wards.wanted import PAGES, SIZES, Sort, Tab, Wanted
from doudi_web.wards.words import NEEDS

Closed = TypeVar("Closed", bound=StrEnum)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_KEPT = (
    "facility",
    "query",
    "asked",
    "ward",
    "standing",
    "need",
    "leaves",
    "everyone",
    "sort",
    "size",
)
"""What of an address is kept from tab to tab and page to page; `asked` stands for a name, which no address has."""

_OFF = "wards_off"
"""Where a session keeps the columns that are not shown."""


@page("desk/wards.html", Act.VISITS_READ, posts=True)
def wards(asked: Asked) -> Shown | HttpResponse:
    """Who is in hospital: the whole page, or the list alone where it is asked for again.

    What was typed is sent, not put into the address: the address that follows names a visit, or nobody.
    """
    if asked.is_posted:
        return to(_asked_for(asked))
    wanted = _wanted(asked, asked.request.GET)
    found = selectors.listed(asked.actor, wanted)
    made = _told(asked, asked.request.GET, found)
    return show(asked, "desk/wards_list.html", made) if asked.is_part else made


def _asked_for(asked: Asked) -> str:
    """The address of what was typed into the query form."""
    post = asked.request.POST
    typed = str(post.get("query", "")).strip()[:80]
    found = {key: str(value) for key, value in post.items() if key in (*_KEPT, "tab") and value}
    found = {key: value for key, value in found.items() if key not in ("query", "asked")}
    if typed and asked_name.is_number(typed):
        found["query"] = typed
    elif typed:
        found["asked"] = asked_name.kept(asked.request, typed)
    return _at(found)


@page("desk/wards_moved.html", Act.VISITS_READ)
def moved(asked: Asked) -> Shown:
    """How many visits came out otherwise since the list was made; the list itself does not move."""
    stated = asked.request.GET
    since = str(stated.get("since", ""))
    count = 0
    if since.isdecimal() and len(since) < 19:
        facility = str(stated.get("facility", "")) or None
        count = selectors.moved_since(asked.actor, facility, int(since))
    own = {key: value for key, value in stated.items() if key in (*_KEPT, "tab", "page")}
    return {"count": count, "address": f"{reverse('desk:wards')}?{urlencode(own)}"}


@page("desk/wards.html", Act.PRECHECK, posts=True)
def wards_precheck(asked: Asked) -> HttpResponse:
    """Look at the chosen visits now, and say how many are above their limit."""
    post = asked.request.POST
    visits = [str(one) for one in post.getlist("visit")]
    if asked.is_posted and visits:
        rows = batch.precheck(asked.actor, str(post.get("facility", "")) or None, visits)
        over = sum(row.status == "exceeded" for row in rows)
        todo = sum(bool(row.needs) for row in rows)
        text = _("看了 %(count)s 人：%(over)s 人超限，%(todo)s 人要办")
        messages.success(asked.request, text % {"count": len(rows), "over": over, "todo": todo})
    return to(_back(post))


@page("desk/wards.html", Act.VISITS_READ, posts=True)
def wards_table(asked: Asked) -> HttpResponse:
    """The result of the query, or the chosen visits, as an XLSX for a reason; without one they stay chosen."""
    post = asked.request.POST
    wanted = _wanted(asked, post, tuple(str(one) for one in post.getlist("visit")))
    if not asked.is_posted:
        return to(_back(asked.request.GET))
    try:
        content = batch.table(asked.actor, wanted, str(post.get("reason", "")).strip())
    except Refusal as refused:
        faults = faults_of(refused)
        found = selectors.listed(asked.actor, replace(wanted, visits=()))
        made = _told(asked, post, found) | {"faults": faults, "chosen": wanted.visits}
        return show(asked, "desk/wards.html", made, status=refused.status)
    answer = HttpResponse(content, content_type=_XLSX)
    answer["Content-Disposition"] = 'attachment; filename="wards.xlsx"'
    return answer


@page("desk/wards.html", Act.VISITS_READ, posts=True)
def wards_columns(asked: Asked) -> HttpResponse:
    """Which columns the list shows, as long as somebody is logged in."""
    post = asked.request.POST
    if not asked.is_posted:
        return to(_back(asked.request.GET))
    shown = post.getlist("column")
    asked.request.session[_OFF] = [key for key, _title in _columns() if key not in shown]
    return to(_back(post))


@page("desk/ward_stay.html", Act.VISITS_WRITE, posts=True)
def ward_stay(asked: Asked, visit: str) -> Shown | HttpResponse:
    """Where the patient lies and when they go home; who comes second is told, and keeps what they typed."""
    stated = asked.request.POST if asked.is_posted else asked.request.GET
    facility = str(stated.get("facility", "")) or None
    faults: Sequence[Fault] = ()
    status = 200
    if asked.is_posted:
        try:
            said, version = _said(stated)
            stays.say(asked.actor, visit, said, facility, version)
        except Refusal as refused:
            status = refused.status
            faults = refused.faults if status == 409 else faults_of(refused)
        else:
            messages.success(asked.request, _("已记下"))
            return to(reverse("desk:wards"))
    known = stays.stay_seen(asked.actor, visit, facility)
    typed = stated if asked.is_posted else _fields(known)
    made = {
        "visit": visit,
        "facility": facility or "",
        "typed": typed,
        "known": known,
        "bed": bed_of(known["bed"]),
        "faults": faults,
    }
    return show(asked, "desk/ward_stay.html", made, status=status)


def _told(asked: Asked, stated: QueryDict, found: Listed) -> dict[str, Any]:
    wanted = found.wanted
    several = asked.actor.facility is None
    kept = {key: str(value) for key, value in stated.items() if key in _KEPT and value}
    own = {**kept, "tab": wanted.tab.value}
    tabs = [
        {"key": tab.value, "title": title, "count": found.counts[tab], "is_here": tab is wanted.tab,
         "address": _at({**kept, "tab": tab.value}), "needs": tab is Tab.TO_DO}
        for tab, title in _tabs()
    ]  # fmt: skip
    rows = [row_shown(row, asked.actor, found.today, several) for row in found.rows]
    return {
        "found": found, "sums": found.sums, "rows": rows, "tabs": tabs, "kept": own, "several": several,
        "hospitals": selectors.hospitals(asked.actor) if several else (),
        "needs": [(need.value, _(NEEDS[need])) for need in Need],
        "days": _days(found.today), "sizes": SIZES, "sorts": _sorts(wanted, own),
        "today": found.today.isoformat(),
        "share": percent_of(found.sums.share),
        "first": next((one.address for one in rows if one.tone == "need" and one.address), None),
        "before": _at({**own, "page": wanted.page - 1}) if wanted.page > 1 else None,
        "after": _at({**own, "page": wanted.page + 1}) if wanted.page < found.pages else None,
        "poll": f"{reverse('desk:wards_moved')}?{urlencode({**own, 'since': found.revision, 'poll': 1})}",
        "is_asked": any(key in kept for key in _KEPT[1:8]), "less": _less(kept, wanted),
        "stays": {key: own[key] for key in ("tab", "sort", "size") if key in own}, "chosen": (),
        "off": asked.request.session.get(_OFF, ()), "choose": _at({**own, "choose": 1}),
        "columns": _columns() if "choose" in stated else (),
        "is_lost": "asked" in kept and not wanted.query,
    }  # fmt: skip


def _columns() -> tuple[tuple[str, str], ...]:
    """The columns that somebody may do without; what is to be done, of whom, and the button are always there."""
    return (
        ("days", _("第几天")), ("total", _("总费用")), ("share", _("目录外占比")), ("bar", _("占比条")),
        ("funds", _("各基金")), ("hospital", _("医院")), ("patient", _("自付")), ("leaves", _("出院")),
    )  # fmt: skip


def _tabs() -> tuple[tuple[Tab, str], ...]:
    return (
        (Tab.ALL, _("全部")), (Tab.TO_DO, _("要办")), (Tab.TODAY, _("今天出院")), (Tab.OVER, _("超限")),
        (Tab.NEAR, _("接近限额")), (Tab.UNSETTLED, _("出院未结算")),
    )  # fmt: skip


def _sorts(wanted: Wanted, own: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Of each column that sorts: its address, and whether the list is sorted by it."""
    return {
        sort.value: {
            "key": sort.value,
            "address": _at({**own, "sort": sort.value}),
            "is_here": sort is wanted.sort,
        }
        for sort in Sort
    }


def _days(today: date) -> list[tuple[str, str]]:
    """The days of leaving that can be chosen."""
    words = (_("今天"), _("明天"), _("后天"))
    return [((today + timedelta(days=n)).isoformat(), text) for n, text in enumerate(words)]


def _less(kept: dict[str, str], wanted: Wanted) -> str:
    """The address without the narrowest condition: a name before a need before a ward, and the tab last."""
    for key in ("asked", "query", "need", "leaves", "ward", "standing"):
        if key in kept:
            return _at({k: v for k, v in kept.items() if k != key} | {"tab": wanted.tab.value})
    return _at({})


def _at(query: dict[str, Any]) -> str:
    return f"{reverse('desk:wards')}?{urlencode(query)}" if query else reverse("desk:wards")


def _back(stated: QueryDict) -> str:
    own = (*_KEPT, "tab", "page")
    return _at({key: str(stated[key]) for key in own if stated.get(key)})


def _wanted(asked: Asked, stated: QueryDict, visits: tuple[str, ...] = ()) -> Wanted:
    """What an address asks for. What it does not know is as if it were not said: a link may be old."""

    def text(key: str) -> str:
        return str(stated.get(key, ""))

    query = text("query")[:80] if asked_name.is_number(text("query")) else ""
    if text("asked"):
        query = asked_name.asked_by(asked.request, text("asked")) or ""
    sizes = {str(size): size for size in SIZES}
    number = int(text("page")[:6]) if text("page").isdecimal() else 1
    return Wanted(
        facility=text("facility") or None,
        tab=_one_of(Tab, text("tab")) or Tab.ALL,
        query=query,
        ward=text("ward"),
        standing=text("standing"),
        need=_one_of(Need, text("need")),
        leaves=_day(text("leaves")),
        everyone=text("everyone") == "1",
        visits=visits,
        sort=_one_of(Sort, text("sort")) or Sort.NEED,
        page=min(max(number, 1), PAGES),
        size=sizes.get(text("size"), SIZES[0]),
    )


def _one_of(kind: type[Closed], stated: str) -> Closed | None:
    return kind(stated) if stated in set(kind) else None


def _day(stated: str) -> date | None:
    try:
        return date.fromisoformat(stated) if stated else None
    except ValueError:
        return None


def _said(stated: QueryDict) -> tuple[stays.Said, int | None]:
    """What a form says of a stay, and the version that it was made on. Raises Refusal 422."""
    faults: list[Fault] = []
    limits = {"ward": 40, "bed": 20, "doctor": 40}
    found = {key: str(stated.get(key, "")).strip() for key in limits}
    for key, most in limits.items():
        if len(found[key]) > most or not found[key].isprintable():
            expected = _("一行，至多 %(most)s 字") % {"most": most}
            faults.append(fault("F203", key, value=found[key][:20], expected=expected))
    planned: datetime | None = None
    if text := str(stated.get("planned_discharge", "")).strip():
        try:
            planned = datetime.fromisoformat(text).replace(tzinfo=CHINA)
        except ValueError:
            faults.append(
                fault("F203", "planned_discharge", value=text[:20], expected=_("日期和时间"))
            )
    if faults:
        raise Refusal(422, faults)
    version = str(stated.get("version", ""))
    number = int(version) if version.isdecimal() and len(version) < 19 else None
    return stays.Said(**found, planned_discharge=planned), number


def _fields(known: dict[str, Any]) -> dict[str, Any]:
    """What is known, as the fields of the form have it."""
    planned = known["planned_discharge"]
    return {**known, "planned_discharge": "" if planned is None else planned[:16]}


ADDRESSES = [
    path("wards", wards, name="wards"),
    path("wards/moved", moved, name="wards_moved"),
    path("wards/precheck", wards_precheck, name="wards_precheck"),
    path("wards/table", wards_table, name="wards_table"),
    path("wards/columns", wards_columns, name="wards_columns"),
    path("wards/stay/<path:visit>", ward_stay, name="ward_stay"),
]
