"""Going home: what is to be looked at, the platform's figures beside ours, everybody's amounts, the settlement."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from doudi.errors import Fault
from doudi.source_text import Document
from doudi_web.desk.cascading import cascade_of, unverified_of
from doudi_web.desk.looked import is_looked_at, mark_of
from doudi_web.desk.page import Asked, Shown, faults_of, page, show, to
from doudi_web.desk.pages.mending import looked, message_of, moves_since
from doudi_web.desk.persons import who
from doudi_web.leaving.checks import Leaving, Point, State, leaving
from doudi_web.leaving.going import going
from doudi_web.register.named import names_of
from doudi_web.settlement import previewing, visits
from doudi_web.settlement.replaying import fen
from doudi_web.settlement.rows import Query, rows
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act

Json = dict[str, Any]
_PAGE = 50


@page("desk/discharges.html", Act.PRECHECK)
def discharges(asked: Asked) -> Shown:
    """Who is discharged and not settled, who waits longest first."""
    stated = asked.request.GET.get("behind", "")
    behind = int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 19 else None
    found = going(asked.actor, behind, _PAGE)
    names = names_of(asked.actor, (one["person"] for one in found["visits"]))
    rows = [one | {"name": names.get(one["person"], "")} for one in found["visits"]]
    return {**found, "rows": rows, "is_first": behind is None}


@page("desk/discharge.html", Act.PRECHECK, posts=True)
def discharge(asked: Asked, visit: str) -> Shown | HttpResponse:
    """Checks, the platform's figures, a preview, and then the settlement, or the discharge alone."""
    facility = asked.actor.facility or asked.request.GET.get("facility") or None
    do = asked.request.POST.get("do", "")
    if do == "leave":
        return _leave(asked, visit, facility)
    said = _said(asked)
    faults: tuple[Fault, ...] = ()
    is_unseen = do == "act" and not is_looked_at(asked, _mark(asked, visit, facility, said))
    if do == "act" and not is_unseen:
        try:
            return to(_settled(asked, visit, facility, said))
        except Refusal as refused:
            if refused.status == 409:
                return _first_was_another(asked, visit, facility, refused)
            faults = faults_of(refused)
    try:
        found = leaving(asked.actor, visit, facility, said)
        if do == "silent":
            given = said.get("given", {})
            said = {**said, "awaiting": [key for key in found.computed if key not in given]}
            found = leaving(asked.actor, visit, facility, said)
    except Refusal as refused:
        number = _number_of(asked, visit, facility) if refused.status == 409 else None
        if number is None:
            raise
        return to(reverse("desk:settlement", kwargs={"settlement": number}))
    shown = _shown(asked, found, said)
    if faults:
        return show(asked, "desk/discharge.html", {**shown, "faults": faults}, status=422)
    is_look = is_unseen or do in ("look", "silent")
    return _looked(asked, found, said, shown, is_new=is_unseen) if is_look else shown


def _settled(asked: Asked, visit: str, facility: str | None, said: Json) -> str:
    """Settle it, on the bill that was looked at; the address of what it came to. Sent twice, it is done once."""
    body = {**said, "message_id": message_of(asked)}
    if version := asked.request.POST.get("version", ""):
        body["version"] = version[:40]
    answer = visits.settle_visit(asked.actor, visit, Document("visit", body), facility)
    number = int(json.loads(answer.text)["settlement_id"])
    return f"{reverse('desk:settlement', kwargs={'settlement': number})}?done=settle"


def _number_of(asked: Asked, visit: str, facility: str | None) -> int | None:
    """The standing settlement of a visit, for who may see it."""
    if not asked.actor.may(Act.SETTLEMENTS_READ):
        return None
    found = rows(asked.actor, Query(visit=visit, facility=facility or "", state="standing"))["rows"]
    return int(found[0]["settlement_id"]) if found else None


def _mark(
    asked: Asked, visit: str, facility: str | None, said: Json, version: str | None = None
) -> str:
    """The mark of what a form states of a visit: the bill's version, what the platform pays, where it is silent."""
    of = asked.request.POST.get("version", "") if version is None else version
    typed = {"given": said.get("given", {}), "awaiting": sorted(said.get("awaiting", ()))}
    return mark_of(f"settle:{of}", {"visit": visit, "facility": facility, **typed})


def _looked(
    asked: Asked, found: Leaving, said: Json, shown: Json, *, is_new: bool
) -> Shown | HttpResponse:
    """The amounts of everybody before anything is done."""
    body: Json = {**said, "version": found.version}
    try:
        preview = previewing.settling(
            asked.actor, found.visit.id, Document("visit", body), found.visit.facility
        )
    except Refusal as refused:
        faults = faults_of(refused)
        return show(
            asked, "desk/discharge.html", {**shown, "faults": faults}, status=refused.status
        )
    verb = _("临时结算") if said.get("awaiting") else _("结算")
    facility = asked.actor.facility or asked.request.GET.get("facility") or None
    states = {
        "given": {one["key"]: one["given"] for one in shown["platform"] if one["given"]},
        "awaiting": [one["key"] for one in shown["platform"] if one["may_wait"] and one["awaits"]],
    }
    mark = _mark(asked, found.visit.id, facility, states, found.version)
    return shown | looked(preview, found.layers, verb, mark, is_new=is_new)


def _leave(asked: Asked, visit: str, facility: str | None) -> Shown | HttpResponse:
    """The patient goes home: at the stated time, or now."""
    stated = asked.request.POST.get("discharged", "").strip()[:40]
    body = {
        "discharged": f"{stated}:00+08:00" if len(stated) == len("2019-06-01T10:00") else stated
    }
    try:
        visits.discharge(asked.actor, visit, Document("visit", body if stated else {}), facility)
    except Refusal as refused:
        shown = _shown(asked, leaving(asked.actor, visit, facility), {})
        faults = faults_of(refused)
        return show(
            asked, "desk/discharge.html", {**shown, "faults": faults}, status=refused.status
        )
    query = f"?{urlencode({'facility': facility})}" if facility else ""
    return to(reverse("desk:discharge", kwargs={"visit": visit}) + query)


def _said(asked: Asked) -> Json:
    """What the platform has said by now, as it was typed: what it pays, and of which layers it is silent."""
    posted = asked.request.POST
    given = {
        name.removeprefix("given-"): str(value).strip()[:20]
        for name, value in posted.items()
        if name.startswith("given-") and str(value).strip()
    }
    said: Json = {"given": given} if given else {}
    waits = [one for one in posted.getlist("awaiting") if one not in given]
    return said | ({"awaiting": waits} if waits else {})


def _shown(asked: Asked, found: Leaving, said: Json) -> Json:
    told = found.settlement
    given: Mapping[str, str] = {**(found.bill.get("given") or {}), **said.get("given", {})}  # pyright: ignore
    awaiting: Any = found.bill.get("awaiting") or []
    points = [{**one.json(), "mend": _mend(asked, found, one.point)} for one in found.checks]
    made: Json = {
        "leaving": found, "visit": found.visit, "bill": found.bill, "points": points, "message": message_of(asked),
        "who": who(asked.actor, found.visit.person), "version": found.version, "made_at": now().isoformat(),
        "stops": found.stops, "looks": sum(one.state is State.LOOK for one in found.checks),
        "stopping": sum(one.state is State.STOP for one in found.checks), "told": told,
        "platform": [
            _beside(key, title, told, given, awaiting) | {"may_wait": key in found.computed}
            for key, title in found.layers.items()
        ],
        "bill_faults": found.faults, "awaiting": awaiting,
    }  # fmt: skip
    if told is None:
        return made
    return made | {
        "cascade": cascade_of(told, found.layers), "unverified": unverified_of(told), "control": told["control"],
    }  # fmt: skip


def _mend(asked: Asked, found: Leaving, point: Point) -> tuple[str, str] | None:
    """Where a point is mended, and what is done there; None where nothing is, or it is not for the actor."""
    visit, may = found.visit, asked.actor.may
    of = {} if asked.actor.facility else {"facility": visit.facility}
    query = f"?{urlencode(of)}" if of else ""
    match point:
        case Point.DISCHARGED if may(Act.VISITS_WRITE):
            return "#going", _("办出院")
        case Point.PLATFORM:
            return "#platform", _("填平台的数")
        case Point.MAPPED if may(Act.MATCHING_READ):
            return f"{reverse('desk:mapping')}?{urlencode({'visit': visit.id, **of})}", _("去对照")
        case Point.REVIEW if may(Act.VISITS_READ):
            there = reverse("desk:review", kwargs={"visit": visit.id})
            return there + query, _("看预审")
        case Point.STANDING if may(Act.PERSONS_READ) and _is_registered(found):
            return reverse("desk:person", kwargs={"person": visit.person}), _("核对身份")
        case _:
            return None


def _is_registered(found: Leaving) -> bool:
    told = found.settlement or {}
    return "eligibility" not in told.get("provisional_reasons", ())


def _beside(
    key: str, title: str, told: Json | None, given: Mapping[str, str], awaiting: Any
) -> Json:
    """A layer: what we compute, what the platform says, by how much they differ, and why if a warning says so."""
    computed = None if told is None else told["computed"].get(key, told["payments"].get(key))
    stated = given.get(key, "")
    gap: int | None = None
    if told is not None and stated and key in told["computed"]:
        gap = fen(told["payments"][key]) - fen(told["computed"][key])
    why = ""
    for one in [] if told is None else told["warnings"]:
        if one["code"] == "given_differs" and one.get("layer") == key:
            why = one["text"]
    is_rule = told is not None and (key in told["computed"] or not stated)
    return {
        "key": key, "title": title, "computed": computed if is_rule else None, "given": stated, "gap": gap,
        "why": why, "awaits": key in awaiting,
    }  # fmt: skip


def _first_was_another(
    asked: Asked, visit: str, facility: str | None, refused: Refusal
) -> HttpResponse:
    """The bill moved since it was looked at, or is settled: who did what; what was typed is kept."""
    number = _number_of(asked, visit, facility)
    if number is not None:
        told = {"visit_id": visit, "number": number, "faults": refused.faults}
        return show(asked, "desk/changed.html", told, status=409)
    found = leaving(asked.actor, visit, facility)
    since = _since(asked.request.POST.get("made_at", "")) or found.visit.opened
    shown = {
        "visit_id": visit, "faults": refused.faults, "total": (found.settlement or {}).get("total"),
        "moves": moves_since(found.visit.person, visit, since), "seen": asked.request.POST.get("seen", "")[:20],
    }  # fmt: skip
    return show(asked, "desk/changed.html", shown, status=409)


def _since(text: str) -> datetime | None:
    """The moment that a form says it was made at."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


ADDRESSES = [
    path("discharges", discharges, name="discharges"),
    path("visits/<path:visit>/discharge", discharge, name="discharge"),
]
