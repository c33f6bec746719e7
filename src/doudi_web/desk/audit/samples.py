"""Samples: plans, what was drawn, each item judged; and what a third party needs to draw again."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from doudi_web.desk.audit.questions import ASKED, CATEGORIES, question_of
from doudi_web.desk.audit.typed import Reading, number_or_none, whole
from doudi_web.desk.page import Asked, Shown, page, show, to
from doudi_web.desk.sheet import all_rows, sheet, table_of
from doudi_web.inquiry import planning, samples
from doudi_web.inquiry import questions as kept_questions
from doudi_web.inquiry.asking import raise_question
from doudi_web.inquiry.frame import TITLES, Mark, Method, Scope, Strata
from doudi_web.inquiry.planning import FINDING, HEAVIEST, LARGEST
from doudi_web.register.named import names_of
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.named import called, hospitals_called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act

_METHODS = (
    (Method.RANDOM.value, lazy("随机：每笔一张签")),
    (Method.WEIGHTED.value, lazy("按风险：可疑的多几张签")),
)
_STRATA = (
    (Strata.NONE.value, lazy("不分")), (Strata.FACILITY.value, lazy("按医院，每家都抽到")),
    (Strata.KIND.value, lazy("按就诊类别，每类都抽到")),
)  # fmt: skip
KINDS = {
    "inpatient": lazy("住院"), "chronic_outpatient": lazy("慢性病门诊"), "major_outpatient": lazy("重大疾病门诊"),
    "outpatient": lazy("普通门诊"),
}  # fmt: skip
_WEIGHTS = {
    Mark.FLOOR: 5, Mark.CORRECTED: 3, Mark.EXCEEDED: 3, Mark.APPROACHING: 1, Mark.EMERGENCY: 3,
    Mark.PROVISIONAL: 2, Mark.DIFFERS: 3, Mark.UNKNOWN: 2,
}  # fmt: skip
"""Tickets that a new plan offers: a start, that the auditor changes and states."""
_OF_FORM = frozenset({409, 422})


@page("desk/audit/samples.html", Act.OVERSIGHT_READ)
def all_samples(asked: Asked) -> Shown:
    """The plans, the newest first, with how much waits to be judged; all of them as a sheet."""
    if table_of(asked.request) is not None:
        return _all_as_sheet(asked)
    found, before = samples.samples(
        asked.actor, number_or_none(asked.request.GET.get("before", ""))
    )
    names = called(one.actor for one in found)
    return {
        "rows": [(one, names.get(one.actor, one.actor)) for one in found], "before": before,
        "is_first": "before" not in asked.request.GET, "left": sum(one.left for one in found),
        "findings": sum(one.findings for one in found), "methods": dict(_METHODS),
    }  # fmt: skip


def _all_as_sheet(asked: Asked) -> HttpResponse:
    found = all_rows(lambda most: samples.samples(asked.actor, most=most)[0])
    names, methods = called(one.actor for one in found), dict(_METHODS)
    head = [
        _("编号"), _("叫什么"), _("结算日期从"), _("到（不含）"), _("怎样抽"), _("种子"), _("谁定的"),
        _("定的时间"), _("从多少笔里"), _("抽了（笔）"), _("没有评（笔）"), _("有问题（笔）"),
    ]  # fmt: skip
    return sheet("samples", head, (
        [one.number, one.scope.name, one.scope.start, one.scope.end, methods[one.scope.method], one.scope.seed,
         names.get(one.actor, one.actor), one.at, one.population, one.count, one.left, one.findings]
        for one in found
    ))  # fmt: skip


@page("desk/audit/sample_new.html", Act.OVERSIGHT_WRITE, posts=True)
def sample_new(asked: Asked) -> Shown | HttpResponse:
    """A plan is written, looked at (out of how many), and fixed."""
    if not asked.is_posted:
        return _form(_offered())
    stated = asked.request.POST
    typed = {key: str(stated.get(key, ""))[:100] for key in _offered()}
    try:
        of, facilities = _scope(typed), samples.facilities()
        if stated.get("do") == "fix":
            number = planning.fix(asked.actor, of, facilities)
            return to(reverse("desk:sample", kwargs={"sample": number}))
        if faults := list(planning.scope_faults(of, facilities)):
            raise Refusal(422, faults)
        return _form(typed) | {"count": samples.scope_count(asked.actor, of)}
    except Refusal as refused:
        if refused.status not in _OF_FORM:
            raise
        shown = _form(typed) | {"faults": refused.faults}
        return show(asked, "desk/audit/sample_new.html", shown, status=refused.status)


def _offered() -> dict[str, str]:
    end = now().date().replace(day=1)  # the month that is over
    start = (end - timedelta(days=1)).replace(day=1)
    return {
        "name": "", "method": Method.WEIGHTED.value, "seed": "", "from": start.isoformat(), "to": end.isoformat(),
        "facility": "", "kind": "", "size": "20", "strata": Strata.NONE.value, "floor_from": "1000.00",
        **{f"weight-{mark.value}": str(n) for mark, n in _WEIGHTS.items()},
    }  # fmt: skip


def _form(typed: Mapping[str, str]) -> dict[str, Any]:
    weights = [
        (f"weight-{mark.value}", title, typed[f"weight-{mark.value}"])
        for mark, title in TITLES.items()
    ]
    return {
        "typed": typed, "weights": weights, "methods": _METHODS, "strata": _STRATA, "kinds": KINDS,
        "facilities": samples.facilities(), "largest": LARGEST, "heaviest": HEAVIEST,
    }  # fmt: skip


def _scope(typed: Mapping[str, str]) -> Scope:
    """A plan out of what was typed. Raises Refusal 422."""
    reading = Reading(typed)
    start, end = reading.day("from"), reading.day("to")
    size = reading.whole("size", _("抽多少笔"))
    is_weighted = typed["method"] == Method.WEIGHTED.value
    weights = {mark: reading.whole(f"weight-{mark.value}", _("多几张签")) for mark in Mark}
    floor_from = reading.fen("floor_from") or 0
    reading.must_be_right()
    assert start is not None, "told where it is missing"
    assert end is not None, "told where it is missing"
    strata = typed["strata"] if typed["strata"] in {*Strata} else ""
    return Scope(
        reading.text("name"), Method.WEIGHTED if is_weighted else Method.RANDOM, reading.text("seed"), start, end,
        size, typed["facility"].strip(), typed["kind"] if typed["kind"] in KINDS else "", Strata(strata),
        {mark: n for mark, n in weights.items() if n} if is_weighted else {},
        floor_from if is_weighted and weights[Mark.FLOOR] else 0,
    )  # fmt: skip


@page("desk/audit/sample.html", Act.OVERSIGHT_READ, posts=True)
def sample(asked: Asked, sample: int) -> Shown | HttpResponse:
    """One plan: what was fixed, what was drawn, what is left to judge."""
    if asked.is_posted:
        planning.draw(asked.actor, sample)
        return to(reverse("desk:sample", kwargs={"sample": sample}))
    one = samples.sample(asked.actor, sample)
    only_left = asked.request.GET.get("tab") == "left"
    after = whole(asked.request.GET.get("after", ""))
    found = samples.rows(asked.actor, sample, after, only_left=only_left) if one.count else []
    names = names_of(asked.actor, (row.person for row in found))
    hospitals = hospitals_called(row.facility for row in found)
    return {
        "one": one, "by": called([one.actor]).get(one.actor, one.actor), "only_left": only_left,
        "method": dict(_METHODS)[one.scope.method.value], "strata": dict(_STRATA)[one.scope.strata.value],
        "weights": [(TITLES[mark], n) for mark, n in one.scope.weights.items()],
        "kind": KINDS.get(one.scope.kind, ""),
        "rows": [
            {"row": row, "name": names.get(row.person, ""), "hospital": hospitals.get(row.facility, row.facility),
             "marks": [TITLES[Mark(mark)] for mark in row.marks]}
            for row in found
        ],
        "behind": found[-1].place if len(found) == samples.PAGE else None, "is_first": not after,
        "next": next((row.place for row in found if not row.verdict), None),
    }  # fmt: skip


@page("desk/audit/sample_item.html", Act.OVERSIGHT_READ, posts=True)
def sample_item(asked: Asked, sample: int, place: int) -> Shown | HttpResponse:
    """One that was drawn: in order, or a finding, which may be put to somebody as a question at once."""
    faults, status = (), 200
    if asked.is_posted:
        try:
            _judged(asked, sample, place)
            return to(_next(asked, sample, place))
        except Refusal as refused:
            if refused.status not in _OF_FORM:
                raise
            faults, status = refused.faults, refused.status
    row = samples.row_at(asked.actor, sample, place)
    shown = {
        "plan": samples.sample(asked.actor, sample), "row": row,
        "name": names_of(asked.actor, [row.person]).get(row.person, ""),
        "at_hospital": hospitals_called([row.facility]).get(row.facility, row.facility),
        "by": called([row.judged_by]).get(row.judged_by, row.judged_by),
        "marks": [TITLES[Mark(mark)] for mark in row.marks],
        "asked_before": kept_questions.of_settlement(asked.actor, row.settlement),
        "categories": CATEGORIES, "asked_of": ASKED, "faults": faults,
        "typed": {key: str(asked.request.POST.get(key, ""))[:400] for key in _TYPED} if faults else {},
    }  # fmt: skip
    return show(asked, "desk/audit/sample_item.html", shown, status=status)


_TYPED = ("words", "category", "amount", "asked", "deadline", "verdict", "raise")


def _judged(asked: Asked, sample: int, place: int) -> None:
    """Judge it, and put the question, or neither. Raises Refusal."""
    stated = asked.request.POST
    verdict, words = str(stated.get("verdict", "")), str(stated.get("words", ""))
    version = whole(str(stated.get("version", "")))
    with transaction.atomic():
        number = None
        if verdict == FINDING and stated.get("raise"):
            row = samples.row_at(asked.actor, sample, place)
            number = raise_question(
                asked.actor, row.settlement, *question_of(stated), words, source=("sample", sample)
            )
        planning.judge(asked.actor, sample, place, version, verdict, words, number)
    if number is not None:
        messages.success(asked.request, _("提了疑点 %(number)s") % {"number": number})


def _next(asked: Asked, sample: int, place: int) -> str:
    """The next one that waits, else the plan."""
    left = samples.rows(asked.actor, sample, place, only_left=True, most=1)
    if not left:
        return reverse("desk:sample", kwargs={"sample": sample})
    return reverse("desk:sample_item", kwargs={"sample": sample, "place": left[0].place})


@page("desk/audit/sample.html", Act.OVERSIGHT_READ)
def sample_file(asked: Asked, sample: int, file: str) -> Shown | HttpResponse:
    """The plan and the list of all, as they were digested; the list of what was drawn, as a sheet."""
    if file == "drawn":
        found = samples.rows(asked.actor, sample, most=LARGEST)
        head = [
            _("次序"), _("结算号"), _("就诊号"), _("医疗机构"), _("结算时间"), _("总费用（元）"),
            _("个人自付（元）"), _("签数"), _("为什么"), _("评定"), _("说明"), _("签号"),
        ]  # fmt: skip
        verdicts = {"in_order": _("没有问题"), FINDING: _("有问题"), "": _("没有评")}
        return sheet(f"sample-{sample}", head, (
            [row.place, row.settlement, row.visit, row.facility, row.settled, row.total, row.patient, row.weight,
             "、".join(TITLES[Mark(mark)] for mark in row.marks), verdicts[row.verdict], row.words, row.ticket]
            for row in found
        ))  # fmt: skip
    proof = samples.proof(asked.actor, sample)
    text, kind, end = (
        (proof.plan, "application/json", "json")
        if file == "plan"
        else (proof.frame, "text/csv", "csv")
    )
    answer = HttpResponse(text.encode(), content_type=f"{kind}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{file}-{sample}.{end}"'
    return answer


ADDRESSES = [
    path("samples", all_samples, name="samples"),
    path("samples/new", sample_new, name="sample_new"),
    path("samples/<int:sample>", sample, name="sample"),
    path("samples/<int:sample>/<int:place>", sample_item, name="sample_item"),
    path("samples/<int:sample>/<slug:file>", sample_file, name="sample_file"),
]
