"""What every request passes: an id, a line in the log, and no stack trace in an answer."""

import json
import logging
import secrets
import time
from collections.abc import Callable

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError

from doudi_web.operation.meters import METERS
from doudi_web.site.misfits import bad_request, failed, tell_methods
from doudi_web.site.pages import FAULT
from doudi_web.tenancy.demonstration import demo_day
from doudi_web.tenancy.request_id import REQUEST_ID

_log = logging.getLogger("doudi.requests")

_NO_REQUEST = (BadRequest, MultiPartParserError, SuspiciousOperation, Http404)

Answer = Callable[[HttpRequest], HttpResponse]


class Requests:
    """Middleware: numbers requests, times them, and turns a defect of ours into a fault that says its number."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer one request."""
        request_id = secrets.token_hex(8)
        request.META["doudi.request_id"] = request_id
        REQUEST_ID.set(request_id)
        start = time.perf_counter()
        response = self._answer(request)
        if response.status_code == 405:
            tell_methods(request, response)
        response["X-Request-Id"] = request_id
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        if (day := demo_day()) is not None:
            response["X-Doudi-Demo"] = day.isoformat()
        match = request.resolver_match
        route, seconds = match.route if match else None, time.perf_counter() - start
        codes = _codes(response) if response.status_code >= 500 else ()
        METERS.record(str(request.method), route, response.status_code, seconds, codes)
        _log.info(
            "request",
            extra={
                "request_id": request_id,
                "method": request.method,
                "route": route,
                "status": response.status_code,
                "milliseconds": round(seconds * 1000, 2),
                "actor": request.META.get("doudi.actor"),
            },
        )
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A defect of ours; what is no request at all, or was not sent to its end, is told as that."""
        if isinstance(error, UnreadablePostError):
            return bad_request(request, error)
        return None if isinstance(error, _NO_REQUEST) else failed(request)


def _codes(response: HttpResponse) -> list[str]:
    """The codes of the faults that an answer tells."""
    if FAULT in response.headers:
        return [response.headers[FAULT]]
    try:
        return [str(one["code"]) for one in json.loads(response.content)["faults"]]
    except (AttributeError, ValueError, KeyError, TypeError):  # a page, or no answer of ours
        return []
