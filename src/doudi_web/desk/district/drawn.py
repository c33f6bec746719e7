"""What charts draw: numbers for the canvas alone, rounded; the tables beside them are exact."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from doudi_web.indicators.dashboard import Money
from doudi_web.indicators.figures import is_under_way
from doudi_web.tenancy.clock import now

_BACK = 60
"""Days that the chart of a budget looks back."""


def trend_chart(
    points: Sequence[tuple[int, int | None]], target: int, *, up: bool = False
) -> dict[str, Any]:
    """A share by month against its target; the month under way stands apart. Months without visits are left out."""
    there = [(month, share / 100) for month, share in points if share is not None]
    goal = _("目标 ≥ %(target)s%%") if up else _("目标 ≤ %(target)s%%")
    return {
        "months": [f"{month // 100}-{month % 100:02d}" for month, _share in there],
        "shares": [share for _month, share in there], "target": target, "up": up,
        "label": goal % {"target": target},
        "open": bool(there) and is_under_way(there[-1][0], now().date()),
    }  # fmt: skip


def _wan(fen: int) -> float:
    """10,000 yuan, with one decimal."""
    return round(fen / 1_000_000, 1)


def budget_chart(money: Money, today: date) -> dict[str, Any] | None:
    """What is left of the budget day by day, then by the forecast with its band; None without a budget."""
    if money.spendable is None:
        return None
    first, last = date(money.year, 1, 1), date(money.year, 12, 31)
    begin = max(first, min(today, last) - timedelta(days=_BACK))
    whole = money.spendable
    gone, spent = 0, dict[date, int]()
    day = first
    while day <= last:
        gone += money.by_day.get(day, 0)
        spent[day] = gone
        day += timedelta(days=1)
    days = [begin + timedelta(days=n) for n in range((last - begin).days + 1)]
    f = money.forecast
    edges = {day: f.at(day) for day in days if f is not None and day >= f.until}
    out = None if f is None else f.runs_out(whole)
    left_now = whole - spent[min(today, last)]
    return {
        "days": [day.strftime("%m-%d") for day in days],
        "left": [_wan(whole - spent[day]) if day <= today else None for day in days],
        "forecast": [_wan(whole - edges[day][0]) if day in edges else None for day in days],
        "high": [_wan(whole - edges[day][1]) if day in edges else None for day in days],
        "low": [_wan(whole - edges[day][2]) if day in edges else None for day in days],
        "even": [_wan(whole - whole * ((day - first).days + 1) // ((last - first).days + 1)) for day in days],
        "today": min(today, last).strftime("%m-%d"), "now": _wan(left_now),
        "left_label": _("还剩 %(left)s") % {"left": _wan(left_now)},
        "out": None if out is None else out.strftime("%m-%d"),
        "out_label": "" if out is None else _("%(day)s 用完") % {"day": out.strftime("%m-%d")},
        "unit": _("还剩，万元"), "floor_label": _("预算底线"), "names": {
            "left": _("实际还剩"), "forecast": _("预测还剩"), "even": _("按日均分还剩"), "band": _("区间")},
    }  # fmt: skip
