"""导入: fee lists, visits and rolls by file: what is wrong in which cell, what would come, taking it back."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doudi.errors import Fault, fault
from doudi_web.audit_log.actions import record
from doudi_web.desk.page import Asked, Shown, page, show, to
from doudi_web.desk.templatetags.desk import yuan
from doudi_web.intake import fault_sheet, importing, keeping, selectors, taking
from doudi_web.intake.seen import Kind, State
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act

Json = Mapping[str, Any]
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ON_FORM = frozenset({409, 413, 422})
_VISITS_SHOWN = 50


def _kinds() -> dict[str, str]:
    return {
        Kind.FEES.value: _("费用清单"), Kind.VISITS.value: _("就诊清单"), Kind.PERSONS.value: _("人员名册"),
    }  # fmt: skip


def _tabs() -> dict[str, str]:
    return {
        State.FAULTY.value: _("有错"), State.CLASH.value: _("冲突"), State.NEW.value: _("新的"),
        State.CHANGED.value: _("更改"), State.SAME.value: _("没有变"), State.GONE.value: _("撤回过"),
    }  # fmt: skip


_TONES = {
    keeping.FAULTY: "need2", keeping.PARTLY: "need2", keeping.READY: "near", keeping.CONFIRMED: "fine",
    keeping.READING: "", keeping.CONFIRMING: "", keeping.UNDONE: "",
}  # fmt: skip


_OPEN = (keeping.FAULTY, keeping.READY, keeping.PARTLY)
_NUMBERS = frozenset({"quantity", "unit_price", "amount", "first_self_pay_rate", "price_ceiling"})


@page("desk/imports.html", Act.INTAKE)
def imports(asked: Asked) -> Shown:
    """The files that were brought, the newest first, and what each waits for."""
    sent = asked.request.GET
    state = sent.get("state", "") if sent.get("state", "") in keeping.STATES else ""
    found = selectors.imports(asked.actor, _number(sent.get("after", "")), state)
    for one in found["imports"]:
        _say(one)
    return {
        **found,
        "state": state,
        "states": keeping.STATES,
        "waits": selectors.count_imports(asked.actor),
    }


@page("desk/import_new.html", Act.INTAKE, posts=True)
def import_new(asked: Asked) -> Shown:
    """A file is brought: of what it is a list, and of which visit where it does not say so itself."""
    kinds = importing.may_bring(asked.actor)
    stated = asked.request.POST if asked.is_posted else asked.request.GET
    kind = str(stated.get("kind", "")) or kinds[0].value
    shown: dict[str, Any] = {
        "kinds": [(k.value, _kinds()[k.value]) for k in kinds], "kind": kind, "limit": importing.SIZE_LIMIT_MB,
        "visit": str(stated.get("visit", ""))[:80], "facility": str(stated.get("facility", ""))[:40],
    }  # fmt: skip
    if not asked.is_posted:
        return shown
    try:
        file = _file(asked.request)
        number = importing.bring(
            asked.actor, kind, file.name or "", file.read(), visit=shown["visit"], facility=shown["facility"]
        )  # fmt: skip
    except Refusal as refused:
        if refused.status not in _ON_FORM:
            raise
        shown["faults"] = refused.faults
        return show(asked, "desk/import_new.html", shown, status=refused.status)
    return to(reverse("desk:import", kwargs={"number": number}))


def _file(request: HttpRequest) -> UploadedFile:
    """The file of a form. Raises Refusal 413, 422."""
    file = request.FILES.get("file")
    if isinstance(file, UploadedFile) and file.size:
        return file
    if int(str(request.META.get("CONTENT_LENGTH") or 0)) > importing.SIZE_LIMIT_MB * 2**20:
        raise Refusal.of(413, "S413", "file", limit=importing.SIZE_LIMIT_MB)
    if isinstance(file, UploadedFile):
        raise Refusal.of(422, "F108", "file")
    raise Refusal.of(422, "F201", "file", key="file", expected=_("要导入的文件"))


@page("desk/import.html", Act.INTAKE, posts=True)
def import_one(asked: Asked, number: int) -> Shown:
    """One file: the heading says what is found, the rows that are wrong are mended here, then it is taken in."""
    here = reverse("desk:import", kwargs={"number": number})
    faults: tuple[Fault, ...] = ()
    status = 200
    if asked.is_posted:
        try:
            _do(asked, number)
            return to(here)
        except Refusal as refused:
            if refused.status not in _ON_FORM:
                raise
            faults, status = refused.faults, refused.status
            detail = {"status": status, "codes": sorted({told.code for told in faults})}
            record(asked.actor, "refused", "POST desk/imports", detail=detail)
    shown = {**_shown(asked, number), "faults": faults, "moved": status == 409}
    return show(asked, "desk/import.html", shown, status=status)


def _do(asked: Asked, number: int) -> None:
    """What a button of the page does. Raises Refusal."""
    stated, actor = asked.request.POST, asked.actor
    revision = _number(str(stated.get("revision", "")))
    match stated.get("do"):
        case "mend":
            importing.mend(actor, number, revision, _cells(stated))
        case "column":
            key, title = str(stated.get("key", "")), str(stated.get("title", "")).strip()[:200]
            if not title:
                raise Refusal.of(422, "F201", "title", key="title", expected=_("列名"))
            importing.mend(actor, number, revision, (), {key: title})
        case "upload":
            fault_sheet.read_back(actor, number, revision, _file(asked.request).read())
        case "look":
            importing.look_again(actor, number)
        case "confirm":
            taking.confirm(actor, number, revision, leave=stated.get("leave") == "1")
        case "undo":
            taking.undo(actor, number, revision, partly=stated.get("partly") == "1")
        case other:
            told = fault("F203", "do", value=str(other)[:40], expected=_("页面上的按钮"))
            raise Refusal(422, [told])


def _cells(stated: Any) -> list[tuple[int, str, str]]:
    """The cells of the form: `r7.unit_price`. A number of a person's that is left empty stays as it was."""
    made: list[tuple[int, str, str]] = []
    for name, text in stated.items():
        row, dot, key = str(name).partition(".")
        if not (
            dot and row[:1] == "r" and row[1:].isdecimal() and row[1:].isascii() and len(row) < 9
        ):
            continue
        if key in keeping.PRIVATE and not str(text).strip():
            continue
        made.append((int(row[1:]), key, str(text)))
    return made


def _shown(asked: Asked, number: int) -> dict[str, Any]:
    """What the page of an import shows."""
    sent = asked.request.GET
    one = selectors.one(asked.actor, number)
    _say(one)
    counts = one["counts"]
    tabs = [
        {"name": name, "title": title, "count": counts.get(name, 0)}
        for name, title in _tabs().items()
        if counts.get(name) or name in ("faulty", "new")
    ]
    first = next((tab["name"] for tab in tabs if tab["count"]), "new")
    tab = sent.get("tab", "") if sent.get("tab", "") in _tabs() else first
    at, whole = _number(sent.get("page", "")), _number(sent.get("row", ""))
    columns = [
        {**column, "is_number": column["key"] in _NUMBERS or column["key"].startswith("parts.")}
        for column in one["columns"]
        if column["key"]
    ]
    became = {keeping.CONFIRMED: _("记入的"), keeping.UNDONE: _("撤回的")}.get(one["state"])
    if became is not None:
        tabs = [{**tab, "title": became if tab["name"] == "new" else tab["title"]} for tab in tabs]
    found = selectors.rows(asked.actor, number, tab, at)["rows"] if counts else []
    rows = [_row(row, columns, whole=row["row"] == whole, mends=one["may_write"]) for row in found]
    visits = selectors.rows(asked.actor, number, "visits", 0)["rows"] if counts else []
    of = counts.get(tab, 0)
    return {
        "one": one, "tabs": tabs, "tab": tab, "rows": rows, "columns": columns, "page": at,
        "unknown": [column for column in one["columns"] if not column["key"]],
        "before": at - 1 if at > 0 else None,
        "next": at + 1 if (at + 1) * keeping.ROWS < of else None,
        "visits": visits[:_VISITS_SHOWN], "sums": _sums(visits),
        "held": counts.get("faulty", 0) + counts.get("clash", 0),
        "mends": any(cell["input"] for row in rows for cell in row["cells"]),
        "is_open": one["is_open"],
        "can_undo": one["taken"]["rows"] or one["became"],
    }  # fmt: skip


def _row(row: Json, columns: Sequence[Json], *, whole: bool, mends: bool) -> dict[str, Any]:
    """A row with its cells: one that is wrong is a field, all of them where the row is opened."""
    wrong: dict[int, str] = {}
    for one in row.get("faults", ()):
        if one["column"] is not None:
            wrong.setdefault(one["column"], one["what"])
    cells = [
        {
            "title": column["title"], "key": column["key"], "text": text, "wrong": column["at"] in wrong,
            "private": column["key"] in keeping.PRIVATE, "name": f"r{row['row']}.{column['key']}",
            "is_number": column["is_number"],
            "input": mends and bool(row.get("faults")) and (whole or column["at"] in wrong),
        }
        for column, text in zip(columns, row["cells"], strict=True)
    ]  # fmt: skip
    shown = {column["at"]: cell for column, cell in zip(columns, cells, strict=True)}
    faults: list[dict[str, Any]] = []
    for one in row.get("faults", ()):  # of one cell the first reason has the field
        cell = shown.pop(one["column"], None)
        faults.append({**one, "cell": cell if cell is not None and cell["input"] else None})
    return {**row, "cells": cells, "whole": whole, "faults": faults}


def _sums(visits: list[Json]) -> dict[str, int]:
    """What stands and what comes, over the visits of the first page."""
    return {key: sum(one[key] for one in visits) for key in ("lines", "standing", "new", "coming")}


def _say(one: dict[str, Any]) -> None:
    """Say of an import what it is and what is found, in words."""
    one["kind_title"] = _kinds()[one["kind"]]
    one["state_title"] = keeping.STATES[one["state"]]
    one["tone"] = _TONES[one["state"]]
    one["is_open"] = one["state"] in _OPEN
    one["finding"] = _finding(one)


def _finding(one: Json) -> str:
    """The answer of an import: what is wrong where, and what can be taken in."""
    counts, taken = one["counts"], one.get("taken")
    new = counts.get("new", 0) + counts.get("changed", 0)
    held = counts.get("faulty", 0) + counts.get("clash", 0)
    match one["state"]:
        case keeping.READING:
            return _("正在读这份%(kind)s") % {"kind": one["kind_title"]}
        case keeping.CONFIRMING:
            return _("正在记入 %(new)d 行") % {"new": new}
        case keeping.UNDONE:
            return _("已经撤回，一行也不算")
        case keeping.CONFIRMED if taken is not None:
            return _taken_in(one)
        case keeping.CONFIRMED:
            return _("已经记入")
        case _:
            pass
    said = _wrong(one, held)
    if not said:
        return _new(one, new)
    if taken is not None and taken["rows"]:
        return _("%(said)s，%(taken)d 行已经记入") % {"said": said, "taken": taken["rows"]}
    return _("%(said)s，%(new)d 行可以记入") % {"said": said, "new": new} if new else said


def _wrong(one: Json, held: int) -> str:
    """What is wrong: the one thing where it is one, else how many rows."""
    faults, causes, counts = one.get("faults") or (), one.get("causes") or (), one["counts"]
    if counts.get("file_faults"):
        return str(faults[0]["what"]) if faults else _("整份清单有错")
    if held == 1 and causes:
        cause = causes[0]
        title = "" if cause["what"].startswith(cause["title"]) else cause["title"]
        return _("第 %(row)d 行%(title)s%(what)s") % {**cause, "title": title}
    if held and not counts.get("faulty"):
        return ngettext("%(n)d 行与已记的不同", "%(n)d 行与已记的不同", held) % {"n": held}
    return ngettext("%(n)d 行有错", "%(n)d 行有错", held) % {"n": held} if held else ""


def _new(one: Json, new: int) -> str:
    if not new:
        return _("没有新的，都已经记过")
    if one["kind"] == Kind.FEES.value:
        of = {"new": new, "sum": yuan(one["counts"]["coming"])}
        return _("%(new)d 行可以记入，共 %(sum)s 元") % of
    if one["kind"] == Kind.VISITS.value:
        return _("%(new)d 次就诊可以开") % {"new": new}
    return _("%(new)d 人要登记或更改") % {"new": new}


def _taken_in(one: Json) -> str:
    taken = one["taken"]
    if one["kind"] == Kind.FEES.value:
        of = {"rows": taken["rows"], "sum": yuan(taken["amount"])}
        return _("%(rows)d 行已经记入，共 %(sum)s 元") % of
    if one["kind"] == Kind.VISITS.value:
        return _("%(rows)d 次就诊已经开了") % taken
    return _("名册已经登记")


@page("desk/import_progress.html", Act.INTAKE)
def import_progress(asked: Asked, number: int) -> Shown:
    """How far the long work is; the whole page where it is done."""
    one = selectors.one(asked.actor, number)
    _say(one)
    if one["state"] not in (keeping.READING, keeping.CONFIRMING):
        here = reverse("desk:import", kwargs={"number": number})
        return HttpResponse(status=200, headers={"HX-Redirect": here})
    return {"one": one}


@page("desk/import.html", Act.INTAKE)
def import_faults(asked: Asked, number: int) -> Shown:
    """The rows that are wrong as an XLSX, each with its reason; without one it is said so on the page."""
    try:
        content = fault_sheet.write(asked.actor, number)
    except Refusal as refused:
        if refused.status != 409:
            raise
        return to(reverse("desk:import", kwargs={"number": number}))
    made = HttpResponse(content, content_type=_XLSX)
    made["Content-Disposition"] = f'attachment; filename="faults-{number}.xlsx"'
    return made


def _number(stated: str) -> int:
    return int(stated) if stated.isascii() and stated.isdecimal() and len(stated) < 10 else 0


ADDRESSES = [
    path("imports", imports, name="imports"),
    path("imports/new", import_new, name="import_new"),
    path("imports/<int:number>", import_one, name="import"),
    path("imports/<int:number>/progress", import_progress, name="import_progress"),
    path("imports/<int:number>/faults.xlsx", import_faults, name="import_faults"),
]
