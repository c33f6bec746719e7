"""Routes: heads of the ledger that are kept outside: handed over, listed, held against it when they return."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from doudi.wire.settlements import fault_json
from doudi_web.api.fields import Fields, Text, read, shape
from doudi_web.api.interface import actor, answer, api, body
from doudi_web.api.shapes import FLAG, TEXT, WHEN, WHOLE, described, keys, many, maybe, ref
from doudi_web.tenancy.clock import told, told_or_none
from doudi_web.witness import handing
from doudi_web.witness.handing import ON, Row, head_text, told_of
from doudi_web.witness.models import NOTE, WHO

_HANDED: Fields = {
    "to": Text(WHO, f"交给谁，1 至 {WHO} 字"),
    "on": Text(10, "用什么：" + "、".join(ON), one_of=tuple(ON)),
    "note": Text(NOTE, "备注", required=False),
}
_RETURNED: Fields = {"head": Text(4000, "封头：一行一项的几行字，或它的 JSON 写成文字")}
_ROW = keys(
    {"id": WHOLE, "to": TEXT, "on": {"enum": [*ON]}, "note": TEXT, "at": WHEN, "by": TEXT, "head": ref("Head"),
     "text": TEXT, "returned": maybe(WHEN), "holds": maybe(FLAG)}
)  # fmt: skip
_OUTCOME = keys(
    {"id": WHOLE, "handed": maybe(WHOLE), "size": WHOLE, "against": WHOLE, "holds": FLAG,
     "faults": many(ref("Fault"))}
)  # fmt: skip


def _told(row: Row) -> dict[str, Any]:
    one = row.handed
    head = told_of(one)
    return {
        "id": one.pk, "to": one.to, "on": one.on, "note": one.note, "at": told(one.at), "by": one.actor,
        "head": head, "text": head_text(head), "returned": told_or_none(row.returned), "holds": row.holds,
    }  # fmt: skip


@api.get(
    "/api/v1/ledger/heads",
    operation_id="heads_handed",
    openapi_extra=described({200: keys({"heads": many(_ROW)})}),
)
def heads(request: HttpRequest) -> HttpResponse:
    """交到外面的封头，最近的在前：交给谁、什么时候，拿回来过没有、接得上没有。"""
    return answer(200, {"heads": [_told(row) for row in handing.listed(actor(request))]})


@api.post(
    "/api/v1/ledger/heads",
    response={201: None},
    operation_id="hand_head",
    openapi_extra=described({201: _ROW}, shape(_HANDED), faults=(404,)),
)
def hand(request: HttpRequest) -> HttpResponse:
    """记下把现在的封头交给了谁：{to, on, note?}。回答里的 text 印在纸上、写进邮件。"""
    who = actor(request)
    stated = read(body(request), _HANDED)
    number = handing.hand_over(who, stated["to"], stated["on"], stated.get("note", ""))
    return answer(201, _told(Row(handing.handed(who, number), None, None)))


@api.post(
    "/api/v1/ledger/heads/returned",
    response={201: None},
    operation_id="return_head",
    openapi_extra=described({201: _OUTCOME}, shape(_RETURNED), faults=(404,)),
)
def returned(request: HttpRequest) -> HttpResponse:
    """有人拿回一份封头：今天的台账是不是它的延长。holds 是真就是；不是的，faults 说为什么。"""
    came = handing.take_back(actor(request), read(body(request), _RETURNED)["head"])
    return answer(
        201,
        {
            "id": came.number, "handed": None if came.handed is None else came.handed.pk, "size": came.size,
            "against": came.against, "holds": came.holds, "faults": [fault_json(one) for one in came.faults],
        },
    )  # fmt: skip
