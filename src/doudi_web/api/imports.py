"""Routes: imports into the register."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from doudi_web.api.interface import actor, answer, api, content, request_number
from doudi_web.api.shapes import WHOLE, described, keys, ref
from doudi_web.api.shapes_people import RESTORED
from doudi_web.register import importing
from doudi_web.settlement import learning

_TABLES = {
    "text/csv": {"type": "string"},
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {
        "type": "string",
        "format": "binary",
    },
}


@api.post(
    "/api/v1/imports",
    response={201: None},
    operation_id="import_preview",
    openapi_extra=described({201: ref("Import")}, ref("PersonsStated"), files=_TABLES),
)
def preview(request: HttpRequest, name: str = "import.json") -> HttpResponse:
    """看一个文件会改什么：内容就是文件（JSON、CSV 或 XLSX），name 是文件名。不写登记；得到编号，再确认。"""
    who, file = actor(request), content(request)
    return answer(201, importing.preview(who, name, file, request_number(request)))


@api.get("/api/v1/imports", operation_id="imports", openapi_extra=described({200: ref("Imports")}))
def imports(request: HttpRequest) -> dict[str, Any]:
    """最近的导入：谁、什么时候、改了多少、还算不算数。"""
    return {"imports": importing.imports(actor(request))}


@api.post(
    "/api/v1/imports/{number}/confirm",
    operation_id="import_confirm",
    openapi_extra=described({200: ref("Import")}, faults=(404, 409)),
)
def confirm(request: HttpRequest, number: int) -> dict[str, Any]:
    """写入看过的那个文件；预览以后登记变了的 409。"""
    told = importing.confirm(actor(request), number, request_number(request))
    learning.learn(learning.AT_ONCE)
    return told


@api.post(
    "/api/v1/imports/{number}/undo",
    operation_id="import_undo",
    openapi_extra=described({200: keys({"id": WHOLE, **RESTORED})}, faults=(404, 409)),
)
def undo(request: HttpRequest, number: int) -> dict[str, Any]:
    """撤回一次导入：按原来的再登记一遍，不删除。"""
    told = importing.undo(actor(request), number, request_number(request))
    learning.learn(learning.AT_ONCE)
    return told
