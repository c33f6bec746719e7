"""Routes: the audit log."""

from typing import Any

from django.http import HttpRequest

from doudi_web.api import interface
from doudi_web.api.interface import api
from doudi_web.api.shapes import described, ref
from doudi_web.audit_log import selectors


@api.get(
    "/api/v1/audit",
    operation_id="audit",
    openapi_extra=described({200: ref("AuditRecords")}),
)
def audit(
    request: HttpRequest, after: int = 0, subject: str = "", actor: str = "", limit: int = 200
) -> dict[str, Any]:
    """审计记录，按记下的次序：谁、什么时候、对谁、做了什么、为什么。可以只看一个对象（subject）或一个人（actor）。"""
    who = interface.actor(request)
    return selectors.records(who, after, subject, actor, min(max(limit, 1), 1000))


@api.get(
    "/api/v1/audit/chains",
    operation_id="audit_chains",
    openapi_extra=described({200: ref("AuditChains")}),
)
def chains(request: HttpRequest) -> dict[str, Any]:
    """核对审计记录：有没有少了的、改过的。记下每条链的长度和摘要，下次可以看出末尾有没有被截去。"""
    return selectors.chains(interface.actor(request))
