"""The fields of a small body: texts and flags, every fault told at once; a moment of a query."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from doudi.errors import fault
from doudi.source_text import Document, shown
from doudi.wire.bill_form import moment_of
from doudi_web.api.shapes import Shape, keys
from doudi_web.settlement.asked import message_of
from doudi_web.tenancy.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Text:
    """A text of at most so many characters, and what it is; one of a few where they are named."""

    most: int
    expected: str
    required: bool = True
    one_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    expected: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a row: 1 or more."""

    expected: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers of rows: at least one, at most so many, none twice."""

    most: int
    expected: str
    required: bool = True


REASON_LIMIT = 400
LARGEST = 2**63 - 1
Field = Text | Flag | Number | Numbers
Fields = Mapping[str, Field]


def read(document: Document, fields: Fields) -> dict[str, Any]:
    """The fields that are stated; null is as if it were not. Raises Refusal 422."""
    body, faults = message_of(document, *fields)
    found: dict[str, Any] = {}
    for key, field in fields.items():
        value = body.get(key)
        if value is None or (isinstance(value, str) and not value.strip()):
            if field.required:
                faults.append(fault("F201", key, key=key, expected=field.expected))
        elif not _fits(value, field):
            quoted = "…" if "password" in key else shown(value, 80)
            faults.append(fault("F203", key, value=quoted, expected=field.expected))
        else:
            found[key] = value
    if faults:
        raise Refusal(422, faults)
    return found


def reason_of(stated: str) -> str:
    """A reason that stands in the address; empty where none does. Raises Refusal 422."""
    reason = stated.strip()
    if len(reason) > REASON_LIMIT or not reason.isprintable():
        expected = f"理由，至多 {REASON_LIMIT} 字，一行"
        raise Refusal(422, [fault("F203", "reason", value=shown(reason, 80), expected=expected)])
    return reason


def shape(fields: Fields) -> Shape:
    """The shape of a body with these fields, for the interface's description."""
    needed = {key: _shape(field) for key, field in fields.items() if field.required}
    beside = {key: _shape(field) for key, field in fields.items() if not field.required}
    return keys(needed, beside)


def moment(key: str, stated: str) -> datetime | None:
    """A moment as a query writes it, where it does; a day is its midnight in China. Raises Refusal 422."""
    if not stated:
        return None
    try:
        return moment_of(stated.replace(" ", "+")).instant  # what an address has made of +08:00
    except ValueError as error:
        found = fault("F203", key, value=shown(stated, 80), expected="日期，或带时区的时间")
        raise Refusal(422, [found]) from error


def _shape(field: Field) -> Shape:
    if isinstance(field, Number):
        number: Shape = {"type": "integer", "minimum": 1, "maximum": LARGEST}
        return number if field.required else {**number, "type": ["integer", "null"]}
    if isinstance(field, Numbers):
        of: Shape = {"type": "integer", "minimum": 1, "maximum": LARGEST}
        kind = "array" if field.required else ["array", "null"]
        return {
            "type": kind,
            "items": of,
            "minItems": 1,
            "maxItems": field.most,
            "uniqueItems": True,
        }
    if isinstance(field, Flag):
        return {"type": "boolean" if field.required else ["boolean", "null"]}
    if field.one_of:
        return {"enum": [*field.one_of, *([] if field.required else [None])]}
    if field.required:
        return {"type": "string", "minLength": 1, "maxLength": field.most}
    return {"type": ["string", "null"], "maxLength": field.most}


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST


def _fits(value: object, field: Field) -> bool:
    if isinstance(field, Number):
        return _is_number(value)
    if isinstance(field, Numbers):
        if not isinstance(value, list):
            return False
        listed = cast("list[object]", value)
        is_right = 0 < len(listed) <= field.most and all(_is_number(one) for one in listed)
        return is_right and len(set(listed)) == len(listed)
    if isinstance(field, Flag):
        return isinstance(value, bool)
    if field.one_of:
        return value in field.one_of
    return isinstance(value, str) and len(value) <= field.most
