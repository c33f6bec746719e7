"""Routes: the ledger's entries."""

from typing import Any

from django.http import HttpRequest

from doudi_web.api.interface import actor, api
from doudi_web.api.shapes import described, ref
from doudi_web.settlement import selectors


@api.get(
    "/api/v1/ledger/entries", operation_id="entries", openapi_extra=described({200: ref("Entries")})
)
def entries(request: HttpRequest, after: int = 0, limit: int = 1000) -> dict[str, Any]:
    """分录，按记账的次序。"""
    return selectors.entries(actor(request), after, min(max(limit, 1), 10_000))
