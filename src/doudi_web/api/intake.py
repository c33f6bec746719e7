"""Routes: fee lists, visits and rolls by file: brought, looked at, mended, taken in, taken back."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse

from doudi.errors import Fault, fault
from doudi.source_text import Document, shown
from doudi_web.api.fields import Fields, Flag, Number, read, shape
from doudi_web.api.interface import actor, answer, api, body, body_of_persons, content
from doudi_web.api.shapes import (
    FLAG,
    TEXT,
    TEXTS,
    WHEN,
    WHOLE,
    Shape,
    described,
    keys,
    many,
    maybe,
    ref,
)
from doudi_web.intake import importing, selectors, taking
from doudi_web.settlement.asked import message_of
from doudi_web.tenancy.refusals import Refusal

_ANY: Shape = {"type": "object"}
_HEAD: dict[str, Shape] = {
    "id": WHOLE, "at": WHEN, "actor": TEXT, "by": TEXT, "kind": {"enum": ["fees", "visits", "persons"]},
    "facility": TEXT, "visit": TEXT, "name": TEXT, "state": TEXT, "revision": WHOLE, "looked": maybe(WHEN),
    "counts": {"type": "object", "additionalProperties": WHOLE},
}  # fmt: skip
_ONE = keys(
    {**_HEAD, "columns": many(_ANY), "faults": many(ref("Fault")), "causes": many(_ANY),
     "progress": maybe(_ANY), "same_as": maybe(_ANY), "log": many(_ANY), "mended": many(_ANY),
     "became": maybe(WHOLE), "taken": _ANY, "may_write": FLAG, "missing": many(_ANY)}
)  # fmt: skip
_LIST = keys({"imports": many(keys(_HEAD)), "after": maybe(WHOLE)})
_ROWS = keys({"rows": many(_ANY), "tab": TEXT, "page": WHOLE, "of": WHOLE})
_FILES: dict[str, Shape] = {
    "text/csv": {"type": "string"},
    "application/octet-stream": {"type": "string", "format": "binary"},
}
_REVISION: Fields = {"revision": Number("看的是第几版")}
_CONFIRM: Fields = {**_REVISION, "leave": Flag("有错的、冲突的留下，只记其余的")}
_UNDO: Fields = {**_REVISION, "partly": Flag("撤不了的留下，只撤其余的")}
_CELL = keys({"row": WHOLE, "key": TEXT, "value": TEXT})


@api.post(
    "/api/v1/intake",
    response={201: None},
    operation_id="intake_bring",
    openapi_extra=described({201: _ONE}, _ANY, files=_FILES),
)
def bring(
    request: HttpRequest, kind: str = "", name: str = "", visit: str = "", facility: str = ""
) -> HttpResponse:
    """送一个文件：费用清单 fees、就诊清单 visits、名册 persons。内容就是文件，name 是文件名；只看，不记入。

    有错的也收下，在这里改。大的文件排队读，progress 说读到哪里。
    """
    who, file = actor(request), content(request)
    number = importing.bring(who, kind, name, file, visit=visit, facility=facility)
    return answer(201, selectors.one(who, number))


@api.get("/api/v1/intake", operation_id="intake", openapi_extra=described({200: _LIST}))
def imports(request: HttpRequest, after: int = 0, state: str = "") -> HttpResponse:
    """最近的导入，新的在前；after 接着看更早的。一家医院只看自己的。"""
    return answer(200, selectors.imports(actor(request), max(after, 0), state))


@api.get(
    "/api/v1/intake/{number}",
    operation_id="intake_one",
    openapi_extra=described({200: _ONE}, faults=(404,)),
)
def one(request: HttpRequest, number: int) -> HttpResponse:
    """一次导入：做到哪里，认得哪些列，错在哪里，谁改过什么。"""
    return answer(200, selectors.one(actor(request), number))


@api.get(
    "/api/v1/intake/{number}/rows",
    operation_id="intake_rows",
    openapi_extra=described({200: _ROWS}, faults=(404,)),
)
def rows(request: HttpRequest, number: int, tab: str = "faulty", page: int = 0) -> HttpResponse:
    """一次导入的行，每页 50；visits 是各次就诊的合计。

    faulty 有错，clash 冲突，new 新的，changed 更改，same 没有变，gone 撤回过。
    """
    return answer(200, selectors.rows(actor(request), number, tab, page))


@api.post(
    "/api/v1/intake/{number}/look",
    operation_id="intake_look",
    openapi_extra=described({200: _ONE}, faults=(404, 409)),
)
def look(request: HttpRequest, number: int) -> HttpResponse:
    """再看一遍：账单、登记在那以后变了的。"""
    who = actor(request)
    importing.look_again(who, number)
    return answer(200, selectors.one(who, number))


@api.post(
    "/api/v1/intake/{number}/mend",
    operation_id="intake_mend",
    openapi_extra=described(
        {200: _ONE},
        keys(
            {"revision": WHOLE},
            {"cells": many(_CELL), "columns": {"type": "object", "additionalProperties": TEXT}},
        ),
        faults=(404, 409),
    ),
)
def mend(request: HttpRequest, number: int) -> HttpResponse:
    """改几格，或说明哪一列是什么：{revision, cells: [{row, key, value}], columns: {key: 列名}}。文件照原样留着。"""
    who = actor(request)
    stated = _mend(body_of_persons(request))
    importing.mend(who, number, *stated)
    return answer(200, selectors.one(who, number))


@api.post(
    "/api/v1/intake/{number}/confirm",
    operation_id="intake_confirm",
    openapi_extra=described({200: _ONE}, shape(_CONFIRM), faults=(404, 409)),
)
def confirm(request: HttpRequest, number: int) -> HttpResponse:
    """记入看过的那一份：{revision}，全记或全不记；leave 把有错的、冲突的留下。

    看过以后账单变了的 409，说变了什么。
    """
    who = actor(request)
    stated = read(body(request), _CONFIRM)
    taking.confirm(who, number, stated["revision"], leave=bool(stated.get("leave")))
    return answer(200, selectors.one(who, number))


@api.post(
    "/api/v1/intake/{number}/undo",
    operation_id="intake_undo",
    openapi_extra=described(
        {200: keys({"rows": WHOLE, "kept": TEXTS})}, shape(_UNDO), faults=(404, 409)
    ),
)
def undo(request: HttpRequest, number: int) -> HttpResponse:
    """撤回这次记入的，别的不动：{revision}。已经结算的撤不了，409 说是哪些；partly 撤能撤的。"""
    who = actor(request)
    stated = read(body(request), _UNDO)
    return answer(
        200, taking.undo(who, number, stated["revision"], partly=bool(stated.get("partly")))
    )


def _mend(document: Document) -> tuple[int, list[tuple[int, str, str]], dict[str, str]]:
    """What a mending says. Raises Refusal 422."""
    stated, faults = message_of(document, "revision", "cells", "columns")
    revision = stated.get("revision")
    if not _is_whole(revision):
        faults.append(fault("F201", "revision", key="revision", expected="看的是第几版"))
    cells = [_cell(one, n, faults) for n, one in enumerate(_listed(stated.get("cells"), faults))]
    columns = stated.get("columns") or {}
    if not isinstance(columns, dict) or not all(
        isinstance(one, str) for one in cast("dict[str, Any]", columns).values()
    ):
        faults.append(fault("F203", "columns", value=shown(columns), expected="{键: 列名}"))
    if faults:
        raise Refusal(422, faults)
    return int(cast("int", revision)), cells, dict(cast("dict[str, str]", columns))


def _listed(value: object, faults: list[Fault]) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        faults.append(fault("F203", "cells", value=shown(value), expected="列表"))
        return []
    return cast("list[Any]", value)


def _cell(one: Any, number: int, faults: list[Fault]) -> tuple[int, str, str]:
    stated = cast("dict[str, Any]", one) if isinstance(one, dict) else {}
    row, key, value = stated.get("row"), stated.get("key"), stated.get("value")
    if not (_is_whole(row) and isinstance(key, str) and isinstance(value, str)) or len(stated) > 3:
        expected = "{row: 第几行, key: 键, value: 改成什么}"
        faults.append(fault("F203", f"cells[{number}]", value=shown(one), expected=expected))
        return 0, "", ""
    return int(cast("int", row)), key, value


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31
