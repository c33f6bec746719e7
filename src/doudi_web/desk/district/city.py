"""全市各区: whose figures are met, whose not, side by side; sums alone."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import path
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from doudi.errors import Fault, fault
from doudi.source_text import shown
from doudi.wire.sheets import Heading, Holds, Page
from doudi.wire.sheets.page import Value
from doudi.wire.sheets.writer import write
from doudi_web.desk.district.dashboard import TYPES
from doudi_web.desk.page import Asked, Shown, page
from doudi_web.indicators.budget import YEARS
from doudi_web.indicators.city import City, Line
from doudi_web.indicators.city import city as read
from doudi_web.indicators.figures import CHRONIC_TARGET, INPATIENT_TARGET, INSIDE_TARGET
from doudi_web.indicators.naming import standing
from doudi_web.indicators.reading import Sums
from doudi_web.indicators.suppression import LEAST
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act


@page("desk/district/city.html", Act.CITY_READ)
def city(asked: Asked) -> Shown:
    """The districts of a year by group."""
    year, code, faults = _asked(asked)
    found = read(asked.actor, year, code)
    lines = [line for group in found.groups for line in group.lines]
    return {
        "city": found, "faults": faults, "missed": sum(is_missed(line) for line in lines), "least": LEAST,
        "standings": [(one, standing(one)) for one in found.standings],
        "address": urlencode({"year": found.year, **({"standing": found.standing} if found.standing else {})}),
    }  # fmt: skip


def _asked(asked: Asked) -> tuple[int | None, str, list[Fault]]:
    stated = str(asked.request.GET.get("year", ""))[:80]
    code = str(asked.request.GET.get("standing", ""))[:40]
    year = int(stated) if stated.isascii() and stated.isdigit() else None
    if stated and (year is None or year not in YEARS):
        return (
            None,
            code,
            [fault("F203", "year", value=shown(stated, 80), expected=_("年份，如 2019"))],
        )
    return year, code, []


def is_missed(line: Line) -> bool:
    """Whether a district misses a target that is told of it."""
    is_low = bool(line.visits) and (line.inside or 0) * 100 < INSIDE_TARGET * (line.visits or 0)
    return _over(line.inpatient, INPATIENT_TARGET) or _over(line.chronic, CHRONIC_TARGET) or is_low


def _over(one: Sums | None, target: int) -> bool:
    return one is not None and one.patient * 100 > target * one.total


_HEADS = (
    ("组", Holds.TEXT), ("区县", Holds.TEXT), ("代码", Holds.TEXT), ("住院人次", Holds.COUNT),
    ("住院总费用（元）", Holds.AMOUNT), ("住院个人自付（元）", Holds.AMOUNT), ("住院自付比例", Holds.SHARE),
    ("慢病重病人次", Holds.COUNT), ("慢病重病总费用（元）", Holds.AMOUNT), ("慢病重病个人自付（元）", Holds.AMOUNT),
    ("慢病重病自付比例", Holds.SHARE), ("就诊人次", Holds.COUNT), ("其中区内", Holds.COUNT),
    ("区域内就诊率", Holds.SHARE), ("兜底支出（元）", Holds.AMOUNT), ("兜底预算（元）", Holds.AMOUNT),
    ("家医签约率", Holds.SHARE), ("截至", Holds.DAY),
)  # fmt: skip


@page("", Act.CITY_READ)
def city_table(asked: Asked, form: str) -> HttpResponse:
    """The same as CSV or XLSX."""
    if form not in TYPES:
        raise Http404
    year, code, faults = _asked(asked)
    if faults:
        raise Refusal(422, faults)
    answer = HttpResponse(
        write(f"city.{form}", [_sheet(read(asked.actor, year, code))]), content_type=TYPES[form]
    )
    answer["Content-Disposition"] = f'attachment; filename="city.{form}"'
    return answer


def _sheet(found: City) -> Page:
    rows: list[Sequence[Value]] = []
    for group in found.groups:
        rows += [_row(group.name, line) for line in group.lines]
    rows.append(_row("", found.whole))
    return Page("各区", tuple(Heading(title, holds) for title, holds in _HEADS), rows)


def _row(group: str, line: Line) -> Sequence[Value]:
    def of(one: Sums | None) -> list[Any]:
        return [None] * 3 if one is None else [one.n, one.total, one.patient]

    return [
        group, line.name, line.code, *of(line.inpatient), line.inpatient_share, *of(line.chronic),
        line.chronic_share, line.visits, line.inside, line.rate, line.spent, line.budget, line.coverage,
        None if line.as_of is None else line.as_of.date(),
    ]  # fmt: skip


ADDRESSES = [
    path("city", city, name="city"),
    path("city/table.<str:form>", city_table, name="city_table"),
]
