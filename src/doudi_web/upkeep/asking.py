"""What a township states of somebody: looked at with all it touches, then written, or left for a second person.

Standings move money, so another person at the district confirms them. That somebody died or moved away takes no
standing away: visits from before are settled by what held, later ones carry a warning.
"""

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.db import transaction

from doudi.errors import Fault, fault
from doudi.source_text import shown
from doudi.wire.identity_numbers import has_identity_number
from doudi_web.audit_log.actions import record, subject_of
from doudi_web.register import sealing, statements
from doudi_web.register.models import Person
from doudi_web.register.planning import Plan
from doudi_web.register.selectors import in_sight_one
from doudi_web.register.words import stated_words, word
from doudi_web.review.events import note_faults
from doudi_web.settlement import learning, tables
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.models import Village
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor
from doudi_web.upkeep.models import Change

Json = dict[str, Any]
Typed = Mapping[str, str]


class Kind(StrEnum):
    """What is stated."""

    RENEW = "renew"
    END = "end"
    DIED = "died"
    MOVED_OUT = "moved_out"
    MOVE = "move"
    NEWBORN = "newborn"


TITLES: Mapping[Kind, str] = {
    Kind.RENEW: "认定、续期身份", Kind.END: "取消身份", Kind.DIED: "去世", Kind.MOVED_OUT: "迁出",
    Kind.MOVE: "搬家、换户", Kind.NEWBORN: "新生儿",
}  # fmt: skip
STATES = {
    "waiting": "等区里确认",
    "written": "记下了",
    "refused": "区里没有确认",
    "withdrawn": "撤回了",
}


@dataclass(frozen=True, slots=True)
class Looked:
    """What a statement would do: in words, by what it is known again, whom and what it touches."""

    kind: Kind
    statement: Json
    says: str
    digest: str
    plan: Plan
    needs_second: bool
    running: Sequence[tuple[str, str]]
    """(visit, hospital) that run now."""
    standings: Sequence[str]
    settled_since: int
    """Visits that were settled since the day from which it holds: they become proposals where they come out
    otherwise."""


_RUNNING = """
SELECT v.visit, coalesce(f.name, v.facility) FROM settlement_visit v
LEFT JOIN tenancy_facility f ON f.code = v.facility WHERE v.person = %s AND v.settled IS NULL ORDER BY v.id
"""
_SINCE = """
SELECT count(*) FROM settlement_settlement s WHERE s.person = %s AND s.settled >= %s AND NOT EXISTS (
  SELECT 1 FROM settlement_posting p WHERE p.settlement = s.id AND p.kind = 'reverse')
"""


def look(actor: Actor, person: str, kind: str, typed: Typed) -> Looked:
    """What it would do. Raises Refusal 403, 404, 422 with every fault."""
    actor.must(Act.UPKEEP_WRITE)
    one = in_sight_one(actor, person)
    if kind not in {k.value for k in Kind}:
        raise Refusal.of(422, "F203", "kind", value=kind[:20], expected="要记的事")
    statement, says, since = _MADE[Kind(kind)](actor, one, typed)
    plan = statements.looked(statement)
    db = tables.driver()
    running = [(visit, name) for visit, name in db.execute(_RUNNING, [person])]
    row = db.execute(_SINCE, [person, since]).fetchone()
    moves = any("standing" in change.facts.kinds for change in plan.changes)
    held = [word("standing", s["code"]) for s in statements.held(person, "standing")]
    return Looked(
        Kind(kind), statement, says, plan.digest(), plan, moves, running, held,
        0 if row is None or since is None or not moves else row[0],
    )  # fmt: skip


def state(
    actor: Actor, person: str, kind: str, typed: Typed, digest: str, reason: str, document: str
) -> Change:
    """Write it, or leave it for the second person. Raises Refusal 403, 404, 409 (changed meanwhile), 422."""
    looked = look(actor, person, kind, typed)
    wrong = list(_texts(reason, document))
    if wrong:
        raise Refusal(422, wrong)
    if looked.digest != digest:
        raise Refusal.of(409, "S748", person, what=f"人员 {person}")
    if not looked.plan.changes:
        raise Refusal.of(422, "S749", person, what="登记里已经是这样")
    with transaction.atomic():
        change = Change(
            township=actor.township or "", person=person, kind=kind, says=looked.says[:200], digest=digest,
            reason=reason, document=document, asked=now(), asked_by=actor.key, statement=b"",
            state="waiting" if looked.needs_second else "written",
        )  # fmt: skip
        change.save()
        text = json.dumps(looked.statement, ensure_ascii=False)
        change.statement = sealing.seal(text, f"change.{change.pk}")
        if not looked.needs_second:
            change.became = statements.write(actor, looked.statement, digest, reason)
            change.decided = now()
        change.save()
        detail = {"change": change.pk, "kind": kind, "state": change.state}
        record(actor, "upkeep.state", subject_of(person), reason=reason, detail=detail)
    learning.learn(learning.AT_ONCE)
    return change


def _texts(reason: str, document: str) -> list[Fault]:
    wrong = note_faults("reason", reason, "为什么，1 至 400 字", required=True)
    if len(document) > 100 or not document.isprintable():
        wrong.append(
            fault("F203", "document", value=shown(document, 40), expected="文件号，不超过 100 字")
        )
    if has_identity_number(document):
        wrong.append(fault("F209", "document"))
    return wrong


def _day(typed: Typed, key: str, what: str, *, may_lack: bool = False) -> date | None:
    text = typed.get(key, "").strip()
    if not text and may_lack:
        return None
    try:
        found = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        found = None
    if found is None:
        raise Refusal.of(
            422, "F203", key, value=shown(text, 20), expected=f"{what}（如 2019-12-31）"
        )
    return found


def _renew(actor: Actor, one: Person, typed: Typed) -> tuple[Json, str, date | None]:
    del actor
    code = typed.get("code", "")
    if code not in stated_words()["standing"]:
        raise Refusal.of(422, "F203", "code", value=shown(code, 40), expected="身份")
    first, last = _day(typed, "from", "起始日"), _day(typed, "to", "截止日", may_lack=True)
    assert first is not None
    span = {"code": code, "from": first.isoformat(), **({"to": last.isoformat()} if last else {})}
    same = [s for s in statements.held(one.pk, "standing") if s["code"] == code]
    says = f"{word('standing', code)}，{first} 起{f'，到 {last}（不含）' if last else ''}"
    return {**statements.base(one), "standings": [*same, span]}, says, first


def _end(actor: Actor, one: Person, typed: Typed) -> tuple[Json, str, date | None]:
    del actor
    code, day = typed.get("code", ""), _day(typed, "to", "从哪天起没有")
    assert day is not None
    same = [s for s in statements.held(one.pk, "standing") if s["code"] == code]
    cut = [s for s in same if s["from"] < day.isoformat() < s.get("to", "9999")]
    if not cut:
        raise Refusal.of(422, "S749", "code", what=f"{day} 那天没有这个身份可以取消")
    kept = [
        s if s not in cut else {**s, "to": day.isoformat()}
        for s in same
        if s["from"] < day.isoformat()
    ]
    return (
        {**statements.base(one), "standings": kept},
        f"{word('standing', code)}从 {day} 起没有",
        day,
    )


def _gone(key: str, title: str) -> Any:
    def made(actor: Actor, one: Person, typed: Typed) -> tuple[Json, str, date | None]:
        del actor
        day = _day(typed, "day", f"{title}日期")
        assert day is not None
        return {**statements.base(one), key: day.isoformat()}, f"{day} {title}", day

    return made


def _move(actor: Actor, one: Person, typed: Typed) -> tuple[Json, str, date | None]:
    village = Village.objects.filter(pk=typed.get("village", "")).select_related("township").first()
    if village is None or village.code[:6] != (actor.township or village.code)[:6]:
        raise Refusal.of(
            422,
            "F203",
            "village",
            value=shown(typed.get("village", ""), 20),
            expected="本区的村（居）",
        )
    household = typed.get("household", "").strip()
    said = {**statements.base(one), "village": village.code}
    if household:
        said["household"] = household
    return (
        said,
        f"搬到{village.township.name}{village.name}{f'，户 {household}' if household else ''}",
        None,
    )


def _newborn(actor: Actor, one: Person, typed: Typed) -> tuple[Json, str, date | None]:
    del actor
    day = _day(typed, "day", "出生日期")
    assert day is not None
    said: Json = {
        "id": _own_id(typed.get("id", "")), "birth_date": day.isoformat(), "district": one.district_id,
        "mother": one.pk, "name": typed.get("name", "").strip() or None, "sex": typed.get("sex") or None,
        "village": one.village_id, "household": one.household_id,
    }  # fmt: skip
    tiers = [t["tier"] for t in statements.held(one.pk, "tier")]
    if tiers:
        said["tiers"] = [{"tier": tiers[-1], "from": day.isoformat()}]
    if typed.get("standing") == "1":
        today = now().date().isoformat()
        said["standings"] = [
            {**s, "from": max(s["from"], day.isoformat())}
            for s in statements.held(one.pk, "standing")
            if s["from"] <= today < s.get("to", "9999")
        ]
    said = {key: value for key, value in said.items() if value is not None}
    return said, f"{day} 生的，随母亲{'有身份' if said.get('standings') else '登记'}", day


def _own_id(stated: str) -> str:
    """A new id, or the one that was looked at: never somebody's. Raises Refusal 422."""
    if not stated:
        return f"n{secrets.token_hex(8)}"
    if not re.fullmatch(r"n[0-9a-f]{16}", stated) or Person.objects.filter(pk=stated).exists():
        raise Refusal.of(422, "F203", "id", value=shown(stated, 20), expected="看过的那个新登记号")
    return stated


_MADE: Mapping[Kind, Any] = {
    Kind.RENEW: _renew, Kind.END: _end, Kind.DIED: _gone("died", "去世"),
    Kind.MOVED_OUT: _gone("moved_out", "迁出"), Kind.MOVE: _move, Kind.NEWBORN: _newborn,
}  # fmt: skip
