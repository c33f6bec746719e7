"""What pydantic finds wrong with a form, as faults: Chinese, with the line, the likely key and the mend."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from doudi.errors import Fault, fault
from doudi.packs import document as pack
from doudi.source_text import Document, Path, shown

_EXPECTED = {
    "string_type": "文字",
    "string_too_short": "不空的文字",
    "string_too_long": "较短的文字",
    "list_type": "列表",
    "dict_type": "键值表",
    "model_type": "键值表",
    "too_short": "至少一项",
    "too_long": "较少的项",
}
_NAME = "小写字母开头的名称（字母、数字、下划线）"
PATTERNS = {
    r"^[A-Za-z0-9_]+$": "代码（字母、数字、下划线）",
    r"^[a-z][a-z0-9_]*$": _NAME,
    r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$": _NAME.replace("下划线", "下划线、点"),
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$": "日期（如 2019-01-01）",
    r"^[0-9]{2}-[0-9]{2}$": "月和日（如 01-01）",
    r"^[0-9]{6}$": "六位数字的区划代码",
    r"^[1-9][0-9]{0,2}$": "整数，1 至 999",
    pack.ID: "政策包编号，即 packs 下的路径（小写字母、数字、斜线）",
    pack.OF: "账单上的位置：kind、place、person.standings、person.insurance_tier、facility.level，"
    "或 bill、person、facility 的 attributes.名称",
}
"""What each pattern of a pack's form asks for."""


def pack_form_faults(
    document: Document, error: ValidationError, form: type[BaseModel]
) -> list[Fault]:
    """One fault for each thing that pydantic names; a union's misses are told once."""
    found: dict[tuple[str, str], Fault] = {}
    items: list[tuple[Path, Mapping[str, Any]]] = [
        (tuple(p for p in item["loc"] if not _is_branch(p)), dict(item))
        for item in error.errors(include_url=False, include_input=True)
    ]
    for path, item in items:
        is_miss = isinstance(item["input"], dict | list) and item["type"] == "string_type"
        if is_miss and any(len(p) > len(path) and p[: len(path)] == path for p, _ in items):
            continue
        where = document.where(path)
        made = _one(where, path, item, form)
        found.setdefault((where, made.code), made)
    return list(found.values())


def near(key: str, known: Iterable[str]) -> str:
    """A hint at the key that was probably meant.

    >>> near("catd", ["cite", "card", "title"])
    '是不是“card”？'
    """
    close = get_close_matches(key, list(known), n=1)
    return f"是不是“{close[0]}”？" if close else ""


def _one(where: str, path: Path, item: Mapping[str, Any], form: type[BaseModel]) -> Fault:
    key = str(path[-1]) if path else ""
    kind = str(item["type"])
    if kind == "missing":
        return fault("P103", where, key=key)
    if kind == "extra_forbidden":
        return fault("P102", where, key=shown(key), near=near(key, _keys(form)))
    context: dict[str, Any] = dict(item.get("ctx") or {})
    if kind == "literal_error":
        codes = str(context.get("expected", "")).replace("'", "").replace(" or ", "、")
        expected = f"{codes.replace(', ', '、')} 之一"
    elif kind == "string_pattern_mismatch":
        expected = PATTERNS.get(str(context.get("pattern")), "合乎格式的写法")
    else:
        expected = _EXPECTED.get(kind, "合乎格式的值")
    return fault("P205", where, value=shown(item.get("input")), expected=expected)


def _keys(form: type[BaseModel]) -> set[str]:
    """Every key of a form and of the forms inside it, for hints."""
    schema = form.model_json_schema(by_alias=True)
    groups = [schema, *schema.get("$defs", {}).values()]
    return {key for group in groups for key in group.get("properties", {})}


def _is_branch(part: str | int) -> bool:
    """Pydantic puts the name of a union's member into the path, or that a key is wrong; the text has no
    such key. (A name in a pack that looks like one costs the exact line of its fault, nothing else.)"""
    return isinstance(part, str) and (
        part in {"str", "TitleForm", "[key]"}
        or part.startswith(("constrained-", "function-", "list["))
    )
