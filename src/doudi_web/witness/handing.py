"""A head of the ledger is handed to somebody outside; later it comes back, and the ledger is held against it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from doudi.errors import Fault, fault
from doudi.source_text import shown
from doudi.wire.identity_numbers import has_identity_number
from doudi_web.audit_log.actions import record
from doudi_web.settlement import merkle, tables
from doudi_web.settlement.heads import Head, Kept, head_json, kept_head, public_key
from doudi_web.settlement.seal import last_head, read_nodes
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor
from doudi_web.witness.models import NOTE, WHO, Handed, Returned

ON: dict[str, str] = {"paper": "纸", "mail": "邮件", "disc": "光盘", "other": "其他"}
"""On what a head is handed over."""
TITLE = "兜底台账封头"
_KEYS = ("size", "root", "before", "sealed", "digest", "signature", "public_key")
_LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether today's ledger still contains a head that came back: if not, which fault says why."""

    number: int
    handed: Handed | None
    size: int
    against: int
    holds: bool
    faults: tuple[Fault, ...]


def head_text(told: Mapping[str, Any]) -> str:
    """A head as it is written on paper and into a code: a line a field."""
    return "\n".join((TITLE, *(f"{key} {told[key]}" for key in _KEYS)))


def told_of(one: Handed) -> dict[str, Any]:
    """What a head that was handed over says, as a witness keeps it."""
    return head_json(
        Head(one.size, bytes(one.root), bytes(one.before), one.sealed, bytes(one.digest), bytes(one.signature))
    )  # fmt: skip


def hand_over(actor: Actor, to: str, on: str, note: str = "") -> int:
    """Write down that the head of now is handed to somebody: its number. Raises Refusal 403, 404, 422."""
    actor.must(Act.HEADS_HAND)
    faults = [
        *_faults("to", to, WHO, is_needed=True),
        *_faults("note", note, NOTE, is_needed=False),
    ]
    if on not in ON:
        faults.append(fault("F203", "on", value=shown(on, 80), expected="、".join(ON)))
    if faults:
        raise Refusal(422, faults)
    head = last_head(tables.driver())
    if head is None:
        raise Refusal.of(404, "S469")
    with transaction.atomic():
        made = Handed.objects.create(
            size=head.size, root=head.root, before=head.before, sealed=head.sealed, digest=head.digest,
            signature=head.signature, to=to.strip(), on=on, note=note.strip(), at=now(), actor=actor.key,
        )  # fmt: skip
        detail = {"size": head.size, "digest": head.digest.hex(), "on": on}
        record(actor, "heads.hand", f"head:{made.pk}", detail=detail)
    return made.pk


def _faults(key: str, stated: str, most: int, *, is_needed: bool) -> list[Fault]:
    expected = f"1 至 {most} 字，一行，里面没有身份证号"
    if not stated.strip():
        return [fault("F201", key, key=key, expected=expected)] if is_needed else []
    if len(stated) > most or not stated.strip().isprintable():
        return [fault("F203", key, value=shown(stated, 80), expected=expected)]
    return [fault("F209", key)] if has_identity_number(stated) else []


def handed(actor: Actor, number: int) -> Handed:
    """One that was handed over. Raises Refusal 403, 404."""
    actor.must(Act.HEADS_HAND)
    found = Handed.objects.filter(pk=number).first()
    if found is None:
        raise Refusal.of(404, "S481", "head", what="交出去的封头", number=number)
    return found


@dataclass(frozen=True, slots=True)
class Row:
    """A head that is outside: when it last came back, and whether the ledger contained it."""

    handed: Handed
    returned: datetime | None
    holds: bool | None


def listed(actor: Actor, most: int = 100) -> list[Row]:
    """Those that were handed over, the newest first. Raises Refusal 403."""
    actor.must(Act.HEADS_HAND)
    with transaction.atomic():
        found = list(Handed.objects.order_by("-id")[:most])
        record(actor, "heads.list", "heads", detail={"rows": len(found)})
    came: dict[int, Returned] = {}
    for one in Returned.objects.filter(handed__in=[row.pk for row in found]).order_by("id"):
        came[one.handed or 0] = one
    return [_row(one, came.get(one.pk)) for one in found]


def _row(one: Handed, came: Returned | None) -> Row:
    return Row(one, None, None) if came is None else Row(one, came.at, came.holds)


def stated_head(stated: str) -> Kept:
    """A head as somebody brings it: the lines of the paper or its code, or JSON. Raises Refusal 422."""
    text = stated.strip()
    told: object = None
    if len(text) <= _LONGEST and text.startswith("{"):
        try:
            told = json.loads(text)
        except ValueError:
            told = None
    elif len(text) <= _LONGEST:
        lines = (line.strip().partition(" ") for line in text.splitlines())
        found: dict[str, Any] = {key: value.strip() for key, _, value in lines if key in _KEYS}
        size = str(found.get("size", ""))
        told = {**found, "size": int(size)} if size.isascii() and size.isdecimal() else None
    kept = kept_head(told)
    if kept is None:
        raise Refusal.of(422, "S756", "head")
    return kept


def take_back(actor: Actor, stated: str) -> Outcome:
    """Hold the ledger of now against a head that came back, and keep what that came to.

    Raises Refusal 403, 404, 422 where it is no head of anybody.
    """
    actor.must(Act.HEADS_HAND)
    kept = stated_head(stated)
    head = last_head(tables.driver())
    if head is None:
        raise Refusal.of(404, "S469")
    faults = tuple(_broken(kept, head))
    known = Handed.objects.filter(digest=kept.head.digest).order_by("id").first()
    with transaction.atomic():
        made = Returned.objects.create(
            handed=None if known is None else known.pk, size=kept.head.size, digest=kept.head.digest,
            against=head.size, holds=not faults, why=faults[0].code if faults else "", at=now(),
            actor=actor.key,
        )  # fmt: skip
        detail = {
            "size": kept.head.size,
            "against": head.size,
            "codes": [one.code for one in faults],
        }
        record(actor, "heads.return", f"return:{made.pk}", detail=detail)
    return Outcome(made.pk, known, kept.head.size, head.size, not faults, faults)


def _broken(kept: Kept, head: Head) -> list[Fault]:
    """Why the ledger does not begin with what that head sealed."""
    found: list[Fault] = []
    if kept.key != public_key():
        found.append(fault("S463", "public_key"))
    where, size = f"settlement_seal {kept.head.size}", kept.head.size
    if size > head.size:
        return [*found, fault("S462", where, size=size, reason=f"现在只有 {head.size} 笔")]
    spans = merkle.extension(size, head.size) if size else []
    nodes = read_nodes(tables.driver(), merkle.needed(spans))
    if not set(merkle.needed(spans)) <= set(nodes):
        return [*found, fault("S462", where, size=size, reason="台账少了节点，接不起来")]
    proof = [merkle.digest_of(span, nodes) for span in spans]
    if not merkle.extends(size, head.size, kept.head.root, head.root, proof):
        found.append(fault("S462", where, size=size, reason="那时的记账换过"))
    return found


def outcome(actor: Actor, number: int) -> Outcome:
    """What it came to when a head came back. Raises Refusal 403, 404."""
    actor.must(Act.HEADS_HAND)
    one = Returned.objects.filter(pk=number).first()
    if one is None:
        raise Refusal.of(404, "S481", "return", what="拿回来的封头", number=number)
    known = Handed.objects.filter(pk=one.handed).first() if one.handed else None
    faults: Sequence[Fault] = ()
    if one.why == "S463":
        faults = (fault("S463", "public_key"),)
    elif one.why:
        reason = f"那天只有 {one.against} 笔" if one.size > one.against else "那时的记账换过"
        faults = (fault(one.why, f"settlement_seal {one.size}", size=one.size, reason=reason),)
    return Outcome(one.pk, known, one.size, one.against, one.holds, tuple(faults))
