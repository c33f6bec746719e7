"""What a message asks to be settled, as far as locks and idempotency need it."""

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from pydantic import ValidationError

from doudi.errors import Fault, fault
from doudi.source_text import Document, Value, shown
from doudi.wire.bill_faults import form_faults
from doudi.wire.bill_form import BillForm
from doudi.wire.identity_numbers import has_identity_number
from doudi_web.tenancy.refusals import Refusal

Form = TypeVar("Form", bound=BillForm)

LONGEST, LONGEST_FACILITY = 64, 40
"""Characters of an id that is kept."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Whose visit a bill is, and where."""

    visit: str
    person: str
    episode: str
    facility: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A message that asks for a settlement."""

    message: str
    bill: dict[str, Value]
    keys: Keys


def message_of(document: Document, *keys: str) -> tuple[dict[str, Value], list[Fault]]:
    """The keys of a message, and a fault for whatever else it says: no key is passed over unread."""
    value = document.value
    if not isinstance(value, dict):
        expected = f"{{{', '.join(keys)}}}"
        return {}, [fault("F203", document.name, value=shown(value, 80), expected=expected)]
    stated = cast("dict[str, Value]", value)
    return stated, [
        fault("F202", shown(key), key=shown(key), near=_near(key, keys))
        for key in stated
        if key not in keys
    ]


def listed(
    document: Document, body: Mapping[str, Value], key: str, form: type[Form], name: str, limit: int
) -> tuple[list[Form], list[Fault]]:
    """The items of a message's list by their form, and a fault for whatever is wrong with them."""
    stated = body.get(key)
    if not isinstance(stated, list) or not stated:
        return [], [fault("F201", key, key=key, expected=f"{name}，至少一笔")]
    items = cast("list[Value]", stated)
    if len(items) > limit:
        details = {"name": name, "count": f"{len(items):,}", "limit": f"{limit:,}"}
        return [], [fault("F110", key, **details)]
    found: list[Form] = []
    faults: list[Fault] = []
    for number, item in enumerate(items):
        try:
            found.append(form.model_validate(item))
        except ValidationError as error:
            faults += form_faults(document, (key, number), error, form)
    return found, faults


def _near(key: str, keys: Sequence[str]) -> str:
    near = difflib.get_close_matches(key, keys, 1)
    return f"是不是“{near[0]}”？" if near else f"可以写的是：{'、'.join(keys)}。"


def asked_of(document: Document) -> Asked:
    """The bill of `{message_id, bill}` and its keys. Raises Refusal 422."""
    body, faults = message_of(document, "message_id", "bill")
    bill, message = body.get("bill"), body.get("message_id")
    faults += [
        fault("F201", key, key=key, expected=expected)
        if value in (None, "")
        else fault("F203", key, value=shown(value, 80), expected=expected)
        for key, value, expected, ok in (
            ("message_id", message, "消息号，1 至 80 字", is_text(message, 80)),
            ("bill", bill, "账单", isinstance(bill, dict)),
        )
        if not ok
    ]
    if faults:
        raise Refusal(422, faults)
    stated = mapping(bill)
    return Asked(cast("str", message), stated, keys_of(stated, "bill."))


def keys_of(bill: Mapping[str, Value], at: str = "") -> Keys:
    """The keys of a bill. Raises Refusal 422 where one is missing, or is an identity number.

    Those are kept nowhere: neither with the visit nor in quarantine nor in the audit log.
    """
    visit = text_of(bill.get("visit_id"))
    person = text_of(mapping(bill.get("person")).get("id"))
    facility = text_of(mapping(bill.get("facility")).get("code"))
    missing: list[Fault] = [
        fault("F201", f"{at}{key}", key=key, expected=expected)
        for key, expected, value in (
            ("visit_id", "就诊号", visit),
            ("person.id", "登记号", person),
            ("facility.code", "医疗机构编码", facility),
        )
        if not value
    ]
    if missing:
        raise Refusal(422, missing)
    keys = Keys(visit, person, text_of(bill.get("episode_id")) or visit, facility)
    stated = (
        ("visit_id", "就诊号", visit, LONGEST),
        ("episode_id", "住院号", "" if keys.episode == visit else keys.episode, LONGEST),
        ("person.id", "登记号", person, LONGEST),
        ("facility.code", "医疗机构编码", facility, LONGEST_FACILITY),
    )
    wrong = [
        fault("F203", f"{at}{key}", value=shown(value), expected=f"不超过 {most} 字的{name}")
        for key, name, value, most in stated
        if len(value) > most
    ]
    wrong += [
        fault("F209", f"{at}{key}") for key, _, value, _ in stated if has_identity_number(value)
    ]
    if wrong:
        raise Refusal(422, wrong)
    return keys


def kept(bill: Mapping[str, Value]) -> dict[str, Value]:
    """A bill as it is kept: without the identity number, on which nothing rests."""
    made = dict(bill)
    person = mapping(bill.get("person"))
    if "id_number" in person:
        made["person"] = {key: value for key, value in person.items() if key != "id_number"}
    return made


def canonical(value: Value) -> str:
    """The one text of a JSON value: keys in order, exact numbers as they are written."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


def mapping(value: Value) -> dict[str, Value]:
    """The value as a mapping; what is none holds nothing."""
    return cast("dict[str, Value]", value) if isinstance(value, dict) else {}


def text_of(value: Value) -> str:
    """An id as a bill writes it; what is none is empty."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def is_text(value: Value, most: int) -> bool:
    """Whether it is a text of 1 to `most` characters."""
    return isinstance(value, str) and 0 < len(value) <= most
