"""One sound bill, mutations of it, and the bill as JSON and as YAML with the line of each of its values."""

import copy
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from doudi import Bundle, Run, Shelf, settle_bundle
from doudi.dates import Span, date
from doudi.packs.resolve import Head
from doudi.wire.pack_folder import PackFolder

Json = dict[str, Any]
EXAMPLE = Path(__file__).parents[2] / "packs" / "example"
DROP = object()

SOUND: Json = {
    "visit_id": "V1",
    "person": {
        "id": "P1",
        "birth_date": "1970-03-01",
        "insurance_tier": "tier_1",
        "district": "990101",
        "standings": [{"code": "dibao", "from": "2023-01-01", "to": None}],
    },
    "facility": {"code": "H2", "level": 2, "district": "990101"},
    "kind": "inpatient",
    "admitted": "2024-05-28",
    "discharged": "2024-06-03",
    "settled": "2024-06-03",
    "lines": [
        {"id": "1", "code": "A1", "name": "护理", "class": "甲",
         "quantity": "2", "unit_price": "4000.00", "amount": "8000.00"},
        {"id": "2", "code": "B1", "name": "针剂", "class": "乙", "first_self_pay_rate": "0.10",
         "quantity": "1", "unit_price": "300.00", "amount": "300.00"},
    ],
}  # fmt: skip
WHOLE: Json = {
    **SOUND,
    "episode_id": "E1",
    "sequence": 1,
    "referred": False,
    "major_disease": False,
    "person": {
        **SOUND["person"],
        "id_number": "一个证件号",
        "standings": [
            {"code": "dibao", "from": "2023-01-01", "to": "2025-01-01", "known": "2023-02-01"}
        ],
        "attributes": {"village": "青禾村"},
    },
    "facility": {**SOUND["facility"], "attributes": {"beds": 200}},
    "given": {"basic": "3000.00", "deductible_met": "300.00"},
    "awaiting": [],
    "diagnoses": [{"code": "J18.900", "name": "肺炎", "main": True}],
    "attributes": {"doctor": "D1"},
    "lines": [
        {**SOUND["lines"][0], "hospital_code": "A1", "date": "2024-05-30", "price_ceiling": "5000.00", "consent": False, "draft": False,
         "first_self_pay_rate": "0", "attributes": {"room": "12"}},
        {**SOUND["lines"][1],
         "parts": {"out_of_catalogue": "0.00", "over_ceiling": "0.00", "first_self_pay": "30.00",
                   "in_scope": "270.00"}},
        {**SOUND["lines"][0], "id": "3", "refunds": "1", "quantity": "-1", "amount": "-4000.00"},
    ],
}  # fmt: skip
"""A sound bill in which every key stands that a bill may have."""


def mutated(bill: Json, changes: Mapping[str, Any]) -> Json:
    """A copy of the bill in which each path has another value, or none (DROP), or one that is new.

    A path is written as faults write it: `person.standings[0].code`.
    """
    made = copy.deepcopy(bill)
    for path, value in changes.items():
        *way, last = parts(path)
        at: Any = made
        for step in way:
            at = at[step]
        if value is DROP:
            del at[last]
        elif isinstance(at, list) and last == len(at):
            at.append(value)
        else:
            at[last] = value
    return made


def parts(path: str) -> list[str | int]:
    found = re.findall(r"([^.\[\]]+)|\[(\d+)\]", path)
    return [int(number) if number else key for key, number in found]


def yaml_of(bill: Json) -> tuple[str, dict[str, int]]:
    """The bill as YAML with one value a line, and the line of each path."""
    text: list[str] = []
    places: dict[str, int] = {}
    _write(bill, "", 0, text, places)
    return "\n".join(text) + "\n", places


def _write(value: Any, path: str, depth: int, text: list[str], places: dict[str, int]) -> None:
    items: Sequence[tuple[str, str, Any]]
    if isinstance(value, dict):
        items = [(f"{path}.{k}".lstrip("."), f"{json.dumps(k)}:", v) for k, v in value.items()]
    else:
        items = [(f"{path}[{n}]", "-", v) for n, v in enumerate(value)]
    for inner, head, item in items:
        nested = isinstance(item, dict | list) and item
        shown = "" if nested else " " + json.dumps(item, ensure_ascii=False)
        text.append("  " * depth + head + shown)
        places[inner] = len(text)
        if nested:
            _write(item, inner, depth + 1, text, places)
            if head == "-" and isinstance(item, dict):
                places[inner] += 1  # the mapping begins on the line of its first key


def where_in_yaml(places: Mapping[str, int], path: str, name: str = "bill.yaml") -> str:
    """`file:line path` as a fault writes it: the line of the path, or of the nearest thing around it."""
    known = path
    while known and known not in places:
        known = re.sub(r"(^|\.)[^.\[\]]+$|\[\d+\]$", "", known)
    return f"{name}:{places.get(known, 1)} {path}".rstrip()


def example_shelf(named: str | None = None) -> Shelf:
    """The example pack alone."""
    folder = PackFolder(EXAMPLE.parent)
    head = Head("example", "青禾县", "990101", Span(date(2024, 1, 1), None))
    return Shelf(folder.find, [head], named)


def settle(
    *bills: Json, shelf: Shelf | None = None, history: Any = None, catalogue: Any = None
) -> Run:
    """The bills of one JSON file, settled."""
    whole = bills[0] if len(bills) == 1 else {"bills": list(bills)}
    return settle_text(_dump(whole), shelf=shelf, history=history, catalogue=catalogue)


def settle_text(
    text: str | bytes, name: str = "bill.json", *, shelf: Shelf | None = None, history: Any = None,
    catalogue: Any = None,
) -> Run:  # fmt: skip
    """The bills of one file as it is written, settled."""
    bundle = Bundle(
        {name: text if isinstance(text, bytes) else text.encode()},
        None if history is None else ("history.json", _dump(history).encode()),
        None if catalogue is None else ("catalogue.json", _dump(catalogue).encode()),
    )
    return settle_bundle(example_shelf() if shelf is None else shelf, bundle)


def _dump(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
