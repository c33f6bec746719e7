"""A sampling plan is fixed, then drawn once; what was drawn is judged one by one. Nothing is changed later."""

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import IntegrityError, transaction

from doudi.errors import Fault, fault
from doudi.source_text import shown
from doudi.wire.identity_numbers import has_identity_number
from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.inquiry.drawing import drawn, frame_text, list_text
from doudi_web.inquiry.frame import Mark, Method, Scope, candidates, scope_of
from doudi_web.inquiry.models import NAME, NOTE, Draw, Drawn, Judged, Plan
from doudi_web.review.events import note_faults
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.named import called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

LARGEST, HEAVIEST = 2_000, 20
"""Settlements of a sample, and tickets that one mark gives."""
IN_ORDER, FINDING = "in_order", "finding"
VERDICTS = (IN_ORDER, FINDING)
_PERSONS = "SELECT id, person FROM settlement_settlement WHERE id = ANY(%s)"


def scope_faults(scope: Scope, facilities: Mapping[str, str]) -> Iterator[Fault]:
    """All that is wrong with a plan before it is fixed."""
    for key, stated in (("name", scope.name), ("seed", scope.seed)):
        expected = f"1 至 {NAME} 字，一行，里面没有身份证号"
        if not stated:
            yield fault("F201", key, key=key, expected=expected)
        elif len(stated) > NAME or not stated.isprintable() or has_identity_number(stated):
            yield fault("F203", key, value=shown(stated, 80), expected=expected)
    if scope.end <= scope.start:
        yield fault(
            "F302", "from", earlier="从", earlier_value=scope.start.isoformat(), later="到",
            later_value=scope.end.isoformat(),
        )  # fmt: skip
    if not 1 <= scope.size <= LARGEST:
        yield fault("F203", "size", value=str(scope.size), expected=f"抽多少笔，1 至 {LARGEST}")
    if scope.facility and scope.facility not in facilities:
        yield fault("S556", "facility", facility=shown(scope.facility, 80))
    for mark, weight in scope.weights.items():
        if not 0 <= weight <= HEAVIEST:
            yield fault(
                "F203", mark.value, value=str(weight), expected=f"多几张签，0 至 {HEAVIEST}"
            )
    if scope.method is Method.WEIGHTED and not any(scope.weights.values()):
        yield fault("F201", "weights", key="weights", expected="至少一种情形多一张签")
    if scope.weights.get(Mark.FLOOR) and scope.floor_from < 1:
        yield fault("F201", "floor_from", key="floor_from", expected="政府兜底多少元起算多")


def fix(actor: Actor, scope: Scope, facilities: Mapping[str, str]) -> int:
    """Fix a plan before anything is drawn: its number. What it says is digested; it is never changed.

    Raises Refusal 403, 422 with every fault.
    """
    actor.must(Act.OVERSIGHT_WRITE)
    if faults := list(scope_faults(scope, facilities)):
        raise Refusal(422, faults)
    content = json.dumps(scope.json(), ensure_ascii=False, sort_keys=True)
    digest = hashlib.sha256(content.encode()).digest()
    with transaction.atomic():
        made = Plan.objects.create(
            name=scope.name, content=content, digest=digest, at=now(), actor=actor.key
        )
        detail = {"digest": digest.hex(), "method": scope.method.value, "size": scope.size}
        record(actor, "samples.fix", f"sample:{made.pk}", detail=detail)
    return made.pk


def draw(actor: Actor, number: int) -> int:
    """Draw what was fixed, once: how many. The list of all that could be drawn is kept beside it.

    Raises Refusal 403, 404, 409 (drawn already; nothing to draw, or too much).
    """
    actor.must(Act.OVERSIGHT_WRITE)
    plan = plan_of(number)
    scope = scope_of(json.loads(plan.content))
    if Draw.objects.filter(plan_id=number).exists():
        raise _stands(number, "抽过了，抽出来的不变")
    frame = candidates(tables.driver(), scope)
    picks = drawn(frame, scope.size, scope.seed)
    all_of, listed = frame_text(frame).encode(), list_text(picks).encode()
    try:
        with transaction.atomic():
            Draw.objects.create(
                plan_id=number, population=len(frame), frame=zlib.compress(all_of, 6),
                frame_digest=hashlib.sha256(all_of).digest(), count=len(picks),
                list_digest=hashlib.sha256(listed).digest(), at=now(), actor=actor.key,
            )  # fmt: skip
            Drawn.objects.bulk_create(
                Drawn(
                    plan_id=number, place=place, settlement=one.candidate.settlement,
                    stratum=one.candidate.stratum, weight=one.candidate.weight,
                    marks=list(one.candidate.marks), ticket=one.ticket,
                )
                for place, one in enumerate(picks, 1)
            )  # fmt: skip
            detail = {
                "population": len(frame), "count": len(picks), "digest": hashlib.sha256(listed).hexdigest(),
            }  # fmt: skip
            record(actor, "samples.draw", f"sample:{number}", detail=detail)
    except IntegrityError as twice:  # somebody else drew it at the same moment
        raise _stands(number, "抽过了，抽出来的不变") from twice
    return len(picks)


def plan_of(number: int) -> Plan:
    """A plan. Raises Refusal 404."""
    found = Plan.objects.filter(pk=number).first()
    if found is None:
        raise Refusal.of(404, "S481", "sample", what="抽样计划", number=number)
    return found


def _stands(number: int, stands: str) -> Refusal:
    return Refusal.of(409, "S752", f"sample:{number}", number=number, stands=stands)


def judge(
    actor: Actor,
    number: int,
    place: int,
    version: int,
    verdict: str,
    words: str,
    question: int | None = None,
) -> None:
    """Say of one that was drawn whether it is in order; of a finding why. `version` is the last that was seen.

    Raises Refusal 403, 404, 409 (judged by somebody else meanwhile), 422.
    """
    actor.must(Act.OVERSIGHT_WRITE)
    faults = words_faults("words", words, is_needed=verdict == FINDING)
    if verdict not in VERDICTS:
        faults.append(
            fault("F203", "verdict", value=shown(verdict, 80), expected="in_order 或 finding")
        )
    if faults:
        raise Refusal(422, faults)
    with transaction.atomic():
        one = Drawn.objects.select_for_update().filter(plan_id=number, place=place).first()
        if one is None:
            raise Refusal.of(404, "S481", "place", what="抽中的结算", number=place)
        last = Judged.objects.filter(drawn=one).order_by("-id").first()
        must_be_seen(version, last)
        Judged.objects.create(
            drawn=one,
            verdict=verdict,
            words=words.strip(),
            question=question,
            at=now(),
            actor=actor.key,
        )
        ((_, person),) = tables.driver().execute(_PERSONS, [[one.settlement]]).fetchall()
        detail = {
            "sample": number,
            "place": place,
            "settlement": one.settlement,
            "verdict": verdict,
        }
        record(actor, "samples.judge", subject_of(person), detail=detail)


def must_be_seen(version: int, last: Any) -> None:
    """Raises Refusal 409 where something was said that whoever acts has not seen."""
    if last is not None and last.pk != version:
        name = called([last.actor]).get(last.actor, last.actor)
        raise Refusal.of(409, "S755", "version", name=name, at=told(last.at)[:16].replace("T", " "))


def words_faults(key: str, words: str, *, is_needed: bool) -> list[Fault]:
    """What is wrong with what somebody says: missing, too long, with what cannot be seen, or an identity number."""
    return note_faults(key, words, f"1 至 {NOTE} 字，里面没有身份证号", required=is_needed)


def record_read(actor: Actor, number: int, settlements: list[int]) -> None:
    """That somebody read whose settlements were drawn."""
    rows = tables.driver().execute(_PERSONS, [settlements]).fetchall()
    record_each(
        actor, "samples.read",
        ((subject_of(person), {"sample": number, "settlement": one}) for one, person in rows),
    )  # fmt: skip
