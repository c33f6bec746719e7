"""Routes: whether the service can settle; what a monitor counts."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from doudi_web.api.interface import actor, answer, api
from doudi_web.api.meters import Meters, exposition
from doudi_web.api.shapes import TEXT, described, ref
from doudi_web.settlement import condition
from doudi_web.tenancy.roles import Act

METERS = Meters(settings.DATA / "meters")

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
    """服务、数据库是否在运行，表是否是这个版本的，时钟有没有倒退。不好的时候 503。"""
    is_well, found = condition.health()
    return answer(200 if is_well else 503, found)


@api.get("/metrics", operation_id="metrics", openapi_extra=_METRICS)
def metrics(request: HttpRequest) -> HttpResponse:
    """监控用的数，Prometheus 的格式。本机可以直接看，别处要系统管理员的令牌。"""
    if not _is_near(request):
        actor(request).must(Act.METRICS)
    told = exposition(METERS.total(), condition.gauges())
    return HttpResponse(told, content_type="text/plain; version=0.0.4; charset=utf-8")


def _is_near(request: HttpRequest) -> bool:
    """Whether somebody on this machine asks. What a proxy passes on comes from elsewhere."""
    is_passed_on = any(name in request.META for name in _FORWARDED)
    return request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and not is_passed_on
