"""Routes: figures from outside, audits as they were run, known defects."""

from django.http import HttpRequest, HttpResponse

from doudi_web.api.interface import actor, answer, api, body
from doudi_web.api.shapes import described, keys, many, ref
from doudi_web.oversight import defects, figures, selectors


@api.post(
    "/api/v1/figures",
    operation_id="take_figures",
    openapi_extra=described(
        {200: ref("FiguresTaken"), 201: ref("FiguresTaken")},
        keys({"source": {"enum": [*figures.SOURCES]}, "figures": many(ref("Figure"))}),
    ),
)
def take_figures(request: HttpRequest) -> HttpResponse:
    """平台、医院自己的数，用来比较：{source, figures: [{facility, visit_id, amounts, stated?}]}。整批收或不收。"""
    return answer(*figures.take(actor(request), body(request)))


@api.get("/api/v1/audits", operation_id="audits", openapi_extra=described({200: ref("Audits")}))
def audits(
    request: HttpRequest, before: int | None = None, limit: int = selectors.LISTED
) -> HttpResponse:
    """做过的审计，新的在前：三个数，什么时候、谁做的，看了哪些。before 接着看。"""
    most = min(max(limit, 1), selectors.LISTED)
    return answer(200, selectors.audits(actor(request), before, most))


@api.get(
    "/api/v1/audits/{number}",
    operation_id="audit_of",
    openapi_extra=described({200: ref("AuditRun")}, faults=(404,)),
)
def audit(request: HttpRequest, number: int) -> HttpResponse:
    """一次审计，连同当时说出的每一处不符。"""
    return answer(200, selectors.audit(actor(request), number))


@api.get("/api/v1/defects", operation_id="defects", openapi_extra=described({200: ref("Defects")}))
def known(request: HttpRequest) -> HttpResponse:
    """已知的程序缺陷：哪些版本，碰到了哪些结算。"""
    return answer(200, defects.defects(actor(request)))


@api.post(
    "/api/v1/defects",
    operation_id="add_defect",
    openapi_extra=described(
        {200: ref("Defect"), 201: ref("Defect")}, ref("DefectStated"), faults=(409,)
    ),
)
def add_defect(request: HttpRequest) -> HttpResponse:
    """登记一个缺陷和它碰到的结算：只能加，不能改。再说一次，只加新的结算。"""
    return answer(*defects.add(actor(request), body(request)))
