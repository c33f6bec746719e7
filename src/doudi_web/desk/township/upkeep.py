"""名册: who needs looking at; a change is looked at with all it touches before it is stated; the second person."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from doudi.dates import age_on
from doudi.errors import Fault
from doudi_web.desk.district import forms
from doudi_web.desk.page import Asked, Shown, page, show, to
from doudi_web.desk.sheet import all_rows, sheet, table_of
from doudi_web.register import statements
from doudi_web.register.named import names_of
from doudi_web.register.selectors import in_sight_one
from doudi_web.register.words import stated_words, word
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.models import Township, Village
from doudi_web.tenancy.named import called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.upkeep import asking, deciding, people
from doudi_web.upkeep.asking import STATES, TITLES, Kind
from doudi_web.upkeep.models import Change
from doudi_web.upkeep.people import Tab

_ON_FORM = frozenset({409, 422})
_FIELDS = ("code", "from", "to", "day", "village", "household", "name", "sex", "standing", "id")
_TONES = {"waiting": "near", "written": "fine", "refused": "need2", "withdrawn": ""}


@page("desk/township/upkeep.html", Act.UPKEEP_READ, posts=True)
def upkeep(asked: Asked) -> Shown | HttpResponse:
    """The people of a township, those who need it first, what waits for the second person; sheets for a reason."""
    if not asked.is_posted:
        return _shown(asked)
    taken = _changes_as_sheet if table_of(asked.request) == "changes" else _people_as_sheet
    return forms.answered(
        asked, "desk/township/upkeep.html", lambda: taken(asked), lambda: _shown(asked)
    )


def _shown(asked: Asked) -> dict[str, Any]:
    sent = asked.request.GET
    town = town_of(asked, sent.get("township", ""))
    tab = sent.get("tab", "soon")
    waiting = _changes(asked, deciding.changes(asked.actor, waiting=True))
    counts = people.counts(asked.actor, town)
    shown: dict[str, Any] = {
        "tab": tab, "town": town, "towns": [] if asked.actor.township else list(Township.objects.order_by("code")),
        "tabs": [
            (Tab.SOON, _("快到期")), (Tab.ENDED, _("到期没有续")), (Tab.MISSING, _("缺内容")), (Tab.ALL, _("全部")),
        ],
        "counts": counts, "waiting": waiting, "taken": f"?{urlencode({'tab': tab, 'township': town})}",
        "soon": people.SOON_DAYS, "rows": [], "after": None,
    }  # fmt: skip
    shown["tabs"] = [(t.value, title, counts[t]) for t, title in shown["tabs"]]
    if tab in {t.value for t in Tab}:
        rows, after = people.listed(asked.actor, town, Tab(tab), sent.get("after", "")[:64])
        today = now().date()
        shown["rows"] = [
            {"one": row, "age": age_on(row.birth, today),
             "standings": [(word("standing", c), e) for c, e in row.standings]}
            for row in rows
        ]  # fmt: skip
        shown["after"] = after
    return shown


def _people_as_sheet(asked: Asked) -> HttpResponse:
    """All people of a tab, as they are shown."""
    sent = asked.request.GET
    town, stated = town_of(asked, sent.get("township", "")), sent.get("tab", "")
    tab = Tab(stated) if stated in {t.value for t in Tab} else Tab.SOON
    with transaction.atomic():
        forms.taken_along(asked, "upkeep", f"township:{town}", {"tab": tab.value})
        rows = all_rows(lambda most: people.listed(asked.actor, town, tab, most=most)[0])
    head = [
        _("登记号"), _("姓名"), _("年龄"), _("村（居）"), _("身份"), _("到期"), _("到期没有续"), _("缺"), _("去世"),
        _("迁出"),
    ]  # fmt: skip
    yes, today = {True: _("是"), False: ""}, now().date()
    return sheet("upkeep", head, (
        [one.person, one.name, age_on(one.birth, today), one.village,
         "、".join(word("standing", c) for c, _end in one.standings), one.ends,
         None if one.standings else one.ended, "、".join(one.missing), yes[one.died], yes[one.moved]]
        for one in rows
    ))  # fmt: skip


def _changes_as_sheet(asked: Asked) -> HttpResponse:
    """All changes that wait for the second person, as they are shown."""
    with transaction.atomic():
        forms.taken_along(asked, "upkeep.changes", "changes", {})
        found = all_rows(lambda most: deciding.changes(asked.actor, waiting=True, most=most))
    head = [
        _("编号"), _("登记号"), _("姓名"), _("变什么"), _("内容"), _("谁提的"), _("什么时候提的"), _("等了（天）"),
    ]  # fmt: skip
    return sheet("changes", head, (
        [row["one"].pk, row["one"].person, row["name"], row["title"], row["one"].says, row["asked_by"],
         row["one"].asked, row["days"]]
        for row in _changes(asked, found)
    ))  # fmt: skip


@page("desk/township/upkeep_person.html", Act.UPKEEP_READ, posts=True)
def upkeep_person(asked: Asked, person: str) -> Shown | HttpResponse:
    """One person: what is stated is looked at first, then written or left for the second person."""
    posted: QueryDict = asked.request.POST
    faults: tuple[Fault, ...] = ()
    looked, status = None, 200
    typed = {key: str(posted.get(key, "")).strip()[:200] for key in _FIELDS}
    kind = str(posted.get("kind", ""))
    if asked.is_posted:
        try:
            if posted.get("do") == "state":
                made = asking.state(
                    asked.actor, person, kind, typed, str(posted.get("digest", "")),
                    str(posted.get("reason", "")).strip()[:500], str(posted.get("document", "")).strip()[:200],
                )  # fmt: skip
                said = _("等区里另一个人确认") if made.state == "waiting" else _("记下了")
                messages.success(asked.request, said)
                return to(reverse("desk:upkeep_person", kwargs={"person": person}))
            looked = asking.look(asked.actor, person, kind, typed)
            typed["id"] = looked.statement["id"] if looked.kind is Kind.NEWBORN else ""
        except Refusal as refused:
            if refused.status not in _ON_FORM:
                raise
            faults, status = refused.faults, refused.status
            looked = _looked_again(asked, person, kind, typed)
    shown = _person(asked, person) | {
        "faults": faults,
        "looked": looked,
        "typed": typed,
        "kind": kind,
        "hand": posted,
    }
    return show(asked, "desk/township/upkeep_person.html", shown, status=status)


def _looked_again(
    asked: Asked, person: str, kind: str, typed: Mapping[str, str]
) -> asking.Looked | None:
    """What it would do now, where it was refused as it was stated: what was written of it stays on the page."""
    if asked.request.POST.get("do") != "state":
        return None
    try:
        return asking.look(asked.actor, person, kind, typed)
    except Refusal:
        return None  # the page has said why already


def _person(asked: Asked, person: str) -> dict[str, Any]:
    one = in_sight_one(asked.actor, person)
    held = [
        {
            "code": s["code"],
            "word": word("standing", s["code"]),
            "from": s["from"],
            "to": s.get("to"),
        }
        for s in statements.held(person, "standing")
    ]
    town = asked.actor.township or (one.village.code[:9] if one.village else "")
    of = Village.objects.filter(township__district=town[:6])
    return {
        "person": one, "name": names_of(asked.actor, [person]).get(person, person), "held": held,
        "age": age_on(one.birth_date, now().date()), "titles": {k.value: t for k, t in TITLES.items()},
        "kinds": [(k.value, t) for k, t in TITLES.items()],
        "codes": [(code, words[0]) for code, words in stated_words()["standing"].items()],
        "villages": list(of.select_related("township").order_by("code")),
        "changes": _changes(asked, deciding.changes(asked.actor, waiting=False, person=person)),
        "is_mother": one.sex != "男", "sexes": ("男", "女"),
    }  # fmt: skip


@page("desk/township/upkeep_change.html", Act.UPKEEP_READ, posts=True)
def upkeep_change(asked: Asked, change: int) -> Shown | HttpResponse:
    """What was stated, to be confirmed by another person."""
    faults: tuple[Fault, ...] = ()
    status = 200
    if asked.is_posted:
        reason = str(asked.request.POST.get("reason", "")).strip()[:500]
        try:
            match asked.request.POST.get("do"):
                case "confirm":
                    deciding.confirm(asked.actor, change, reason)
                    messages.success(asked.request, _("确认了，登记写好了"))
                case "refuse":
                    deciding.refuse(asked.actor, change, reason)
                case "withdraw":
                    deciding.withdraw(asked.actor, change)
                case _:
                    raise Refusal.of(422, "F201", "do", key="do", expected=_("要办的事"))
            return to(reverse("desk:upkeep"))
        except Refusal as refused:
            if refused.status not in _ON_FORM:
                raise
            faults, status = refused.faults, refused.status
    one, statement = deciding.one(asked.actor, change)
    shown = {
        "row": _changes(asked, [one])[0], "one": one, "faults": faults,
        "held": [(word("standing", s["code"]), s) for s in statements.held(one.person, "standing")],
        "becomes": [(word("standing", s["code"]), s) for s in statement.get("standings", [])],
        "is_own": one.asked_by == asked.actor.key,
    }  # fmt: skip
    return show(asked, "desk/township/upkeep_change.html", shown, status=status)


def _changes(asked: Asked, found: Sequence[Change]) -> list[Mapping[str, Any]]:
    names = names_of(asked.actor, (one.person for one in found))
    by = called({one.asked_by for one in found} | {one.decided_by for one in found})
    return [
        {"one": one, "name": names.get(one.person, one.person), "title": TITLES[Kind(one.kind)],
         "state": STATES[one.state], "tone": _TONES[one.state], "asked_by": by.get(one.asked_by, one.asked_by),
         "decided_by": by.get(one.decided_by, one.decided_by), "days": (now() - one.asked).days}
        for one in found
    ]  # fmt: skip


def town_of(asked: Asked, stated: str) -> str:
    """The township that is looked at: the officer's own, else the one that is named, else the first."""
    first = Township.objects.order_by("code").values_list("code", flat=True).first()
    return people.must_be_of(asked.actor, stated[:9] or asked.actor.township or first or "")


ADDRESSES = [
    path("upkeep", upkeep, name="upkeep"),
    path("upkeep/changes/<int:change>", upkeep_change, name="upkeep_change"),
    path("upkeep/persons/<str:person>", upkeep_person, name="upkeep_person"),
]
