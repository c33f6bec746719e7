"""Every route of /api/v1. A body is read by the engine's own reader, so that its faults are all told, with places."""

from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import ValidationError as NinjaValidation

from doudi.errors import Faulty, fault
from doudi.source_text import JSON_LIMIT_MB, Document, decode, read_json
from doudi.version import VERSION
from doudi.wire.settlements import fault_json
from doudi_web.settlement import actions, selectors
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.who import Actor, actor_of

api = NinjaAPI(
    title="兜底 Doudi",
    version=VERSION,
    urls_namespace="api",
    docs_url="/api/v1/docs",
    openapi_url="/api/v1/openapi.json",
)

_JSON = "application/json; charset=utf-8"


def _actor(request: HttpRequest) -> Actor:
    actor = actor_of(request.headers.get("Authorization"), now)
    request.META["doudi.actor"] = actor.key
    return actor


def _body(request: HttpRequest) -> Document:
    """The body as the engine reads a file. Raises Refusal 413, 422."""
    if len(request.body) > JSON_LIMIT_MB * 2**20:
        raise Refusal.of(413, "S413", "body", limit=JSON_LIMIT_MB)
    try:
        return read_json("body", decode("body", request.body, limit_mb=JSON_LIMIT_MB))
    except Faulty as error:
        raise Refusal(422, error.faults) from error


def _text(status: int, text: str) -> HttpResponse:
    return HttpResponse(text, status=status, content_type=_JSON)


@api.exception_handler(Refusal)
def _refused(_: HttpRequest, refused: Refusal) -> HttpResponse:
    faults = [fault_json(f) for f in refused.faults]
    return JsonResponse(
        {"faults": faults}, status=refused.status, json_dumps_params={"ensure_ascii": False}
    )


@api.exception_handler(NinjaValidation)
def _not_valid(request: HttpRequest, error: NinjaValidation) -> HttpResponse:
    """A parameter of a wrong form."""
    faults = [
        fault(
            "F203",
            ".".join(map(str, item["loc"])),
            value=str(item.get("input", "")),
            expected=item["msg"],
        )
        for item in error.errors
    ]
    return _refused(request, Refusal(422, faults))


@api.exception_handler(DatabaseError)
def _no_database(request: HttpRequest, error: Exception) -> HttpResponse:
    """The database is away or full: nothing was written, the sender may ask again."""
    return _refused(request, Refusal.of(503, "S504", "", kind=type(error).__name__))


@api.post("/api/v1/settlements", operation_id="settle")
def settle(request: HttpRequest) -> HttpResponse:
    """结算一次就医：{message_id, bill}。201 结算结果；同一消息再来 200，同样的回答；消息号相同内容不同 409。"""
    answer = actions.settle(_actor(request), _body(request))
    return _text(answer.status, answer.text)


@api.get("/api/v1/settlements/{settlement}", operation_id="settlement")
def settlement(request: HttpRequest, settlement: int) -> HttpResponse:
    """一次结算的结果。"""
    return _text(200, selectors.settlement(_actor(request), settlement))


@api.post("/api/v1/settlements/{settlement}/reverse", operation_id="reverse")
def reverse(request: HttpRequest, settlement: int) -> HttpResponse:
    """撤销一次结算：{message_id, reason}。记相反的分录，不删除；第二次 409。"""
    actor, body = _actor(request), _body(request).value
    stated = body if isinstance(body, dict) else {}
    message, reason = stated.get("message_id"), stated.get("reason")
    faults = [
        fault("F201", key, key=key, expected=expected)
        for key, value, most, expected in (
            ("message_id", message, 80, "消息号"),
            ("reason", reason, 400, "为什么撤销"),
        )
        if not isinstance(value, str) or not 0 < len(value) <= most
    ]
    if faults:
        raise Refusal(422, faults)
    answer = actions.reverse(actor, settlement, str(message), str(reason))
    return _text(answer.status, answer.text)


@api.get("/api/v1/persons/{person}/accumulators", operation_id="accumulators")
def accumulators(request: HttpRequest, person: str, year: int) -> dict[str, Any]:
    """下一次结算会看到的年度累计。"""
    return selectors.accumulators(_actor(request), person, year)


@api.get("/api/v1/ledger/entries", operation_id="entries")
def entries(request: HttpRequest, after: int = 0, limit: int = 1000) -> dict[str, Any]:
    """分录，按记账的次序。"""
    return selectors.entries(_actor(request), after, min(max(limit, 1), 10_000))


@api.get("/healthz", operation_id="health")
def health(_: HttpRequest) -> dict[str, Any]:
    """服务和数据库是否在运行。"""
    return selectors.health()
