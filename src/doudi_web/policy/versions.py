"""A pack's new version on its way: brought by one person, checked, tried on real visits, approved by another.

What was brought is never edited: a mended pack is a new version. What rules is changed by an approval alone, which
installs the version as it was checked. Each step is one transaction with one line of the audit log.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from doudi.cases import run_cases
from doudi.compile import Policy, check_pack
from doudi.errors import Fault, Faulty, fault
from doudi.packs.load import Files, read_pack
from doudi.settle import Shelf
from doudi.wire.settlements import fault_json
from doudi_web.audit_log.actions import record
from doudi_web.policy.actions import Installed, alone, install_pack, keep_pack, withdraw_pack
from doudi_web.policy.models import InForce, Version
from doudi_web.policy.rules import generation, kept_files, rules, together
from doudi_web.policy.uploading import Brought
from doudi_web.tenancy.clock import now, real_now, told, told_or_none
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

DRAFT, CHECKED, APPROVED, REFUSED, DROPPED = "draft", "checked", "approved", "refused", "dropped"
INSTALL, WITHDRAW = "install", "withdraw"
OPEN = (DRAFT, CHECKED)
TITLES = {
    DRAFT: "草稿，有错", CHECKED: "查过了", APPROVED: "批准了", REFUSED: "没有批准", DROPPED: "放弃了",
}  # fmt: skip
_FAULTS_KEPT = 200


def bring(actor: Actor, brought: Brought, since: datetime | None, reason: str) -> int:
    """Keep a new version and check it: rules, values, sources, worked cases. Its number.

    With faults it stays a draft, and says which, each with its file and line. Raises Refusal 403, 422.
    """
    actor.must(Act.POLICIES_PROPOSE)
    return keep(actor, brought, since, reason)


def keep(actor: Actor, brought: Brought, since: datetime | None, reason: str) -> int:
    """Keep a new version, whoever brings it: also at the machine itself, where nobody approves. Its number."""
    said = _reason(reason)
    try:
        digest = keep_pack(brought.name, brought.files)
    except Faulty as error:
        raise Refusal(422, error.faults) from error
    found = checked(brought.name, brought.files)
    found["left_out"] = list(brought.left_out)
    with transaction.atomic():
        made = Version.objects.create(
            kind=INSTALL, name=brought.name, source_id=digest, since=since, reason=said, asked_by=actor.key,
            asked=now(), found=found, state=DRAFT if found["faults"] else CHECKED,
        )  # fmt: skip
        detail = {"digest": digest.hex(), "since": told_or_none(since), "faults": found["count"]}
        record(actor, "policies.bring", f"policy:{made.pk}", reason=said, detail=detail)
    return made.pk


def must_be_first(name: str, files: Files) -> None:
    """Raises Faulty where one person would put something else in the place of what rules or ruled.

    At the machine a pack is installed the first time, and one that ruled before is put back as it was.
    """
    known = InForce.objects.filter(kind="pack", name=name, source__isnull=False)
    if not known.exists():
        return
    digest = keep_pack(name, files)
    last = InForce.objects.filter(kind="pack", name=name).order_by("-since", "-id").first()
    ruling = None if last is None or last.source_id is None else bytes(last.source_id)
    same = known.filter(source_id=digest)
    if ruling != digest and (ruling is not None or not same.exists()):
        raise Faulty([fault("S735", name, pack=name)])


def ask_end(actor: Actor, name: str, since: datetime | None, reason: str) -> int:
    """Ask that a pack rules no more; another person decides. Its number. Raises Refusal 403, 409, 422."""
    actor.must(Act.POLICIES_PROPOSE)
    said = _reason(reason)
    if name not in rules(generation()).digests:
        raise Refusal.of(422, "S449", name, since=told(real_now()))
    with transaction.atomic():
        open_ = Version.objects.filter(kind=WITHDRAW, name=name, state__in=OPEN).first()
        if open_ is not None:
            raise Refusal.of(
                409, "S732", str(open_.pk), number=open_.pk, state="已经有人提出停止执行"
            )
        made = Version.objects.create(
            kind=WITHDRAW, name=name, since=since, reason=said, asked_by=actor.key, asked=now(),
            state=CHECKED,
        )  # fmt: skip
        detail = {"name": name, "since": told_or_none(since)}
        record(actor, "policies.end", f"policy:{made.pk}", reason=said, detail=detail)
    return made.pk


def checked(name: str, files: Files) -> dict[str, Any]:
    """What is wrong with a pack, as `doudi pack check` and `doudi pack test` say it, and what it consists of."""
    shelf = shelf_with(name, files)
    policies, faults = compiled(name, shelf)
    cases = held = 0
    if not faults:
        try:
            for result in run_cases(name, files, shelf):
                cases += 1
                held += not result.faults
                faults += result.faults
        except Faulty as error:
            faults += error.faults
        if not cases:
            faults.append(fault("P302", f"{name}/cases"))
    return {
        "faults": [fault_json(one) for one in faults[:_FAULTS_KEPT]],
        "count": len(faults),
        "cases": cases,
        "held": held,
        "parameters": len(policies[0].pack.parameters) if policies else 0,
        "fingerprints": [{"since": str(p.since), "fingerprint": p.fingerprint} for p in policies],
    }


def shelf_with(name: str, files: Files) -> Shelf:
    """What rules now, with this pack in its place, and used for every bill."""
    shelf = rules(generation()).shelf
    return Shelf(lambda asked: files if asked == name else shelf.find(asked), shelf.heads, name)


def compiled(name: str, shelf: Shelf) -> tuple[list[Policy], list[Fault]]:
    """Every policy that a pack is over its days, or everything wrong with it."""
    pack, faults = read_pack(name, shelf.find)
    if pack is None:
        return [], faults
    policies, found = check_pack(pack)
    return policies, list(dict.fromkeys((*faults, *found)))


def note_tried(number: int, ruled: bytes) -> None:
    """A version was tried on real visits, held against what ruled (`together`)."""
    Version.objects.filter(pk=number).update(tried=now(), ruled=ruled)


def approve(actor: Actor, number: int, reason: str) -> Installed:
    """Put a version in force as it was checked, or end a pack; by another than who asked.

    Raises Refusal: 403; 404; 409 where it is decided, was not tried, or something else rules since it was; 422.
    """
    actor.must(Act.POLICIES_APPROVE)
    said = _reason(reason)
    try:
        with alone():
            one = _to_decide(actor, number)
            at = one.since if one.since is not None and one.since > real_now() else None
            if one.kind == WITHDRAW:
                done = withdraw_pack(actor, one.name, at, said)
            else:
                _must_be_tried(one)
                assert one.source_id is not None
                files = kept_files(bytes(one.source_id).hex())
                done = install_pack(actor, one.name, files, at, draft=False)
            row = InForce.objects.filter(kind="pack", name=one.name, since=done.since).order_by(
                "-id"
            )
            one.in_force = row.first()
            _decide(actor, one, APPROVED, said)
            return done
    except Faulty as error:
        raise Refusal(422, error.faults) from error


def refuse(actor: Actor, number: int, reason: str) -> None:
    """Leave what rules as it is; by another than who asked. Raises Refusal 403, 404, 409, 422."""
    actor.must(Act.POLICIES_APPROVE)
    said = _reason(reason)
    with alone():
        _decide(actor, _to_decide(actor, number, may_be_draft=True), REFUSED, said)


def drop(actor: Actor, number: int, reason: str) -> None:
    """Take one's own version back. Raises Refusal 403, 404, 409, 422."""
    actor.must(Act.POLICIES_PROPOSE)
    said = _reason(reason)
    with alone():
        one = locked(number)
        _must_be(one, OPEN)
        if one.asked_by != actor.key:
            raise Refusal.of(
                403, "S732", str(number), number=number, state="别人提出的，只能批准或不批准"
            )
        _decide(actor, one, DROPPED, said)


def locked(number: int) -> Version:
    """A version that is being changed. Raises Refusal 404."""
    one = Version.objects.select_for_update().filter(pk=number).first()
    if one is None:
        raise Refusal.of(404, "S481", "policy", what="政策变更", number=number)
    return one


def _to_decide(actor: Actor, number: int, *, may_be_draft: bool = False) -> Version:
    one = locked(number)
    _must_be(one, OPEN if may_be_draft else (CHECKED,))
    if one.asked_by == actor.key:
        raise Refusal.of(403, "S731", str(number), number=number)
    return one


def _must_be(one: Version, states: tuple[str, ...]) -> None:
    if one.state not in states:
        raise Refusal.of(409, "S732", str(one.pk), number=one.pk, state=TITLES[one.state])


def _must_be_tried(one: Version) -> None:
    """Raises Refusal 409 where nobody saw what it changes on real visits, held against what rules now."""
    if not is_current(one):
        why = "还没有用真实的就诊试算" if one.tried is None else "试算以后，现行的版本换过"
        raise Refusal.of(409, "S733", str(one.pk), number=one.pk, why_=why)


def is_current(one: Version) -> bool:
    """Whether a version was tried, and held against all that rules now."""
    ruled = None if one.ruled is None else bytes(one.ruled)
    return one.tried is not None and ruled == together(rules(generation()))


def _decide(actor: Actor, one: Version, state: str, reason: str) -> None:
    one.state, one.decided, one.decided_by, one.decision = state, now(), actor.key, reason
    one.save()
    detail = {"name": one.name, "kind": one.kind, "state": state}
    record(actor, f"policies.{state}", f"policy:{one.pk}", reason=reason, detail=detail)


def _reason(reason: str) -> str:
    said = reason.strip()
    if not 0 < len(said) <= 400 or not said.isprintable():
        raise Refusal.of(422, "F201", "reason", key="reason", expected="为什么，1 至 400 字")
    return said
