"""The audit log: who did what to whom, when and why; as a sheet for a reason; its chains computed again."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse, QueryDict
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from doudi.errors import Fault
from doudi_web.audit_log import searching
from doudi_web.audit_log.searching import Wanted
from doudi_web.desk.audit.running import last_of
from doudi_web.desk.audit.typed import Reading, first_moment, number_or_none
from doudi_web.desk.page import Asked, Shown, faults_of, page, show, to
from doudi_web.desk.sheet import sheet
from doudi_web.oversight.asking import CHAINS
from doudi_web.runs import actions as runs
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import TITLES, Act, Role

_ASKED = ("person", "visit", "settlement", "who", "action", "from", "to")


@page("desk/audit/log.html", Act.AUDIT_READ, posts=True)
def log(asked: Asked) -> Shown | HttpResponse:
    """What is looked for, the newest first; the chains are asked to be computed again."""
    if asked.is_posted:
        try:
            runs.ask(asked.actor, CHAINS, {}, _("核对审计记录的链"))
        except Refusal as refused:
            if refused.status != 409:  # it runs already: its card says so
                raise
        return to(f"{reverse('desk:log')}#chains")
    return _shown(asked, asked.request.GET, ())


def _shown(asked: Asked, stated: QueryDict, refused: Sequence[Fault]) -> dict[str, Any]:
    typed = {key: str(stated.get(key, "")).strip()[:80] for key in _ASKED}
    base: dict[str, Any] = {
        "typed": typed, "actions": searching.actions(), "most": searching.MOST,
        "run": last_of(asked.actor, CHAINS), "is_first": "before" not in stated,
        "address": urlencode({key: value for key, value in typed.items() if value}),
    }  # fmt: skip
    try:
        wanted = _wanted(typed, str(stated.get("before", "")))
    except Refusal as wrong:
        return base | {"faults": [*faults_of(wrong), *refused], "rows": []}
    found, behind = searching.search(asked.actor, wanted)
    return base | {
        "faults": list(refused), "behind": behind, "is_asked": wanted.is_asked,
        "rows": [{"one": one, "role": _role(one.role), "detail": _detail(one.detail)} for one in found],
    }  # fmt: skip


def _role(role: str) -> str:
    return TITLES[Role(role)] if role in {*Role} else ""


def _detail(detail: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(key, str(value)) for key, value in detail.items() if value not in (None, "", [], {})]


def _wanted(typed: Mapping[str, str], before: str) -> Wanted:
    """Raises Refusal 422."""
    reading = Reading(typed)
    start, end = reading.day("from", is_needed=False), reading.day("to", is_needed=False)
    reading.must_be_right()
    return Wanted(
        typed["person"], typed["visit"], typed["settlement"], typed["who"], typed["action"], first_moment(start),
        first_moment(end), number_or_none(before),
    )  # fmt: skip


@page("desk/audit/log.html", Act.AUDIT_READ, posts=True)
def log_table(asked: Asked) -> Shown | HttpResponse:
    """The rows as a sheet, up to a limit that the page names, for a reason."""
    if not asked.is_posted:
        return to(reverse("desk:log"))
    stated = asked.request.POST
    typed = {key: str(stated.get(key, "")).strip()[:80] for key in _ASKED}
    try:
        found = searching.exported(
            asked.actor, _wanted(typed, ""), str(stated.get("reason", "")).strip()
        )
    except Refusal as refused:
        shown = _shown(asked, stated, faults_of(refused))
        return show(asked, "desk/audit/log.html", shown, status=422)
    head = [
        _("号"), _("时间"), _("谁"), _("姓名"), _("角色"), _("做了什么"), _("对什么"), _("为什么"), _("请求号"),
        _("细节"),
    ]  # fmt: skip
    return sheet("audit-log", head, (
        [one.id, one.at, one.actor, one.name, one.role, one.action, one.subject, one.reason, one.request,
         "；".join(f"{key} {value}" for key, value in _detail(one.detail))]
        for one in found
    ))  # fmt: skip


ADDRESSES = [
    path("log", log, name="log"),
    path("log/table", log_table, name="log_table"),
]
