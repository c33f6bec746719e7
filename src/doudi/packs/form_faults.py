"""What pydantic finds wrong with a form, as faults: Chinese, with the line, the likely key and the mend."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from doudi.errors import Fault, fault
from doudi.source_text import Document, Path

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


def pack_form_faults(
    document: Document, error: ValidationError, form: type[BaseModel]
) -> list[Fault]:
    """One fault for each thing that pydantic names; a union's misses are told once."""
    found: dict[tuple[str, str], Fault] = {}
    for item in error.errors(include_url=False, include_input=True):
        path = tuple(p for p in item["loc"] if not (isinstance(p, str) and _is_branch(p)))
        where = document.where(path)
        made = _one(where, path, dict(item), form)
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
        return fault("P102", where, key=key, near=near(key, _keys(form)))
    value = str(item.get("input"))[:40]
    context: dict[str, Any] = dict(item.get("ctx") or {})
    if kind == "literal_error":
        expected = "这几个之一：" + str(context.get("expected", "")).replace(" or ", ", ")
    elif kind == "string_pattern_mismatch":
        expected = f"合乎格式的写法（{context.get('pattern')}）"
    else:
        expected = _EXPECTED.get(kind, str(item["msg"]))
    return fault("P205", where, value=value, expected=expected)


def _keys(form: type[BaseModel]) -> set[str]:
    """Every key of a form and of the forms inside it, for hints."""
    schema = form.model_json_schema(by_alias=True)
    groups = [schema, *schema.get("$defs", {}).values()]
    return {key for group in groups for key in group.get("properties", {})}


def _is_branch(part: str) -> bool:
    """Pydantic puts the name of a union's member into the path; the text has no such key."""
    return (
        part.endswith("Form")
        or part in {"str", "list[constrained-str]", "constrained-str"}
        or (part.startswith(("constrained-", "function-", "list[")))
    )
