"""What waits: settlements without the platform's answer, and proposals that the district decides."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from doudi_web.desk.cascading import pays_of
from doudi_web.desk.page import Asked, Shown, page, to
from doudi_web.settlement import awaiting, proposals
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act

_PAGE = 50
_STATES = ("open", "approved", "refused", "superseded")


def _after(asked: Asked) -> int:
    stated = asked.request.GET.get("after", "")
    return int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 19 else 0


@page("desk/awaiting.html", Act.AWAITING_READ, posts=True)
def waits(asked: Asked) -> Shown | HttpResponse:
    """Those that wait for the platform, the oldest first; that it is asked is written down before it is asked."""
    if asked.is_posted:
        return _asked(asked)
    found = awaiting.waiting(asked.actor, _after(asked), _PAGE)
    return {"rows": found["awaiting"], "after": found["after"]}


def _asked(asked: Asked) -> HttpResponse:
    """Write down that the platform is asked, and what came of it. Raises Refusal."""
    posted = asked.request.POST
    number, message = posted.get("settlement", ""), posted.get("platform_message", "").strip()
    outcome = posted.get("outcome", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Refusal.of(404, "S406", "settlement")
    if not message or len(message) > 80 or outcome not in awaiting.OUTCOMES:
        expected = _("问平台用的报文号，1 至 80 字")
        raise Refusal.of(422, "F201", "platform_message", key="platform_message", expected=expected)
    awaiting.asked(asked.actor, int(number), message, outcome)
    messages.success(asked.request, _("记下了：报文 %(message)s") % {"message": message})
    return to(reverse("desk:awaiting"))


@page("desk/proposals.html", Act.PROPOSALS_READ)
def proposed(asked: Asked) -> Shown:
    """What would come out otherwise by now; a hospital sees its own, the district decides."""
    state = asked.request.GET.get("state", "open")
    state = state if state in _STATES else ""
    found = proposals.proposals(
        asked.actor, state=state, person="", facility="", after=_after(asked), limit=_PAGE
    )
    return {
        "rows": [_row(one) for one in found["proposals"]], "after": found["after"], "state": state,
        "states": [("open", _("待定")), ("approved", _("批准了")), ("refused", _("没有批准")),
                   ("superseded", _("作废了")), ("all", _("全部"))],
    }  # fmt: skip


def _row(one: dict[str, Any]) -> dict[str, Any]:
    """A proposal with every payer as recorded and as it would be."""
    recorded, amounts = one.get("recorded"), one.get("amounts")
    pays = pays_of(recorded, amounts, {}) if recorded and amounts else []
    return one | {"pays": [p for p in pays if p.change]}


ADDRESSES = [
    path("awaiting", waits, name="awaiting"),
    path("proposals", proposed, name="proposals"),
]
