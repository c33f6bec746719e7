"""Long work of the audit desk: the last of a kind, and how far it is."""

from typing import Any

from django.http import HttpResponse
from django.urls import path, reverse

from doudi_web.desk.page import Asked, Shown, page
from doudi_web.oversight.asking import AUDIT, CHAINS, KINDS
from doudi_web.runs import selectors
from doudi_web.runs.kinds import Kind
from doudi_web.runs.models import QUEUED, RUNNING, Run
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

_PAGES = {AUDIT.name: "desk:audits", CHAINS.name: "desk:log"}


def last_of(actor: Actor, kind: Kind) -> dict[str, Any] | None:
    """The last long work of a kind, for who may ask for it; whether it still runs stands under `is_open`."""
    if not actor.may(kind.act):
        return None
    found = Run.objects.filter(kind=kind.name).order_by("-id").first()
    if found is None:
        return None
    told = selectors.run(actor, KINDS, found.pk)
    return told | {"is_open": told["state"] in (QUEUED, RUNNING)}


@page("desk/audit/progress.html", Act.AUDIT_READ, Act.OVERSIGHT_WRITE)
def audit_progress(asked: Asked, kind: str) -> Shown | HttpResponse:
    """How far it is; the whole page anew where it has ended. Raises Refusal 403, 404."""
    if kind not in _PAGES:
        raise Refusal.of(404, "S481", "kind", what="费时的事", number=kind[:40])
    asked.actor.must(KINDS[kind].act)
    told = last_of(asked.actor, KINDS[kind])
    if told is None or not told["is_open"]:
        return HttpResponse(status=200, headers={"HX-Redirect": reverse(_PAGES[kind])})
    return {"run": told}


ADDRESSES = [path("audit-progress/<slug:kind>", audit_progress, name="audit_progress")]
