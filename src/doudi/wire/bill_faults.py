"""What pydantic finds wrong with the shape of a bill, as faults with file:line or path."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from doudi.errors import Fault, fault
from doudi.packs.form_faults import near
from doudi.source_text import Document, Path, Value, shown
from doudi.terms import TERMS
from doudi.wire import bill_form as form

FAULT_LIMIT = 1000  # of one list; what follows is one mistake made over and over

_EXPECTED = {
    "bool_type": "true 或 false",
    "bool_parsing": "true 或 false",
    "string_type": "文字",
    "string_unicode": "文字",
    "list_type": "列表",
    "dict_type": "键值表",
    "model_type": "键值表",
    "literal_error": "甲、乙 或 丙",
    "too_long": "较短的列表",
}
_REQUIRED = {
    "visit_id": "本次就诊的唯一编号",
    "person": "患者：id、birth_date、insurance_tier、standings",
    "person.id": "患者编号",
    "birth_date": "出生日期",
    "insurance_tier": "参保档次的代码",
    "standings": "身份列表，没有身份写 []",
    "standings.code": "身份的代码",
    "from": "从哪一天起",
    "facility": "医疗机构：code、level、district",
    "facility.code": "医疗机构编号",
    "level": "医疗机构等级的代码",
    "district": "所在地的区划代码，六位数字",
    "settled": "结算日期",
    "lines": "费用行，没有费用写 []",
    "lines.id": "费用行号，在这张账单里不重复",
    "lines.code": "项目编码",
    "diagnoses.code": "疾病编码",
    "diagnoses.name": "疾病名称",
    "kind": "就医类别",
    "amount": "金额（元）",
    "quantity": "数量",
    "unit_price": "单价（元）",
    **{
        part: f"平台分解的{TERMS[part].zh}金额（元），没有写 0"
        for part in form.PartsForm.model_fields
    },
    "persons.id": "登记号，不是身份证号",
    "items.code": "项目编码",
    "items.name": "项目名称",
    "class": "甲、乙 或 丙",
}
_FORMS: dict[str, type[BaseModel]] = {
    "person": form.PersonForm,
    "facility": form.FacilityForm,
    "standings": form.StandingForm,
    "lines": form.LineForm,
    "parts": form.PartsForm,
    "diagnoses": form.DiagnosisForm,
}
_OWNERS = ("person", "persons")
_LISTS: tuple[tuple[Path, type[BaseModel]], ...] = (
    (("person", "standings"), form.StandingForm),
    (("lines",), form.LineForm),
)


def bill_faults(document: Document, at: Path, bill: Value) -> list[Fault]:
    """Everything wrong with the shape of one bill, whose path in the document is `at`.

    What stands in lists is looked at one by one, so that a list of rubbish costs no more than its first faults.
    """
    without, lists = bill, list[tuple[Path, type[BaseModel], list[Value]]]()
    for path, model in _LISTS:
        without, taken = _without(without, path)
        if taken is not None:
            lists.append((path, model, taken))
    found = [*_of(document, at, without, form.Bill)]
    for path, model, items in lists:
        before = len(found)
        for number, item in enumerate(items):
            found += _of(document, (*at, *path, number), item, model)
            if len(found) - before >= FAULT_LIMIT and number + 1 < len(items):
                found.append(fault("F111", document.where((*at, *path, number + 1))))
                break
    return found


def form_faults(
    document: Document, at: Path, error: ValidationError, model: type[BaseModel] = form.Bill
) -> list[Fault]:
    """One fault for each thing that pydantic names; `at` is the path of what is of that model."""
    return [
        _one(document, (*at, *item["loc"]), dict(item), model)
        for item in error.errors(include_url=False, include_input=True)
    ]


def _of(document: Document, at: Path, value: Value, model: type[BaseModel]) -> Iterator[Fault]:
    try:
        model.model_validate(value)
    except ValidationError as error:
        yield from form_faults(document, at, error, model)


def _without(value: Value, path: Path) -> tuple[Value, list[Value] | None]:
    """The value with the list at that path emptied, and the list."""
    if isinstance(value, list) and not path:
        return [], cast("list[Value]", value)
    if not isinstance(value, dict) or not path or path[0] not in value:
        return cast("object", value), None
    inner, taken = _without(cast("dict[str, Value]", value)[str(path[0])], path[1:])
    return {**cast("dict[str, Value]", value), str(path[0]): inner}, taken


def _one(document: Document, path: Path, item: Mapping[str, Any], model: type[BaseModel]) -> Fault:
    path = tuple(part for part in path if part != "[key]")
    where, kind = document.where(path), str(item["type"])
    key = shown(str(path[-1])) if path else ""
    context: dict[str, Any] = dict(item.get("ctx") or {})
    if kind.startswith("F2"):
        return fault(kind, where, **{k: _private(path, v) for k, v in context.items()})
    if kind == "missing":
        expected = _REQUIRED.get(f"{_owner(path)}.{key}") or _REQUIRED.get(key, "见账单格式")
        return fault("F201", where, key=key, expected=expected)
    if kind == "extra_forbidden":
        return fault("F202", where, key=key, near=near(key, _keys(path, model)))
    expected = _EXPECTED.get(kind, "合乎格式的值")
    value = _private(path, shown(item.get("input")))
    return fault("F203", where, value=value, expected=expected)


def _private(path: Path, value: object) -> object:
    """What may be an identity number is not printed: only how it begins."""
    is_private = path[-1:] in (("id",), ("id_number",), ("phone",)) and _owner(path) in _OWNERS
    text = str(value).strip()
    return f"{text[:4]}…" if is_private and len(text) >= 15 and text[0].isdecimal() else value


def _owner(path: Path) -> str:
    """The key under which the last part of the path stands."""
    return next((p for p in reversed(path[:-1]) if isinstance(p, str)), "")


def _keys(path: Path, model: type[BaseModel]) -> list[str]:
    """The keys that may stand beside the unknown one."""
    owner = _FORMS.get(_owner(path), model)
    return [info.alias or name for name, info in owner.model_fields.items()]
