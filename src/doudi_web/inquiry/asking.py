"""A doubt about a settlement (疑点): the auditor asks, who is asked answers, the auditor closes it or asks again.

What was said is only added to. Whoever acts says what they have seen: of two at once the second is told.
"""

from datetime import date
from enum import StrEnum
from typing import Any

from django.db import transaction

from doudi.dates import CHINA
from doudi.errors import Fault, fault
from doudi.money import yuan
from doudi.source_text import shown
from doudi_web.audit_log.actions import record, subject_of
from doudi_web.inquiry.models import Event, Question
from doudi_web.inquiry.planning import must_be_seen, words_faults
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

MOST_FEN = 10**12


class Category(StrEnum):
    """What kind of doubt."""

    STANDING = "standing"
    CATALOGUE = "catalogue"
    LIMIT = "limit"
    FLOOR = "floor"
    AMOUNT = "amount"
    DUPLICATE = "duplicate"
    PAPERS = "papers"
    PROCEDURE = "procedure"
    OTHER = "other"


CATEGORIES: dict[Category, str] = {
    Category.STANDING: "身份、待遇",
    Category.CATALOGUE: "项目、目录对照",
    Category.LIMIT: "目录外控费",
    Category.FLOOR: "政府兜底",
    Category.AMOUNT: "金额不符",
    Category.DUPLICATE: "重复、分解住院",
    Category.PAPERS: "病历、票据",
    Category.PROCEDURE: "审批、知情同意",
    Category.OTHER: "其他",
}


class Asked(StrEnum):
    """To whom it is put."""

    OFFICE = "office"
    DISTRICT = "district"


ASKED: dict[Asked, str] = {Asked.OFFICE: "医院医保办", Asked.DISTRICT: "区医保局"}


class State(StrEnum):
    """Whose turn it is."""

    WAITING = "waiting"
    ANSWERED = "answered"
    CLOSED = "closed"


STATES: dict[State, str] = {
    State.WAITING: "等答复",
    State.ANSWERED: "答复了，等审计",
    State.CLOSED: "销号了",
}


class Outcome(StrEnum):
    """What came of it."""

    EXPLAINED = "explained"
    CORRECTED = "corrected"
    RECOVERED = "recovered"
    RECORDED = "recorded"


OUTCOMES: dict[Outcome, str] = {
    Outcome.EXPLAINED: "说明属实，没有问题",
    Outcome.CORRECTED: "已更正结算",
    Outcome.RECOVERED: "已退回或追回",
    Outcome.RECORDED: "问题成立，记录在案",
}

_OF = "SELECT person, visit, facility FROM settlement_settlement WHERE id = %s"


def raise_question(
    actor: Actor,
    settlement: int,
    category: str,
    amount: int | None,
    asked: str,
    deadline: date,
    words: str,
    source: tuple[str, int | None] = ("hand", None),
) -> int:
    """Put a doubt to the hospital's office or the district, until a day: its number.

    Raises Refusal 403, 404, 422 with every fault.
    """
    actor.must(Act.QUESTIONS_WRITE)
    faults = [*words_faults("words", words, is_needed=True), *_deadline(deadline)]
    for key, stated, known in (("category", category, Category), ("asked", asked, Asked)):
        if stated not in {*known}:
            expected = "、".join(known)
            faults.append(fault("F203", key, value=shown(stated, 80), expected=expected))
    if amount is not None and not 0 < amount <= MOST_FEN:
        faults.append(
            fault("F203", "amount", value=yuan(amount), expected="涉及的金额（元），大于 0")
        )
    if faults:
        raise Refusal(422, faults)
    row = tables.driver().execute(_OF, [settlement]).fetchone()
    if row is None:
        raise Refusal.of(404, "S406", str(settlement))
    person, visit, facility = row
    with transaction.atomic():
        made = Question.objects.create(
            settlement=settlement, person=person, visit=visit, facility=facility, source=source[0],
            source_number=source[1], category=category, amount=amount, asked=asked, deadline=deadline,
            state=State.WAITING.value, at=now(), actor=actor.key,
        )  # fmt: skip
        told = None if amount is None else yuan(amount)
        says = {
            "category": category, "amount": told, "asked": asked, "deadline": deadline.isoformat(),
        }  # fmt: skip
        _add(actor, made, "raised", words, says)
    return made.pk


def reply(actor: Actor, number: int, version: int, words: str) -> None:
    """Whoever is asked answers. Raises Refusal 403, 404, 409, 422."""
    actor.must(Act.QUESTIONS_ANSWER)
    _must_be_right(words_faults("words", words, is_needed=True))
    with transaction.atomic():
        one = _locked(actor, number, version, State.WAITING)
        if not is_asked(actor, one):
            raise Refusal.of(
                403, "S754", str(number), number=number, stands=f"问的是{ASKED[Asked(one.asked)]}"
            )
        _moved(one, State.ANSWERED)
        _add(actor, one, "replied", words, {})


def ask_again(actor: Actor, number: int, version: int, words: str, deadline: date) -> None:
    """The answer does not do: asked once more, until another day. Raises Refusal 403, 404, 409, 422."""
    actor.must(Act.QUESTIONS_WRITE)
    _must_be_right([*words_faults("words", words, is_needed=True), *_deadline(deadline)])
    with transaction.atomic():
        one = _locked(actor, number, version, State.ANSWERED, State.WAITING)
        one.deadline = deadline
        _moved(one, State.WAITING)
        _add(actor, one, "asked", words, {"deadline": deadline.isoformat()})


def close(actor: Actor, number: int, version: int, words: str, outcome: str) -> None:
    """The auditor closes it, and says why and what came of it. Raises Refusal 403, 404, 409, 422."""
    actor.must(Act.QUESTIONS_WRITE)
    faults = words_faults("words", words, is_needed=True)
    if outcome not in {*Outcome}:
        faults.append(
            fault("F203", "outcome", value=shown(outcome, 80), expected="、".join(Outcome))
        )
    _must_be_right(faults)
    with transaction.atomic():
        one = _locked(actor, number, version, State.ANSWERED, State.WAITING)
        _moved(one, State.CLOSED)
        _add(actor, one, "closed", words, {"outcome": outcome})


def is_asked(actor: Actor, one: Question) -> bool:
    """Whether somebody is of those to whom a question is put."""
    if not actor.may(Act.QUESTIONS_ANSWER):
        return False
    if one.asked == Asked.OFFICE:
        return actor.facility == one.facility
    return actor.facility is None


def may_see(actor: Actor, one: Question) -> bool:
    """Whether somebody may read a question: a hospital those that are put to it."""
    return actor.facility is None or (actor.facility == one.facility and one.asked == Asked.OFFICE)


def _deadline(day: date) -> list[Fault]:
    today = now().astimezone(CHINA).date()
    expected = f"今天（{today}）或以后的一天"
    return (
        []
        if day >= today
        else [fault("F203", "deadline", value=day.isoformat(), expected=expected)]
    )


def _must_be_right(faults: list[Fault]) -> None:
    if faults:
        raise Refusal(422, faults)


def _locked(actor: Actor, number: int, version: int, *states: State) -> Question:
    """A question that stands as it must, and as whoever acts has seen it. Raises Refusal 404, 409."""
    found = Question.objects.select_for_update().filter(pk=number).first()
    if found is None or not may_see(actor, found):
        raise Refusal.of(404, "S481", "question", what="疑点", number=number)
    must_be_seen(version, Event.objects.filter(question=found).order_by("-id").first())
    if found.state not in states:
        raise Refusal.of(409, "S754", str(number), number=number, stands=STATES[State(found.state)])
    return found


def _moved(one: Question, state: State) -> None:
    one.state = state.value
    one.save(update_fields=["state", "deadline"])


def _add(actor: Actor, one: Question, kind: str, words: str, says: dict[str, Any]) -> None:
    """One more event; what is said stands in it alone, since it may tell of an illness."""
    made = Event.objects.create(
        question=one, kind=kind, words=words.strip(), says=says, at=now(), actor=actor.key, role=actor.role.value
    )  # fmt: skip
    detail = {"question": one.pk, "event": made.pk, "settlement": one.settlement}
    record(actor, f"questions.{kind}", subject_of(one.person), detail=detail)
