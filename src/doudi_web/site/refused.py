"""What Django itself refuses, before or beside our routes: told by faults, as every refusal is."""

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError

from doudi.errors import Fault, fault
from doudi.wire.settlements import fault_json

SENT_WRONG = (SuspiciousOperation, BadRequest, MultiPartParserError, UnreadablePostError)
"""What is raised where the request itself is wrong: no defect of ours."""


def refusal(status: int, told: Fault) -> JsonResponse:
    """An answer with one fault."""
    return JsonResponse(
        {"faults": [fault_json(told)]}, status=status, json_dumps_params={"ensure_ascii": False}
    )


def malformed() -> JsonResponse:
    """The request itself is wrong."""
    return refusal(400, fault("S412", ""))


def in_our_words(request: HttpRequest, response: HttpResponse, request_id: str) -> HttpResponse:
    """The answer; a refusal that is a page of Django's becomes one with a fault."""
    if response.status_code < 400 or "json" in response.get("Content-Type", ""):
        return response
    match response.status_code:
        case 400:
            made = malformed()
        case 403:
            made = refusal(403, fault("S473", "X-CSRFToken"))
        case 404:
            made = refusal(404, fault("S407", ""))
        case 405:
            allowed = response.get("Allow", "")
            made = refusal(405, fault("S408", "", method=str(request.method)[:20], allowed=allowed))
            made["Allow"] = allowed
        case _:
            made = refusal(503, fault("S500", request_id))
    return made
