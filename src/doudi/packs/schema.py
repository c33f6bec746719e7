"""JSON Schemas for editors: of a whole pack, and of one file of a pack, which states only some of it.

The forms say what is right; here they are said so that an editor that reads YAML finds as much of it as it can:
a name that is none, a number where the pack takes any text, a null that drops what the base states.
"""

from typing import Any, cast

from doudi.packs.document import PackForm
from doudi.packs.load import BY_NAME

Schema = dict[str, Any]


def pack_schema() -> Schema:
    """Of a whole pack, what it extends filled in and its files taken together."""
    return for_editors(PackForm.model_json_schema(by_alias=True))


def part_schema() -> Schema:
    """Of one file: any sections, of a pack that may extend another (null drops an item of it)."""
    schema = pack_schema()
    del schema["required"]
    schema["title"] = "政策包的一个文件"
    for name in BY_NAME:
        section: Schema = schema["properties"][name]
        section.pop("minProperties", None)
        patterns = cast("dict[str, Schema]", section["patternProperties"])
        for pattern, item in patterns.items():
            patterns[pattern] = {"anyOf": [item, {"type": "null"}]}
    return schema


def for_editors(schema: Schema) -> Schema:
    """A form's schema for text that an editor reads: names are closed, and a number may stand for text."""
    return cast("Schema", _edited(schema))


def _edited(value: object) -> object:
    if isinstance(value, list):
        return [_edited(item) for item in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    made = {key: _edited(item) for key, item in cast("Schema", value).items()}
    if "patternProperties" in made:
        made["additionalProperties"] = False
    if made.get("type") == "string" and "enum" not in made and _any_text(made):
        made["type"] = ["string", "number"]
    return made


def _any_text(schema: Schema) -> bool:
    """Whether the text may be one that reads as a number: any text, or a code."""
    return schema.get("pattern") in (None, r"^[A-Za-z0-9_]+$")
