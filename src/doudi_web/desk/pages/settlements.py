"""Settlements of the hospital, as a table: asked for, turned over, summed, taken as a sheet for a reason."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from doudi.dates import CHINA
from doudi.errors import Fault, fault
from doudi_web.desk.page import Asked, Shown, faults_of, page, show, to
from doudi_web.desk.sheet import sheet
from doudi_web.register.named import names_of
from doudi_web.settlement import rows, summing
from doudi_web.settlement.replaying import fen
from doudi_web.settlement.titles import titles_of
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act

_STATES: Mapping[str, "str | Promise"] = {
    "": lazy("全部"),
    "standing": lazy("有效"),
    "corrected": lazy("更正过"),
    "reversed": lazy("已撤销"),
    "awaiting": lazy("等平台答复"),
}
_ASKED = ("person", "visit", "from", "to", "state")
_ALWAYS = ("basic", "critical_illness", "medical_assistance", "floor")
"""Funds that have a column even where they paid nothing."""
Fund = tuple[str, str]
"""A fund's key and its name."""


@page("desk/settlements.html", Act.SETTLEMENTS_READ)
def settlements(asked: Asked) -> Shown:
    """What is asked for, the newest first."""
    return _shown(asked, asked.request.GET, ())


@page("desk/settlements.html", Act.SETTLEMENTS_READ, posts=True)
def settlements_table(asked: Asked) -> Shown:
    """The rows as a sheet, up to a limit that the page names, for a reason."""
    stated = asked.request.POST
    if not asked.is_posted:
        return to(reverse("desk:settlements"))
    query, faults = _query(_wanted(stated), "")
    if faults:
        return show(asked, "desk/settlements.html", _shown(asked, stated, ()), status=422)
    try:
        found = rows.exported(asked.actor, query, str(stated.get("reason", "")).strip())
    except Refusal as refused:
        shown = _shown(asked, stated, faults_of(refused))
        return show(asked, "desk/settlements.html", shown, status=422)
    if not found:
        raise Refusal.of(404, "S406", "settlements")
    return _sheet(found)


def _shown(asked: Asked, stated: QueryDict, refused: Sequence[Fault]) -> Mapping[str, Any]:
    wanted = _wanted(stated)
    query, faults = _query(wanted, str(stated.get("behind", "")))
    base: dict[str, Any] = {"wanted": wanted, "states": _STATES, "faults": [*faults, *refused]}
    if faults:
        return {**base, "rows": []}
    found = rows.rows(asked.actor, query)
    is_asked = any(wanted.values())
    sums = summing.sums(asked.actor, query) if is_asked else None
    is_summed = sums is not None and sums.is_whole and sums.count > 0
    came: list[dict[str, Any]] = found["rows"]
    funds = _funds(came, sums)
    names = names_of(asked.actor, (one["person"] for one in came))
    return base | {
        "rows": [_row(one, funds) | {"name": names.get(one["person"], "")} for one in came], "funds": funds,
        "behind": found["behind"], "is_asked": is_asked, "most": rows.MOST, "is_first": query.behind is None,
        "address": urlencode({key: value for key, value in wanted.items() if value}), "sums": sums,
        "is_summed": is_summed,
        "paid": [] if sums is None else [(title, sums.payments.get(key, 0)) for key, title in funds],
    }  # fmt: skip


def _wanted(stated: QueryDict) -> dict[str, str]:
    return {key: str(stated.get(key, "")).strip()[:80] for key in _ASKED}


def _query(wanted: dict[str, str], behind: str) -> tuple[rows.Query, list[Fault]]:
    faults: list[Fault] = []
    days: dict[str, datetime | None] = {}
    for key in ("from", "to"):
        try:
            days[key] = _day(wanted[key])
        except ValueError:
            days[key] = None
            faults.append(fault("F203", key, value=wanted[key], expected=_("日期，如 2019-06-01")))
    start, end = days["from"], days["to"]
    if start is not None and end is not None and end <= start:
        faults.append(
            fault("F302", "from", earlier=_("起"), earlier_value=wanted["from"], later=_("止"),
                  later_value=wanted["to"])
        )  # fmt: skip
    state = wanted["state"] if wanted["state"] in rows.STATES else ""
    last = int(behind) if behind.isascii() and behind.isdigit() and len(behind) < 19 else None
    return rows.Query(wanted["person"], wanted["visit"], "", start, end, state, last), faults


def _day(text: str) -> datetime | None:
    """The first moment of a day. Raises ValueError."""
    return None if not text else datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=CHINA)


def _funds(found: Iterable[Mapping[str, Any]], sums: summing.Sums | None = None) -> list[Fund]:
    """The funds that have a column, in the cascade's order: all that paid anything, and those of every pack."""
    told = [one for one in found if not one["erased"]]
    paid = {key for one in told for key, amount in one["payments"].items() if fen(amount)}
    paid |= {key for key, amount in (sums.payments.items() if sums is not None else ()) if amount}
    keys = {*paid, *_ALWAYS}
    titles = titles_of((one["pack"] for one in told), keys - {"floor"}).layers
    order = [key for key in titles if key in keys and key != "floor"]
    order += sorted(keys - {*titles, "floor"})
    return [
        *((key, titles.get(key, key)) for key in order),
        ("floor", titles.get("floor", _("政府兜底"))),
    ]


def _row(row: dict[str, Any], funds: Sequence[Fund]) -> dict[str, Any]:
    """A row with the amount of each fund that has a column, and how it stands."""
    if row["erased"]:
        return row
    payments: dict[str, str] = row["payments"]
    pays = [(title, payments.get(key, "0.00")) for key, title in funds]
    return row | {"pays": pays, "tags": list(_tags(row))}


def _tags(row: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """How a settlement stands: the colour of the word, and the word."""
    if row["reversed"]:
        yield "", _("已由另一笔替换") if "replaced_by" in row else _("已撤销")
    elif row.get("provisional") == "platform":
        yield "need2", _("临时，等平台")
    elif row.get("provisional"):
        yield "near", _("临时，身份待定")
    elif row["is_correction"]:
        yield "fine", _("有效，更正后")
    else:
        yield "fine", _("有效")
    if row.get("collect"):
        yield "near", _("补收待批")


def _sheet(found: Sequence[dict[str, Any]]) -> Shown:
    funds = _funds(found)
    paid = [_("%(title)s（元）") % {"title": title} for _key, title in funds]
    head = [
        _("结算号"), _("就诊号"), _("登记号"), _("医疗机构"), _("结算时间"), _("总费用（元）"), *paid,
        _("医院承担（元）"), _("个人自付（元）"), _("状态"),
    ]  # fmt: skip
    return sheet("settlements", head, [_cells(_row(one, funds), len(funds)) for one in found])


def _cells(row: dict[str, Any], funds: int) -> list[object]:
    keys = ("settlement_id", "visit_id", "person", "facility", "settled")
    first: list[object] = [row[key] for key in keys]
    if row["erased"]:
        return [*first, *[None] * (funds + 3), _("已依法抹去")]
    paid = (amount for _title, amount in row["pays"])
    state = "，".join(word for _colour, word in row["tags"])
    return [*first, row["total"], *paid, row["hospital"], row["patient"], state]


ADDRESSES = [
    path("settlements", settlements, name="settlements"),
    path("settlements/table", settlements_table, name="settlements_table"),
]
