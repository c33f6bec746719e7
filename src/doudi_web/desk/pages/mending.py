"""A settled visit changed: corrected, charged late, given back, undone, answered by the platform.

First the amounts of everybody, before and after; then the act, under a message id that the form was made with.
"""

import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from doudi.errors import fault
from doudi.source_text import Document
from doudi_web.desk.bill_head import head_shown, head_typed
from doudi_web.desk.cascading import pays_of
from doudi_web.desk.looked import is_looked_at, mark_of
from doudi_web.desk.page import Asked, Shown, faults_of, page, show, to
from doudi_web.desk.persons import who
from doudi_web.desk.told import action_title
from doudi_web.settlement import answering, basis, correcting, disputed, previewing, reversing
from doudi_web.settlement.amending import Added, Amendment, Changed, amended, left_of
from doudi_web.settlement.replaying import fen
from doudi_web.settlement.rows import Query, rows
from doudi_web.tenancy.named import called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act

Json = dict[str, Any]
_BLANKS = 4  # rows for lines that were forgotten
_MESSAGE = re.compile(r"desk:[0-9a-f]{32}")
_REASON = 400
_MOVED = frozenset({"S409", "S411", "S516"})
"""What is refused where the settlement is not the one any more that the form was made on."""
CLASSES = ("甲", "乙", "丙")
_AMOUNT = 20  # characters of an amount


@dataclass(frozen=True, slots=True)
class Form:
    """A form of this place: its template, what it is called, what its button says."""

    name: str
    title: str
    verb: str


def new_message() -> str:
    """The id under which a form's act is done once, however often it is sent."""
    return f"desk:{uuid.uuid4().hex}"


def message_of(asked: Asked) -> str:
    """The message id that the form was made with; a form without one gets its own."""
    stated = asked.request.POST.get("message", "")
    return stated if _MESSAGE.fullmatch(stated) else new_message()


def _field(asked: Asked, name: str, most: int = 200) -> str:
    return asked.request.POST.get(name, "").strip()[: most + 1]


def _acted(
    asked: Asked,
    form: Form,
    template: str,
    rests: Json,
    shown: Json,
    typed: Mapping[str, Any],
    look: Callable[[str], Json],
    act: Callable[[str, str], str],
) -> Shown | HttpResponse:
    """The form as it is: fresh, with a preview, with its faults; or done, and on to what it came to.

    `typed` is all that moves an amount: what is done is what was looked at.
    """
    message, reason = message_of(asked), _field(asked, "reason", _REASON)
    mark = mark_of(f"{form.name}:{rests['settlement_id']}", typed)
    base = {
        **shown,
        "form": form,
        "message": message,
        "reason": reason,
        "rests": rests,
        "reason_limit": _REASON,
    }
    if not asked.is_posted:
        return base
    is_act = asked.request.POST.get("do") == "act"
    try:
        if is_act and is_looked_at(asked, mark):
            return to(act(message, reason))
        preview = look(reason)
    except Refusal as refused:
        codes = {f.code for f in refused.faults}
        if refused.status == 409 and codes & _MOVED:
            return _moved(asked, form, rests, refused)
        return show(asked, template, {**base, "faults": faults_of(refused)}, status=refused.status)
    return base | looked(preview, rests["titles"]["layers"], form.verb, mark, is_new=is_act)


def looked(preview: Json, titles: Mapping[str, str], verb: str, mark: str, *, is_new: bool) -> Json:
    """What the page shows of a preview; `is_new` where somebody would have acted on another one, or on none."""
    pays = pays_of(preview["before"], preview["after"], titles)
    refund = abs(fen(preview["patient"]["difference"]))
    has_before = preview["before"] is not None
    return {
        "preview": preview,
        "pays": pays,
        "refund": refund,
        "verb": verb,
        "has_before": has_before,
        "mark": mark,
        "is_new_look": is_new,
    }


def _moved(asked: Asked, form: Form, rests: Json, refused: Refusal) -> HttpResponse:
    """Somebody was first: who did what, what the settlement came to, and the same form on what stands now."""
    told = rests["of_visit"]
    was = next(one for one in told if one["settlement_id"] == rests["settlement_id"])
    found = rows(
        asked.actor, Query(visit=str(rests["bill"]["visit_id"]), facility=rests["facility"])
    )
    stands = next((one for one in found["rows"] if not one["erased"] and not one["reversed"]), None)
    postings = [p for p in rests["postings"] if p["posting"] > _first(rests)]
    names = called([p["client"] for p in postings])
    done = [
        {**p, "by": names.get(p["client"], p["client"])} for p in postings if p["kind"] != "relief"
    ]
    shown = {
        "form": form, "rests": rests, "was": was, "stands": stands, "done": done, "faults": refused.faults,
        "is_own": any(f.code == "S409" for f in refused.faults),
    }  # fmt: skip
    return show(asked, "desk/moved.html", shown, status=409)


def _first(rests: Json) -> int:
    """The posting of the settlement that the form was made on."""
    return next(
        p["posting"] for p in rests["postings"]
        if p["settlement_id"] == rests["settlement_id"] and p["kind"] == "settle"
    )  # fmt: skip


def _paid(rests: Json) -> dict[str, str]:
    """What each fund was posted with by the settlement: of what waits, what was computed meanwhile."""
    posting = next(p for p in rests["postings"] if p["posting"] == _first(rests))
    entries = ((*e["account"].partition(":"), e["amount"]) for e in posting["entries"])
    return {name: amount for kind, _sign, name, amount in entries if kind == "fund"}


def _rests(asked: Asked, settlement: int) -> Json:
    return basis.basis(asked.actor, settlement)


def _shown_of(asked: Asked, rests: Json) -> Json:
    person = str(rests["bill"]["person"]["id"])
    return {
        "who": who(asked.actor, person),
        "number": rests["settlement_id"],
        "bill": rests["bill"],
        "was": next(
            one for one in rests["of_visit"] if one["settlement_id"] == rests["settlement_id"]
        ),
    }


def _done(number: str, how: str) -> str:
    return f"{reverse('desk:settlement', kwargs={'settlement': int(number)})}?done={how}"


def _settlement_of(text: str) -> str:
    return str(json.loads(text)["settlement"]["settlement_id"])


def _amend(asked: Asked, settlement: int, form: Form) -> Shown | HttpResponse:
    """A changed bill, looked at and then settled in the place of the old one."""
    asked.actor.must(Act.CORRECT)
    rests = _rests(asked, settlement)
    bill: Json = rests["bill"]
    stated = _amendment(asked, bill)

    def document(reason: str, message: str = "") -> Document:
        made = amended(bill, stated)
        body = {"bill": made, "reason": reason} | ({"message_id": message} if message else {})
        return Document("bill", body)

    def look(reason: str) -> Json:
        return previewing.correction(asked.actor, settlement, document(reason))

    def act(message: str, reason: str) -> str:
        answer = correcting.correct(asked.actor, settlement, document(reason, message))
        return _done(_settlement_of(answer.text), "correct")

    shown = {**_shown_of(asked, rests), "lines": _lines(asked, bill), "added": _typed_lines(asked),
             "given": _given(asked, rests), "classes": CLASSES,
             "head": head_shown(asked, bill, str(rests["versions"]["pack"]))}  # fmt: skip
    return _acted(asked, form, "desk/amend.html", rests, shown, asdict(stated), look, act)


def _amendment(asked: Asked, bill: Json) -> Amendment:
    """What was typed, line by line, and at the head of the bill."""
    added = [
        Added(
            one["code"],
            one["name"],
            one["date"],
            one["class"],
            one["quantity"],
            one["price"],
            one["rate"],
        )
        for one in _typed_lines(asked)
        if any(one.values())
    ]
    returned: dict[str, str] = {}
    changed: list[Changed] = []
    for number, line in enumerate(bill.get("lines", [])):
        key = str(line["id"])
        if back := _field(asked, f"back{number}", _AMOUNT):
            returned[key] = back
        if f"quantity{number}" in asked.request.POST:
            changed.append(
                Changed(key, _field(asked, f"quantity{number}", _AMOUNT), _field(asked, f"price{number}", _AMOUNT),
                        removed=f"gone{number}" in asked.request.POST)
            )  # fmt: skip
    given = {
        name.removeprefix("given-"): str(value).strip()[:_AMOUNT]
        for name, value in asked.request.POST.items()
        if name.startswith("given-") and str(value).strip()
    }
    return Amendment(added, returned, changed, given, head_typed(asked, bill))


_TYPED = ("code", "name", "date", "class", "quantity", "price", "rate")


def _typed_lines(asked: Asked) -> list[dict[str, str]]:
    """The rows for new lines, as they were typed."""
    return [{key: _field(asked, f"{key}-new{n}") for key in _TYPED} for n in range(_BLANKS)]


def _lines(asked: Asked, bill: Json) -> list[Json]:
    """The lines of the bill with what was typed beside each."""
    left = left_of(bill)
    posted = asked.request.POST
    return [
        {
            **line, "label": label_of(line), "n": number, "left": left.get(str(line["id"])),
            "typed_quantity": posted.get(f"quantity{number}", line.get("quantity")),
            "typed_price": posted.get(f"price{number}", line.get("unit_price")),
            "typed_back": posted.get(f"back{number}", ""), "is_gone": f"gone{number}" in posted,
        }
        for number, line in enumerate(bill.get("lines", []))
    ]  # fmt: skip


def label_of(line: Mapping[str, Any]) -> str:
    """What a line is called: its name, else its code in the catalogue, the hospital's, or its number."""
    found = (line.get(key) for key in ("name", "code", "hospital_code", "id"))
    return str(next(one for one in found if one))


def _given(asked: Asked, rests: Json) -> list[tuple[str, str, str]]:
    """What the platform has paid of this visit: layer, title, amount as typed; nothing where it was computed."""
    given: dict[str, str] = rests["bill"].get("given") or {}
    titles = {"deductible_met": _("起付线"), **rests["titles"]["layers"]}
    return [
        (key, titles.get(key, key), asked.request.POST.get(f"given-{key}", amount))
        for key, amount in given.items()
    ]


@page("desk/amend.html", Act.CORRECT, posts=True)
def correct(asked: Asked, settlement: int) -> Shown | HttpResponse:
    """Lines that were wrong, facts at the head that amounts rest on, and whatever else is to be changed."""
    return _amend(asked, settlement, Form("correct", _("更正账单"), _("更正")))


@page("desk/amend.html", Act.CORRECT, posts=True)
def late(asked: Asked, settlement: int) -> Shown | HttpResponse:
    """Charges that came after the settlement."""
    return _amend(asked, settlement, Form("late", _("补费用"), _("补记")))


@page("desk/amend.html", Act.CORRECT, posts=True)
def give_back(asked: Asked, settlement: int) -> Shown | HttpResponse:
    """Drugs that came back: a refund line for each."""
    return _amend(asked, settlement, Form("return", _("退药退费"), _("退费")))


@page("desk/undo.html", Act.REVERSE, posts=True)
def undo(asked: Asked, settlement: int) -> Shown | HttpResponse:
    """A settlement undone by contrary entries; the visit runs again."""
    asked.actor.must(Act.REVERSE)
    rests = _rests(asked, settlement)

    def stated(reason: str) -> str:
        if not reason or len(reason) > _REASON:
            expected = _("为什么撤销，1 至 400 字")
            code = "F203" if reason else "F201"
            details = {"value": reason[:80]} if reason else {"key": "reason"}
            raise Refusal(422, [fault(code, "reason", expected=expected, **details)])
        return reason

    def look(reason: str) -> Json:
        return previewing.reversal(asked.actor, settlement, stated(reason))

    def act(message: str, reason: str) -> str:
        reversing.reverse(asked.actor, settlement, message, stated(reason))
        return _done(str(settlement), "reverse")

    form = Form("reverse", _("撤销结算"), _("撤销"))
    return _acted(asked, form, "desk/undo.html", rests, _shown_of(asked, rests), {}, look, act)


@page("desk/answer.html", Act.ANSWER, posts=True)
def answer(asked: Asked, settlement: int) -> Shown | HttpResponse:
    """What the platform says that it pays, in the place of what was computed meanwhile."""
    asked.actor.must(Act.ANSWER)
    rests = _rests(asked, settlement)
    titles = rests["titles"]["layers"]
    waits: list[str] = rests["bill"].get("awaiting") or []
    typed = {key: _field(asked, f"given-{key}", _AMOUNT) for key in waits}

    def document(message: str = "") -> Document:
        given = {key: amount for key, amount in typed.items() if amount}
        return Document("answer", {"given": given} | ({"message_id": message} if message else {}))

    def look(_reason: str) -> Json:
        return previewing.answer(asked.actor, settlement, document())

    def act(message: str, _reason: str) -> str:
        done = answering.answer(asked.actor, settlement, document(message))
        return _done(_settlement_of(done.text), "answer")

    meanwhile = _paid(rests)
    layers = [(key, titles.get(key, key), typed[key], meanwhile.get(key)) for key in waits]
    shown = {**_shown_of(asked, rests), "layers": layers}
    form = Form("answer", _("平台的答复"), _("按平台的数结"))
    return _acted(asked, form, "desk/answer.html", rests, shown, typed, look, act)


def moves_since(person: str, visit: str, since: Any) -> list[Json]:
    """What others did to a visit since a form was made, as a page tells it."""
    found = disputed.moved(person, visit, since)
    names = called([one["by"] for one in found])
    return [
        {**one, "by": names.get(one["by"], one["by"]), "title": action_title(one["action"])}
        for one in found
    ]


_OF = "settlements/<int:settlement>/"
ADDRESSES = [
    path(f"{_OF}correct", correct, name="correct"),
    path(f"{_OF}late", late, name="late"),
    path(f"{_OF}return", give_back, name="return"),
    path(f"{_OF}reverse", undo, name="reverse"),
    path(f"{_OF}answer", answer, name="answer"),
]
