"""Coming in and going: login, logout, one's own password; in a demonstration a door that opens once."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import path, reverse

from doudi_web.accounts import demonstration, logging_in
from doudi_web.desk.page import faults_of, safe_next, to
from doudi_web.tenancy import passwords, sessions
from doudi_web.tenancy.demonstration import demo_day
from doudi_web.tenancy.models import Account
from doudi_web.tenancy.refusals import Refusal


def login(request: HttpRequest) -> HttpResponse:
    """Who are you. A wrong password keeps the name and where somebody wanted to go."""
    shown: dict[str, Any] = {"next": safe_next(request), "username": ""}
    if request.method != "POST":
        shown["ended"] = "ended" in request.GET
        return _entry(request, "desk/login.html", shown)
    typed = {key: request.POST.get(key, "")[:200] for key in ("username", "password", "code")}
    try:
        account = logging_in.log_in(logging_in.Credentials(**typed))
    except Refusal as refused:
        return _entry(
            request, "desk/login.html",
            {**shown, "username": typed["username"], "faults": refused.faults},
            status=refused.status,
        )  # fmt: skip
    sessions.begin(request, account)
    rotate_token(request)
    request.META["doudi.actor"] = f"account:{account.pk}"
    return to(reverse("desk:password") if passwords.is_over(account) else safe_next(request))


def logout(request: HttpRequest) -> HttpResponse:
    """Gone; what the page kept of unsaved input goes with it."""
    if request.method != "POST":
        return to(reverse("desk:home"))
    if sessions.is_there(request):
        with suppress(Refusal):  # it was over already
            logging_in.log_out(sessions.account_of(request))
        sessions.end(request)
    return _entry(request, "desk/login.html", {"next": reverse("desk:home"), "left": True})


def password(request: HttpRequest) -> HttpResponse:
    """One's own password; where it is over, nothing else is done before."""
    try:
        account = _own_account(request)
    except Refusal:
        return to(reverse("desk:login"))
    shown: dict[str, Any] = {
        "next": safe_next(request), "is_over": passwords.is_over(account), "name": account.name,
    }  # fmt: skip
    if request.method != "POST":
        return _entry(request, "desk/password.html", shown)
    old, new, again = (request.POST.get(key, "")[:200] for key in ("old", "new", "again"))
    if new != again:
        return _entry(request, "desk/password.html", {**shown, "differ": True}, status=422)
    try:
        logging_in.change_password(account, old, new)
    except Refusal as refused:
        faults = faults_of(refused)
        return _entry(
            request, "desk/password.html", {**shown, "faults": faults}, status=refused.status
        )
    sessions.begin(request, account)
    rotate_token(request)
    return to(safe_next(request))


def enter(request: HttpRequest, key: str) -> HttpResponse:
    """The door of a demonstration: the key that its start prints opens it once, to the worklist of its hospital."""
    account = demonstration.entered(key)
    if account is None:
        return to(reverse("desk:login"))
    sessions.begin(request, account)
    rotate_token(request)
    return to(reverse("desk:home"))


def _own_account(request: HttpRequest) -> Account:
    if not sessions.is_there(request):
        raise Refusal.of(401, "S401", "session")
    return sessions.account_of(request)


def _entry(
    request: HttpRequest, template: str, shown: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    large = request.COOKIES.get("doudi_large") == "1"
    return render(
        request, template, {"demo_day": demo_day(), "large": large, **shown}, status=status
    )


ADDRESSES = [
    path("login", login, name="login"),
    path("logout", logout, name="logout"),
    path("password", password, name="password"),
    path("enter/<str:key>", enter, name="enter"),
]
