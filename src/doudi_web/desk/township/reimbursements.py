"""手工报销: paper invoices of visits outside, from what is on the paper to what each fund pays."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import path, reverse
from django.utils.translation import gettext as _

from doudi.errors import Fault
from doudi.money import yuan
from doudi.wire.identity_numbers import has_identity_number
from doudi_web.desk.cascading import pays_of
from doudi_web.desk.district import forms
from doudi_web.desk.page import Asked, Shown, page, show, to
from doudi_web.desk.person_view import found_row
from doudi_web.desk.sheet import all_rows, sheet, table_of
from doudi_web.papers import reimbursed
from doudi_web.register import selectors as people
from doudi_web.register.named import names_of
from doudi_web.reimbursement import checking, deciding, entering, lateness, selectors
from doudi_web.reimbursement.invoice import KINDS, OTHERS, Invoice, State, Stated
from doudi_web.reimbursement.pictures import MOST_BYTES
from doudi_web.reimbursement.reading import read
from doudi_web.settlement.visited import visited
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.models import District, Facility, Township
from doudi_web.tenancy.named import called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act

_ON_FORM = frozenset({409, 413, 422})
_FIELDS = ("number", "issuer", "issuer_code", "level", "district", "kind", "referred", "admitted", "discharged",
           "issued", "total", *(f"given_{key}" for key in OTHERS))  # fmt: skip
_COLUMNS = ("name", "class", "amount", "first", "over")
_MINE = (State.ENTERED, State.RETURNED)
_BLANK = 3
"""Rows that stand empty below what is typed."""
_TYPES = {"pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg"}
_TONES = {
    State.ENTERED: "near", State.CHECKED: "near", State.RETURNED: "need2", State.SETTLED: "fine",
    State.GIVEN_UP: "", State.UNDONE: "need2",
}  # fmt: skip


@page("desk/township/reimbursements.html", Act.REIMBURSE_READ, posts=True)
def reimbursements(asked: Asked) -> Shown | HttpResponse:
    """Invoices with whose turn it is and how old each is; a sheet for a reason; the district's deadline."""
    faults: tuple[Fault, ...] = ()
    home = _home(asked)
    if asked.is_posted and table_of(asked.request) is not None:
        try:
            return _as_sheet(asked)
        except Refusal as refused:
            if refused.status not in _ON_FORM:
                raise
            faults = refused.faults
    elif asked.is_posted:
        posted = asked.request.POST
        try:
            lateness.state(
                asked.actor, home, str(posted.get("months", "")).strip(), str(posted.get("source", "")).strip(),
            )  # fmt: skip
            messages.success(asked.request, _("期限写好了，以后核对的按它"))
            return to(reverse("desk:reimbursements"))
        except Refusal as refused:
            if refused.status not in _ON_FORM:
                raise
            faults = refused.faults
    state = _state(asked)
    found, before = selectors.listed(
        asked.actor, state, _number(asked.request.GET.get("before", ""))
    )
    names = names_of(asked.actor, (one.person for one in found))
    at = now()
    turn = _MINE if asked.actor.township else (State.CHECKED,)
    rows = [
        {"one": one, "name": names.get(one.person, ""), "days": selectors.age_days(one, at),
         "tone": _TONES[one.state], "mine": one.state in turn}
        for one in found
    ]  # fmt: skip
    return show(
        asked, "desk/township/reimbursements.html",
        {"rows": rows, "before": before, "state": state, "count": selectors.count_waiting(asked.actor),
         "states": [("open", _("没有办完")), ("settled", _("结算了")), ("all", _("全部"))],
         "deadline": lateness.deadline_of(home), "home": home, "faults": faults},
        status=422 if faults else 200,
    )  # fmt: skip


def _state(asked: Asked) -> str:
    stated = asked.request.GET.get("state", "open")
    return stated if stated in {"open", "all", *(s.value for s in State)} else "open"


def _as_sheet(asked: Asked) -> HttpResponse:
    """What is listed, all of it, with the names as they are shown."""
    state = _state(asked)
    with transaction.atomic():
        forms.taken_along(asked, "reimbursements", "reimbursements", {"state": state})
        found = all_rows(lambda most: selectors.listed(asked.actor, state, most=most)[0])
    names = names_of(asked.actor, (one.person for one in found))
    by, at = called(one.entered_by for one in found), now()
    head = [
        _("编号"), _("登记号"), _("姓名"), _("发票号"), _("开票单位"), _("出院"), _("总额（元）"), _("状态"),
        _("录入的人"), _("录入"), _("几天了"),
    ]  # fmt: skip
    return sheet("reimbursements", head, (
        [one.id, one.person, names.get(one.person, ""), one.stated.number, one.stated.issuer, one.stated.discharged,
         yuan(one.stated.total_fen), one.state_title, by.get(one.entered_by, one.entered_by), one.entered,
         selectors.age_days(one, at)]
        for one in found
    ))  # fmt: skip


@page("desk/township/reimbursement_new.html", Act.REIMBURSE_ENTER, posts=True)
def reimbursement_new(asked: Asked) -> Shown | HttpResponse:
    """First whose it is, then what is on the paper. What is typed to find somebody goes into no address."""
    person = str((asked.request.POST if asked.is_posted else asked.request.GET).get("person", ""))[
        :64
    ]
    if not person:
        return _whose(asked)
    name = _name(asked, person)
    shown = {"person": person, "name": name, "one": None}

    def enter(said: Stated) -> int:
        return entering.enter(asked.actor, person, said)

    return _form(asked, shown, enter)


@page("desk/township/reimbursement_new.html", Act.REIMBURSE_ENTER, posts=True)
def reimbursement_edit(asked: Asked, invoice: int) -> Shown | HttpResponse:
    """What was entered, to be mended while it is open."""
    one = selectors.one(asked.actor, invoice)
    if one.state not in _MINE:
        return to(reverse("desk:reimbursement", kwargs={"invoice": invoice}))
    version = _number(asked.request.POST.get("version", "")) or one.version
    shown = {
        "person": one.person,
        "name": _called(asked, one.person),
        "one": one,
        "version": version,
    }

    def amend(said: Stated) -> int:
        entering.amend(asked.actor, invoice, version, said)
        return invoice

    return _form(asked, shown, amend)


def _whose(asked: Asked) -> Shown | HttpResponse:
    """People of the township by name or number."""
    shown: dict[str, Any] = {"person": "", "typed": "", "found": None}
    if not asked.is_posted:
        return shown
    typed = str(asked.request.POST.get("typed", "")).strip()[:100]
    by = {"id_number": typed} if has_identity_number(typed) else {"name": typed}
    if not typed.isprintable() or not typed:
        raise Refusal.of(422, "F203", "typed", value=typed[:20], expected=_("姓名或身份证号"))
    found = people.persons(asked.actor, **by, visited=visited)["persons"]
    if len(found) == 1:
        return to(f"{reverse('desk:reimbursement_new')}?person={found[0]['id']}")
    kept = "" if has_identity_number(typed) else typed
    return shown | {"typed": kept, "found": [found_row(one, now().date()) for one in found]}


def _form(asked: Asked, shown: dict[str, Any], keep: Any) -> Shown | HttpResponse:
    """The form, and what is done with it; what was typed stays where it is refused."""
    home = _home(asked)
    one: Invoice | None = shown["one"]
    typed = _typed_of(one.stated) if one else {"kind": "inpatient", "level": "3", "referred": ""}
    rows = _rows_of(one.stated) if one else [{"class": c} for c in ("甲", "乙", "丙")]
    faults: tuple[Fault, ...] = ()
    status = 200
    if asked.is_posted:
        posted = asked.request.POST
        typed = {key: str(posted.get(key, ""))[:200] for key in _FIELDS}
        columns = {
            key: [x[:200] for x in posted.getlist(key)]
            for key in ("name", "class", "amount", "first", "over")
        }
        rows = [
            dict(zip(columns, cells, strict=False))
            for cells in zip(*columns.values(), strict=False)
        ]
        if posted.get("do") != "more":
            try:
                number = keep(read(typed, columns, home=home, today=now().date()))
                return to(reverse("desk:reimbursement", kwargs={"invoice": number}))
            except Refusal as refused:
                if refused.status not in _ON_FORM:
                    raise
                faults, status = refused.faults, refused.status
    full = [row for row in rows if any(row.get(key) for key in ("name", "amount", "first", "over"))]
    rows = (
        (full + [{"class": "甲"}] * _BLANK)
        if len(full) >= len(rows) - 1 and asked.is_posted
        else rows
    )
    others = Facility.objects.exclude(district=home).order_by("name")
    outside = others.values("code", "name", "level", "district")[:200]
    shown |= {
        "typed": typed, "rows": rows, "faults": faults, "kinds": list(KINDS.items()), "others": _others(typed),
        "outside": list(outside), "districts": list(District.objects.exclude(pk=home).values_list("code", "name")),
        "classes": ("甲", "乙", "丙"), "home": home,
    }  # fmt: skip
    return show(asked, "desk/township/reimbursement_new.html", shown, status=status)


def _others(typed: Mapping[str, str]) -> list[tuple[str, str, str]]:
    return [(f"given_{key}", title, typed.get(f"given_{key}", "")) for key, title in OTHERS.items()]


def _typed_of(said: Stated) -> dict[str, str]:
    kept = said.json()
    typed = {key: str(kept[key]) for key in _FIELDS if key in kept}
    typed |= {f"given_{key}": yuan(fen) for key, fen in said.given_fen.items()}
    return typed | {"referred": "1" if said.referred else "", "total": yuan(said.total_fen)}


def _rows_of(said: Stated) -> list[dict[str, str]]:
    return [
        {
            "name": x.name, "class": x.item_class, "amount": yuan(x.amount_fen),
            "first": yuan(x.first_self_pay_fen) if x.first_self_pay_fen else "",
            "over": yuan(x.over_ceiling_fen) if x.over_ceiling_fen else "",
        }
        for x in said.lines
    ]  # fmt: skip


@page("desk/township/reimbursement.html", Act.REIMBURSE_READ, posts=True)
def reimbursement(asked: Asked, invoice: int) -> Shown | HttpResponse:
    """One invoice: what is on it beside its scans, what each fund would pay, whose turn it is, what was done."""
    faults: tuple[Fault, ...] = ()
    status = 200
    if asked.is_posted:
        try:
            _do(asked, invoice)
            return to(reverse("desk:reimbursement", kwargs={"invoice": invoice}))
        except Refusal as refused:
            if refused.status not in _ON_FORM:
                raise
            faults, status = refused.faults, refused.status
    one = selectors.one(asked.actor, invoice)
    looked = checking.look(asked.actor, one)
    made = looked.settlement
    by = called({step.by for step in one.steps})
    shown = {
        "one": one, "name": _called(asked, one.person), "looked": looked, "faults": faults,
        "tone": _TONES[one.state], "made": made, "pays": pays_of(None, made, {}) if made else [],
        "kind": KINDS[one.stated.kind],
        "given": [(OTHERS[key], fen) for key, fen in one.stated.given_fen.items()],
        "steps": [(step, by.get(step.by, step.by)) for step in one.steps],
        "last": looked.deadline.last_day(one.stated.discharged),
        "days": selectors.age_days(one, now()), "limit": MOST_BYTES // 2**20,
        "is_mine": one.state in _MINE, "is_checked": one.state is State.CHECKED,
        "is_undone": one.state is State.UNDONE,
        "town": Township.objects.filter(pk=one.township).values_list("name", flat=True).first() or one.township,
        "hand": asked.request.POST if faults else QueryDict(),
        "is_own": asked.actor.key in one.hands,
    }  # fmt: skip
    return show(asked, "desk/township/reimbursement.html", shown, status=status)


def _do(asked: Asked, number: int) -> None:
    """What a button of the page does. Raises Refusal."""
    posted, actor = asked.request.POST, asked.actor
    version = _number(posted.get("version", ""))
    reason = str(posted.get("reason", "")).strip()
    said = ""
    match posted.get("do"):
        case "scan":
            for file in _files(asked.request):
                entering.bring_scan(actor, number, version, file.name or "", file.read())
                version += 1
            said = _("扫描件收好了")
        case "unscan":
            entering.take_scan(actor, number, version, _number(posted.get("scan", "")))
        case "check":
            checking.check(actor, number, version, reason)
            said = _("交区里批了")
        case "give_up":
            entering.give_up(actor, number, version, reason)
        case "late":
            deciding.allow_late(actor, number, version, reason)
        case "return":
            deciding.give_back(actor, number, version, reason)
            said = _("退回乡镇了")
        case "approve":
            settlement = deciding.approve(
                actor, number, version, str(posted.get("seen", "")), reason
            )
            said = _("批准并结算了：结算 %(n)s") % {"n": settlement}
        case _:
            raise Refusal.of(422, "F201", "do", key="do", expected=_("要办的事"))
    if said:
        messages.success(asked.request, said)


def _files(request: HttpRequest) -> Sequence[UploadedFile]:
    """The files of a form. Raises Refusal 413, 422."""
    files = list(request.FILES.getlist("file"))
    if files:
        return files
    if int(str(request.META.get("CONTENT_LENGTH") or 0)) > MOST_BYTES:
        raise Refusal.of(413, "S413", "file", limit=MOST_BYTES // 2**20)
    raise Refusal.of(422, "F201", "file", key="file", expected=_("发票的照片或扫描件"))


@page("", Act.REIMBURSE_READ)
def reimbursement_scan(asked: Asked, invoice: int, scan: int) -> HttpResponse:
    """A scan, for who may see the invoice; that it was seen is recorded. It runs nothing and asks for nothing."""
    kind, name, content = selectors.scan(asked.actor, invoice, scan)
    del name
    answer = HttpResponse(content, content_type=_TYPES[kind])
    answer["Content-Disposition"] = f'inline; filename="scan-{scan}.{kind}"'
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    answer["Cache-Control"] = "no-store"
    return answer


@page("", Act.REIMBURSE_READ, posts=True)
def reimbursement_pdf(asked: Asked, invoice: int) -> HttpResponse:
    """The decision on paper: a preview, or (posted) printed and counted."""
    if not asked.is_posted and selectors.one(asked.actor, invoice).settlement is None:
        return to(reverse("desk:reimbursement", kwargs={"invoice": invoice}))
    made = reimbursed.decision(asked.actor, invoice, is_print=asked.is_posted)
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="reimbursement-{invoice}.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer


def _home(asked: Asked) -> str:
    """The district that pays: the township's; of who works in the whole district, the one with townships."""
    if asked.actor.township:
        return asked.actor.township[:6]
    return (
        Township.objects.order_by("code").values_list("district_id", flat=True).first() or "000000"
    )


def _name(asked: Asked, person: str) -> str:
    """Of somebody whose invoice is to be entered. Raises Refusal 404: nobody of the township."""
    people.in_sight_one(asked.actor, person)
    return _called(asked, person)


def _called(asked: Asked, person: str) -> str:
    """Of somebody whose invoice is here, also after they moved to another township: it stays with who has it."""
    return names_of(asked.actor, [person]).get(person, person)


def _number(stated: object) -> int:
    text = str(stated)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


ADDRESSES = [
    path("reimbursements", reimbursements, name="reimbursements"),
    path("reimbursements/new", reimbursement_new, name="reimbursement_new"),
    path("reimbursements/<int:invoice>", reimbursement, name="reimbursement"),
    path("reimbursements/<int:invoice>/edit", reimbursement_edit, name="reimbursement_edit"),
    path(
        "reimbursements/<int:invoice>/scans/<int:scan>",
        reimbursement_scan,
        name="reimbursement_scan",
    ),
    path("reimbursements/<int:invoice>.pdf", reimbursement_pdf, name="reimbursement_pdf"),
]
