"""Settlements of the hospital, as a table: asked for, turned over, saved as a sheet."""

from datetime import datetime
from typing import Any

from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from doudi.dates import CHINA
from doudi.errors import Fault, fault
from doudi_web.desk.page import Asked, Shown, page
from doudi_web.desk.sheet import sheet
from doudi_web.settlement import rows
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act

_STATES = {
    "": lazy("全部"),
    "standing": lazy("有效"),
    "corrected": lazy("更正过"),
    "reversed": lazy("已撤销"),
    "awaiting": lazy("等平台答复"),
}
_FUNDS = ("basic", "critical_illness", "medical_assistance", "floor")


@page("desk/settlements.html", Act.SETTLEMENTS_READ)
def settlements(asked: Asked) -> Shown:
    """What is asked for, the newest first."""
    wanted = {
        key: asked.request.GET.get(key, "").strip()[:80]
        for key in ("person", "visit", "from", "to", "state")
    }
    query, faults = _query(wanted, asked.request.GET.get("behind", ""))
    if faults:
        return {"wanted": wanted, "states": _STATES, "faults": faults, "rows": []}
    if "csv" in asked.request.GET:
        return _sheet(asked, query)
    found = rows.rows(asked.actor, query)
    address = asked.request.GET.copy()
    address.pop("behind", None)
    is_asked = any(wanted.values())
    return {
        "wanted": wanted, "states": _STATES, "rows": [_shown(one) for one in found["rows"]],
        "behind": found["behind"], "address": address.urlencode(), "is_asked": is_asked, "most": rows.MOST,
        "is_first": query.behind is None,
    }  # fmt: skip


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


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """A row with the amounts by payer: funds that have no column of their own together."""
    if row["erased"]:
        return row
    payments: dict[str, str] = row["payments"]
    other = [key for key in payments if key not in _FUNDS]
    return row | {
        **{f"pay_{key}": payments.get(key, "0.00") for key in _FUNDS},
        "pay_other": [(key, payments[key]) for key in other],
    }


def _sheet(asked: Asked, query: rows.Query) -> Shown:
    """The rows as a sheet, up to a limit that the page names."""
    found = rows.rows(asked.actor, query, rows.MOST)["rows"]
    if not found:
        raise Refusal.of(404, "S406", "csv")
    head = [
        _("结算号"), _("就诊号"), _("登记号"), _("医疗机构"), _("结算时间"), _("总费用（元）"), _("基本医保（元）"),
        _("大病保险（元）"), _("医疗救助（元）"), _("政府兜底（元）"), _("医院承担（元）"), _("个人自付（元）"),
        _("状态"),
    ]  # fmt: skip
    return sheet("settlements", head, [_cells(_shown(one)) for one in found])


def _cells(row: dict[str, Any]) -> list[object]:
    keys = ("settlement_id", "visit_id", "person", "facility", "settled")
    first: list[object] = [row[key] for key in keys]
    if row["erased"]:
        return [*first, *[None] * 7, _("已依法抹去")]
    amounts = ["total", *(f"pay_{key}" for key in _FUNDS), "hospital", "patient"]
    return [
        *first,
        *(row[key] for key in amounts),
        _STATES["reversed" if row["reversed"] else "standing"],
    ]


ADDRESSES = [path("settlements", settlements, name="settlements")]
