"""What pydantic finds wrong with the shape of a bill, as faults with file:line or path."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from doudi.errors import Fault, fault
from doudi.packs.form_faults import near
from doudi.source_text import Document, Path
from doudi.wire import bill_form as form

_EXPECTED = {
    "bool_type": "true 或 false",
    "bool_parsing": "true 或 false",
    "string_type": "文字",
    "list_type": "列表",
    "dict_type": "键值表",
    "model_type": "键值表",
    "literal_error": "甲、乙 或 丙",
}
_REQUIRED = {
    "visit_id": "本次就诊的唯一编号",
    "person": "患者：id、birth_date、insurance_tier、standings",
    "standings": "身份列表，没有身份写 []",
    "facility": "医疗机构：code、level、district",
    "settled": "结算日期",
    "lines": "费用行，没有费用写 []",
    "kind": "就医类别",
    "amount": "这一行的金额",
    "quantity": "数量",
    "unit_price": "单价",
}
_FORMS: dict[str, type[BaseModel]] = {
    "person": form.PersonForm,
    "facility": form.FacilityForm,
    "standings": form.StandingForm,
    "lines": form.LineForm,
    "parts": form.PartsForm,
}


def bill_form_faults(document: Document, at: Path, error: ValidationError) -> list[Fault]:
    """One fault for each thing that pydantic names; `at` is the bill's path in the document."""
    return [
        _one(document, (*at, *item["loc"]), dict(item))
        for item in error.errors(include_url=False, include_input=True)
    ]


def _one(document: Document, path: Path, item: Mapping[str, Any]) -> Fault:
    where, kind = document.where(path), str(item["type"])
    key = str(path[-1]) if path else ""
    context: dict[str, Any] = dict(item.get("ctx") or {})
    if kind.startswith("F2"):
        return fault(kind, where, **context)
    if kind == "missing":
        return fault("F201", where, key=key, expected=_REQUIRED.get(key, "见账单格式"))
    if kind == "extra_forbidden":
        return fault("F202", where, key=key, near=near(key, _keys(path)))
    value = str(item.get("input"))[:40]
    return fault("F203", where, value=value, expected=_EXPECTED.get(kind, "合乎格式的值"))


def _keys(path: Path) -> list[str]:
    """The keys that may stand beside the unknown one."""
    owner = next((p for p in reversed(path[:-1]) if isinstance(p, str) and p in _FORMS), None)
    model = form.Bill if owner is None else _FORMS[owner]
    return [info.alias or name for name, info in model.model_fields.items()]
