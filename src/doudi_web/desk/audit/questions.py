"""Questions (疑点): those that somebody may see, by whose turn it is; one with its history, what may be said."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from doudi.money import yuan
from doudi_web.desk.audit.typed import Reading, number_or_none, whole
from doudi_web.desk.page import Asked, Shown, page, show, to
from doudi_web.desk.sheet import all_rows, sheet
from doudi_web.inquiry import asking, questions
from doudi_web.inquiry.asking import ASKED, CATEGORIES, OUTCOMES, STATES, Category, State
from doudi_web.inquiry.asking import Asked as AskedOf
from doudi_web.inquiry.models import NOTE, Question
from doudi_web.register.named import names_of
from doudi_web.tenancy.named import called, hospitals_called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import TITLES, Act, Role

_OF_FORM = frozenset({409, 422})
_SAID = {"raised": "提出", "replied": "答复", "asked": "再问", "closed": "销号"}
_SOURCES = {"sample": "抽样", "audit": "审计的不符", "hand": "直接提出"}
_TYPED = ("words", "category", "amount", "asked", "deadline", "outcome")


def question_of(stated: Mapping[str, Any]) -> tuple[str, int | None, str, date]:
    """Category, amount, to whom, until when, as they were typed. Raises Refusal 422."""
    reading = Reading(stated)
    amount, deadline = reading.fen("amount"), reading.day("deadline")
    reading.must_be_right()
    assert deadline is not None, "told where it is missing"
    return reading.text("category", 20), amount, reading.text("asked", 20), deadline


@page("desk/audit/questions.html", Act.QUESTIONS_READ)
def all_questions(asked: Asked) -> Shown:
    """Those of a state, the newest first; what is overdue is counted on top."""
    stated = asked.request.GET
    state = stated.get("state", "")
    before = number_or_none(stated.get("before", ""))
    found, behind = questions.questions(asked.actor, state, before=before)
    counts = questions.counts(asked.actor)
    tabs = [("", _("全部"), sum(counts[one.value] for one in State))]
    tabs += [(one.value, title, counts[one.value]) for one, title in STATES.items()]
    return {
        "rows": _rows(asked, found), "behind": behind, "is_first": before is None, "state": state, "tabs": tabs,
        "counts": counts, "open": counts["waiting"] + counts["answered"],
    }  # fmt: skip


def _rows(asked: Asked, found: list[Question]) -> list[dict[str, Any]]:
    names = names_of(asked.actor, (one.person for one in found))
    hospitals = hospitals_called(one.facility for one in found)
    return [
        {
            "one": one, "name": names.get(one.person, ""), "visit_id": one.visit, "person": one.person,
            "at_hospital": hospitals.get(one.facility, one.facility),
            "category": CATEGORIES[Category(one.category)], "asked_of": ASKED[AskedOf(one.asked)],
            "state": STATES[State(one.state)],
            "is_overdue": questions.is_overdue(one),
        }
        for one in found
    ]  # fmt: skip


@page("desk/audit/questions.html", Act.QUESTIONS_READ)
def questions_table(asked: Asked) -> Shown:
    """All of a state that somebody may see, as a sheet without names."""
    state = asked.request.GET.get("state", "")
    found = all_rows(lambda most: questions.questions(asked.actor, state, most=most)[0])
    head = [
        _("疑点号"), _("结算号"), _("就诊号"), _("医疗机构"), _("类别"), _("金额（元）"), _("问谁"), _("期限"),
        _("到了哪一步"), _("过期"), _("提出"),
    ]  # fmt: skip
    return sheet("questions", head, (
        [one.pk, one.settlement, one.visit, one.facility, CATEGORIES[Category(one.category)],
         None if one.amount is None else yuan(one.amount), ASKED[AskedOf(one.asked)], one.deadline,
         STATES[State(one.state)], _("过期") if questions.is_overdue(one) else "", one.at]
        for one in found
    ))  # fmt: skip


@page("desk/audit/question_new.html", Act.QUESTIONS_WRITE, posts=True)
def question_new(asked: Asked, settlement: int) -> Shown | HttpResponse:
    """A question about a settlement, by hand or out of a mismatch that an audit found."""
    stated = asked.request.POST
    audit = number_or_none(str(stated.get("audit", "") or asked.request.GET.get("audit", "")))
    faults, status = (), 200
    if asked.is_posted:
        try:
            source = ("audit", audit) if audit else ("hand", None)
            words = str(stated.get("words", ""))
            made = asking.raise_question(
                asked.actor, settlement, *question_of(stated), words, source=source
            )
            messages.success(asked.request, _("提了疑点 %(number)s") % {"number": made})
            return to(reverse("desk:question", kwargs={"question": made}))
        except Refusal as refused:
            if refused.status not in _OF_FORM:
                raise
            faults, status = refused.faults, refused.status
    shown = {
        "settlement": settlement, "audit": audit, "categories": CATEGORIES, "asked_of": ASKED, "faults": faults,
        "typed": {key: str(stated.get(key, ""))[:NOTE] for key in _TYPED} if faults else {},
        "asked_before": questions.of_settlement(asked.actor, settlement),
    }  # fmt: skip
    return show(asked, "desk/audit/question_new.html", shown, status=status)


@page("desk/audit/question.html", Act.QUESTIONS_READ, posts=True)
def question(asked: Asked, question: int) -> Shown | HttpResponse:
    """One question: what was said, by whom; whoever's turn it is says more."""
    faults, status = (), 200
    if asked.is_posted:
        try:
            _said(asked, question)
            return to(reverse("desk:question", kwargs={"question": question}))
        except Refusal as refused:
            if refused.status not in _OF_FORM:
                raise
            faults, status = refused.faults, refused.status
    whole_one = questions.question(asked.actor, question)
    one = whole_one.question
    said = [
        {"one": each, "title": _SAID[each.kind], "role": TITLES[Role(each.role)],
         "is_last": each is whole_one.said[-1],
         "outcome": OUTCOMES.get(each.says.get("outcome", ""), ""), "deadline": each.says.get("deadline")}
        for each in whole_one.said
    ]  # fmt: skip
    shown = {
        **_rows(asked, [one])[0], "whole": whole_one, "said": said, "source": _SOURCES[one.source],
        "by": called([one.actor]).get(one.actor, one.actor), "outcomes": OUTCOMES, "faults": faults,
        "typed": {key: str(asked.request.POST.get(key, ""))[:NOTE] for key in _TYPED} if faults else {},
    }  # fmt: skip
    return show(asked, "desk/audit/question.html", shown, status=status)


def _said(asked: Asked, number: int) -> None:
    """Reply, ask again or close, as the button says. Raises Refusal."""
    stated = asked.request.POST
    words, version = str(stated.get("words", "")), whole(str(stated.get("version", "")))
    match stated.get("do"):
        case "reply":
            asking.reply(asked.actor, number, version, words)
        case "ask":
            reading = Reading(stated)
            deadline = reading.day("deadline")
            reading.must_be_right()
            assert deadline is not None, "told where it is missing"
            asking.ask_again(asked.actor, number, version, words, deadline)
        case _:
            asking.close(asked.actor, number, version, words, str(stated.get("outcome", "")))


ADDRESSES = [
    path("questions", all_questions, name="questions"),
    path("questions.csv", questions_table, name="questions_table"),
    path("questions/<int:question>", question, name="question"),
    path("settlements/<int:settlement>/question", question_new, name="question_new"),
]
