"""驾驶舱: are the three targets met, where not, does the floor money last, what waits, are the figures right."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from doudi.errors import Fault, fault
from doudi.source_text import shown as quoted
from doudi.wire.sheets.writer import write
from doudi_web.alerts.selectors import MOST_COUNTED, open_of
from doudi_web.desk.district.drawn import budget_chart, trend_chart
from doudi_web.desk.district.tables import TABLES, by_measured, sheet_of
from doudi_web.desk.page import Asked, Shown, faults_of, page, show, to
from doudi_web.desk.sheet import sheet
from doudi_web.indicators import budget
from doudi_web.indicators.asked import EVERYBODY, KINDS, OTHERS, POOR, Wanted, text_of, wanted_of
from doudi_web.indicators.dashboard import Dashboard, Waits, dashboard
from doudi_web.indicators.figures import Row, Share, share_of
from doudi_web.indicators.naming import Names, facilities, kinds, names_of, standing, townships
from doudi_web.indicators.reading import Sums
from doudi_web.indicators.visits import MOST, Behind, Visit, after_of, exported, visits
from doudi_web.register.words import stated_words
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act

_ROWS = 10
"""Hospitals that the page names before it is asked for all."""
_DISEASES = 12
"""Diagnoses that the page names; the sheet has all."""
TYPES = {"csv": "text/csv; charset=utf-8",
          "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}  # fmt: skip
_WAITS: Mapping[str, tuple["str | Promise", str]] = {
    "alerts": (lazy("条预警归我办"), "alerts"),
    "awaiting": (lazy("笔结算等平台答复"), "awaiting"),
    "proposals": (lazy("条补退建议等区里定"), "proposals"),
    "floor": (lazy("笔兜底金额等批准"), "payments"),
    "mapping": (lazy("条目录对照等第二个人确认"), "mapping"),
}


@page("desk/district/dashboard.html", Act.INDICATORS_READ, posts=True)
def district(asked: Asked) -> Shown:
    """The dashboard; a budget is stated here."""
    faults: list[Fault] = []
    typed: dict[str, str] = {}
    if asked.is_posted:
        stated = asked.request.POST
        typed = {
            key: str(stated.get(key, "")).strip()[:400] for key in ("year", "amount", "reason")
        }
        try:
            _state(asked, typed)
            return to(f"{reverse('desk:district')}?{urlencode({'to': typed['year'] + '-12'})}")
        except Refusal as refused:
            faults = list(faults_of(refused))
    shown = _shown(asked, asked.request.GET) | {"budget_faults": faults, "typed": typed}
    return show(asked, "desk/district/dashboard.html", shown, status=422 if faults else 200)


def _state(asked: Asked, typed: Mapping[str, str]) -> None:
    """Raises Refusal 403, 422."""
    asked.actor.must(Act.BUDGETS_WRITE)
    faults: list[Fault] = []
    amount = _fen(typed["amount"])
    if amount is None:
        value, expected = quoted(typed["amount"], 80), _("金额，元，如 3600000.00")
        faults.append(fault("F203", "amount", value=value, expected=expected))
    if not typed["reason"]:
        faults.append(fault("F201", "reason", key="reason", expected=_("依据和原因")))
    year = int(typed["year"]) if typed["year"].isascii() and typed["year"].isdigit() else 0
    if year not in budget.YEARS:
        faults.append(
            fault("F203", "year", value=quoted(typed["year"], 80), expected=_("年份，如 2019"))
        )
    if faults or amount is None:
        raise Refusal(422, faults)
    budget.state(asked.actor, year, budget.FLOOR, amount, typed["reason"])


def _fen(text: str) -> int | None:
    """An amount in yuan as people type it; None where it is none."""
    try:
        found = Decimal(text.replace(",", "").replace("，", ""))
    except InvalidOperation:
        return None
    scaled = found * 100
    fits = found.is_finite() and 0 <= scaled < budget.MOST
    return int(scaled) if fits and scaled == scaled.to_integral_value() else None


def _alerts(asked: Asked) -> list[Waits]:
    """The alerts that are the asker's to act on."""
    count = open_of(asked.actor)
    return [Waits("alerts", count, count >= MOST_COUNTED)]


def _shown(asked: Asked, stated: QueryDict) -> dict[str, Any]:
    wanted, faults = wanted_of(stated, now().date())
    one = dashboard(asked.actor, wanted)
    names = names_of(tables.driver(), one.figures, _DISEASES)
    figures = one.figures
    address = urlencode(wanted.address())
    is_all = stated.get("all") == "1"
    rows, rest = _shortened(figures.facilities, is_all=is_all)
    over = by_measured(figures.facilities)
    return {
        "one": one, "figures": figures, "names": names, "faults": faults, "address": address,
        "wanted": wanted, "choices": choices(wanted), "rows": [*rows, *figures.outside],
        "over": over if is_all else over[:_ROWS], "more_over": 0 if is_all else len(over) - _ROWS,
        "rest": rest, "facility_count": len(figures.facilities) + len(figures.outside),
        "all_rows": f"?{address}&all=1",
        "diseases": figures.diseases[:_DISEASES], "more_diseases": len(figures.diseases) - _DISEASES,
        "waits": [(w, *_WAITS[w.what]) for w in (*one.waits, *_alerts(asked)) if w.count], "tables": TABLES,
        "charts": {
            "inpatient": trend_chart(_points(figures.inpatient), figures.inpatient.target),
            "chronic": trend_chart(_points(figures.chronic), figures.chronic.target),
            "inside": trend_chart(
                [(month, share_of(inside, every)) for month, inside, every in figures.rate.trend],
                figures.rate.target, up=True,
            ),
            "budget": budget_chart(one.money, now().date()),
        },
        "months": list(zip(figures.inpatient.trend, figures.chronic.trend, figures.rate.trend, strict=True)),
        "unmet": _unmet(one), "runs_out": _runs_out(one), "towns": {t.township: t for t in one.towns},
    }  # fmt: skip


def _shortened(rows: Sequence[Row], *, is_all: bool) -> tuple[Sequence[Row], dict[str, Any] | None]:
    """The first lines, and all others as one."""
    if is_all or len(rows) <= _ROWS + 1:
        return rows, None
    rest = rows[_ROWS:]
    together = Row(
        "", Sums.of([r.every for r in rest]), Sums.of([r.inpatient for r in rest]),
        Sums.of([r.chronic for r in rest]), sum(r.inside for r in rest), sum(r.residents for r in rest),
    )  # fmt: skip
    return rows[:_ROWS], {"count": len(rest), "row": together}


def _points(one: Share) -> list[tuple[int, int | None]]:
    return [(month, share_of(of.patient, of.total)) for month, of in one.trend]


def _unmet(one: Dashboard) -> list[str]:
    """Which targets are missed, in words."""
    f = one.figures
    titles = (
        (f.inpatient, _("住院自付比例")),
        (f.chronic, _("慢病重病自付比例")),
        (f.rate, _("区域内就诊率")),
    )
    return [title for figure, title in titles if figure.is_met is False]


def _runs_out(one: Dashboard) -> Any:
    """When the floor's budget is gone by the forecast."""
    money = one.money
    if money.forecast is None or money.spendable is None:
        return None
    return money.forecast.runs_out(money.spendable)


def choices(wanted: Wanted) -> dict[str, Any]:
    """What the filters offer."""
    codes = [code for code in stated_words().get("standing", {}) if code != "ordinary"]
    return {
        "standing": [
            (POOR, _("困难群众（全部）")), *((code, standing(code)) for code in codes), (OTHERS, _("其他人")),
            (EVERYBODY, _("所有人")),
        ],
        "kind": [("", _("全部类别")), *((code, kinds().get(code, code)) for code in KINDS)],
        "facility": [("", _("全部机构")), *facilities().items()],
        "township": [("", _("全部镇街")), *townships().items()],
        "from": text_of(wanted.start), "to": text_of(wanted.end),
    }  # fmt: skip


@page("", Act.INDICATORS_READ)
def district_table(asked: Asked, name: str, form: str) -> HttpResponse:
    """A table of the dashboard as CSV or XLSX."""
    if name not in TABLES or form not in TYPES:
        raise Http404
    wanted, faults = wanted_of(asked.request.GET, now().date())
    if faults:
        raise Refusal(422, faults)
    one = dashboard(asked.actor, wanted)
    names = names_of(tables.driver(), one.figures, len(one.figures.diseases))
    answer = HttpResponse(
        write(f"{name}.{form}", [sheet_of(name, one, names)]), content_type=TYPES[form]
    )
    answer["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return answer


_FIGURES: Mapping[str, "str | Promise"] = {
    "all": lazy("全部就诊"), "inpatient": lazy("住院"), "chronic": lazy("慢病重病门诊"),
    "inpatient_over": lazy("个人自付超过 10% 的住院"), "chronic_over": lazy("个人自付超过 20% 的慢病重病门诊"),
    "exceeded": lazy("目录外超过限额的住院"), "residents": lazy("本区人的就诊"),
    "inside": lazy("本区人在区内的就诊"), "outside": lazy("本区人在区外的就诊"),
    "referred": lazy("本区人转诊到区外的就诊"), "elsewhere": lazy("本区人没有转诊的区外就诊"),
    "away_referred": lazy("区外机构，已转诊"), "away_elsewhere": lazy("区外机构，未转诊"),
    "waits": lazy("有钱等批准才收的就诊"), "erased": lazy("依法抹去的结算"),
}  # fmt: skip


@page("desk/district/visits.html", Act.INDICATORS_READ, posts=True)
def district_visits(asked: Asked) -> Shown:
    """The visits behind a figure, whose sums it is; as a sheet for a reason."""
    stated = asked.request.POST if asked.is_posted else asked.request.GET
    wanted, faults = wanted_of(stated, now().date())
    figure, disease = str(stated.get("figure") or "all")[:80], str(stated.get("disease", ""))[:10]
    behind = Behind(figure, disease, after_of(str(stated.get("after", ""))))
    if asked.is_posted and not faults:
        try:
            found = exported(
                asked.actor, wanted, behind, str(stated.get("reason", "")).strip()[:400]
            )
            return _sheet(found)
        except Refusal as refused:
            faults = list(faults_of(refused))
    listed = visits(asked.actor, wanted, behind)
    asked_for = {**wanted.address(), "figure": figure, **({"disease": disease} if disease else {})}
    shown = {
        "one": listed, "faults": faults, "wanted": wanted, "fields": asked_for, "most": MOST,
        "address": urlencode(asked_for), "back": urlencode(wanted.address()), "choices": choices(wanted),
        "title": _title(figure), "names": _plain_names(), "disease": disease, "is_first": behind.after is None,
        "after": "" if listed.after is None else f"{listed.after[0].isoformat()}.{listed.after[1]}",
    }  # fmt: skip
    return show(asked, "desk/district/visits.html", shown, status=422 if faults else 200)


def _title(figure: str) -> str:
    fund = figure.removeprefix("fund:")
    if fund != figure:
        return _("%(fund)s付了钱的就诊") % {"fund": budget.titles([fund])[fund]}
    return str(_FIGURES.get(figure, figure))


def _plain_names() -> Names:
    codes = list(stated_words().get("standing", {}))
    return Names(
        facilities(),
        {},
        townships(),
        {code: standing(code) for code in ["", *codes]},
        kinds(),
        {},
        {},
    )


def _sheet(found: list[Visit]) -> HttpResponse:
    names = _plain_names()
    funds = sorted({fund for one in found for fund in one.paid})
    titles = budget.titles(funds)
    head = [
        _("结算号"), _("就诊号"), _("结算日"), _("医疗机构"), _("镇街"), _("类别"), _("身份"), _("诊断"),
        _("总费用（元）"), *(_("%(title)s（元）") % {"title": titles[fund]} for fund in funds),
        _("医院承担（元）"), _("等批准（元）"), _("个人自付（元）"), _("自付比例"),
    ]  # fmt: skip
    rows = [
        [
            one.settlement, one.visit, one.day, names.facilities.get(one.facility, one.facility),
            names.townships.get(one.township, one.township), names.kinds.get(one.kind, one.kind),
            names.standings.get(one.standing, one.standing), one.disease, _plain(one.total),
            *(_plain(one.paid.get(fund, 0)) for fund in funds), _plain(one.hospital), _plain(one.waits),
            _plain(one.patient), f"{one.share / 100:.2f}%",
        ]
        for one in found
    ]  # fmt: skip
    return sheet("visits", head, rows)


def _plain(amount: int) -> str:
    return f"{Decimal(amount) / 100:.2f}"


ADDRESSES = [
    path("district", district, name="district"),
    path("district/visits", district_visits, name="district_visits"),
    path("district/tables/<str:name>.<str:form>", district_table, name="district_table"),
]
