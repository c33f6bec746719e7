"""Routes: long work that is asked for, and how far it is."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from doudi_web.api.exports import EXPORT
from doudi_web.api.fields import REASON_LIMIT, Fields, Text, read, shape
from doudi_web.api.interface import actor, answer, api, body
from doudi_web.api.shapes import described, keys, ref
from doudi_web.oversight.asking import AUDIT, CHAINS, VERIFY
from doudi_web.runs import actions, selectors
from doudi_web.runs.kinds import BACKUP, RESTORE_TEST, Kind
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act

_REASON: Fields = {"reason": Text(REASON_LIMIT, "为什么，1 至 400 字")}


@dataclass(frozen=True, slots=True)
class Offered:
    """A kind of long work that may be asked for, and the fields of its parameters beside the reason."""

    kind: Kind
    fields: Fields


OFFERED: Mapping[str, Offered] = {
    one.kind.name: one
    for one in (
        Offered(VERIFY, {}),
        Offered(CHAINS, {}),
        Offered(AUDIT, {
            "from": Text(40, "从什么时候起结算的：日期，或带时区的时间", required=False),
            "to": Text(40, "到什么时候（不含）：日期，或带时区的时间", required=False),
            "facility": Text(40, "只看一家医疗机构", required=False),
        }),
        Offered(Kind("export", Act.EXPORT), EXPORT),
        Offered(BACKUP, {}),
        Offered(RESTORE_TEST, {}),
    )
}  # fmt: skip
"""Each has its work in site/works.py under the same name."""

KINDS: Mapping[str, Kind] = {name: one.kind for name, one in OFFERED.items()}

_FORMS = {
    key: one for by in OFFERED.values() for key, one in shape(by.fields)["properties"].items()
}


@api.post(
    "/api/v1/runs/{run}",
    response={202: None},
    operation_id="start_run",
    openapi_extra=described(
        {202: ref("Run")},
        keys(shape(_REASON)["properties"], _FORMS),
        faults=(404, 409),
    ),
)
def start_run(request: HttpRequest, run: str) -> HttpResponse:
    """要一件费时的事：{reason, …}，地址末尾是哪一种。202 排上了队，按编号看做到哪里；同样的已经在排、在做 409。"""
    who = actor(request)
    offered = OFFERED.get(run)
    if offered is None:
        who.must(Act.RUNS_READ)
        raise Refusal.of(404, "S565", "run", kind=run)
    who.must(offered.kind.act)
    stated = read(body(request), {**_REASON, **offered.fields})
    return answer(202, actions.ask(who, offered.kind, stated, stated.pop("reason").strip()))


@api.get("/api/v1/runs", operation_id="runs", openapi_extra=described({200: ref("Runs")}))
def runs(request: HttpRequest, after: int = 0, limit: int = selectors.LISTED) -> HttpResponse:
    """自己可以要的那几种，最近的在前：谁要的，做到哪里。after 接着看更早的。"""
    most = min(max(limit, 1), selectors.LISTED)
    return answer(200, selectors.runs(actor(request), KINDS, after, most))


@api.get(
    "/api/v1/runs/{run}",
    operation_id="run",
    openapi_extra=described({200: ref("Run")}, faults=(404,)),
)
def run(request: HttpRequest, run: int) -> HttpResponse:
    """一件费时的事：做到哪里（done、of），做完了的结果，没有做成的为什么。"""
    return answer(200, selectors.run(actor(request), KINDS, run))
