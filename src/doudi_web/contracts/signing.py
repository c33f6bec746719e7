"""Signing a contract, a wish, a plan with its visits, a visit that was done: the township writes them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction

from doudi.source_text import shown
from doudi.wire.identity_numbers import has_identity_number
from doudi_web.audit_log.actions import record, subject_of
from doudi_web.contracts.models import Visit, Wish
from doudi_web.register import sealing, statements
from doudi_web.register.models import Person
from doudi_web.register.selectors import in_sight, in_sight_one
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

Typed = Mapping[str, str]
MOST_VISITS = 24
LAST_YEAR = 2200
"""Behind it a day was mistyped."""


def sign(actor: Actor, person: str, typed: Typed) -> None:
    """A contract from a day to another; the one that runs ends where it begins, one that begins later stays.

    Raises Refusal 403, 404, 422.
    """
    actor.must(Act.CONTRACTS_WRITE)
    one = in_sight_one(actor, person)
    first, last = _day(typed, "from"), _day(typed, "to")
    held = statements.held(person, "doctor")
    before = [d for d in held if d["from"] < first.isoformat()]
    later = [d for d in held if d["from"] >= max(first, last).isoformat()]
    before = [{**d, "to": min(d.get("to", "9999"), first.isoformat())} for d in before]
    doctor: dict[str, Any] = {
        "name": typed.get("name", ""), "phone": typed.get("phone", ""), "from": first.isoformat(),
        "to": last.isoformat(),
    }  # fmt: skip
    if typed.get("facility", "").strip():
        doctor["facility"] = typed["facility"].strip()
    statement = {**statements.base(one), "doctors": [*before, doctor, *later]}
    plan = statements.looked(statement)
    if not plan.changes:
        raise Refusal.of(422, "S749", person, what="登记里已经是这样")
    with transaction.atomic():
        statements.write(actor, statement, plan.digest(), "家庭医生签约")
        _wish(actor, person, wishes=True)
        record(
            actor,
            "contracts.sign",
            subject_of(person),
            detail={"from": first.isoformat(), "to": last.isoformat()},
        )


def wish(actor: Actor, person: str, *, wishes: bool) -> None:
    """What somebody said of it. Raises Refusal 403, 404."""
    actor.must(Act.CONTRACTS_WRITE)
    in_sight_one(actor, person)
    with transaction.atomic():
        _wish(actor, person, wishes=wishes)
        record(actor, "contracts.wish", subject_of(person), detail={"wishes": wishes})


def plan(actor: Actor, person: str, typed: Typed) -> int:
    """A plan in words and its visits, every so many months from a day; visits of before that are open are dropped.

    How many visits. Raises Refusal 403, 404, 422.
    """
    actor.must(Act.CONTRACTS_WRITE)
    one = in_sight_one(actor, person)
    first, what = _day(typed, "from"), typed.get("what", "").strip()
    every, count = _number(typed, "every", 1, 12), _number(typed, "count", 1, MOST_VISITS)
    if not 0 < len(what) <= 60 or not what.isprintable() or has_identity_number(what):
        raise Refusal.of(
            422, "F203", "what", value=shown(what, 40), expected="随访做什么，1 至 60 字"
        )
    statement = {**statements.base(one), "plan": typed.get("plan", "").strip()}
    looked = statements.looked(statement)
    with transaction.atomic():
        if looked.changes:
            statements.write(actor, statement, looked.digest(), "个人健康计划")
        Person.objects.select_for_update().get(pk=person)  # of two at once one plan stands
        Visit.objects.filter(person=person, done=None, dropped=None).update(dropped=now())
        Visit.objects.bulk_create(
            Visit(person=person, due=_months_on(first, every * n), what=what) for n in range(count)
        )
        record(actor, "contracts.plan", subject_of(person), detail={"visits": count})
    return count


def done(actor: Actor, number: int, note: str) -> None:
    """A visit was done today, with what was found. Raises Refusal 403, 404, 409, 422."""
    actor.must(Act.CONTRACTS_WRITE)
    if len(note) > 400 or not all(c.isprintable() or c == "\n" for c in note.replace("\r", "")):
        raise Refusal.of(
            422, "F203", "note", value=shown(note, 40), expected="随访的情况，不超过 400 字"
        )
    with transaction.atomic():
        visit = Visit.objects.select_for_update().filter(pk=number).first()
        if visit is None or not in_sight(actor).filter(pk=visit.person).exists():
            raise Refusal.of(404, "S744", str(number), what="随访", number=number)
        if visit.done is not None or visit.dropped is not None:
            what = f"随访 {number}"
            raise Refusal.of(409, "S745", str(number), what=what, state="办过了", wanted="再办")
        visit.done, visit.by = now().date(), actor.key
        visit.note = sealing.seal(note, f"visit.{number}") if note else None
        visit.save()
        record(actor, "contracts.done", subject_of(visit.person), detail={"visit": number})


def _wish(actor: Actor, person: str, *, wishes: bool) -> None:
    said = {"wishes": wishes, "at": now(), "by": actor.key}
    Wish.objects.update_or_create(person=person, defaults=said)


def _day(typed: Typed, key: str) -> date:
    text = typed.get(key, "").strip()
    try:
        if len(text) == 10 and (found := date.fromisoformat(text)).year <= LAST_YEAR:
            return found
    except ValueError:
        pass
    raise Refusal.of(422, "F203", key, value=shown(text, 20), expected="日期（如 2019-12-31）")


def _number(typed: Typed, key: str, least: int, most: int) -> int:
    text = typed.get(key, "").strip()
    if text.isascii() and text.isdigit() and len(text) < 4 and least <= int(text) <= most:
        return int(text)
    raise Refusal.of(422, "F203", key, value=shown(text, 20), expected=f"{least} 至 {most}")


def _months_on(day: date, months: int) -> date:
    """The same day so many months on, the last of a shorter month.

    >>> _months_on(date(2019, 11, 30), 3)
    datetime.date(2020, 2, 29)
    """
    year, month = divmod(day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(day.year + year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError(months)
