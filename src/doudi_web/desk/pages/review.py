"""费用预审: one visit before it is charged: over or not, by how much, through which lines, what else, who pays."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.urls import path, reverse
from django.utils.translation import gettext as _

from doudi.errors import Fault, fault
from doudi.source_text import Document, Value
from doudi_web.desk.amounts import Chosen
from doudi_web.desk.page import Asked, Shown, faults_of, page, show, to
from doudi_web.desk.shown_review import Shown as Drawn
from doudi_web.desk.shown_review import drawn
from doudi_web.desk.trial import trial_of
from doudi_web.review import changing, consenting, deciding, seen
from doudi_web.review.change import Change, change_of
from doudi_web.review.consenting import Signed
from doudi_web.review.items import like, ordered
from doudi_web.review.whole import whole
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.wards.stays import stay_of

_CODE = "code-"
"""How the fields begin that say what stands in for a line."""
_STATES = frozenset({"waiting", "emergencies"})


@dataclass(frozen=True, slots=True)
class Tried:
    """What somebody tries: the change, and the parts of the address that say it again."""

    change: Change | None
    faults: tuple[Fault, ...]
    fields: tuple[tuple[str, str], ...]


@page("desk/reviews.html", Act.VISITS_READ)
def reviews(asked: Asked) -> Shown:
    """What waits for a reason or an answer, and which emergencies passed."""
    tab = str(asked.request.GET.get("tab", "waiting"))
    tab = tab if tab in _STATES else "waiting"
    after = str(asked.request.GET.get("after", "0"))
    number = int(after) if after.isdecimal() and len(after) < 19 else 0
    read = seen.listed if tab == "waiting" else seen.emergencies
    return {"tab": tab, **read(asked.actor, None, number)}


@page("desk/review.html", Act.VISITS_READ, posts=True)
def review(asked: Asked, visit: str) -> Shown | HttpResponse:
    """A visit's pre-check, and what is said and decided of it."""
    of = str(asked.request.GET.get("facility") or asked.request.POST.get("facility") or "") or None
    if asked.is_posted:
        return _act(asked, visit, of)
    return _shown(asked, visit, of)


def _shown(
    asked: Asked, visit: str, of: str | None, *faults: Fault, status: int = 200
) -> HttpResponse:
    """The page; with what was typed and not taken, where something is wrong with it."""
    stated = asked.request.POST if asked.is_posted else asked.request.GET
    tried = _tried(stated)
    found = whole(asked.actor, visit, of, tried.change)
    made: Drawn = drawn(found, _chosen(stated), stay_of(found.visit.facility, visit))
    typed = {key: str(stated.get(key, "")) for key in ("note", "drug", "quantity", "price")}
    return show(
        asked,
        "desk/review.html",
        {
            "it": made,
            "of": of or "",
            "faults": (*faults, *tried.faults, *found.not_worked),
            "tried": tried.fields,
            "trial": None if found.worked is None else trial_of(found.worked),
            "typed": typed | _typed_in(asked),
        },
        status=status,
    )


def _typed_in(asked: Asked) -> dict[str, dict[str, Any]]:
    """What was typed into the form that was sent, by its act: no other form shows it."""
    if not asked.is_posted:
        return {}
    post = asked.request.POST
    fields = {key: str(post.get(key, "")) for key in ("reason", "up_to", "signed")}
    return {str(post.get("do", "")): {**fields, "consented": post.getlist("consented")}}


def _chosen(stated: QueryDict) -> dict[str, Chosen]:
    """What somebody chose of each line."""
    ticked = {str(one) for one in stated.getlist("line")}
    lines = [key.removeprefix(_CODE) for key in stated if key.startswith(_CODE)]
    return {
        line: Chosen(
            str(stated.get(f"{_CODE}{line}", "")),
            str(stated.get(f"quantity-{line}", "")),
            line in ticked,
        )
        for line in lines
    }


def _tried(stated: QueryDict) -> Tried:
    """The change of an address or a form: lines by their boxes, what stands in for each, a draft order."""
    fields: list[tuple[str, str]] = []
    withdraw: list[Value] = []
    replace: list[Value] = []
    for line in stated.getlist("line"):
        line_id, code = str(line), str(stated.get(f"code-{line}", ""))
        quantity = str(stated.get(f"quantity-{line}", "")).strip()
        fields += [("line", line_id), (f"code-{line_id}", code), (f"quantity-{line_id}", quantity)]
        if code:
            of: dict[str, Value] = {"line": line_id, "code": code}
            replace.append(of | ({"quantity": quantity} if quantity else {}))
        else:
            withdraw.append({"line": line_id})
    drafts: list[Value] = []
    drug, price = str(stated.get("drug", "")).strip(), str(stated.get("price", "")).strip()
    if drug:
        amount = str(stated.get("quantity", "")).strip()
        fields += [("drug", drug), ("quantity", amount), ("price", price)]
        drafts.append(ordered(drug, amount, price))
    if not fields:
        is_asked = any(key.startswith(_CODE) for key in stated)
        what = _("要换、要停的，至少勾一行")
        faults = [fault("F201", "line", key="line", expected=what)] if is_asked else []
        return Tried(None, tuple(faults), ())
    body: dict[str, Value] = {"withdraw": withdraw, "replace": replace, "drafts": drafts}
    try:
        return Tried(change_of(Document("form", body), drafts=True)[0], (), tuple(fields))
    except Refusal as refused:
        return Tried(None, refused.faults, tuple(fields))


def _act(asked: Asked, visit: str, of: str | None) -> HttpResponse:
    """Do what was asked for, and show what it came to; what is wrong is told beside the form, its text kept."""
    post = asked.request.POST
    act = _ACTS.get(str(post.get("do", "")))
    if act is None:
        return _shown(asked, visit, of, status=422)
    try:
        told = act(asked, visit, of, post)
    except Refusal as refused:
        if refused.status == 409:
            return _shown(asked, visit, of, *refused.faults, status=409)
        return _shown(asked, visit, of, *faults_of(refused), status=422)
    messages.success(asked.request, told)
    where = reverse("desk:review", args=[visit])
    return to(where if of is None else f"{where}?{urlencode({'facility': of})}")


def _text(post: QueryDict, key: str) -> str:
    return str(post.get(key, "")).replace("\r\n", "\n")


def _explain(asked: Asked, visit: str, of: str | None, post: QueryDict) -> str:
    deciding.explain(asked.actor, visit, of, _text(post, "version"), _text(post, "reason"))
    return _("理由已写下，等医保办审批的看办理经过")


def _pass(asked: Asked, visit: str, of: str | None, post: QueryDict) -> str:
    deciding.let_pass(asked.actor, visit, of, _text(post, "version"), _text(post, "reason"))
    return _("已按紧急放行，医保办事后复核")


def _approve(asked: Asked, visit: str, of: str | None, post: QueryDict) -> str:
    up_to = deciding.amount_of(_text(post, "up_to"))
    deciding.decide(
        asked.actor,
        visit,
        of,
        _text(post, "version"),
        _text(post, "reason"),
        accept=True,
        up_to=up_to,
    )
    return _("已同意保留")


def _refuse(asked: Asked, visit: str, of: str | None, post: QueryDict) -> str:
    deciding.decide(
        asked.actor, visit, of, _text(post, "version"), _text(post, "reason"), accept=False
    )
    return _("已退回医生")


def _review(asked: Asked, visit: str, of: str | None, post: QueryDict) -> str:
    deciding.review(asked.actor, visit, of, _text(post, "reason"))
    return _("已复核紧急放行")


def _change(asked: Asked, visit: str, of: str | None, post: QueryDict) -> str:
    _changed(asked, visit, of, post, proposed=False)
    return _("费用已照试算改了")


def _propose(asked: Asked, visit: str, of: str | None, post: QueryDict) -> str:
    _changed(asked, visit, of, post, proposed=True)
    return _("已建议医生更换，等医生答复")


def _changed(asked: Asked, visit: str, of: str | None, post: QueryDict, *, proposed: bool) -> None:
    tried = _tried(post)
    if tried.faults:
        raise Refusal(422, tried.faults)
    change = tried.change or Change()
    version, note = _text(post, "version"), _text(post, "note")
    changing.apply(asked.actor, visit, of, version, change, note, proposed=proposed)


def _withdraw(asked: Asked, visit: str, of: str | None, post: QueryDict) -> str:
    line = _text(post, "faulty")
    changing.withdraw_faulty(asked.actor, visit, of, _text(post, "version"), line)
    return _("这一行已停掉，改好以后再记")


def _accept(asked: Asked, visit: str, of: str | None, post: QueryDict) -> str:
    changing.decide(asked.actor, visit, of, _text(post, "version"), "", accept=True)
    return _("费用已照建议改了")


def _decline(asked: Asked, visit: str, of: str | None, post: QueryDict) -> str:
    reason = _text(post, "reason")
    changing.decide(asked.actor, visit, of, _text(post, "version"), reason, accept=False)
    return _("已答复医保办：不换")


def _consent(asked: Asked, visit: str, of: str | None, post: QueryDict) -> str:
    lines = [str(one) for one in post.getlist("consented")]
    signed = str(post.get("signed", ""))
    who = Signed(signed) if signed in set(Signed) else Signed.NOBODY
    consenting.consent(asked.actor, visit, of, lines, who, None, _text(post, "reason"))
    return _("知情同意已记下")


_ACTS = {
    "explain": _explain,
    "pass": _pass,
    "approve": _approve,
    "refuse": _refuse,
    "review": _review,
    "change": _change,
    "propose": _propose,
    "withdraw": _withdraw,
    "accept": _accept,
    "decline": _decline,
    "consent": _consent,
}


@page("desk/review_items.html", Act.PRECHECK)
def items(asked: Asked) -> Shown:
    """Items of the catalogue that are like what is typed."""
    return {"items": like(str(asked.request.GET.get("drug", "")))}


ADDRESSES = [
    path("items", items, name="items"),
    path("reviews", reviews, name="reviews"),
    path("visits/<path:visit>/review", review, name="review"),
]
