"""Forms (pydantic) → Markdown: each key with its type in Chinese, whether required, and its word."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from doudi.money import Rounding
from doudi.packs.model import Unit
from tools.markdown import code, table
from tools.reference_words import FormWords

_PATTERNS: dict[str, str] = {
    r"^[A-Za-z0-9_]+$": "代码",
    r"^[a-z][a-z0-9_]*$": "英文名",
    r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$": "英文名（可带点）",
    r"^\d{4}-\d{2}-\d{2}$": "日期",
    r"^\d{2}-\d{2}$": "月-日",
    r"^\d{6}$": "六位数字",
    r"^[1-9][0-9]{0,2}$": "整数，1 至 999",
    r"^[a-z0-9_-]+(/[a-z0-9_-]+)*$": "编号",
}
_FORMATS = {
    "yuan": "金额（元，最多两位小数）",
    "decimal": "小数，最多六位",
    "date": "日期",
    "date or date-time": "日期，或带时区的时间",
}
_CITED = ("cite", "status")
_SETS = {
    tuple(r.value for r in Rounding): "[进位](#进位-round)",
    tuple(u.value for u in Unit): "[单位](#单位-unit)",
}
_TYPES = {"string": "文字", "integer": "整数", "boolean": "true 或 false", "array": "列表"}

Schema = Mapping[str, Any]


class NoWord(Exception):
    """A form or key that the Chinese word lists do not know, or a word that no form has."""


def forms_of(top: type[BaseModel]) -> dict[str, Schema]:
    """Every form that a form holds, itself first, the others in the order in which they are met."""
    whole = top.model_json_schema(by_alias=True)
    defined: Mapping[str, Schema] = whole.get("$defs", {})
    found: dict[str, Schema] = {}
    open_: list[tuple[str, Schema]] = [(top.__name__, whole)]
    while open_:
        name, schema = open_.pop(0)
        if name not in found:
            found[name] = schema
            inner = [ref for s in schema["properties"].values() for ref in _references(s)]
            open_ = [(ref, defined[ref]) for ref in inner] + open_
    return found


def form_section(
    name: str, schema: Schema, words: Mapping[str, FormWords], *, depth: int = 3
) -> str:
    """A form as a section: heading, the docstring's English, a table of its keys."""
    if name not in words:
        raise NoWord(f"{name} 没有中文说明")
    said = words[name]
    rows = {key: _row(name, key, schema, said, words) for key in schema["properties"]}
    note = ""
    if rows.keys() >= set(_CITED):
        rows = {key: row for key, row in rows.items() if key not in _CITED}
        note = "\n\n另加 `cite` 和 `status`，见[依据](#依据-cite-和-status)。"
    english = " ".join(str(schema.get("description", "")).split())
    head = f"{'#' * depth} {said.title} {code(said.where)}"
    intro = f"*{english}*\n\n" if english else ""
    return f"{head}\n\n{intro}" + table(("键", "类型", "必填", "说明"), rows.values()) + note


def check_words(forms: Mapping[str, Schema], words: Mapping[str, FormWords]) -> None:
    """Raise NoWord where a word has no form or key any more."""
    for name, said in words.items():
        keys = set(forms[name]["properties"]) if name in forms else set[str]()
        gone = sorted(set(said.keys) - keys)
        if gone:
            raise NoWord(f"{name} 已经没有 {'、'.join(gone)}，删去这些说明")


def _row(
    form: str, key: str, schema: Schema, said: FormWords, words: Mapping[str, FormWords]
) -> tuple[str, str, str, str]:
    if key not in said.keys:
        raise NoWord(f"{form}.{key} 没有中文说明")
    word = said.keys[key]
    own = _type(schema["properties"][key], words)
    type_, text = (own, word) if isinstance(word, str) else word
    required = "是" if key in schema.get("required", ()) else ""
    return code(key), type_, required, text


def _type(schema: Schema, words: Mapping[str, FormWords]) -> str:
    """A JSON Schema type in Chinese, with links to the forms it holds."""
    if "$ref" in schema:
        return _link(_name(schema), words)
    if "anyOf" in schema:
        branches = [_type(s, words) for s in schema["anyOf"] if s.get("type") != "null"]
        return " 或 ".join(dict.fromkeys(branches))
    if "enum" in schema:
        if tuple(schema["enum"]) in _SETS:
            return _SETS[tuple(schema["enum"])]
        return "、".join(code(str(one)) for one in schema["enum"])
    if "const" in schema:
        return code(str(schema["const"]))
    if schema.get("type") == "array":
        return f"{_type(schema['items'], words)}的列表"
    if schema.get("type") == "object":
        return _mapping(schema, words)
    if "pattern" in schema:
        return _PATTERNS.get(schema["pattern"], "文字")
    if "format" in schema:
        return _FORMATS[schema["format"]]
    type_ = schema.get("type", "任意")
    if isinstance(type_, list):
        return "代码"
    return _TYPES.get(type_, str(type_))


def _mapping(schema: Schema, words: Mapping[str, FormWords]) -> str:
    inner = schema.get("additionalProperties")
    patterns: Schema = schema.get("patternProperties", {})
    if patterns:
        pattern, value = next(iter(patterns.items()))
        return f"{_PATTERNS.get(pattern, '文字')} → {_type(value, words)}"
    key = _type(schema.get("propertyNames", {"type": "string"}), words)
    if isinstance(inner, Mapping):
        return f"{key} → {_type(inner, words)}"
    return "键值表"


def _link(form: str, words: Mapping[str, FormWords]) -> str:
    if form not in words:
        raise NoWord(f"{form} 没有中文说明")
    said = words[form]
    return f"[{said.title}](#{anchor(f'{said.title} {said.where}')})"


def anchor(heading: str) -> str:
    """The anchor that GitHub gives to a heading."""
    kept = "".join(c for c in heading.lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")


def _references(schema: Any) -> Iterator[str]:
    """The forms that a property's schema names, in order."""
    if isinstance(schema, Mapping):
        if "$ref" in schema:
            yield _name(schema)
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _name(schema: Schema) -> str:
    return str(schema["$ref"]).rpartition("/")[2]
