"""Plain pages: that the service runs and where its interface is described; what is wrong with an address."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from doudi.errors import Fault
from doudi.version import VERSION
from doudi_web.tenancy.demonstration import demo_day

FAULT = "X-Doudi-Fault"
"""The header of a page of a fault, that says its code to programs."""


def status_page(request: HttpRequest) -> HttpResponse:
    """One page without data: version, the demonstration's day, links."""
    return render(request, "desk/status.html", _shown(request) | {"version": VERSION})


def fault_page(request: HttpRequest, told: Fault, status: int) -> HttpResponse:
    """A fault for somebody with a browser."""
    shown = _shown(request) | {"fault": told, "is_ours": status >= 500}
    made = render(request, "desk/fault.html", shown, status=status)
    made[FAULT] = told.code
    return made


def _shown(request: HttpRequest) -> dict[str, object]:
    return {"demo_day": demo_day(), "large": request.COOKIES.get("doudi_large") == "1"}
