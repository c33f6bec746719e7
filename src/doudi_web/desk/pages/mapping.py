"""目录对照: what stands for nothing in the catalogue, what is like it, what it would make of bills; two decide."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doudi.errors import Fault, fault
from doudi.money import millionths, share_text
from doudi.source_text import shown as quoted
from doudi_web.desk.page import Asked, Shown, page, show, to
from doudi_web.desk.templatetags.desk import percent, yuan
from doudi_web.matching import confirming, effects, item_page, proposing, queue, table
from doudi_web.matching.effects import Figures
from doudi_web.matching.proposals import CONFIRMED, REFUSED, WITHDRAWN, Proposal
from doudi_web.matching.proposing import Stated
from doudi_web.matching.queue import CAUSES, Suggestion, Wanted
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act

REASON_LIMIT = 400
_STATES = frozenset({"", "open", "proposed"})
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@page("desk/mapping.html", Act.MATCHING_READ, posts=True)
def mapping(asked: Asked) -> Shown | HttpResponse:
    """A hospital's queue; who belongs to none says which first. What is selected is proposed or confirmed."""
    if asked.is_posted:
        return _of_many(asked)
    return _listed(asked, asked.request.GET)


def _listed(asked: Asked, query: QueryDict, *faults: Fault) -> Shown:
    wanted = _wanted(query)
    facilities = [] if asked.actor.facility else queue.facilities(asked.actor)
    if not asked.actor.facility and not wanted.facility:
        return {"facilities": facilities, "queue": None, "faults": faults}
    found = queue.queue(asked.actor, wanted)
    mine = asked.actor.key
    return {
        "facilities": facilities, "queue": found, "wanted": wanted, "faults": faults, "mine": mine,
        "causes": [(cause, _(table.NAMES[cause])) for cause in CAUSES],
        "selectable": any(_selectable(row, wanted.state, mine) for row in found.rows),
        "rows": [
            {"row": row, "selectable": _selectable(row, wanted.state, mine),
             "causes": [_(table.NAMES[cause]) for cause in row.causes]}
            for row in found.rows
        ],
        "query": _address(wanted),
        "tabs": [
            (state, {"title": title, "address": _address(replace(wanted, after=0), state=state)})
            for state, title in (("", _("全部")), ("open", _("还没有提")), ("proposed", _("等确认")))
        ],
    }  # fmt: skip


def _selectable(row: queue.Row, state: str, mine: str) -> bool:
    """Whether an item may be proposed or confirmed among others: where item and code bear one name."""
    if state == "proposed":
        return row.identical and row.proposed_by != mine
    best = row.item.suggestions[0] if row.item.suggestions else None
    return row.blocks and row.proposal is None and best is not None and best.identical


def _wanted(query: QueryDict) -> Wanted:
    after, what, state = (str(query.get(key, "")) for key in ("after", "what", "state"))
    number = int(after) if after.isascii() and after.isdigit() and len(after) < 7 else 0
    return Wanted(
        str(query.get("facility", "")), str(query.get("visit", ""))[:64], what if what in CAUSES else "",
        str(query.get("text", ""))[:100], state if state in _STATES else "", number,
    )  # fmt: skip


def _address(wanted: Wanted, **other: str) -> str:
    """The query of an address that shows the same part of the queue."""
    parts = {
        "facility": wanted.facility, "visit": wanted.visit, "what": wanted.what, "text": wanted.text,
        "state": wanted.state, **other,
    }  # fmt: skip
    return urlencode({key: value for key, value in parts.items() if value})


def _of_many(asked: Asked) -> HttpResponse:
    """Propose the best of each selected item, or confirm the selected proposals; all or none."""
    post = asked.request.POST
    stated = [one for one in post.getlist("one") if one.isascii() and one.isdigit()][:LIMIT]
    wanted = _wanted(post)
    try:
        if not stated:
            raise Refusal(422, [fault("F201", "one", key="one", expected=_("至少选一项"))])
        if wanted.state == "proposed":
            confirming.confirm(asked.actor, [int(one) for one in stated])
            told = ngettext("已确认 %d 项，马上执行", "已确认 %d 项，马上执行", len(stated))
        else:
            best = proposing.alike_by_name(asked.actor, [int(one) for one in stated])
            proposing.propose_all(asked.actor, best)
            told = ngettext("已提出 %d 项，等别人确认", "已提出 %d 项，等别人确认", len(stated))
    except Refusal as refused:
        if refused.status not in (409, 422):
            raise
        shown = _listed(asked, post, *refused.faults)
        assert not isinstance(shown, HttpResponse), "a list is shown by its template"
        return show(asked, "desk/mapping.html", shown, status=refused.status)
    messages.success(asked.request, told % len(stated))
    return to(f"{reverse('desk:mapping')}?{_address(wanted)}")


LIMIT = 200  # items selected at a time


@page("desk/mapping_item.html", Act.MATCHING_READ, posts=True)
def mapping_item(asked: Asked, item: int) -> Shown | HttpResponse:
    """One item: what is like it, what its mapping says, what was proposed; proposing and deciding."""
    if not asked.is_posted:
        return _item(asked, item, asked.request.GET)
    try:
        told = _done(asked, item, asked.request.POST)
    except Refusal as refused:
        if refused.status not in (409, 422):
            raise
        shown = _item(asked, item, asked.request.POST, *refused.faults)
        return show(asked, "desk/mapping_item.html", shown, status=refused.status)
    messages.success(asked.request, told)
    return to(reverse("desk:mapping_item", kwargs={"item": item}))


def _done(asked: Asked, item: int, post: QueryDict) -> str:
    """What a form of the item's page asks for. Raises Refusal."""
    actor, reason = asked.actor, str(post.get("reason", "")).strip()
    stated = str(post.get("proposal", ""))
    number = int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 19 else 0
    match str(post.get("do", "")):
        case "confirm":
            confirming.confirm(actor, [number])
            return _("已确认，新的对照马上执行")
        case "refuse":
            confirming.refuse(actor, number, _text("reason", reason, _("为什么退回")))
            return _("已退回")
        case "withdraw":
            proposing.withdraw(actor, number, _text("reason", reason, _("为什么撤回")))
            return _("已撤回")
        case "keep":
            note = _text("reason", reason, _("为什么不改"))
            proposing.propose_all(actor, [Stated(item, note=note, version=_version(post))])
            return _("已提出“对照没有错”，等别人确认")
        case _:
            code = _text("code", str(post.get("code", "")).strip(), _("选一个医保编码"))
            note = str(post.get("note", "")).strip()[:REASON_LIMIT]
            since = _day(str(post.get("from", "")).strip())
            proposing.propose_all(actor, [Stated(item, code, since, note, _version(post))])
            return _("已提出，等别人确认")


def _version(post: QueryDict) -> str:
    return str(post.get("version", ""))[:16]


def _text(key: str, stated: str, expected: str) -> str:
    """A text that must be there, of one line. Raises Refusal 422."""
    if not stated:
        raise Refusal(422, [fault("F201", key, key=key, expected=expected)])
    if len(stated) > REASON_LIMIT or not stated.isprintable():
        shown, most = quoted(stated, 40), _("%d 字以内，一行") % REASON_LIMIT
        raise Refusal(422, [fault("F203", key, value=shown, expected=most)])
    return stated


def _day(stated: str) -> date | None:
    try:
        return date.fromisoformat(stated) if stated else None
    except ValueError as error:
        found = fault("F203", "from", value=quoted(stated, 40), expected=_("日期"))
        raise Refusal(422, [found]) from error


def _item(asked: Asked, number: int, typed: QueryDict, *faults: Fault) -> dict[str, object]:
    found = item_page.one(asked.actor, number)
    text = str(typed.get("text", "")).strip()[:100]
    searched = queue.found_in_catalogue(asked.actor, text) if text else []
    listed = _candidates(found.item.suggestions, searched)
    chosen = str(typed.get("code", "")) or (listed[0].code if listed else "")
    tried = ([found.open.code] if found.open and found.open.code else []) + [
        one.code for one in listed
    ]
    return {
        "it": found, "item": found.item, "open": found.open, "text": text,
        "candidates": [_candidate(one) for one in listed],
        "price": _price(found.item.unit_price),
        "proposer": found.names.get(found.open.made_by, found.open.made_by) if found.open else None,
        "searched": len(searched), "chosen": chosen, "faults": faults, "mine": asked.actor.key,
        "since": str(typed.get("from", "")) or found.since.isoformat(), "note": str(typed.get("note", "")),
        "reason": str(typed.get("reason", "")),
        "doubts": [{"what": _(table.NAMES[one.what]), "of": one} for one in found.doubts],
        "tried": ",".join(dict.fromkeys(tried[:3])),
        "past": [
            {"of": one, "by": found.names.get(one.made_by, one.made_by), "said": _said(one, found.names)}
            for one in found.history if one is not found.open
        ],
    }  # fmt: skip


def _candidate(one: Suggestion) -> dict[str, object]:
    """An item of the catalogue beside others."""
    listed = one.listed
    assert listed is not None, "what the catalogue does not have is no candidate"
    rate, ceiling, reference = (
        listed.first_self_pay_rate,
        listed.price_ceiling,
        listed.reference_price,
    )
    return {
        "code": one.code, "score": one.score, "why": one.why, "listed": listed,
        "rate": None if rate is None else millionths(rate),
        "ceiling": _price(ceiling), "reference": _price(reference),
    }  # fmt: skip


def _price(per_million: int | None) -> str:
    """A unit price as money; one that is finer than a fen with all its digits."""
    if per_million is None or per_million % 10_000:
        return "—" if per_million is None else millionths(per_million)
    return yuan(per_million // 10_000)


def _said(one: Proposal, names: Mapping[str, str]) -> str:
    """What became of a proposal, and by whom."""
    by = names.get(one.decided_by, one.decided_by)
    words = {CONFIRMED: _("%s确认"), REFUSED: _("%s退回"), WITHDRAWN: _("%s撤回")}
    return words.get(one.state, "%s") % by


def _candidates(own: Sequence[Suggestion], searched: Sequence[Suggestion]) -> list[Suggestion]:
    """What was searched for first, then what is like the item; each once."""
    found = {one.code: one for one in (*searched[:8], *own) if one.listed is not None}
    return list(found.values())[:10]


@dataclass(frozen=True, slots=True)
class Cell:
    """What a visit comes to with one code, beside what it comes to now."""

    figures: Figures | None
    fault: Fault | None
    share: str = ""
    patient: str = ""


@page("desk/mapping_effects.html", Act.MATCHING_PROPOSE)
def mapping_effects(asked: Asked, item: int) -> Shown:
    """What each code would make of the running visits: a card of the item's page, and a page without scripts."""
    stated = str(asked.request.GET.get("codes", ""))
    codes = [code for code in stated.split(",") if code][: effects.CODES]
    found = effects.effects(asked.actor, item, codes)
    named = queue.named(found.codes)
    return {
        "found": found, "item": found.item,
        "heads": [
            {"code": code, "name": name.name if (name := named.get(code)) else ""} for code in found.codes
        ],
        "rows": [
            {"visit": one.visit, "before": _cell(one.before), "after": [_cell(one.after[c]) for c in found.codes]}
            for one in found.shown
        ],
        "base": "desk/part.html" if asked.is_part else "desk/base.html",
    }  # fmt: skip


def _cell(of: Figures | tuple[Fault, ...]) -> Cell:
    if isinstance(of, Figures):
        return Cell(of, None, _span(of.share, _share), _span(of.patient, yuan) or "—")
    return Cell(None, of[0] if of else None)


def _share(per_myriad: int) -> str:
    return percent(share_text(per_myriad))


def _span(of: tuple[int, int] | None, told: Callable[[int], str]) -> str:
    """One figure, or from the least to the most."""
    if of is None:
        return ""
    least, most = told(of[0]), told(of[1])
    return least if least == most else _("%(least)s 至 %(most)s") % {"least": least, "most": most}


@page("desk/mapping.html", Act.MATCHING_READ)
def mapping_table(asked: Asked) -> HttpResponse:
    """The queue as an XLSX; who belongs to no hospital says which first."""
    if not asked.actor.facility and not asked.request.GET.get("facility"):
        return to(reverse("desk:mapping"))
    content = table.workbook(asked.actor, _wanted(asked.request.GET))
    named = {"Content-Disposition": 'attachment; filename="mapping.xlsx"'}
    return HttpResponse(content, content_type=_XLSX, headers=named)


ADDRESSES = [
    path("mapping", mapping, name="mapping"),
    path("mapping.xlsx", mapping_table, name="mapping_table"),
    path("mapping/<int:item>", mapping_item, name="mapping_item"),
    path("mapping/<int:item>/effects", mapping_effects, name="mapping_effects"),
]
