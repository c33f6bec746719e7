"""Text of YAML or JSON → plain values that know where they stand.

Numbers stay exact: YAML scalars stay text, JSON decimals become Decimal. A file that is too large, not
UTF-8, too deep, holds too many values, uses aliases or states a key twice is a fault; nothing of it is used.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, cast

import yaml

from doudi.errors import Fault, Faulty, fault, printable

YAML_LIMIT_MB = 4
JSON_LIMIT_MB = 64
DEPTH_LIMIT = 40
YAML_VALUE_LIMIT = 700_000  # more than a bill of YAML_LIMIT_MB holds; a value costs its 600 bytes
JSON_VALUE_LIMIT = 8_000_000  # likewise of JSON_LIMIT_MB; a mapping or list counts as three
KEY_LIMIT = 10_000  # in one mapping

Value = Any  # what JSON can hold: dict, list, str, int, Decimal, bool, None
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A text's value, and for each path in it `file:line` (YAML always, JSON never)."""

    name: str
    value: Value
    places: Mapping[Path, str] = field(default_factory=dict[Path, str])

    def where(self, path: Path) -> str:
        """`file:line path` for the nearest place that is known."""
        return f"{self.place(path)} {show_path(path)}".rstrip()

    def place(self, path: Path) -> str:
        """`file:line` of the nearest place that is known, or the file alone."""
        known = (self.places.get(path[:length]) for length in range(len(path), -1, -1))
        return next((place for place in known if place is not None), self.name)


def show_path(path: Path) -> str:
    """
    >>> show_path(("bills", 3, "lines", 0, "class"))
    'bills[3].lines[0].class'
    """
    text = ""
    for part in path:
        key = f"[{part}]" if isinstance(part, int) else shown(part, 80)
        text += f".{key}" if text and isinstance(part, str) else key
    return text


def decode(name: str, content: bytes, *, limit_mb: int) -> str:
    """The text of a file, or a fault: too large, not UTF-8, or empty."""
    if len(content) > limit_mb * 2**20:
        raise Faulty([fault("F102", name, size=-(-len(content) // 2**20), limit=limit_mb)])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Faulty([fault("F103", name, position=error.start + 1)]) from error
    if not text.strip():
        raise Faulty([fault("F108", name)])
    return text


def read_json(name: str, text: str) -> Document:
    """The value of a JSON text. Raises Faulty."""
    opened = text.count("{") + text.count("[")
    values = text.count(",") + 2 * opened
    if values > JSON_VALUE_LIMIT:
        raise Faulty([_too_many(name, "文件里的值", values, JSON_VALUE_LIMIT)])
    found: list[Fault] = []

    def whole(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
        made = dict(pairs)
        if len(pairs) > KEY_LIMIT:
            raise Faulty([_too_many(name, "同一处的键", len(pairs), KEY_LIMIT)])
        if len(made) < len(pairs):
            times = Counter(key for key, _ in pairs)
            found.extend(fault("F105", name, key=shown(k)) for k, n in times.items() if n > 1)
        return made

    def never(constant: str) -> Value:
        raise ValueError(f"{constant} 不是数")

    try:
        value = json.loads(
            text,
            object_pairs_hook=whole,
            parse_float=_exact,
            parse_int=_integer,
            parse_constant=never,
        )
    except RecursionError as error:
        raise Faulty([fault("F107", name, limit=DEPTH_LIMIT)]) from error
    except json.JSONDecodeError as error:
        where = f"{name}:{error.lineno}"
        raise Faulty([fault("F104", where, language="JSON", reason=_plain(error.msg))]) from error
    except ValueError as error:
        raise Faulty([fault("F104", name, language="JSON", reason=str(error)[:200])]) from error
    if opened > DEPTH_LIMIT and _deeper_than(value, DEPTH_LIMIT):
        raise Faulty([fault("F107", name, limit=DEPTH_LIMIT)])
    if _HALF.search(text):
        found += _halves(name, value, ())
    if found:
        raise Faulty(found)
    return Document(name, value)


_HALF = re.compile(r"\\u[dD][89a-fA-F]")  # half of a character beyond U+FFFF


def _halves(name: str, value: Value, path: Path) -> Iterator[Fault]:
    """A fault for each text that holds half a character: it cannot be written anywhere."""
    if isinstance(value, str) and re.search("[\ud800-\udfff]", value):
        where = f"{name} {show_path(path)}".rstrip()
        reason = f"“{shown(value)}”里有半个字符"
        yield fault("F104", where, language="JSON", reason=reason)
    elif isinstance(value, dict):
        for key, item in cast("dict[str, Value]", value).items():
            yield from _halves(name, key, (*path, shown(key)))
            yield from _halves(name, item, (*path, shown(key)))
    elif isinstance(value, list):
        for number, item in enumerate(cast("list[Value]", value)):
            yield from _halves(name, item, (*path, number))


def _exact(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{text[:40]} 太大或太小") from error


def _integer(text: str) -> int | Decimal:
    """An int; where it is too long to be one, a Decimal, for whoever reads the value to refuse."""
    return int(text) if len(text) < 100 else Decimal(text)


def shown(value: Value, limit: int = 40) -> str:
    """A value as a fault quotes it: as it was written where it is short, without what cannot be printed.

    >>> shown(None), shown(True), shown([1]), shown("a" * 50)[-3:], shown("a\\x1b")
    ('null', 'true', '列表', 'aa…', 'a\\\\x1b')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return "键值表" if isinstance(value, dict) else "列表"
    text = str(value)
    text = text[:limit] + "…" if len(text) > limit else text
    return printable(text)


def _too_many(where: str, name: str, count: int, limit: int) -> Fault:
    return fault("F110", where, name=name, count=f"{count:,}", limit=f"{limit:,}")


def read_yaml(name: str, text: str) -> Document:
    """The value of a YAML text: mappings, lists, texts, true/false and null. Raises Faulty."""
    _refuse_what_grows(name, text)
    try:
        root = _compose(text)
    except yaml.YAMLError as error:
        raise Faulty([_yaml_fault(name, error)]) from error
    if root is None:
        raise Faulty([fault("F108", name)])
    places: dict[Path, str] = {}
    faults: list[Fault] = []
    value = _value(root, (), places, faults, name)
    if faults:
        raise Faulty(faults)
    return Document(name, value, places)


def _refuse_what_grows(name: str, text: str) -> None:
    """Look at the events only, which never expand: aliases, deep nesting, too many values stop here."""
    depth = values = 0
    try:
        for event in _events(text):
            line = event.start_mark.line + 1
            anchor: str | None = getattr(event, "anchor", None)
            if anchor is not None:
                raise Faulty([fault("F106", f"{name}:{line}", name=shown(anchor))])
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > DEPTH_LIMIT:
                    raise Faulty([fault("F107", f"{name}:{line}", limit=DEPTH_LIMIT)])
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            values += 1
            if values > YAML_VALUE_LIMIT:
                raise Faulty([_too_many(f"{name}:{line}", "文件里的值", values, YAML_VALUE_LIMIT)])
    except yaml.YAMLError as error:
        raise Faulty([_yaml_fault(name, error)]) from error


def _compose(text: str) -> yaml.Node | None:
    composed = cast("Callable[..., Any]", yaml.compose)  # pyright: ignore[reportUnknownMemberType]
    return composed(text, Loader=yaml.CSafeLoader)


def _events(text: str) -> Iterator[yaml.Event]:
    parsed = cast("Callable[..., Any]", yaml.parse)  # pyright: ignore[reportUnknownMemberType]
    return parsed(text, Loader=yaml.CSafeLoader)


def _yaml_fault(name: str, error: yaml.YAMLError) -> Fault:
    mark = getattr(error, "problem_mark", None)
    where = name if mark is None else f"{name}:{mark.line + 1}"
    reason = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    if reason.startswith("exceeded max"):
        return fault("F107", where, limit=DEPTH_LIMIT)
    return fault("F104", where, language="YAML", reason=_plain(reason))


def _value(
    node: yaml.Node, path: Path, places: dict[Path, str], faults: list[Fault], name: str
) -> Value:
    places[path] = f"{name}:{node.start_mark.line + 1}"
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    if isinstance(node, yaml.SequenceNode):
        items = cast("list[yaml.Node]", node.value)
        return [_value(item, (*path, i), places, faults, name) for i, item in enumerate(items)]
    whole: dict[str, Value] = {}
    pairs = cast("list[tuple[yaml.Node, yaml.Node]]", node.value)
    if len(pairs) > KEY_LIMIT:
        faults.append(_too_many(places[path], "同一处的键", len(pairs), KEY_LIMIT))
        return whole
    for key_node, value_node in pairs:
        place = f"{name}:{key_node.start_mark.line + 1}"
        key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
        if key in whole:
            faults.append(fault("F105", place, key=shown(key)))
        whole[key] = _value(value_node, (*path, key), places, faults, name)
        places[*path, key] = place
    return whole


def _scalar(node: yaml.ScalarNode) -> str | bool | None:
    """A quoted scalar is text; a plain one may be true, false or null; a number stays its text."""
    text = str(node.value)
    if not node.style:
        if text in ("", "~", "null"):
            return None
        if text in ("true", "false"):
            return text == "true"
    return text


def _deeper_than(value: Value, limit: int) -> bool:
    """Whether lists and mappings stand in one another more than `limit` deep."""
    level: list[Value] = [value]
    for _ in range(limit):
        level = [
            inner for outer in level for inner in _inside(outer) if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _inside(value: Value) -> Iterable[Value]:
    if isinstance(value, dict):
        return cast("dict[str, Value]", value).values()
    return cast("list[Value]", value) if isinstance(value, list) else ()


_REASONS = {
    "Expecting ',' delimiter": "缺少逗号或右括号",
    "Expecting value": "这里缺少一个值",
    "Expecting property name": "这里应是双引号里的键",
    "Expecting ':' delimiter": "键后面缺少冒号",
    "Unterminated string": "引号没有配对",
    "Invalid control character": "引号里有换行或别的控制字符",
    "Invalid \\": "反斜线后面的写法不对",
    "Extra data": "后面有多余的内容",
    "mapping values are not allowed": "冒号的位置不对，或者缩进不对",
    "block sequence entries are not allowed": "短横线的位置不对，或者缩进不对",
    "found character that cannot start": "有不能放在开头的字符（制表符、@、`、%），文字要加引号",
    "found a tab character": "缩进用了制表符，要用空格",
    "could not find expected ':'": "键后面缺少冒号",
    "did not find expected key": "缩进不对，或者这里缺少一个键",
    "did not find expected '-'": "缩进不对，或者这里缺少短横线",
    "did not find expected ','": "缺少逗号或右括号",
    "did not find expected node content": "这里缺少一个值",
    "did not find expected <document start>": "后面有多余的内容，或者缩进不对",
    "expected a single document": "一个文件里有几份内容（---）",
    "but found another document": "一个文件里有几份内容（---）",
    "found unexpected end of stream": "引号没有配对",
    "found unknown escape character": "反斜线后面的写法不对",
    "control characters are not allowed": "有看不见的控制字符",
    "found undefined tag handle": "不接受 YAML 标签（!）",
    "did not find expected alphabetic": "& 和 * 开头的文字要加引号",
}  # what the two parsers say most often, by how it begins


def _plain(reason: str) -> str:
    """A parser's reason in Chinese; one that is not in the list stays as it is."""
    known = (said for begins, said in _REASONS.items() if reason.startswith(begins))
    return next(known, " ".join(reason.split())[:200])
