"""National export: what would be sent, what is held back and why, runs, files, and the receiver's report."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from doudi.errors import Faulty
from doudi_web.desk.district import forms
from doudi_web.desk.page import Asked, Shown, page, show, to
from doudi_web.desk.sheet import all_rows, sheet, table_of
from doudi_web.exchange import asking, reports, selectors, taking
from doudi_web.exchange.deadlines import deadline
from doudi_web.exchange.profile_form import CHECKS
from doudi_web.exchange.profiles import SHIPPED, Profile
from doudi_web.exchange.profiles import profile as profile_of
from doudi_web.register.named import names_of
from doudi_web.runs.models import DONE, QUEUED, RUNNING, Run
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.named import called, hospitals_called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act

_LISTED, _PAGE = 20, 50
_STATES = (
    ("held_back", lazy("留下了")), ("rejected", lazy("退回了")), ("exported", lazy("报了")),
    ("withdrawn", lazy("撤销了")), ("left_out", lazy("不用报")),
)  # fmt: skip
_CHECKS = {
    "required": lazy("没有填"), "codes": lazy("没有对应的写法"), "longest": lazy("太长"),
    "characters": lazy("写不出的字"),
    "undecided": lazy("要患者多付的还没有定"), "report": lazy("对方退回"),
}  # fmt: skip
_KINDS = {
    "equal": lazy("两边相等"), "at_most": lazy("不超过"), "in_order": lazy("先后"),
    "not_negative": lazy("不是负数"),
    "between": lazy("在范围内"), "identity_number": lazy("身份证号"), "answered": lazy("平台答复了"),
}  # fmt: skip
_REPORT_MB = 16


@page("desk/district/exports.html", Act.EXPORTS_READ)
def exports(asked: Asked) -> Shown:
    """The profiles with their deadlines, and the last runs."""
    match table_of(asked.request):
        case None:
            pass
        case "profiles":
            return _profiles_as_sheet(asked)
        case _:
            return _runs_as_sheet(asked)
    found = selectors.runs(asked.actor, "", 0, _LISTED)["exports"]
    last = selectors.last_exports(asked.actor, SHIPPED)
    rows = [_profile_row(profile_of(name), last.get(name)) for name in SHIPPED]
    names = called(one["actor"] for one in found)
    return {
        "profiles": rows,
        "late": [row for row in rows if row["due"] and (row["due"].is_late or row["due"].is_near)],
        "runs": [one | {"by": names.get(one["actor"], one["actor"])} for one in found],
    }  # fmt: skip


def _profiles_as_sheet(asked: Asked) -> HttpResponse:
    last = selectors.last_exports(asked.actor, SHIPPED)
    rows = [_profile_row(profile_of(name), last.get(name)) for name in SHIPPED]
    head = [_("模板"), _("名称"), _("列"), _("核对"), _("上次报"), _("期限")]
    return sheet("profiles", head, (
        [row["name"], row["title"], row["columns"], row["checks"], row["last"],
         None if row["due"] is None else row["due"].day]
        for row in rows
    ))  # fmt: skip


def _runs_as_sheet(asked: Asked) -> HttpResponse:
    found = all_rows(lambda most: selectors.runs(asked.actor, "", 0, most)["exports"])
    names = called(one["actor"] for one in found)
    head = [
        _("编号"), _("模板"), _("什么时候"), _("谁"), _("为什么"), _("写了（行）"), _("撤销"), _("留下"),
        _("没有变"),
    ]  # fmt: skip
    return sheet("exports", head, (
        [one["run"], one["profile"], one["at"], names.get(one["actor"], one["actor"]), one["reason"],
         *(one[key] for key in ("exported", "withdrawn", "held_back", "unchanged"))]
        for one in found
    ))  # fmt: skip


def _profile_row(profile: Profile, last: datetime | None) -> dict[str, Any]:
    form = profile.form
    return {
        "name": profile.name, "title": form.title, "status": form.status, "columns": len(profile.columns),
        "checks": len(form.checks), "last": last, "due": deadline(profile, now().date(), last),
    }  # fmt: skip


def _shipped(named: str) -> Profile:
    if named not in SHIPPED:
        raise Refusal.of(404, "S541", "profile", profile=named, known="、".join(SHIPPED))
    return profile_of(named)


@page("desk/district/export_profile.html", Act.EXPORTS_READ, posts=True)
def export_profile(asked: Asked, profile: str) -> Shown | HttpResponse:
    """A profile: its columns and checks, what an export would hold, running it, reading a report back."""
    of = _shipped(profile)
    faults: Sequence[Any] = ()
    status = 200
    if asked.is_posted:
        try:
            return _done(asked, of)
        except Refusal as refused:
            if refused.status in (401, 404) or {f.code for f in refused.faults} & {"S403"}:
                raise
            faults, status = refused.faults, refused.status
    found = selectors.runs(asked.actor, profile, 0, 1)["exports"]
    last = datetime.fromisoformat(found[0]["at"]) if found else None
    looked = asking.last_run(asked.actor, asking.LOOK, profile)
    made = asking.last_run(asked.actor, asking.EXPORT, profile)
    shown = {
        "one": _profile_row(of, last), "form": of.form, "faults": faults, "columns": _columns(of),
        "checks": [(c.title, _KINDS[k]) for c in of.form.checks for k in CHECKS if getattr(c, k) is not None],
        "looked": _looked(looked), "look": looked, "made": made, "runs_now": _is_open(looked) or _is_open(made),
        "typed": asked.request.POST.get("reason", "")[:400], "limit": _REPORT_MB,
        "rejected": len(selectors.rows(asked.actor, profile=profile, state="", answer="rejected", run=None,
                                       after=0, limit=_PAGE)["rows"]),
    }  # fmt: skip
    return show(asked, "desk/district/export_profile.html", shown, status=status)


def _is_open(run: Run | None) -> bool:
    return run is not None and run.state in (QUEUED, RUNNING)


def _columns(profile: Profile) -> list[dict[str, Any]]:
    forms = {column.key: column for column in profile.form.columns}
    return [
        {"title": column.title, "optional": column.optional, "longest": column.longest,
         "from": forms[column.key].fact or "＋".join(forms[column.key].sum or ()),
         "note": forms[column.key].note or "", "codes": list((column.codes or {}).items())}
        for column in profile.columns
    ]  # fmt: skip


def _looked(run: Run | None) -> Mapping[str, Any] | None:
    """What the last look came to, with what its causes and hospitals are called."""
    if run is None or run.state != DONE:
        return None
    told: Any = run.result
    places = hospitals_called(one["facility"] for one in told["held"])
    return {
        **told,
        "causes": [{**one, "title": _CHECKS.get(one["check"], one["check"])} for one in told["causes"]],
        "held": [{**one, "hospital": places.get(one["facility"], one["facility"])} for one in told["held"]],
    }  # fmt: skip


def _done(asked: Asked, of: Profile) -> HttpResponse:
    """What is asked for on a profile's page. Raises Refusal."""
    posted, actor = asked.request.POST, asked.actor
    whole, rejected = posted.get("which") == "all", posted.get("which") == "rejected"
    match posted.get("do"):
        case "look":
            asking.ask_look(actor, of.name, whole=whole, rejected=rejected)
        case "export":
            reason = posted.get("reason", "")
            asking.ask_export(actor, of.name, reason, whole=whole, rejected=rejected)
        case "report":
            return _reported(asked, of)
        case other:
            raise Refusal.of(
                422, "F203", "do", value=str(other)[:20], expected="look、export、report 之一"
            )
    return to(reverse("desk:export_profile", kwargs={"profile": of.name}))


def _reported(asked: Asked, of: Profile) -> HttpResponse:
    """Read the receiver's report: all of it or nothing. Raises Refusal."""
    file = asked.request.FILES.get("report")
    if file is None:
        raise Refusal.of(422, "F201", "report", key="report", expected="回执文件（CSV 或 XLSX）")
    if (file.size or 0) > _REPORT_MB * 2**20:
        raise Refusal.of(413, "S413", "report", limit=_REPORT_MB)
    try:
        counts = reports.take(asked.actor, of, str(file.name), file.read(), None)
    except Faulty as error:
        raise Refusal(422, error.faults) from error
    messages.success(
        asked.request,
        _("读了回执：接受 %(accepted)d 行，退回 %(rejected)d 行，过时 %(outdated)d 行") % counts,
    )
    here = reverse("desk:export_rows", kwargs={"profile": of.name})
    return to(f"{here}?state=rejected" if counts["rejected"] else here)


@page("desk/district/export_progress.html", Act.EXPORTS_READ)
def export_progress(asked: Asked, profile: str) -> Shown | HttpResponse:
    """How far the long work of a profile is; the whole page where none runs any more."""
    of = _shipped(profile)
    runs = [asking.last_run(asked.actor, kind, profile) for kind in (asking.EXPORT, asking.LOOK)]
    running = next((run for run in runs if run is not None and _is_open(run)), None)
    if running is None:
        here = reverse("desk:export_profile", kwargs={"profile": profile})
        return HttpResponse(status=200, headers={"HX-Redirect": here})
    return {"one": {"name": of.name}, "running": running}


@page("desk/district/export_rows.html", Act.EXPORTS_READ, posts=True)
def export_rows(asked: Asked, profile: str) -> Shown | HttpResponse:
    """Where rows stand: held back and rejected ones with the reason, and where to mend it; a sheet for a reason."""
    of = _shipped(profile)
    if not asked.is_posted:
        return _rows(asked, of)
    return forms.answered(
        asked, "desk/district/export_rows.html", lambda: _sheet(asked, of), lambda: _rows(asked, of)
    )


def _wanted(asked: Asked) -> tuple[str, str, str]:
    """Which rows the address asks for: by the name of the tab, their state, the receiver's answer."""
    wanted = asked.request.GET.get("state", "held_back")
    wanted = wanted if wanted in dict(_STATES) else "held_back"
    return (wanted, "", "rejected") if wanted == "rejected" else (wanted, wanted, "")


def _sheet(asked: Asked, of: Profile) -> HttpResponse:
    wanted, state, answer = _wanted(asked)
    forms.taken_along(asked, "exports.rows", "ledger", {"profile": of.name, "state": wanted})
    every = selectors.every_row(asked.actor, profile=of.name, state=state, answer=answer)
    head = [_("结算号"), _("就诊号"), _("登记号"), _("医院"), _("到哪里了"), _("回执"), _("为什么")]
    lines = (
        [r["settlement_id"], r["visit_id"], r["person"], r["facility"], r["state"], r["answer"],
         "；".join(why["text"] for why in r["reasons"])]
        for r in every
    )  # fmt: skip
    return sheet(f"{of.name}-{wanted}", head, lines)


def _rows(asked: Asked, of: Profile) -> dict[str, Any]:
    wanted, state, answer = _wanted(asked)
    stated = asked.request.GET.get("after", "")
    after = int(stated) if stated.isascii() and stated.isdecimal() and len(stated) < 19 else 0
    found = selectors.rows(
        asked.actor, profile=of.name, state=state, answer=answer, run=None, after=after, limit=_PAGE
    )
    rows: list[dict[str, Any]] = found["rows"]
    names = names_of(asked.actor, (row["person"] for row in rows))
    places = hospitals_called(row["facility"] for row in rows)
    return {
        "one": {"name": of.name, "title": of.form.title}, "state": wanted, "states": _STATES,
        "rows": [row | {"name": names.get(row["person"], ""), "hospital": places.get(row["facility"], "")}
                 for row in rows],
        "after": found["after"], "is_first": not after,
    }  # fmt: skip


@page("desk/district/export_run.html", Act.EXPORTS_READ, posts=True)
def export_run(asked: Asked, export: int) -> Shown | HttpResponse:
    """One export with its files; who asked for it takes each away once, saying why."""
    faults: Sequence[Any] = ()
    status = 200
    if asked.is_posted:
        name = asked.request.POST.get("file", "")
        try:
            content = taking.take(asked.actor, export, name, asked.request.POST.get("reason", ""))
            answer = HttpResponse(content, content_type="application/octet-stream")
            answer["Content-Disposition"] = f'attachment; filename="{name}"'
            answer["Cache-Control"] = "no-store, private"
            return answer
        except Refusal as refused:
            if refused.status in (401, 404) or {f.code for f in refused.faults} & {"S403"}:
                raise
            faults, status = refused.faults, refused.status
    told = selectors.run(asked.actor, export)
    shown = {
        "told": told, "files": taking.files_of(asked.actor, export), "faults": faults,
        "is_mine": told["actor"] == asked.actor.key,
        "by": called([told["actor"]]).get(told["actor"], told["actor"]),
    }  # fmt: skip
    return show(asked, "desk/district/export_run.html", shown, status=status)


ADDRESSES = [
    path("exports", exports, name="exports"),
    path("exports/<int:export>", export_run, name="export_run"),
    path("exports/<slug:profile>", export_profile, name="export_profile"),
    path("exports/<slug:profile>/rows", export_rows, name="export_rows"),
    path("exports/<slug:profile>/progress", export_progress, name="export_progress"),
]
