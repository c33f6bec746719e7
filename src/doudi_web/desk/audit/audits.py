"""Audits: run one, see how far it is, its three figures, each mismatch with its cause; the known defects."""

from typing import Any

from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from doudi_web.desk.audit.running import last_of
from doudi_web.desk.audit.typed import Reading, number_or_none, whole
from doudi_web.desk.page import Asked, Shown, faults_of, page, show, to
from doudi_web.desk.sheet import all_rows, sheet, table_of
from doudi_web.inquiry.samples import facilities
from doudi_web.oversight import defects, selectors
from doudi_web.oversight.asking import AUDIT
from doudi_web.oversight.mismatches import TITLES, Cause
from doudi_web.papers.words import PAYERS
from doudi_web.runs import actions as runs
from doudi_web.tenancy.named import called, hospitals_called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act

_PAGE, _ROWS = 20, 50
FIGURES = {"limits": lazy("限额守住"), "agreement": lazy("与对方相符"), "replay": lazy("重算相同")}
_OF_FORM = frozenset({409, 422})


def _figures(told: dict[str, Any]) -> list[dict[str, Any]]:
    """The three figures of an audit, each cut off at two decimals, never rounded up."""
    found: list[dict[str, Any]] = []
    for key, title in FIGURES.items():
        matched, of = told[key]["matched"], told[key]["all"]
        share = None if not of else f"{matched * 10_000 // of / 10_000:.4f}"
        found.append(
            {"key": f"audit_{key}", "figure": key, "title": title, "matched": matched, "all": of, "share": share,
             "off": of - matched}
        )  # fmt: skip
    return found


@page("desk/audit/audits.html", Act.OVERSIGHT_READ, posts=True)
def audits(asked: Asked) -> Shown | HttpResponse:
    """The audits that were made, the newest first with its figures; another one is asked for."""
    if table_of(asked.request) is not None:
        return _audits_as_sheet(asked)
    faults, status = (), 200
    typed = {
        key: str(asked.request.POST.get(key, ""))[:40].strip() for key in ("from", "to", "facility")
    }
    if asked.is_posted:
        try:
            _ask(asked, typed)
            return to(reverse("desk:audits"))
        except Refusal as refused:
            faults = refused.faults if refused.status in _OF_FORM else faults_of(refused)
            status = refused.status
    before = number_or_none(asked.request.GET.get("before", ""))
    told = selectors.audits(asked.actor, before, _PAGE)
    names = called(one["by"] for one in told["audits"])
    rows = [
        {"one": one, "figures": _figures(one), "by": names.get(one["by"], one["by"])}
        for one in told["audits"]
    ]
    shown = {
        "rows": rows, "before": told["before"], "is_first": before is None, "faults": faults, "typed": typed,
        "run": last_of(asked.actor, AUDIT), "facilities": facilities(),
        "last": rows[0] if rows and before is None else None, "hospitals": facilities(),
    }  # fmt: skip
    return show(asked, "desk/audit/audits.html", shown, status=status)


def _audits_as_sheet(asked: Asked) -> HttpResponse:
    told = all_rows(lambda most: selectors.audits(asked.actor, None, most)["audits"])
    names = called(one["by"] for one in told)
    figures = [
        title for each in FIGURES.values()
        for title in (_("%(title)s（笔）") % {"title": each}, _("%(title)s：看了（笔）") % {"title": each})
    ]  # fmt: skip
    head = [
        _("审计"), _("做完"), _("谁"), _("结算日期从"), _("到（不含）"), _("医疗机构"), _("看了（笔）"), *figures,
        _("不符（处）"),
    ]  # fmt: skip
    return sheet("audits", head, (
        [one["id"], one["ended"], names.get(one["by"], one["by"]), one["from"], one["to"], one["facility"],
         one["settlements"], *(one[key][of] for key in FIGURES for of in ("matched", "all")), one["count"]]
        for one in told
    ))  # fmt: skip


def _ask(asked: Asked, typed: dict[str, str]) -> None:
    reading = Reading(typed)
    for key in ("from", "to"):
        reading.day(key, is_needed=False)
    reading.must_be_right()
    parameters = {key: value for key, value in typed.items() if value}
    runs.ask(asked.actor, AUDIT, parameters, _("审计员在工作台做审计"))


@page("desk/audit/audit.html", Act.OVERSIGHT_READ)
def audit(asked: Asked, audit: int) -> Shown:
    """One audit: its figures, and its mismatches by figure, each with what differs and why."""
    told = selectors.audit(asked.actor, audit)
    figure = asked.request.GET.get("figure", "")
    listed = [one for one in told["mismatches"] if not figure or one["figure"] == figure]
    if table_of(asked.request) is not None:
        return _sheet(audit, listed)
    after = whole(asked.request.GET.get("after", ""))
    shown = listed[after : after + _ROWS]
    causes = {
        cause.value: sum(one["cause"] == cause for one in told["mismatches"]) for cause in Cause
    }
    return {
        "told": told, "figures": _figures(told), "by": called([told["by"]]).get(told["by"], told["by"]),
        "rows": [_row(one) for one in shown], "figure": figure,
        "after": after + _ROWS if after + _ROWS < len(listed) else None,
        "is_first": not after, "count": len(listed), "titles": FIGURES,
        "causes": [(TITLES[Cause(key)], n) for key, n in causes.items() if n],
        "hospitals": hospitals_called(one["facility"] for one in shown),
    }  # fmt: skip


_COMPARED = {
    "total": lazy("总费用"), "hospital": lazy("医院承担"), "patient": lazy("个人自付"),
    **{f"payments.{payer}": title for payer, title in PAYERS.items()},
}  # fmt: skip
"""What is compared with others, by the key of answers."""


def _row(one: dict[str, Any]) -> dict[str, Any]:
    """A mismatch in words: what others say is told once, by the name of the fund, beside who says it."""
    other = {
        Cause.GIVEN.value: _("账单带来的平台"), Cause.PLATFORM.value: _("平台"), Cause.HOSPITAL.value: _("医院"),
    }.get(one["cause"])  # fmt: skip
    differs = [{**each, "title": _COMPARED.get(each["field"], "")} for each in one["differs"]]
    is_told = other is not None and bool(differs)
    return one | {
        "text": "" if is_told else one["text"],
        "differs": differs,
        "other": other or _("应为"),
    }


def _sheet(number: int, listed: list[dict[str, Any]]) -> HttpResponse:
    head = [
        _("结算号"), _("就诊号"), _("医疗机构"), _("哪个数"), _("原因"), _("说明"), _("哪一项"),
        _("记下"), _("应为"), _("已知缺陷"),
    ]  # fmt: skip
    return sheet(f"audit-{number}", head, (
        [one["settlement_id"], one["visit_id"], one["facility"], FIGURES[one["figure"]], one["title"], one["text"],
         differs["field"], differs["recorded"], differs["expected"], "、".join(one["defects"])]
        for one in listed
        for differs in (one["differs"] or [{"field": "", "recorded": "", "expected": ""}])
    ))  # fmt: skip


@page("desk/audit/defects.html", Act.OVERSIGHT_READ)
def known_defects(asked: Asked) -> Shown | HttpResponse:
    """The known defects of the program, and which settlements each touched."""
    told = defects.defects(asked.actor)["defects"]
    names = called(one["by"] for one in told)
    if table_of(asked.request) is not None:
        head = [
            _("叫什么"), _("错在哪里"), _("哪些版本"), _("哪天发现"), _("谁记的"), _("记的时间"), _("依据"),
            _("影响的结算"),
        ]  # fmt: skip
        return sheet("defects", head, (
            [one["name"], one["what"], "、".join(one["engines"]), one["found"], names.get(one["by"], one["by"]),
             one["recorded"], one["reason"], number]
            for one in told for number in one["settlements"] or [""]
        ))  # fmt: skip
    rows = [{"one": one, "by": names.get(one["by"], one["by"])} for one in told]
    return {"rows": rows, "touched": len({n for one in told for n in one["settlements"]})}


ADDRESSES = [
    path("audits", audits, name="audits"),
    path("audits/<int:audit>", audit, name="audit"),
    path("defects", known_defects, name="defects"),
]
