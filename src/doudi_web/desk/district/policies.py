"""Policies: what rules and on which sources, new versions on their way, and what one changes on real visits."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from doudi.dates import CHINA
from doudi.errors import Faulty
from doudi_web.desk.cascading import Pays, pays_of_sums
from doudi_web.desk.district import forms
from doudi_web.desk.page import Asked, Shown, faults_of, page, show, to
from doudi_web.desk.sheet import amount_cell, sheet, table_of
from doudi_web.policy import selectors, uploading, versions
from doudi_web.policy.models import Version
from doudi_web.register.named import names_of
from doudi_web.rehearsal import asking
from doudi_web.rehearsal import selectors as trials
from doudi_web.rehearsal.models import Trial
from doudi_web.runs.models import DONE, FAILED
from doudi_web.settlement.titles import codes_of, titles_of
from doudi_web.tenancy.clock import now, real_now
from doudi_web.tenancy.named import called, hospitals_called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act

_STATES = {
    "draft": (lazy("草稿，有错"), "need2"), "checked": (lazy("等批准"), "near"), "refused": (lazy("没有批准"), ""),
    "dropped": (lazy("放弃了"), ""), "waits": (lazy("批准了，等执行"), "fine"), "rules": (lazy("正在执行"), "fine"),
    "superseded": (lazy("已被替换"), ""), "ended": (lazy("已停止执行"), ""), "approved": (lazy("批准了"), "fine"),
}  # fmt: skip
_SIDES = (
    ("", lazy("全部")), ("more", lazy("患者多付")), ("less", lazy("患者少付")), ("funds", lazy("只有别人变")),
    ("faulty", lazy("算不出")),
)  # fmt: skip
_DAY = timedelta(days=1)


@page("desk/district/policies.html", Act.POLICIES_READ)
def policies(asked: Asked) -> Shown:
    """What rules, and the versions that wait for somebody."""
    rows = [_said(one) for one in selectors.versions(asked.actor)]
    _name(rows)
    match table_of(asked.request):
        case None:
            pass
        case "rules":
            return _rules_as_sheet(asked)
        case table:
            return _changes_as_sheet(
                [one for one in rows if one["is_open"] == (table == "waiting")]
            )
    return {
        "rules": selectors.ruling(asked.actor),
        "waiting": [one for one in rows if one["is_open"]],
        "decided": [one for one in rows if not one["is_open"]],
    }


def _rules_as_sheet(asked: Asked) -> HttpResponse:
    head = [
        _("政策包"), _("名称"), _("地区"), _("管结算从"), _("到（不含）"), _("值和规则"), _("未证实"),
        _("从什么时候执行"),
    ]  # fmt: skip
    return sheet("policies", head, (
        [of.name, of.title, of.district, of.valid.start, of.valid.end, of.count, len(of.unconfirmed), one.since]
        for one in selectors.ruling(asked.actor) for of in [one.described]
    ))  # fmt: skip


def _changes_as_sheet(rows: Sequence[Mapping[str, Any]]) -> HttpResponse:
    kinds = {"withdraw": _("停止执行"), "install": _("新版本")}
    head = [
        _("编号"), _("变更"), _("政策包"), _("到哪一步"), _("谁提出"), _("提出"), _("为什么"), _("谁定的"),
        _("定的时间"), _("定的理由"),
    ]  # fmt: skip
    return sheet("policy-changes", head, (
        [one["number"], kinds.get(one["kind"], one["kind"]), one["name"], one["state_title"], one["asked_name"],
         one["asked"], one["reason"], one["decided_name"], one["decided"], one["decision"]]
        for one in rows
    ))  # fmt: skip


def _said(one: Version) -> dict[str, Any]:
    """A version as lists and its page tell it."""
    state = selectors.became(one) or one.state
    title, tone = _STATES[state]
    return {
        "number": one.pk, "kind": one.kind, "name": one.name, "state": state, "state_title": title, "tone": tone,
        "is_open": one.state in versions.OPEN, "since": one.since, "reason": one.reason, "asked": one.asked,
        "asked_by": one.asked_by, "decided": one.decided, "decided_by": one.decided_by,
        "decision": one.decision, "faults": one.found.get("count", 0), "tried": one.tried,
        "in_force": None if one.in_force is None else one.in_force.since,
    }  # fmt: skip


def _name(rows: Sequence[dict[str, Any]]) -> None:
    """Put what accounts are called beside their keys."""
    names = called(key for one in rows for key in (one["asked_by"], one["decided_by"]) if key)
    for one in rows:
        one["asked_name"] = names.get(one["asked_by"]) or _("命令")
        one["decided_name"] = names.get(one["decided_by"], "")


@page("desk/district/policy_pack.html", Act.POLICIES_READ, posts=True)
def policy_pack(asked: Asked) -> Shown | HttpResponse:
    """A pack that rules: its sources, its marks, what is not confirmed; asking that it ends."""
    name = asked.request.GET.get("pack", "")
    if not name:
        return to(reverse("desk:policies"))
    found = next((one for one in selectors.ruling(asked.actor) if one.described.name == name), None)
    if found is None:
        raise Refusal.of(404, "S481", "pack", what="政策包", number=name[:80])
    faults: Sequence[Any] = ()
    if asked.is_posted:
        try:
            reason = asked.request.POST.get("reason", "")
            number = versions.ask_end(asked.actor, name, _moment(asked, "since"), reason)
            return to(reverse("desk:policy_version", kwargs={"version": number}))
        except Refusal as refused:
            if refused.status == 409:
                raise
            faults = faults_of(refused)
    return {"one": found, "described": found.described, "faults": faults}


def _moment(asked: Asked, key: str, *, days: int = 0) -> datetime | None:
    """A day that is stated, or so many later, from its first moment; None where none is. Raises Refusal 422."""
    stated = asked.request.POST.get(key, "").strip()
    if not stated:
        return None
    try:
        day = date.fromisoformat(stated) + timedelta(days=days)
        return datetime.combine(day, datetime.min.time(), CHINA)
    except (ValueError, OverflowError) as error:
        raise Refusal.of(
            422, "F203", key, value=stated[:20], expected="日期，如 2020-01-01"
        ) from error


@page("desk/district/policy_new.html", Act.POLICIES_PROPOSE, posts=True)
def policy_new(asked: Asked) -> Shown | HttpResponse:
    """Bring a new version: a zip archive, or the files of a folder."""
    typed = {key: asked.request.POST.get(key, "")[:400] for key in ("reason", "since")}
    if not asked.is_posted:
        return {"typed": typed, "limit": uploading.SIZE_LIMIT_MB}
    try:
        number = versions.bring(
            asked.actor, _brought(asked), _moment(asked, "since"), typed["reason"]
        )
    except Refusal as refused:
        shown = {"typed": typed, "limit": uploading.SIZE_LIMIT_MB, "faults": faults_of(refused)}
        return show(asked, "desk/district/policy_new.html", shown, status=refused.status)
    return to(reverse("desk:policy_version", kwargs={"version": number}))


def _brought(asked: Asked) -> uploading.Brought:
    """The pack that was sent. Raises Refusal 422."""
    try:
        archive = asked.request.FILES.get("archive")
        if archive is not None:
            size = archive.size or 0
            if size > uploading.SIZE_LIMIT_MB * 2**20:
                raise Refusal.of(413, "S413", "archive", limit=uploading.SIZE_LIMIT_MB)
            return uploading.from_zip(archive.read())
        files = asked.request.FILES.getlist("folder")
        names = [str(one.name) for one in files]
        paths = uploading.with_paths(names, asked.request.POST.get("paths", "").splitlines())
        return uploading.from_folder(
            {name: one.read() for name, one in zip(paths, files, strict=True)}
        )
    except Faulty as error:
        raise Refusal(422, error.faults) from error


@page("desk/district/policy_version.html", Act.POLICIES_READ, posts=True)
def policy_version(asked: Asked, version: int) -> Shown | HttpResponse:
    """A version: its check, what it says otherwise, what it changes on real visits, and the decision."""
    faults: Sequence[Any] = ()
    status = 200
    if asked.is_posted:
        try:
            return _done(asked, version)
        except Refusal as refused:
            if refused.status in (401, 404) or {f.code for f in refused.faults} & {"S403"}:
                raise
            faults, status = refused.faults, refused.status
    shown = {**_version(asked, version), "faults": faults}
    return show(asked, "desk/district/policy_version.html", shown, status=status)


def _version(asked: Asked, version: int) -> dict[str, Any]:
    """A version's page."""
    one = selectors.version(asked.actor, version)
    said = _said(one)
    _name([said])
    trial = trials.last(asked.actor, version)
    month = _last_month()
    return {
        "one": said, "found": one.found, "held": selectors.held_against(one),
        "is_mine": one.asked_by == asked.actor.key, "month": month, "at_once": _is_at_once(one),
        "can_approve": one.state == versions.CHECKED
        and (one.kind == versions.WITHDRAW or versions.is_current(one)),
        "typed": {"reason": asked.request.POST.get("reason", "")[:400]}, **_trial_shown(asked, one, trial),
    }  # fmt: skip


def _is_at_once(one: Version) -> bool:
    return one.since is None or one.since <= real_now()


def _last_month() -> tuple[date, date]:
    """The first and the last day of the month before this one."""
    last = now().date().replace(day=1) - _DAY
    return last.replace(day=1), last


def _done(asked: Asked, version: int) -> HttpResponse:
    """What is asked for on a version's page. Raises Refusal."""
    posted = asked.request.POST
    reason = posted.get("reason", "")
    here = reverse("desk:policy_version", kwargs={"version": version})
    match posted.get("do"):
        case "try":
            start, end = _moment(asked, "from"), _moment(asked, "to", days=1)
            if start is None or end is None:
                raise Refusal.of(422, "F201", "from", key="from、to", expected="从哪天到哪天")
            asking.ask(asked.actor, version, start, end)
        case "approve":
            versions.approve(asked.actor, version, reason)
            messages.success(asked.request, _("批准了"))
        case "refuse":
            versions.refuse(asked.actor, version, reason)
            messages.success(asked.request, _("没有批准，执行的没有变"))
        case "drop":
            versions.drop(asked.actor, version, reason)
            messages.success(asked.request, _("放弃了，执行的没有变"))
        case other:
            raise Refusal.of(
                422, "F203", "do", value=str(other)[:20], expected="try、approve、refuse、drop 之一"
            )
    return to(here)


def _trial_shown(asked: Asked, one: Version, trial: Trial | None) -> dict[str, Any]:
    """The last trial of a version: how far it is, or all that it came to with a page of its visits."""
    if trial is None:
        return {"trial": None}
    run = trials.run_of(trial)
    base: dict[str, Any] = {"trial": trial, "run": run, "until": trial.end - _DAY}
    if trial.told is None:
        return base
    side = asked.request.GET.get("side", "")
    side = side if side in trials.SIDES else ""
    number = _page(asked)
    rows = trials.visits(asked.actor, trial, side, number)
    told: dict[str, Any] = trial.told
    patient = told["after"].get("patient", 0) - told["before"].get("patient", 0)
    names = names_of(asked.actor, (row["person"] for row in rows[: trials.PAGE]))
    titles = _titles(told, one.name)
    is_current = versions.is_current(one)
    return base | {
        "told": told, "pays": pays_of_sums(told["before"], told["after"], titles), "side": side,
        "patient": {"change": patient}, "less": -patient,
        "sides": _SIDES, "groups": _groups(told, one.name), "moved": _moved(told, titles),
        "rows": [_row(row, names, titles) for row in rows[: trials.PAGE]], "page": number,
        "most": trials.EXPORTED if told["otherwise"] + told["faulty"] > trials.EXPORTED else 0,
        "is_current": is_current, "has_more": len(rows) > trials.PAGE,
    }  # fmt: skip


def _page(asked: Asked) -> int:
    stated = asked.request.GET.get("page", "")
    return int(stated) if stated.isascii() and stated.isdecimal() and len(stated) < 5 else 0


def _titles(told: Mapping[str, Any], pack: str) -> dict[str, str]:
    layers = {key.removeprefix("fund:") for side in ("before", "after") for key in told[side]}
    return dict(titles_of([pack], layers - {"hospital", "patient", "total"}).layers)


def _moved(told: Mapping[str, Any], titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """Who pays more and who less: how many visits and people, how much, the largest."""
    rows: list[dict[str, Any]] = []
    payers = pays_of_sums(told["before"], told["after"], titles)
    for one in payers:
        for side, word in (("more", _("多付")), ("less", _("少付"))):
            found = told[side].get(one.key)
            if found is not None:
                rows.append({"title": one.title, "colour": one.colour, "word": word, **found})
    return rows


def _groups(told: Mapping[str, Any], pack: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """The patients' part by standing, kind and hospital."""
    by: Mapping[str, Mapping[str, Any]] = told["by"]
    packs = [pack]
    names: dict[str, Mapping[str, str]] = {
        "standing": {"ordinary": _("一般人员"), **codes_of("standing", by["standing"], packs)},
        "kind": codes_of("kind", by["kind"], packs),
        "facility": hospitals_called(by["facility"]),
    }
    titles = {"standing": _("身份"), "kind": _("就医类别"), "facility": _("医院")}
    return [
        (title, [{"title": names[key].get(name, name), "change": of["after"] - of["before"], **of}
                 for name, of in by[key].items()])
        for key, title in titles.items()
    ]  # fmt: skip


def _row(
    row: dict[str, Any], names: Mapping[str, str], titles: Mapping[str, str]
) -> dict[str, Any]:
    pays: list[Pays] = []
    if row["before"] and row["after"]:
        pays = [p for p in pays_of_sums(row["before"], row["after"], titles) if p.change]
    return row | {"name": names.get(row["person"], ""), "pays": pays}


@page("desk/district/policy_trial.html", Act.POLICIES_READ)
def policy_trial(asked: Asked, version: int) -> Shown | HttpResponse:
    """How far a trial is; the whole page where it is done."""
    trial = trials.last(asked.actor, version)
    run = None if trial is None else trials.run_of(trial)
    if trial is None or run is None or run.state in (DONE, FAILED):
        here = reverse("desk:policy_version", kwargs={"version": version})
        return HttpResponse(status=200, headers={"HX-Redirect": here})
    return {"one": {"number": version}, "trial": trial, "run": run}


@page("desk/district/policy_version.html", Act.POLICIES_READ, posts=True)
def policy_table(asked: Asked, version: int) -> Shown | HttpResponse:
    """The visits of the last trial with every amount of both, as a table to take away, for a reason."""
    trial = trials.last(asked.actor, version)
    if not asked.is_posted or trial is None or trial.told is None:
        return to(reverse("desk:policy_version", kwargs={"version": version}))
    return forms.answered(
        asked, "desk/district/policy_version.html", lambda: _sheet(asked, trial), lambda: _version(asked, version)
    )  # fmt: skip


def _sheet(asked: Asked, trial: Trial) -> HttpResponse:
    """Nobody is named in it."""
    forms.taken_along(asked, "policies.trial", f"policy:{trial.version}", {"trial": trial.pk})
    rows = trials.visits(asked.actor, trial, "", 0, limit=trials.EXPORTED)[: trials.EXPORTED]
    keys = sorted({key for row in rows for side in ("before", "after") for key in row[side] or ()})
    titles = _titles(trial.told, trial.name)
    payers = {
        p.key: p.title for p in pays_of_sums(trial.told["before"], trial.told["after"], titles)
    }
    head = [_("结算号"), _("就诊号"), _("登记号"), _("医院"), _("就医类别"), _("身份"), _("算不出")]
    for key in keys:
        title = payers.get(key, key)
        head += [_("%(who)s，现行") % {"who": title}, _("%(who)s，新版") % {"who": title}]
    lines = (
        [r["settlement"], r["visit"], r["person"], r["facility"], r["kind"], r["standing"], r["fault"],
         *(amount_cell((r[side] or {}).get(key)) for key in keys for side in ("before", "after"))]
        for r in rows
    )  # fmt: skip
    return sheet(f"policy-{trial.version}-trial", head, lines)


ADDRESSES = [
    path("policies", policies, name="policies"),
    path("policies/new", policy_new, name="policy_new"),
    path("policies/pack", policy_pack, name="policy_pack"),
    path("policies/<int:version>", policy_version, name="policy_version"),
    path("policies/<int:version>/trial", policy_trial, name="policy_trial"),
    path("policies/<int:version>/visits.csv", policy_table, name="policy_table"),
]
