"""What waits: settlements without the platform's answer, and proposals that the district decides."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from doudi_web.desk.cascading import change_of, pays_of
from doudi_web.desk.page import Asked, Shown, page, show, to
from doudi_web.register.named import names_of
from doudi_web.settlement import awaiting, proposals, summing
from doudi_web.settlement.titles import packs_of, titles_of
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act

_PAGE = 50
_STATES = ("open", "approved", "refused", "superseded")
_OF_FORM = frozenset({409, 422})
"""Refusals that belong to what was typed: it is shown again beside them."""


def _after(asked: Asked) -> int:
    stated = asked.request.GET.get("after", "")
    return int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 19 else 0


@page("desk/awaiting.html", Act.AWAITING_READ, posts=True)
def waits(asked: Asked) -> Shown | HttpResponse:
    """Those that wait for the platform, the oldest first; that it is asked is written down before it is asked."""
    if not asked.is_posted:
        return _waiting(asked, _after(asked))
    try:
        return _asked(asked)
    except Refusal as refused:
        number = asked.request.POST.get("settlement", "")
        if refused.status not in _OF_FORM or not _is_number(number):
            raise
        typed = {
            "settlement": number,
            "platform_message": asked.request.POST.get("platform_message", "")[:80],
            "outcome": asked.request.POST.get("outcome", ""),
        }
        shown = _waiting(asked, 0) | {"typed": typed, "faults": refused.faults}
        return show(asked, "desk/awaiting.html", shown, status=refused.status)


def _waiting(asked: Asked, after: int) -> dict[str, Any]:
    found = awaiting.waiting(asked.actor, after, _PAGE)
    came: Sequence[dict[str, Any]] = found["awaiting"]
    names = names_of(asked.actor, (one["person"] for one in came))
    used = {of["name"] for one in came for of in one["figures"]}
    titles = titles_of(packs_of(int(one["settlement_id"]) for one in came), sums=used).sums
    return {
        "rows": [
            one | {
                "name": names.get(one["person"], ""),
                "figures": [of | {"title": titles.get(of["name"], of["name"])} for of in one["figures"]],
            }
            for one in came
        ],
        "after": found["after"], "is_first": not after, "sums": summing.sums_awaiting(asked.actor),
        "outcomes": [("sent", _("现在去问")), ("no_answer", _("没有等到回音")), ("not_settled", _("平台说没有结"))],
    }  # fmt: skip


def _is_number(stated: str) -> bool:
    return stated.isascii() and stated.isdigit() and len(stated) < 19


def _asked(asked: Asked) -> HttpResponse:
    """Write down that the platform is asked, and what came of it. Raises Refusal."""
    posted = asked.request.POST
    number, message = posted.get("settlement", ""), posted.get("platform_message", "").strip()
    outcome = posted.get("outcome", "")
    if not _is_number(number):
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
    after = _after(asked)
    found = proposals.proposals(
        asked.actor, state=state, person="", facility="", after=after, limit=_PAGE
    )
    came: Sequence[dict[str, Any]] = found["proposals"]
    sums = proposals.sums(asked.actor, state)
    names = names_of(asked.actor, (one["person"] for one in came))
    titles = _titles(came, sums)
    return {
        "rows": [_row(one, titles) | {"name": names.get(one["person"], "")} for one in came],
        "after": found["after"], "is_first": not after, "state": state, "sums": sums,
        "pays": change_of(sums.payers, titles),
        "states": [("open", _("待定")), ("approved", _("批准了")), ("refused", _("没有批准")),
                   ("superseded", _("作废了")), ("all", _("全部"))],
    }  # fmt: skip


def _titles(came: Sequence[dict[str, Any]], sums: proposals.Sums) -> dict[str, str]:
    sides = [side for one in came for side in (one.get("recorded"), one.get("amounts")) if side]
    layers = {key for side in sides for key in side["payments"]} | set(sums.payers)
    packs = (side["pack"] for side in sides)
    return dict(titles_of(packs, layers - {"floor", "hospital", "patient"}).layers)


def _row(one: dict[str, Any], titles: dict[str, str]) -> dict[str, Any]:
    """A proposal with every payer as recorded and as it would be."""
    recorded, amounts = one.get("recorded"), one.get("amounts")
    pays = pays_of(recorded, amounts, titles) if recorded and amounts else []
    return one | {"pays": [p for p in pays if p.change]}


ADDRESSES = [
    path("awaiting", waits, name="awaiting"),
    path("proposals", proposed, name="proposals"),
]
