"""The first page: each role's own."""

from django.http import HttpResponse
from django.urls import path

from doudi_web.desk.navigation import places_of
from doudi_web.desk.page import Asked, Shown, page, to


@page("desk/home.html")
def home(asked: Asked) -> Shown | HttpResponse:
    """The first place that the role has; who has none is told where their work is done."""
    found = places_of(asked.actor, "")
    return to(found[0].address) if found else {}


ADDRESSES = [path("", home, name="home")]
