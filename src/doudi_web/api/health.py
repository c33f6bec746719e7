"""Route: whether the service and its database run."""

from typing import Any

from django.http import HttpRequest

from doudi_web.api.interface import api
from doudi_web.settlement import selectors


@api.get("/healthz", operation_id="health")
def health(request: HttpRequest) -> dict[str, Any]:
    """服务和数据库是否在运行。"""
    return selectors.health()
