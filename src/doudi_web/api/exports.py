"""Routes: exports of the ledger, where their rows stand, the receiver's report."""

from typing import Any

from django.http import HttpRequest

from doudi_web.api.fields import Fields, Flag, Text
from doudi_web.api.interface import actor, api, content
from doudi_web.api.shapes import TEXT, WHOLE, described, keys, ref
from doudi_web.exchange import reports, selectors
from doudi_web.exchange.profiles import SHIPPED, Profile
from doudi_web.exchange.profiles import profile as profile_of
from doudi_web.tenancy.refusals import Refusal

_TABLES = {
    "text/csv": {"type": "string"},
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {
        "type": "string",
        "format": "binary",
    },
}
EXPORT: Fields = {
    "profile": Text(40, "、".join(SHIPPED), one_of=SHIPPED),
    "format": Text(4, "csv 或 xlsx", required=False, one_of=("csv", "xlsx")),
    "encoding": Text(5, "utf-8 或 gbk", required=False, one_of=("utf-8", "gbk")),
    "all": Flag("true：全部都写"),
    "rejected": Flag("true：退回的也再报一次"),
}
"""What an export is asked for by (`POST /api/v1/runs/export`)."""
_TAKEN = keys({"accepted": WHOLE, "rejected": WHOLE, "outdated": WHOLE})


@api.get("/api/v1/exports", operation_id="exports", openapi_extra=described({200: ref("Exports")}))
def exports(
    request: HttpRequest, profile: str = "", after: int = 0, limit: int = selectors.LISTED
) -> dict[str, Any]:
    """导出过几次：什么模板，谁、为什么，写了多少行，哪些文件；后做的在前，after 接着看。"""
    most = min(max(limit, 1), selectors.LISTED)
    return selectors.runs(actor(request), profile, after, most)


@api.get(
    "/api/v1/exports/{export}",
    operation_id="export_run",
    openapi_extra=described({200: ref("Export")}, faults=(404,)),
)
def export_run(request: HttpRequest, export: int) -> dict[str, Any]:
    """一次导出。"""
    return selectors.run(actor(request), export)


@api.get(
    "/api/v1/export-rows",
    operation_id="export_rows",
    openapi_extra=described({200: ref("ExportRows")}),
)
def export_rows(
    request: HttpRequest,
    profile: str = "",
    state: str = "",
    answer: str = "",
    run: int | None = None,
    after: int = 0,
    limit: int = selectors.LISTED,
) -> dict[str, Any]:
    """每一行报到哪里了：报了、撤销了、留下了（为什么）、不用报；回执接受还是退回（为什么）。没有姓名和证件号。"""
    return selectors.rows(
        actor(request), profile=profile, state=state, answer=answer, run=run, after=after,
        limit=min(max(limit, 1), selectors.LISTED),
    )  # fmt: skip


@api.post(
    "/api/v1/export-reports",
    operation_id="export_report",
    openapi_extra=described({200: _TAKEN}, TEXT, faults=(409,), files=_TABLES),
)
def export_report(
    request: HttpRequest,
    name: str = "report.csv",
    profile: str = "national",
    run: int | None = None,
) -> dict[str, Any]:
    """读回执：内容就是文件（CSV 或 XLSX），name 是文件名，profile 是自带的模板。有一处不认识，就都不记。"""
    who, file = actor(request), content(request)
    return reports.take(who, _shipped(profile), name, file, run)


def _shipped(named: str) -> Profile:
    """A profile that comes with the program: by the interface nobody opens files of the machine."""
    if named not in SHIPPED:
        raise Refusal.of(422, "S541", "profile", profile=named, known="、".join(SHIPPED))
    return profile_of(named)
