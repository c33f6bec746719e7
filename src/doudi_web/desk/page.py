"""A page: who asks for it, what it shows, and what it says where it cannot be shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from doudi.errors import Fault, fault
from doudi.source_text import shown as shown_text
from doudi_web.audit_log.actions import record
from doudi_web.desk.navigation import places_of
from doudi_web.tenancy import passwords, sessions
from doudi_web.tenancy.addresses import must_name_nobody
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.demonstration import demo_day
from doudi_web.tenancy.models import Account
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import TITLES, Act
from doudi_web.tenancy.who import Actor, actor_of_account

Shown = Mapping[str, Any] | HttpResponse
Crumb = tuple[str, str | None]
"""A step of the path to a page: its name, and its address where it is not this page."""

POLLS = "poll"
"""The key in an address by which a page asks again by itself: nobody is at work, the session grows older."""

_SEE_OTHER = 303
_DONE, _MOST_DONE = "doudi_done", 20
"""The key in a session of the forms that were done, by the names under which a browser keeps what was typed."""

_RECORDED = frozenset({403, 409, 410})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of somebody who has logged in."""

    request: HttpRequest
    account: Account
    actor: Actor

    @property
    def is_part(self) -> bool:
        """Whether a card is asked for, not a whole page."""
        return self.request.headers.get("HX-Request") == "true"

    @property
    def is_posted(self) -> bool:
        """Whether something is to be done."""
        return self.request.method == "POST"


def page(
    template: str, *acts: Act, posts: bool = False
) -> Callable[[Callable[..., Shown]], Callable[..., HttpResponse]]:
    """A view that returns what its template shows, or an answer of its own.

    Who may do none of `acts` is told so; what a room refuses is a page of its own with the faults, and the way on.
    With `posts` the view is asked to act too, and tells `Refusal` 422 beside its own form where it can.
    """

    def made(view: Callable[..., Shown]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def answer(request: HttpRequest, **named: Any) -> HttpResponse:
            if request.method not in ({"GET", "HEAD", "POST"} if posts else {"GET", "HEAD"}):
                return HttpResponse(status=405, headers={"Allow": "GET, POST" if posts else "GET"})
            asked: Asked | None = None
            try:
                asked = _asking(request)
                must_name_nobody(request)
                _must_be_text(request)
                if acts and not any(asked.actor.may(act) for act in acts):
                    asked.actor.must(acts[0])
                shown = view(asked, **named)
            except Refusal as refused:
                return _refused(request, asked, refused)
            if isinstance(shown, HttpResponse):
                if asked.is_posted and shown.status_code == _SEE_OTHER:
                    _note_done(asked)
                return shown
            return show(asked, template, shown)

        answer.acts = acts  # pyright: ignore[reportAttributeAccessIssue]  # what the table of permissions asks for
        return answer

    return made


def show(
    asked: Asked, template: str, shown: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """A template with what every page has: who works here, the places, the day."""
    return render(asked.request, template, {**_frame(asked), **shown}, status=status)


def _frame(asked: Asked) -> dict[str, Any]:
    account, path = asked.account, asked.request.path
    places = [] if asked.is_part else places_of(asked.actor, path)
    rest = [one for one in places if not one.on_bar]
    return {
        "asked": asked,
        "actor": asked.actor,
        "account": account,
        "role_title": TITLES[asked.actor.role],
        "hospital": account.facility,
        "places": places,
        "rest": rest,
        "rest_needs": sum(one.waiting or 0 for one in rest if one.place.needs),
        "demo_day": demo_day(),
        "now": now(),
        "done_forms": () if asked.is_part else asked.request.session.pop(_DONE, ()),
        "large": asked.request.COOKIES.get("doudi_large") == "1",
    }


def _note_done(asked: Asked) -> None:
    """Of a form that was done the browser forgets what was typed, once the next page tells it so."""
    name = str(asked.request.POST.get("kept", ""))[:120]
    if name:
        session = asked.request.session
        session[_DONE] = [*session.get(_DONE, ()), name][-_MOST_DONE:]


def _asking(request: HttpRequest) -> Asked:
    """Who has logged in. Raises Refusal 401, 403."""
    if not sessions.is_there(request):
        raise Refusal.of(401, "S401", "session")
    account = sessions.account_of(request, at_work=POLLS not in request.GET)
    request.META["doudi.actor"] = f"account:{account.pk}"
    if passwords.is_over(account):
        raise Refusal.of(403, "S474", "password")
    return Asked(request, account, actor_of_account(account))


def _refused(request: HttpRequest, asked: Asked | None, refused: Refusal) -> HttpResponse:
    codes = {f.code for f in refused.faults}
    if asked is None:  # nobody, or somebody whose password is over
        entry = reverse("desk:password" if "S474" in codes else "desk:login")
        had = settings.SESSION_COOKIE_NAME in request.COOKIES  # a session that is over, not none
        told = {"next": _own_address(request), **({"ended": 1} if had else {})}
        return _away(request, f"{entry}?{urlencode(told)}")
    if refused.status in _RECORDED:
        detail = {"status": refused.status, "codes": sorted(codes)}
        record(asked.actor, "refused", f"{request.method} {_route(request)}"[:80], detail=detail)
    name = "desk/refused_part.html" if asked.is_part else "desk/refused.html"
    shown = {"status": refused.status, "faults": refused.faults, "back": _back(request)}
    return show(asked, name, shown, status=refused.status)


def _must_be_text(request: HttpRequest) -> None:
    """Raises Refusal 422 where something that was typed has the one character that no row can hold."""
    match = request.resolver_match
    parts = [(key, [str(value)]) for key, value in (match.kwargs if match else {}).items()]
    parts += [*request.GET.lists(), *request.POST.lists()]
    faults = [
        fault("F203", shown_text(key), value=shown_text(value, 40), expected="看得见的文字")
        for key, values in parts
        for value in values
        if "\0" in value
    ]
    if faults:
        raise Refusal(422, faults)


def _away(request: HttpRequest, address: str) -> HttpResponse:
    """To another page, the whole page also where a card was asked for."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponse(status=303, headers={"Location": address})


def to(address: str) -> HttpResponse:
    """What follows an act: the page that shows what it came to, so that nobody sends it twice by reloading."""
    return HttpResponse(status=303, headers={"Location": address})


def safe_next(request: HttpRequest) -> str:
    """Where to go after the login: an address of ours, else the first page."""
    stated = str(request.POST.get("next") or request.GET.get("next") or "")
    is_ours = url_has_allowed_host_and_scheme(stated, allowed_hosts=None)
    return stated if is_ours and stated.startswith("/desk/") else reverse("desk:home")


def _own_address(request: HttpRequest) -> str:
    """The page on which somebody was: of a card the page that it stands on; what was posted is not sent again."""
    stated = request.headers.get("HX-Current-URL", "") or request.get_full_path()
    return stated[stated.find("/desk/") :] if "/desk/" in stated else reverse("desk:home")


def _back(request: HttpRequest) -> str:
    stated = request.headers.get("Referer", "")
    own = stated[stated.find("/desk/") :] if "/desk/" in stated else ""
    return own if own and own != request.get_full_path() else reverse("desk:home")


def _route(request: HttpRequest) -> str:
    match = request.resolver_match
    return match.route if match else ""


def faults_of(refused: Refusal) -> tuple[Fault, ...]:
    """What a form shows of a refusal that belongs to it; any other is raised on."""
    if refused.status not in (401, 422, 429):
        raise refused
    return refused.faults
