"""Plain pages: that the service runs and where its interface is described; what is wrong with an address."""

from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from doudi.errors import Fault
from doudi.version import VERSION
from doudi_web.tenancy.demonstration import demo_day


def status_page(_: HttpRequest) -> HttpResponse:
    """One page without data: version, the demonstration's day, links."""
    demo = f"演示：时间停在 {day}。" if (day := demo_day()) else ""
    return HttpResponse(
        format_html(
            '<!doctype html><html lang="zh-Hans"><meta charset="utf-8"><title>兜底 Doudi</title>'
            "<h1>兜底 Doudi {}</h1><p>服务在运行。{}</p>"
            '<p><a href="/desk/">工作台</a> · <a href="/api/v1/openapi.json">接口说明（OpenAPI）</a> · '
            '<a href="/healthz">健康检查</a></p></html>',
            VERSION,
            demo,
        )
    )


def fault_page(told: Fault, status: int) -> HttpResponse:
    """A fault for somebody with a browser."""
    return HttpResponse(
        format_html(
            '<!doctype html><html lang="zh-Hans"><meta charset="utf-8"><title>兜底 Doudi</title>'
            '<h1>{}</h1><p>{}</p><p>{}</p><p><a href="/">首页</a> · {}</p></html>',
            told.what,
            told.why,
            told.mend,
            told.code,
        ),
        status=status,
    )
