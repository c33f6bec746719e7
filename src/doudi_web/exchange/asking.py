"""Asking for an export, or for a look at what it would hold: long work that the desk asks for."""

from typing import Any

from doudi_web.runs import actions as runs
from doudi_web.runs.kinds import Kind
from doudi_web.runs.models import Run
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

EXPORT = Kind("export", Act.EXPORT)
LOOK = Kind("export_look", Act.EXPORT)
_REASON = 400


def ask_export(actor: Actor, profile: str, reason: str, *, whole: bool, rejected: bool) -> int:
    """Ask that an export be made; the number of the long work. Raises Refusal 403, 409, 422."""
    said = reason.strip()
    if not 0 < len(said) <= _REASON or not said.isprintable():
        raise Refusal.of(422, "F201", "reason", key="reason", expected="为什么，1 至 400 字")
    return runs.ask(actor, EXPORT, _parameters(profile, whole=whole, rejected=rejected), said)["id"]


def ask_look(actor: Actor, profile: str, *, whole: bool, rejected: bool) -> int:
    """Ask what an export would hold; the number of the long work. Raises Refusal 403, 409."""
    parameters = _parameters(profile, whole=whole, rejected=rejected)
    return runs.ask(actor, LOOK, parameters, "看一看会报什么")["id"]


def _parameters(profile: str, *, whole: bool, rejected: bool) -> dict[str, Any]:
    flags = {"all": whole, "rejected": rejected}
    return {"profile": profile, **{key: True for key, is_set in flags.items() if is_set}}


def last_run(actor: Actor, kind: Kind, profile: str) -> Run | None:
    """The last long work of a kind for a profile. Raises Refusal 403."""
    actor.must(Act.EXPORTS_READ)
    found = Run.objects.filter(kind=kind.name, parameters__profile=profile)
    return found.order_by("-id").first()
