"""Requests that no route answers, and failures outside of the routes: one fault, as JSON or as a plain page."""

import logging
import sys

import psycopg
from django.contrib.sessions.exceptions import (
    SessionInterrupted,  # pyright: ignore[reportAttributeAccessIssue]  # newer than the types
)
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from doudi.errors import Fault, fault
from doudi.wire.settlements import fault_json
from doudi_web.site.pages import fault_page

_log = logging.getLogger("doudi.requests")
_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, OperationalError, InterfaceError)
"""What says that the database is away or full; any other error of it is a defect of ours."""
_PROGRAMS = ("/api", "/healthz", "/metrics")
"""Where programs ask; anywhere else somebody looks with a browser."""


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  # Django names it
    """No route has this address."""
    return told_to(request, 404, fault("S507", "path"))


def tell_methods(request: HttpRequest, refused: HttpResponse) -> None:
    """The address has no such method: the answer, whose headers stay, says which it has."""
    allowed = ", ".join(sorted(refused.headers.get("Allow", "").split(", ")))
    refused["Allow"] = allowed
    made = told_to(request, 405, fault("S508", "method", method=request.method, allowed=allowed))
    refused.content = made.content  # pyright: ignore[reportAttributeAccessIssue]  # may be set
    refused["Content-Type"] = made["Content-Type"]


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What is no request, or has a Host that is none; or the session ended while its request was answered."""
    if isinstance(exception, SessionInterrupted):
        return told_to(request, 401, fault("S472", "session"))
    return told_to(request, 400, fault("S509", "request"))


def forged(request: HttpRequest, **_: str) -> HttpResponse:
    """A form of another page."""
    return told_to(request, 403, fault("S473", "X-CSRFToken"))


def failed(request: HttpRequest) -> HttpResponse:
    """Whatever went wrong outside of the routes: logged with its place, told without it."""
    error = sys.exception()
    if isinstance(error, psycopg.Error | DatabaseError):
        connection.close()
    if isinstance(error, _AWAY):
        return told_to(request, 503, fault("S504", "", kind=type(error).__name__))
    request_id = str(request.META.get("doudi.request_id"))
    _log.error("defect", exc_info=error, extra={"request_id": request_id})
    return told_to(request, 503, fault("S500", request_id))


def told_to(request: HttpRequest, status: int, told: Fault) -> HttpResponse:
    if not request.path.startswith(_PROGRAMS):
        return fault_page(request, told, status)
    return JsonResponse(
        {"faults": [fault_json(told)]}, status=status, json_dumps_params={"ensure_ascii": False}
    )
