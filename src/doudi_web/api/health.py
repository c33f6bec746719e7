"""Routes: whether the service can settle; what a monitor counts."""

from django.http import HttpRequest, HttpResponse

from doudi_web.api.interface import actor, answer, api
from doudi_web.api.shapes import TEXT, described, ref
from doudi_web.operation import condition as operation
from doudi_web.operation.meters import METERS, exposition
from doudi_web.settlement import condition
from doudi_web.tenancy.roles import Act

_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")

_METRICS = described({})
_METRICS["responses"][200] = {"description": "好", "content": {"text/plain": {"schema": TEXT}}}
del _METRICS["responses"][422], _METRICS["responses"][503]


@api.get(
    "/healthz",
    operation_id="health",
    openapi_extra=described({200: ref("Health"), 503: ref("Health")}),
)
def health(request: HttpRequest) -> HttpResponse:
    """数据库在不在，表是不是这个版本的，时钟有没有倒退，磁盘还收不收新的写；快要不好的在 warnings。不好的 503。"""
    is_well, found = condition.health()
    has_room, more = operation.health()
    status = "ok" if is_well and has_room else "degraded"
    return answer(200 if is_well and has_room else 503, {**found, **more, "status": status})


@api.get("/metrics", operation_id="metrics", openapi_extra=_METRICS)
def metrics(request: HttpRequest) -> HttpResponse:
    """监控用的数，Prometheus 的格式。本机可以直接看，别处要系统管理员的令牌。"""
    if not _is_near(request):
        actor(request).must(Act.METRICS)
    found = condition.gauges()
    more = operation.gauges()
    if found["database_up"][1]:
        more |= operation.backup_gauges()
    told = exposition(METERS.total(), {**found, **more})
    return HttpResponse(told, content_type="text/plain; version=0.0.4; charset=utf-8")


def _is_near(request: HttpRequest) -> bool:
    """Whether somebody on this machine asks. What a proxy passes on comes from elsewhere."""
    is_passed_on = any(name in request.META for name in _FORWARDED)
    return request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and not is_passed_on
