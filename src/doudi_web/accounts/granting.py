"""Two people to a role: the system administrator asks for it, the security administrator confirms it."""

from django.db import transaction

from doudi_web.audit_log.actions import record
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.models import Account, Grant, Token
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act, Role
from doudi_web.tenancy.who import Actor


def ask(
    actor: Actor, holder: Account | Token, role: Role, facility: str | None, township: str | None
) -> int:
    """Ask for a role; what was asked for the same holder before and is not decided falls away."""
    of = {"account": holder} if isinstance(holder, Account) else {"token": holder}
    Grant.objects.filter(**of, decided=None).update(
        decided=now(), decided_by=actor.key, accepted=False, reason="由后来的申请代替"
    )
    made = Grant.objects.create(
        **of, role=role.value, facility_id=facility, township_id=township, asked_by=actor.key, asked=now()
    )  # fmt: skip
    return made.pk


def decide(actor: Actor, number: int, accept: bool, reason: str) -> None:
    """Confirm or decline; a confirmed role holds at once and the account's sessions end.

    Raises Refusal 403, 404, 409.
    """
    actor.must(Act.GRANTS_DECIDE)
    with transaction.atomic():
        grant = Grant.objects.select_for_update().filter(pk=number).first()
        if grant is None:
            raise Refusal.of(404, "S481", "grant", what="申请", number=number)
        if grant.decided is not None:
            raise Refusal.of(409, "S482", "grant", number=number)
        if actor.key in {f"account:{grant.account_id}", grant.asked_by}:
            raise Refusal.of(403, "S480", actor.key)
        grant.decided, grant.decided_by, grant.accepted = now(), actor.key, accept
        grant.reason = reason
        grant.save()
        if accept:
            _hold(grant)
        subject = f"account:{grant.account_id}" if grant.account_id else f"token:{grant.token_id}"
        detail = {
            "grant": number, "role": grant.role, "facility": grant.facility_id,
            "township": grant.township_id,
        }  # fmt: skip
        record(
            actor, "grants.accept" if accept else "grants.decline", subject, reason=reason, detail=detail
        )  # fmt: skip


def _hold(grant: Grant) -> None:
    """The role is the holder's."""
    if grant.token_id is not None:
        Token.objects.filter(pk=grant.token_id).update(confirmed=now())
        return
    account = Account.objects.select_for_update().get(pk=grant.account_id)
    account.role, account.confirmed = grant.role, now()
    account.facility_id, account.township_id = grant.facility_id, grant.township_id
    account.generation += 1
    account.save()
