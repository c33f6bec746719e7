"""Questions as they are read: those that somebody may see, by whose turn it is; one with all that was said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from doudi.dates import CHINA
from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.inquiry.asking import Asked, State, is_asked, may_see
from doudi_web.inquiry.models import Event, Question
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.named import called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act, Role
from doudi_web.tenancy.who import Actor

PAGE = 50
_COUNTED = 100


@dataclass(frozen=True, slots=True)
class Said:
    """An event with the name of whose it is."""

    id: int
    kind: str
    words: str
    says: Mapping[str, Any]
    at: Any
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Whole:
    """A question, all that was said of it, and what whoever reads may do; `version` is what they have seen."""

    question: Question
    said: Sequence[Said]
    version: int
    may_reply: bool
    may_close: bool


def _seen_by(actor: Actor) -> "QuerySet[Question]":
    found = Question.objects.all()
    if actor.facility is not None:
        found = found.filter(facility=actor.facility, asked=Asked.OFFICE.value)
    return found


def is_overdue(one: Question) -> bool:
    """Whether the day has passed and nobody has answered."""
    return one.state == State.WAITING and one.deadline < now().astimezone(CHINA).date()


def questions(
    actor: Actor, state: str = "", facility: str = "", before: int | None = None, most: int = PAGE
) -> tuple[list[Question], int | None]:
    """Those that the actor may see, the newest first; behind which one there are more. Raises Refusal 403."""
    actor.must(Act.QUESTIONS_READ)
    asked = _seen_by(actor)
    if state in {*State}:
        asked = asked.filter(state=state)
    if facility and actor.facility is None:
        asked = asked.filter(facility=facility)
    if before is not None:
        asked = asked.filter(pk__lt=before)
    with transaction.atomic():
        found = list(asked.order_by("-id")[: most + 1])
        shown = found[:most]
        record(actor, "questions.list", "questions", detail={"rows": len(shown)})
        each = ((subject_of(one.person), {"question": one.pk}) for one in shown)
        record_each(actor, "questions.read", each)
    return shown, shown[-1].pk if len(found) > most else None


def question(actor: Actor, number: int) -> Whole:
    """One with its history. Raises Refusal 403, 404."""
    actor.must(Act.QUESTIONS_READ)
    with transaction.atomic():
        found = Question.objects.filter(pk=number).first()
        if found is None or not may_see(actor, found):
            raise Refusal.of(404, "S481", "question", what="疑点", number=number)
        events = list(Event.objects.filter(question=found).order_by("id"))
        record(actor, "questions.read", subject_of(found.person), detail={"question": number})
    names = called(one.actor for one in events)
    said = [
        Said(
            one.pk, one.kind, one.words, one.says, one.at, names.get(one.actor, one.actor), one.role
        )
        for one in events
    ]
    is_open = found.state != State.CLOSED
    return Whole(
        found, said, events[-1].pk, found.state == State.WAITING and is_asked(actor, found),
        is_open and actor.may(Act.QUESTIONS_WRITE),
    )  # fmt: skip


def of_settlement(actor: Actor, settlement: int) -> list[Question]:
    """What was asked about a settlement; nothing where the actor may not see it."""
    if not actor.may(Act.QUESTIONS_READ):
        return []
    return list(_seen_by(actor).filter(settlement=settlement).order_by("id"))


def counts(actor: Actor) -> dict[str, int]:
    """How many of each state, and how many are overdue."""
    today = now().astimezone(CHINA).date()
    seen = _seen_by(actor)
    found = {state.value: seen.filter(state=state.value).count() for state in State}
    overdue = seen.filter(state=State.WAITING.value, deadline__lt=today).count()
    return {**found, "overdue": overdue}


_WAITING = """
SELECT count(*) FROM (SELECT 1 FROM inquiry_question WHERE state = %(state)s
  AND (%(asked)s = '' OR asked = %(asked)s) LIMIT %(most)s) waiting
"""
_OF_HOSPITAL = """
SELECT count(*) FROM (SELECT 1 FROM inquiry_question WHERE facility = %(facility)s AND state = %(state)s
  AND asked = %(asked)s LIMIT %(most)s) waiting
"""


def count_waiting(actor: Actor) -> int:
    """How many wait for whoever looks, up to a hundred: the asked for an answer, the auditor for a word on it."""
    is_auditor = actor.role is Role.AUDITOR
    asked = Asked.OFFICE if actor.facility is not None else Asked.DISTRICT
    values = {
        "state": State.ANSWERED.value if is_auditor else State.WAITING.value,
        "asked": "" if is_auditor else asked.value,
        "facility": actor.facility,
        "most": _COUNTED,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WAITING if actor.facility is None else _OF_HOSPITAL, values)
        row = cursor.fetchone()
    return 0 if row is None else row[0]
