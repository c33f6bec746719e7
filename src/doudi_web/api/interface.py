"""The interface itself: who asks, how a body is read, how refusals and defects are told."""

from collections.abc import Collection, Mapping
from typing import Any

import psycopg
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DataError, InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import ValidationError as NinjaValidation
from ninja.openapi.schema import OpenAPISchema
from ninja.renderers import BaseRenderer
from ninja.utils import check_csrf
from pydantic_core import to_json

from doudi.errors import Fault, Faulty, fault
from doudi.source_text import Document, Path, decode, read_json, shown
from doudi.version import VERSION
from doudi.wire.identity_numbers import identity_numbers_in
from doudi.wire.settlements import fault_json
from doudi_web.api.shapes import SHAPES
from doudi_web.api.shapes_alerts import ALERTS
from doudi_web.api.shapes_corrections import CORRECTIONS
from doudi_web.api.shapes_indicators import INDICATORS
from doudi_web.api.shapes_matching import MATCHING
from doudi_web.api.shapes_oversight import OVERSIGHT
from doudi_web.api.shapes_people import PEOPLE
from doudi_web.api.shapes_reviews import REVIEWS
from doudi_web.api.shapes_wards import WARDS
from doudi_web.audit_log.actions import record
from doudi_web.tenancy import passwords, sessions
from doudi_web.tenancy.addresses import must_name_nobody
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.models import Account
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.who import Actor, actor_of, actor_of_account


class _Written(BaseRenderer):
    """What a route returns, as JSON: by the library that reads bills, which is several times as fast."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: object, *, response_status: int) -> bytes:  # noqa: ARG002  # Ninja names them
        """The JSON."""
        return to_json(data)


def _all_shapes(more: Mapping[str, Any]) -> dict[str, Any]:
    """The shapes of all rooms under their names; two of one name would describe each other's answers."""
    found: dict[str, Any] = {}
    rooms = (SHAPES, PEOPLE, CORRECTIONS, OVERSIGHT, REVIEWS, MATCHING, WARDS, ALERTS, INDICATORS)
    for room in (*rooms, more):
        twice = found.keys() & room.keys()
        assert not twice, f"shapes of one name: {sorted(twice)}"
        found.update(room)
    return found


class _Interface(NinjaAPI):
    """The interface, whose description names the shapes of bills and answers."""

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        """The description."""
        made = super().get_openapi_schema(**kwargs)
        made["components"]["schemas"] = _all_shapes(made["components"]["schemas"])
        made["components"]["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer"},
            "session": {
                "type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME,
                "description": "登录以后的 cookie；写的请求另带请求头 X-CSRFToken，值是登录或 /api/v1/me 给的 csrf",
            },
        }  # fmt: skip
        return made


api = _Interface(
    title="兜底 Doudi",
    version=VERSION,
    urls_namespace="api",
    renderer=_Written(),
    docs_url=None,  # its page takes scripts from another host, which a closed network does not have
    openapi_url="/api/v1/openapi.json",
)

_OF_BILL: frozenset[Path] = frozenset({("person", "id_number"), ("bill", "person", "id_number")})
"""Where a bill may say a person's number: it is dropped before the bill is kept."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_RECORDED = frozenset({409, 410})
_JSON = "application/json; charset=utf-8"


def actor(request: HttpRequest) -> Actor:
    """Who asks: a client by its token, or somebody who has logged in. Raises Refusal 401, 403, 422."""
    found = request.META["doudi.who"] = _asking(request)
    must_name_nobody(request)
    return found


def _asking(request: HttpRequest) -> Actor:
    header = request.headers.get("Authorization")
    if header is None and sessions.is_there(request):
        account = own_account(request)
        if passwords.is_over(account):
            raise Refusal.of(403, "S474", "password")
        return actor_of_account(account)
    found = actor_of(header, now)
    request.META["doudi.actor"] = found.key
    return found


def content(request: HttpRequest) -> bytes:
    """The body as it came, whole: where the sender left before the end, the server does not tell.

    Raises Refusal 400, 413.
    """
    stated = str(request.META.get("CONTENT_LENGTH") or "")
    try:
        found = request.body
    except RequestDataTooBig as error:
        raise Refusal.of(413, "S413", "body", limit=_limit_mb()) from error
    if len(found) != int(stated or 0) or (not stated and "Transfer-Encoding" in request.headers):
        raise Refusal.of(400, "S414", "body")
    return found


def request_number(request: HttpRequest) -> str:
    """The number under which the log knows a request."""
    return str(request.META.get("doudi.request_id", ""))


def own_account(request: HttpRequest) -> Account:
    """The account of who has logged in, whatever is to be done about its password. Raises Refusal 401, 403."""
    if not sessions.is_there(request):
        raise Refusal.of(401, "S401", "session")
    account = sessions.account_of(request)
    request.META["doudi.actor"] = f"account:{account.pk}"
    if request.method not in _SAFE:
        content(request)  # the mark is looked for in a form too: the body must be kept
        if check_csrf(request) is not None:
            raise Refusal.of(403, "S473", "X-CSRFToken")
    return account


def body(request: HttpRequest, number_at: Collection[Path] = _OF_BILL) -> Document:
    """The body as the engine reads a file. Raises Refusal 400, 413, 422; also where an identity number stands in it
    elsewhere than where one belongs (`number_at`)."""
    document = body_of_persons(request)
    faults = [
        fault("F209", document.where(path))
        for path in identity_numbers_in(document.value)
        if path not in number_at
    ]
    if faults:
        raise Refusal(422, faults)
    return document


def body_of_persons(request: HttpRequest) -> Document:
    """The body of who registers persons: the register itself looks where numbers stand.

    Raises Refusal 400, 413, 422.
    """
    try:
        return read_json("body", decode("body", content(request), limit_mb=_limit_mb()))
    except Faulty as error:
        raise Refusal(422, error.faults) from error


def _limit_mb() -> int:
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20


def text(status: int, content: str) -> HttpResponse:
    """An answer whose JSON is written already."""
    return HttpResponse(content, status=status, content_type=_JSON)


def answer(status: int, content: object) -> HttpResponse:
    """An answer as JSON."""
    return HttpResponse(to_json(content), status=status, content_type=_JSON)


@api.exception_handler(Refusal)
def _refused(request: HttpRequest, refused: Refusal) -> HttpResponse:
    """The faults; that somebody could have done it, and it did not fit what stands, is recorded."""
    who, match = request.META.get("doudi.who"), request.resolver_match
    if refused.status in _RECORDED and who is not None and match is not None:
        codes = [f.code for f in refused.faults]
        route = f"{request.method} {match.route}"
        record(who, "refused", route[:80], detail={"status": refused.status, "codes": codes})
    faults = [fault_json(f) for f in refused.faults]
    return answer(refused.status, {"faults": faults})


@api.exception_handler(NinjaValidation)
def _not_valid(request: HttpRequest, error: NinjaValidation) -> HttpResponse:
    """A parameter of the address that is missing, or of a wrong form."""
    match = request.resolver_match
    sent = {**(match.kwargs if match else {}), **request.GET.dict()}
    faults: list[Fault] = []
    for item in error.errors:
        name, kind = str(item["loc"][-1]), str(item["type"]).partition("_")[0]
        expected = _FORMS.get(kind, "文字")
        if kind == "missing":
            faults.append(fault("F201", name, key=name, expected="地址里的参数"))
        else:
            value = shown(str(sent.get(name, "")), 80)
            faults.append(fault("F203", name, value=value, expected=expected))
    return _refused(request, Refusal(422, faults))


_FORMS = {"int": "整数", "bool": "1 或 0"}
"""What a parameter must be, by the kind that its check has."""


@api.exception_handler(psycopg.DataError)
@api.exception_handler(DataError)
def _not_kept(request: HttpRequest, error: Exception) -> HttpResponse:
    """A value that no row can hold: a number beyond all ids, a character of no text."""
    expected = "能存下的值（没有空字符，数不过大）"
    return _refused(request, Refusal(422, [fault("F203", "", value="", expected=expected)]))


@api.exception_handler(psycopg.OperationalError)
@api.exception_handler(psycopg.InterfaceError)
@api.exception_handler(OperationalError)
@api.exception_handler(InterfaceError)
def _no_database(request: HttpRequest, error: Exception) -> HttpResponse:
    """The database is away or full: nothing was written, the sender may ask again on a new connection."""
    connection.close()
    return _refused(request, Refusal.of(503, "S504", "", kind=type(error).__name__))
