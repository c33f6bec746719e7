"""The operators' page: how the service is, what to do about it, and a backup begun from here."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from doudi_web.desk.operation.findings import FINE, NEED, findings
from doudi_web.desk.page import Asked, Shown, page, show, to
from doudi_web.desk.sheet import all_rows, sheet, table_of
from doudi_web.operation.state import state
from doudi_web.runs import actions, selectors
from doudi_web.runs.kinds import BACKUP, RESTORE_TEST
from doudi_web.tenancy.named import called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act

_KINDS = {one.name: one for one in (BACKUP, RESTORE_TEST)}
_SHOWN, _REASON = 8, 400


@page("desk/operation/state.html", Act.OPERATION_READ, posts=True)
def operation(asked: Asked) -> Shown | HttpResponse:
    """How everything is, also as sheets; sent to, it begins a backup or tries the newest one."""
    match table_of(asked.request):
        case None:
            pass
        case "runs":
            return _runs_as_sheet(asked)
        case _:
            return _findings_as_sheet(asked)
    if not asked.is_posted:
        return _shown(asked)
    kind, reason = asked.request.POST.get("run", ""), asked.request.POST.get("reason", "").strip()
    try:
        return _begun(asked, kind, reason)
    except Refusal as refused:
        if refused.status not in (409, 422):
            raise
        shown = _shown(asked) | {"faults": refused.faults, "reason": reason[:_REASON]}
        return show(asked, "desk/operation/state.html", shown, status=refused.status)


@page("desk/operation/runs.html", Act.OPERATION_READ)
def runs(asked: Asked) -> Shown:
    """How far the backups and their tests are: asked by the page itself while one is under way."""
    return _runs(asked)


def _begun(asked: Asked, kind: str, reason: str) -> HttpResponse:
    """Raises Refusal: 404, 409 (one is under way), 422."""
    if kind not in _KINDS:
        raise Refusal.of(404, "S565", "run", kind=kind[:40])
    if not 0 < len(reason) <= _REASON:
        expected = _("为什么，1 至 400 字")
        raise Refusal.of(422, "F201", "reason", key="reason", expected=expected)
    actions.ask(asked.actor, _KINDS[kind], {}, reason)
    messages.success(asked.request, _("排上了队，下面看做到哪里"))
    return to(reverse("desk:operation"))


def _shown(asked: Asked) -> dict[str, Any]:
    found = findings(state(asked.actor))
    needs = [one for one in found if one.level == NEED]
    near = [one for one in found if one.level not in (NEED, FINE)]
    return {"findings": found, "needs": needs, "near": near, **_runs(asked)}


def _findings_as_sheet(asked: Asked) -> HttpResponse:
    levels = {NEED: _("现在办"), FINE: _("正常")}
    head = [_("是什么"), _("怎样"), _("现在"), _("注"), _("怎么办")]
    return sheet("operation", head, (
        [one.title, levels.get(one.level, _("留意")), one.now, one.note, one.do]
        for one in findings(state(asked.actor))
    ))  # fmt: skip


def _runs_as_sheet(asked: Asked) -> HttpResponse:
    head = [
        _("编号"),
        _("什么"),
        _("做到哪里"),
        _("注"),
        _("要的时间"),
        _("做完"),
        _("谁要的"),
        _("为什么"),
    ]
    return sheet("operation-runs", head, (
        [one["id"], one["title"], one["word"], one["message"], one["asked"], one["ended"], one["who"],
         one["reason"]]
        for one in all_rows(lambda most: _runs(asked, most)["runs"])
    ))  # fmt: skip


def _runs(asked: Asked, most: int = _SHOWN) -> dict[str, Any]:
    found = selectors.runs(asked.actor, _KINDS, 0, most)["runs"]
    is_busy = any(one["state"] in ("queued", "running") for one in found)
    titles = {BACKUP.name: _("备份"), RESTORE_TEST.name: _("试恢复")}
    states = {
        "queued": _("排着队"),
        "running": _("在做"),
        "done": _("做完了"),
        "failed": _("没有做成"),
    }
    names = called(one["asked_by"] for one in found)
    rows = [
        one
        | {
            "title": titles[one["kind"]],
            "word": states[one["state"]],
            "mb": one["done"] // 2**20,
            "who": names.get(one["asked_by"], one["asked_by"]),
        }
        for one in found
    ]
    return {"runs": rows, "is_busy": is_busy}


ADDRESSES = [
    path("operation", operation, name="operation"),
    path("operation/runs", runs, name="operation_runs"),
]
