"""The fields of a small body: texts and flags, every fault told at once."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from doudi.errors import fault
from doudi.source_text import Document
from doudi_web.tenancy.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Text:
    """A text of at most so many characters, and what it is."""

    most: int
    expected: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    expected: str
    required: bool = False


Fields = Mapping[str, Text | Flag]


def read(document: Document, fields: Fields) -> dict[str, Any]:
    """The fields that are stated; null is as if it were not. Raises Refusal 422."""
    stated = document.value
    body: dict[str, Any] = dict(stated) if isinstance(stated, dict) else {}
    faults = [
        fault("F202", key, key=key, near=_near(key, fields)) for key in body if key not in fields
    ]
    found: dict[str, Any] = {}
    for key, field in fields.items():
        value = body.get(key)
        if value is None or value == "":
            if field.required:
                faults.append(fault("F201", key, key=key, expected=field.expected))
        elif not _fits(value, field):
            shown = "…" if "password" in key else str(value)[:80]
            faults.append(fault("F203", key, value=shown, expected=field.expected))
        else:
            found[key] = value
    if faults:
        raise Refusal(422, faults)
    return found


def _fits(value: object, field: Text | Flag) -> bool:
    if isinstance(field, Flag):
        return isinstance(value, bool)
    return isinstance(value, str) and len(value) <= field.most


def _near(key: str, fields: Fields) -> str:
    near = difflib.get_close_matches(key, list(fields), 1)
    return f"是不是“{near[0]}”？" if near else ""
