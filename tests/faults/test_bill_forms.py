"""The shape of a bill: every key, every wrong type, odd numbers, texts and dates, in every field."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from doudi import Run
from faults.bills import (
    DROP,
    SOUND,
    WHOLE,
    Json,
    mutated,
    settle,
    settle_text,
    where_in_yaml,
    yaml_of,
)
from faults.told import flaws

# ------------------------------------------------------------------------------------- types

FIELDS = {
    "visit_id": "code", "episode_id": "code", "sequence": "whole", "kind": "code", "referred": "flag",
    "major_disease": "flag", "admitted": "moment", "discharged": "moment", "settled": "moment",
    "person": "map", "person.id": "code", "person.id_number": "text", "person.birth_date": "day",
    "person.insurance_tier": "code", "person.district": "code", "person.standings": "list",
    "person.standings[0]": "map", "person.standings[0].code": "code", "person.standings[0].from": "day",
    "person.standings[0].to": "day", "person.standings[0].known": "moment", "person.attributes": "map",
    "person.attributes.village": "attribute", "facility": "map", "facility.code": "code",
    "facility.level": "code", "facility.district": "code", "facility.attributes": "map",
    "facility.attributes.beds": "attribute", "given": "map", "given.basic": "number",
    "given.deductible_met": "number", "awaiting": "list", "attributes": "map", "attributes.doctor": "attribute",
    "diagnoses": "list", "diagnoses[0]": "map", "diagnoses[0].code": "code", "diagnoses[0].name": "label",
    "diagnoses[0].main": "flag",
    "lines": "list", "lines[0]": "map", "lines[0].id": "code", "lines[0].code": "code",
    "lines[0].hospital_code": "code",
    "lines[0].name": "text", "lines[0].date": "day", "lines[0].class": "class",
    "lines[0].first_self_pay_rate": "number", "lines[0].price_ceiling": "number",
    "lines[0].quantity": "number", "lines[0].unit_price": "number", "lines[0].amount": "number",
    "lines[0].consent": "flag", "lines[0].draft": "flag", "lines[0].attributes": "map",
    "lines[0].attributes.room": "attribute",
    "lines[1].parts": "map", "lines[1].parts.out_of_catalogue": "number",
    "lines[1].parts.over_ceiling": "number", "lines[1].parts.first_self_pay": "number",
    "lines[1].parts.in_scope": "number", "lines[2].refunds": "code",
}  # fmt: skip
"""Every field that a bill may have, and what it takes."""

REQUIRED = [
    "visit_id", "person", "person.id", "person.birth_date", "person.standings",
    "person.standings[0].code", "person.standings[0].from", "facility", "facility.code", "facility.level",
    "facility.district", "kind", "settled", "lines", "lines[0].id", "lines[0].quantity",
    "lines[0].unit_price", "lines[0].amount", "lines[1].parts.out_of_catalogue",
    "lines[1].parts.over_ceiling", "lines[1].parts.first_self_pay", "lines[1].parts.in_scope", "admitted",
    "diagnoses[0].code", "diagnoses[0].name",
]  # fmt: skip
"""The keys without which nothing is settled; `admitted` of an inpatient."""

NUMBER, TEXT, LIST, MAP, FLAG = 5, "文字", ["文字"], {"键": "文字"}, True
WRONG: dict[str, list[Any]] = {
    "code": [None, True, LIST, MAP, "", " ", 1.5],
    "text": [NUMBER, FLAG, LIST, MAP],
    "label": [NUMBER, FLAG, LIST, MAP, "", " "],
    "flag": [NUMBER, 1, 0, TEXT, "true", LIST, MAP],
    "whole": [TEXT, FLAG, LIST, MAP, 1.5, "1.0", "", 2**53],
    "number": [
        TEXT,
        FLAG,
        LIST,
        MAP,
        "",
        "1,000.00",
        "￥5",
        "5元",
        "1e3",
        "0x10",
        "５",
        "+5",
        ".5",
        "5.",
    ],
    "day": [NUMBER, FLAG, LIST, MAP, TEXT, "", 20240603],
    "moment": [NUMBER, FLAG, LIST, MAP, TEXT, ""],
    "class": [NUMBER, FLAG, LIST, MAP, "丁", "a", ""],
    "attribute": [LIST, MAP],
    "list": [NUMBER, TEXT, FLAG, MAP],
    "map": [NUMBER, TEXT, FLAG, LIST],
}
SHOWN = {"null": None, "true": True, "列表": LIST, "键值表": MAP}


def _wrong() -> Iterator[tuple[str, Any]]:
    for path, kind in FIELDS.items():
        yield from ((path, value) for value in WRONG[kind] if value is not None or path in REQUIRED)


def _leaves(value: Any, path: str = "") -> Iterator[str]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        inner = f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}".lstrip(".")
        yield inner
        if isinstance(item, dict | list):
            yield from _leaves(item, inner)


def test_the_table_of_fields_is_whole() -> None:
    first = {path for path in _leaves(WHOLE) if "[1]" not in path and "[2]" not in path}
    assert first | {p for p in FIELDS if "[1]" in p or "[2]" in p} == set(FIELDS)


@pytest.mark.parametrize(("path", "value"), list(_wrong()), ids=str)
def test_a_value_of_a_wrong_type_is_a_fault_at_its_path(path: str, value: Any) -> None:
    run = settle(mutated(WHOLE, {path: value}))
    assert run.settlements == ()
    assert [(f.code, f.where) for f in run.faults] == [("F203", f"bill.json {path}")]
    quotes = next((shown for shown, one in SHOWN.items() if one is value), str(value))
    assert flaws(run.faults[0], quotes.strip()) == []


OPTIONAL = sorted(p for p in FIELDS if p not in REQUIRED and not p.endswith("]"))


@pytest.mark.parametrize("path", OPTIONAL)
def test_a_null_is_an_absent_key(path: str) -> None:
    null, absent = (settle(mutated(WHOLE, {path: value})) for value in (None, DROP))
    assert _amounts(null) == _amounts(absent)


def _amounts(run: Run) -> Any:
    return [(f.code, f.where) for f in run.faults], [
        (a.payments, a.patient) for a in run.settlements
    ]


# -------------------------------------------------------------------------------------- keys


@pytest.mark.parametrize("path", REQUIRED)
def test_a_missing_key_is_a_fault_that_says_what_belongs_there(path: str) -> None:
    bill = mutated(WHOLE, {path: DROP})
    text, places = yaml_of(bill)
    for run, where in (
        (settle(bill), f"bill.json {path}"),
        (settle_text(text, "bill.yaml"), where_in_yaml(places, path)),
    ):
        assert run.settlements == ()
        assert [(f.code, f.where) for f in run.faults] == [("F201", where)]
        assert flaws(run.faults[0], path.rpartition(".")[2]) == []
        assert "见账单格式" not in run.faults[0].mend


UNKNOWN = [
    ("setled", "settled"),
    ("person.birthdate", "birth_date"),
    ("person.standings[0].form", "from"),
    ("facility.levels", "level"),
    ("lines[1].clas", "class"),
    ("lines[1].parts.inscope", "in_scope"),
    ("zzz", ""),
]


@pytest.mark.parametrize(("path", "meant"), UNKNOWN)
def test_an_unknown_key_is_a_fault_with_a_hint_at_the_key_that_was_meant(
    path: str, meant: str
) -> None:
    run = settle(mutated(WHOLE, {path: "x"}))
    assert run.settlements == ()
    assert [(f.code, f.where) for f in run.faults] == [("F202", f"bill.json {path}")]
    assert flaws(run.faults[0], path.rpartition(".")[2]) == []
    assert (f"是不是“{meant}”" in run.faults[0].why) == bool(meant)


def test_what_a_hospital_adds_goes_into_attributes() -> None:
    own = {"any": "thing", "flag": True, "number": 5, "nothing": None}
    changes = {f"{owner}attributes": own for owner in ("", "person.", "facility.", "lines[0].")}
    assert settle(mutated(SOUND, changes)).faults == ()


# ----------------------------------------------------------------------------------- numbers

AMOUNTS = [
    ("8000", None),
    ("8000.0", None),
    ("8000.00", None),
    ("-0", "F304"),
    ("-0.00", "F304"),
    ("8000.000", None),
    ("8000.001", "F204"),
    ("9223372036854.76", "F304"),
    ("9223372036854.77", "F206"),
    ("-9223372036854.77", "F206"),
    ("9" * 25, "F206"),
    ("9" * 31, "F203"),
    ("0." + "0" * 31 + "1", "F203"),
    ("８０００", "F203"),
    ("八千", "F203"),
    ("8 000", "F203"),
    ("8000，00", "F203"),
    ("1e400", "F203"),
    ("Infinity", "F203"),
    ("NaN", "F203"),
    ("0x1F40", "F203"),
    ("8000\u200b", "F203"),
    ("٨٠٠٠", "F203"),
]


@pytest.mark.parametrize(("text", "code"), AMOUNTS, ids=ascii)
def test_an_amount_is_plain_digits_or_a_fault(text: str, code: str | None) -> None:
    run = settle(mutated(SOUND, {"lines[0].amount": text}))
    found = {f.code for f in run.faults}
    assert found == ({code} if code else set())
    assert all(flaws(f) == [] for f in run.faults)
    if code is None:
        assert run.settlements[0].total == 830_000


BARE = [
    ("8000", None),
    ("8000.00", None),
    ("8E3", "F203"),
    ("8e400", "F203"),
    ("-0", "F304"),
    ("-0.0", "F304"),
    ("1e99999999999999999999", "F104"),
    ("9" * 30, "F206"),
    ("9" * 5000, "F203"),
    ("NaN", "F104"),
    ("Infinity", "F104"),
    ("-Infinity", "F104"),
    ("08000", "F104"),
    ("+8000", "F104"),
]


@pytest.mark.parametrize(("number", "code"), BARE, ids=lambda v: str(v)[:24])
@pytest.mark.parametrize("path", ["lines[0].amount", "sequence", "given.basic", "attributes.x"])
def test_a_bare_json_number_is_exact_or_a_fault(number: str, code: str | None, path: str) -> None:
    bill = mutated(SOUND, {"given": {}, "attributes": {}})
    text = json.dumps(mutated(bill, {path: "@"}), ensure_ascii=False).replace('"@"', number)
    run = settle_text(text)
    assert all(flaws(f) == [] for f in run.faults)
    if path == "lines[0].amount":
        assert {f.code for f in run.faults} == ({code} if code else set())
    elif code == "F104":
        assert {f.code for f in run.faults} == {"F104"}
    elif path == "sequence":
        assert bool(run.faults) == (number not in ("8000", "-0"))
    else:
        assert {f.code for f in run.faults} <= {"F203", "F206"}


@pytest.mark.parametrize("quantity", ["0", "-0", "0.000000", "-0.0"])
def test_a_negative_zero_is_zero(quantity: str) -> None:
    run = settle(mutated(SOUND, {"lines[0].quantity": quantity, "lines[0].amount": "-0.00"}))
    assert run.faults == ()
    assert run.settlements[0].total == 30_000


# ------------------------------------------------------------------------------------- texts

IDS = [
    ("P-1/2_a.b:c", None),
    ("农合证一二三", None),
    ("ﺭﻗﻡ", None),
    ("תעודה", None),
    ("é", None),
    ("𠮷", None),
    ("a" * 200, None),
    ("a" * 201, "F203"),
    ("a" * 10_000, "F203"),
    ("[/bold]", None),
    ("{what}", None),
    ("%s", None),
    ("../../etc/passwd", None),
    (" P1", "F203"),
    ("P1 ", "F203"),
    ("P1\n", "F203"),
    ("P\t1", "F203"),
    ("P\x001", "F203"),
    ("P\x1b[2J", "F203"),
    ("P\x7f", "F203"),
    ("P\u200b1", "F203"),
    ("P\u202e1", "F203"),
    ("\ufeffP1", "F203"),
    ("P\u30001", "F203"),
]


@pytest.mark.parametrize(("text", "code"), IDS, ids=lambda v: ascii(v)[:24])
@pytest.mark.parametrize(
    "path", ["visit_id", "episode_id", "person.id", "lines[0].id", "lines[0].code"]
)
def test_two_ids_that_look_alike_are_alike(text: str, code: str | None, path: str) -> None:
    run = settle(mutated(SOUND, {path: text}))
    assert [(f.code, f.where) for f in run.faults] == (
        [(code, f"bill.json {path}")] if code else []
    )
    assert all(flaws(f) == [] for f in run.faults)
    if path == "visit_id" and code is None:
        assert run.settlements[0].visit_id == text


@pytest.mark.parametrize(
    "name", ["护\x1b[31m理", "护\u202e理", "a" * 100_000, "{x}", " 护理 ", "\n"]
)
def test_a_name_may_be_anything_and_never_steers_what_is_printed(name: str) -> None:
    assert settle(mutated(SOUND, {"lines[0].name": name})).faults == ()
    run = settle(mutated(SOUND, {"lines[0].name": name, "lines[0].class": DROP}))
    assert [f.code for f in run.faults] == ["F308"]
    assert [flaw for flaw in flaws(run.faults[0]) if "filled in" not in flaw] == []


@pytest.mark.parametrize("text", ["\\ud800", "\\udfff", "x\\ud83d", "\\ude00\\ud83d"])
@pytest.mark.parametrize("place", ["value", "key"])
def test_half_a_character_is_a_fault(text: str, place: str) -> None:
    changes: Json = {"lines[0].name": "@"} if place == "value" else {"attributes": {"@": "x"}}
    run = settle_text(json.dumps(mutated(SOUND, changes)).replace("@", text))
    assert [f.code for f in run.faults] == ["F104"]
    assert flaws(run.faults[0], "\\ud") == []


def test_a_character_written_as_two_halves_is_whole() -> None:
    run = settle_text(json.dumps(mutated(SOUND, {"visit_id": "@"})).replace("@", "\\ud83d\\ude00"))
    assert run.settlements[0].visit_id == "😀"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("person.id", "11010519491231002X"),
        ("person.id", " 11010519491231002X"),
        ("person.id_number", 110105194912310021),
    ],
)
def test_an_identity_number_is_in_no_fault(path: str, value: Any) -> None:
    run = settle(mutated(SOUND, {path: value}))
    (fault,) = run.faults
    assert fault.where == f"bill.json {path}"
    assert "19491231" not in f"{fault}"


# ------------------------------------------------------------------------------------- dates

DAYS = [
    ("2024-02-29", None), ("2023-02-29", "F203"), ("2019-02-30", "F203"), ("2024-13-01", "F203"),
    ("2024-00-10", "F203"), ("2024-06-00", "F203"), ("2024-6-3", "F203"), ("2024/06/03", "F203"),
    ("20240603", "F203"), ("2024-W23-1", "F203"), ("2024-155", "F203"), ("２０２４-06-03", "F203"),
    ("24-06-03", "F203"), ("2024-06-03 ", "F203"), ("2024年6月3日", "F203"), ("0000-01-01", "F203"),
    ("明天", "F203"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code"), DAYS)
@pytest.mark.parametrize("path", ["lines[0].date", "person.standings[0].from"])
def test_a_day_is_one_that_the_calendar_has(text: str, code: str | None, path: str) -> None:
    run = settle(mutated(SOUND, {path: text, "person.standings[0].to": DROP}))
    assert [(f.code, f.where) for f in run.faults] == (
        [(code, f"bill.json {path}")] if code else []
    )
    assert all(flaws(f, text.strip()) == [] for f in run.faults)


MOMENTS = [
    ("2024-06-03T08:30:00+08:00", date(2024, 6, 3)),
    ("2024-06-03T08:30+08:00", date(2024, 6, 3)),
    ("2024-06-03 08:30:00+08:00", date(2024, 6, 3)),
    ("2024-06-03T08:30:00.123456+08:00", date(2024, 6, 3)),
    ("2024-06-03T08:30:00.5Z", date(2024, 6, 3)),
    ("2024-06-03T15:59:59Z", date(2024, 6, 3)),
    ("2024-06-03T16:00:00Z", date(2024, 6, 4)),
    ("2024-06-03T23:30:00-10:00", date(2024, 6, 4)),
    ("2024-06-03T00:30:00+14:00", date(2024, 6, 2)),
    ("2024-06-03T08:30:00+05:45", date(2024, 6, 3)),
    ("2024-06-03T08:30:00+23:59", date(2024, 6, 2)),
    ("2024-06-03T08:30:00", "F205"),
    ("2024-06-03 08:30", "F205"),
    ("2024-06-03T08:30:00.1234567+08:00", "F204"),
    ("2024-06-03T24:00:00+08:00", "F203"),
    ("2024-06-03T08:60:00+08:00", "F203"),
    ("2024-06-03T08:30:60+08:00", "F203"),
    ("2024-06-31T08:30:00+08:00", "F203"),
    ("2024-06-03T08:30:00+24:00", "F203"),
    ("2024-06-03T08:30:00+8", "F203"),
    ("2024-06-03T08:30:00+0800", "F203"),
    ("2024-06-03T08:30:00+08:00:30", "F203"),
    ("2024-06-03T08:30:00 CST", "F203"),
    ("2024-06-03t08:30:00z", "F203"),
    ("2024-06-03日08:30:00+08:00", "F203"),
    ("20240603T083000Z", "F203"),
    ("2024-06-03T", "F203"),
    ("1800-06-03T08:30:00Z", "F203"),
    ("1717374600", "F203"),
]


@pytest.mark.parametrize(("text", "wanted"), MOMENTS)
def test_a_moment_has_an_offset_and_its_day_is_the_day_in_china(text: str, wanted: Any) -> None:
    changes = {"settled": text, "discharged": DROP, "kind": "outpatient", "admitted": DROP}
    run = settle(mutated(SOUND, changes))
    if isinstance(wanted, date):
        assert run.faults == ()
        late = mutated(SOUND, {**changes, "settled": f"{wanted}", "sequence": -1, "visit_id": "V2"})
        both = settle(mutated(SOUND, changes), late)
        assert [a.visit_id for a in both.settlements] == ["V2", "V1"]
    else:
        assert [(f.code, f.where) for f in run.faults] == [(wanted, "bill.json settled")]
        assert flaws(run.faults[0], text) == []


def test_times_decide_only_where_both_are_told() -> None:
    """Discharged at nine and settled at eight is out of order; settled that day is not."""
    at = {"discharged": "2024-06-03T09:00:00+08:00"}
    assert settle(mutated(SOUND, at)).faults == ()
    run = settle(mutated(SOUND, {**at, "settled": "2024-06-03T08:00:00+08:00"}))
    assert [f.code for f in run.faults] == ["F302"]


def test_a_json_decimal_is_as_exact_as_a_text() -> None:
    text = json.dumps(SOUND, ensure_ascii=False)
    assert '"4000.00"' in text
    bare = text.replace('"4000.00"', "4000.00").replace('"8000.00"', "8000.00")
    assert settle_text(bare).settlements == settle_text(text).settlements
    assert Decimal("4000.00") == 4000


@pytest.mark.parametrize("name", ["a" * 201, "肺\x1b炎", "肺\u202e炎", "肺\n炎"])
def test_a_diagnosis_is_named_as_a_table_can_show_it(name: str) -> None:
    run = settle(mutated(WHOLE, {"diagnoses[0].name": name}))
    assert [(f.code, f.where) for f in run.faults] == [("F203", "bill.json diagnoses[0].name")]
    assert run.settlements == ()


def test_diagnoses_change_no_amount() -> None:
    with_, without = settle(WHOLE), settle(mutated(WHOLE, {"diagnoses": DROP}))
    assert _amounts(with_) == _amounts(without)
