"""The head of a bill on a form: the facts beside the lines that amounts rest on, and what was typed otherwise.

What nobody changed stays as the bill says it, to the second and the word.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from doudi.dates import CHINA
from doudi.source_text import Value
from doudi_web.desk.page import Asked
from doudi_web.settlement.titles import kinds_of

Json = dict[str, Any]
_MOMENTS = ("admitted", "discharged")
_MARKS = ("referred", "major_disease")
_YES, _NO = "true", "false"
_TEXT, _DIAGNOSES = 200, 20
_DAY, _MINUTE = len("2019-06-01"), len("2019-06-01T10:00")


def head_typed(asked: Asked, bill: Mapping[str, Any]) -> dict[str, Value]:
    """What is to stand at the head of the bill instead; None: nothing is. Empty where nobody changed anything."""
    if "head-kind" not in asked.request.POST:
        return {}
    found: dict[str, Value] = {"kind": _said(asked, "kind")}
    for key in _MOMENTS:
        typed = _said(asked, key)
        same = typed == _moment(bill.get(key))
        found[key] = bill.get(key) if same else _with_offset(typed) or None
    for key in _MARKS:
        found[key] = {_YES: True, _NO: False}.get(_said(asked, key))
    found["diagnoses"] = _diagnoses(asked, bill)
    return {key: value for key, value in found.items() if value != bill.get(key)}


def head_shown(asked: Asked, bill: Mapping[str, Any], pack: str) -> Json:
    """The fields of the form: as they were typed, else as the bill says."""
    is_typed = "head-kind" in asked.request.POST
    kinds = {str(bill["kind"]): str(bill["kind"]), **kinds_of(pack)}

    def value(key: str, stated: str) -> str:
        return _said(asked, key) if is_typed else stated

    stated = [(str(one["code"]), str(one["name"])) for one in bill.get("diagnoses") or ()]
    rows = _rows(asked, len(stated)) if is_typed else stated
    return {
        "kinds": list(kinds.items()),
        "kind": value("kind", str(bill["kind"])),
        **{key: value(key, _moment(bill.get(key))) for key in _MOMENTS},
        **{f"{key}_is_day": len(_moment(bill.get(key))) <= _DAY for key in _MOMENTS},
        **{key: value(key, _mark(bill.get(key))) for key in _MARKS},
        "diagnoses": [*(row for row in rows if any(row)), ("", "")],
    }


def _said(asked: Asked, key: str) -> str:
    return asked.request.POST.get(f"head-{key}", "").strip()[:_TEXT]


def _mark(stated: Value) -> str:
    return "" if stated is None else _YES if stated else _NO


def _moment(stated: Value) -> str:
    """A day, or a moment in China's time, as a field of a browser writes it."""
    text = "" if stated is None else str(stated)
    if len(text) <= _DAY:
        return text
    return datetime.fromisoformat(text).astimezone(CHINA).strftime("%Y-%m-%dT%H:%M")


def _with_offset(typed: str) -> str:
    """What a browser's field writes, as a bill does; what is no moment is found as in every bill."""
    return f"{typed}:00+08:00" if len(typed) == _MINUTE else typed


def _rows(asked: Asked, known: int) -> list[tuple[str, str]]:
    count = range(min(known + 1, _DIAGNOSES))
    return [(_said(asked, f"code{n}"), _said(asked, f"name{n}")) for n in count]


def _diagnoses(asked: Asked, bill: Mapping[str, Any]) -> Value:
    """The diagnoses as they were typed; the main one stays it, and one that nobody changed stays as it is."""
    stated: list[Json] = bill.get("diagnoses") or []
    by = {(str(one["code"]), str(one["name"])): one for one in stated}
    main = {str(one["code"]) for one in stated if one.get("main")}
    found: list[Value] = [
        by.get(row) or {"code": row[0], "name": row[1], **({"main": True} if row[0] in main else {})}
        for row in _rows(asked, len(stated)) if any(row)
    ]  # fmt: skip
    return found or (bill.get("diagnoses") if not stated else None)
