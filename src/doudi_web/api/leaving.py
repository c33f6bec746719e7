"""Routes: what is to be looked at before a visit is settled."""

from django.http import HttpRequest, HttpResponse

from doudi_web.api.interface import actor, answer, api
from doudi_web.api.shapes import described, ref
from doudi_web.leaving import checks


@api.get(
    "/api/v1/visits/{visit}/checks",
    operation_id="visit_checks",
    openapi_extra=described({200: ref("Leaving")}, faults=(404, 409)),
)
def visit_checks(request: HttpRequest, visit: str, facility: str | None = None) -> HttpResponse:
    """结算以前要看的：一条一条，能不能结、为什么、哪些行。现在结算会是多少。不写任何东西。"""
    return answer(200, checks.leaving(actor(request), visit, facility).json())
