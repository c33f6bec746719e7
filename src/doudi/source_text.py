"""Text of YAML or JSON → plain values that know where they stand.

Numbers stay exact: YAML scalars stay text, JSON decimals become Decimal. A file that is too large, not
UTF-8, too deep, uses aliases or states a key twice is a fault; nothing of it is used.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast

import yaml

from doudi.errors import Fault, Faulty, fault

YAML_LIMIT_MB = 4
JSON_LIMIT_MB = 64
DEPTH_LIMIT = 40

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
        shown = show_path(path)
        for length in range(len(path), -1, -1):
            place = self.places.get(path[:length])
            if place is not None:
                return f"{place} {shown}".rstrip()
        return f"{self.name} {shown}".rstrip()


def show_path(path: Path) -> str:
    """
    >>> show_path(("bills", 3, "lines", 0, "class"))
    'bills[3].lines[0].class'
    """
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def decode(name: str, content: bytes, *, limit_mb: int) -> str:
    """The text of a file, or a fault: too large, not UTF-8, or empty."""
    if len(content) > limit_mb * 2**20:
        raise Faulty([fault("F102", name, size=len(content) // 2**20, limit=limit_mb)])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Faulty([fault("F103", name, position=error.start + 1)]) from error
    if not text.strip():
        raise Faulty([fault("F108", name)])
    return text


def read_json(name: str, text: str) -> Document:
    """The value of a JSON text. Raises Faulty."""
    twice: list[Fault] = []

    def unique(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
        whole = dict(pairs)
        if len(whole) < len(pairs):
            keys = [key for key, _ in pairs]
            twice.extend(fault("F105", name, key=k) for k in whole if keys.count(k) > 1)
        return whole

    def never(constant: str) -> Value:
        raise ValueError(f"{constant} 不是数")

    try:
        value = json.loads(
            text, object_pairs_hook=unique, parse_float=Decimal, parse_constant=never
        )
    except RecursionError as error:
        raise Faulty([fault("F107", name, limit=DEPTH_LIMIT)]) from error
    except json.JSONDecodeError as error:
        where = f"{name}:{error.lineno}"
        raise Faulty([fault("F104", where, language="JSON", reason=_plain(error.msg))]) from error
    except ValueError as error:
        raise Faulty([fault("F104", name, language="JSON", reason=str(error)[:200])]) from error
    if _depth(value) > DEPTH_LIMIT:
        raise Faulty([fault("F107", name, limit=DEPTH_LIMIT)])
    if twice:
        raise Faulty(twice)
    return Document(name, value)


def read_yaml(name: str, text: str) -> Document:
    """The value of a YAML text: mappings, lists, texts, true/false and null. Raises Faulty."""
    _refuse_aliases_and_depth(name, text)
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


def _refuse_aliases_and_depth(name: str, text: str) -> None:
    """Look at the events only, which never expand: aliases and deep nesting stop here."""
    depth = 0
    try:
        for event in _events(text):
            line = event.start_mark.line + 1
            anchor: str | None = getattr(event, "anchor", None)
            if anchor is not None:
                raise Faulty([fault("F106", f"{name}:{line}", name=anchor)])
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > DEPTH_LIMIT:
                    raise Faulty([fault("F107", f"{name}:{line}", limit=DEPTH_LIMIT)])
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
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
    reason = _plain(str(getattr(error, "problem", None) or error))
    return fault("F104", where, language="YAML", reason=reason)


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
    for key_node, value_node in cast("list[tuple[yaml.Node, yaml.Node]]", node.value):
        place = f"{name}:{key_node.start_mark.line + 1}"
        key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
        if key in whole:
            faults.append(fault("F105", place, key=key))
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


def _depth(value: Value) -> int:
    deepest = 0
    open_ = [(value, 1)]
    while open_:
        item, depth = open_.pop()
        deepest = max(deepest, depth)
        if isinstance(item, dict):
            open_.extend((v, depth + 1) for v in cast("dict[str, Value]", item).values())
        elif isinstance(item, list):
            open_.extend((v, depth + 1) for v in cast("list[Value]", item))
    return deepest


def _plain(reason: str) -> str:
    return " ".join(reason.split())[:200]
