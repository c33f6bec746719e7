"""Files are untrusted: what is too large, too deep, ambiguous or no text is a fault, and nothing of it is used."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doudi.errors import Faulty, fault
from doudi.source_text import (
    DEPTH_LIMIT,
    KEY_LIMIT,
    Document,
    decode,
    read_json,
    read_yaml,
    show_path,
)  # fmt: skip
from effort import MANY

InTime = Callable[[int], AbstractContextManager[None]]


def _faults(work: Callable[[], object]) -> list[str]:
    with pytest.raises(Faulty) as refused:
        work()
    return [f.code for f in refused.value.faults]


def _refusals(work: Callable[[], object]) -> set[str]:
    """The codes of the faults, if there are any."""
    try:
        work()
    except Faulty as refused:
        return {f.code for f in refused.faults}
    return set()


def _yaml(text: str) -> Any:
    return read_yaml("a.yaml", text).value


def _json(text: str) -> Any:
    return read_json("a.json", text).value


# ---------------------------------------------------------------------------------- bytes


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert decode("a", "﻿键: 1".encode(), limit_mb=1) == "键: 1"
    assert _json(decode("a", b'\xef\xbb\xbf{"a": 1}', limit_mb=1)) == {"a": 1}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "F108"),
        (b" \n\t ", "F108"),
        (b"\xef\xbb\xbf", "F108"),
        ("键".encode("gb18030"), "F103"),
        ("键".encode("utf-16"), "F103"),
        (b"ok \xff", "F103"),
        (b"\xed\xa0\x80", "F103"),
        (b"\xc0\xaf", "F103"),
        (b"x" * (2**20 + 1), "F102"),
    ],
    ids=[
        "empty",
        "blank",
        "mark only",
        "gb18030",
        "utf-16",
        "ff",
        "surrogate",
        "overlong",
        "large",
    ],
)
def test_bytes_that_are_no_text_are_faults(content: bytes, code: str) -> None:
    assert _faults(lambda: decode("a", content, limit_mb=1)) == [code]


def test_the_place_of_a_bad_byte_is_told() -> None:
    with pytest.raises(Faulty) as refused:
        decode("a", b"ab\xff", limit_mb=1)
    assert "3" in refused.value.faults[0].what


def test_a_text_of_the_largest_size_is_read() -> None:
    assert len(decode("a", b"x" * 2**20, limit_mb=1)) == 2**20


# ----------------------------------------------------------------------------------- YAML


@pytest.mark.parametrize(
    "text",
    [
        "a: &x 1\nb: *x",
        "a: &x [1]",
        "&x a: 1",
        "a: *nowhere",
        "- &a [1, 2]\n- &b [*a, *a]\n- &c [*b, *b]",
        "base: &base {a: 1}\nother: {<<: *base}",
    ],
)
def test_yaml_anchors_and_aliases_are_faults(text: str) -> None:
    assert _faults(lambda: _yaml(text)) in (["F106"], ["F104"])


def test_a_bomb_of_aliases_is_refused_at_once(in_time: InTime) -> None:
    lines = ['a0: &a0 ["x", "x", "x", "x", "x", "x", "x", "x", "x"]']
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    with in_time(5):
        assert _faults(lambda: _yaml("\n".join(lines))) == ["F106"]


def test_every_key_that_stands_twice_in_yaml_is_told() -> None:
    assert _faults(lambda: _yaml("a: 1\nb: {c: 1, c: 2}\na: 3")) == ["F105", "F105"]
    assert _faults(lambda: _yaml('a: 1\n"a": 2')) == ["F105"]
    assert _yaml("a: {c: 1}\nb: {c: 1}") == {"a": {"c": "1"}, "b": {"c": "1"}}


def test_yaml_numbers_stay_texts_and_plain_words_are_what_they_mean() -> None:
    text = "{a: 1.10, b: 0x1F, c: 1e3, d: 1_000, e: .inf, f: 2019-01-01, g: yes, h: '1', i: 01}"
    assert list(_yaml(text).values()) == [
        "1.10", "0x1F", "1e3", "1_000", ".inf", "2019-01-01", "yes", "1", "01",
    ]  # fmt: skip
    assert _yaml("[true, false, null, ~, ]") == [True, False, None, None]
    assert _yaml("a:") == {"a": None}
    assert _yaml("['true', \"null\", '', '~']") == ["true", "null", "", "~"]


def test_a_huge_yaml_number_stays_its_text() -> None:
    assert _yaml("a: " + "9" * 10_000) == {"a": "9" * 10_000}


def test_yaml_tags_make_nothing() -> None:
    assert _yaml("a: !!python/object/apply:os.system ['true']") == {"a": ["true"]}
    assert _yaml('a: !!int "5"') == {"a": "5"}


@pytest.mark.parametrize(
    "text",
    ["a: [1", "a: 1\n b: 2", "a: 'x", "--- 1\n--- 2", "\ta: 1", "a: \x07", "a: b: c", "%TAG"],
)
def test_yaml_that_is_not_well_formed_is_a_fault(text: str) -> None:
    assert _faults(lambda: _yaml(text)) == ["F104"]


def test_yaml_that_holds_nothing_is_a_fault() -> None:
    assert _faults(lambda: _yaml("# nur ein Wort\n")) == ["F108"]


@pytest.mark.parametrize("count", [DEPTH_LIMIT + 1, 1000, 100_000])
def test_deep_nesting_is_a_fault_and_nothing_worse(count: int, in_time: InTime) -> None:
    with in_time(10):
        assert _faults(lambda: _yaml("[" * count + "]" * count)) == ["F107"]
        assert _faults(lambda: _json("[" * count + "]" * count)) == ["F107"]
        assert _faults(lambda: _json('{"a":' * count + "1" + "}" * count)) == ["F107"]


def test_nesting_up_to_the_limit_is_read() -> None:
    text = "[" * (DEPTH_LIMIT - 1) + "]" * (DEPTH_LIMIT - 1)
    assert _yaml(text) == _json(text)


def test_yaml_places_name_their_line() -> None:
    document = read_yaml("a.yaml", "a: 1\nb:\n  - c: 2\n    d: 3\n")
    assert document.where(("b", 0, "d")) == "a.yaml:4 b[0].d"
    assert document.where(("b",)) == "a.yaml:2 b"
    assert document.where(("b", 0, "unknown", 7)) == "a.yaml:3 b[0].unknown[7]"
    assert document.where(()) == "a.yaml:1"


# ----------------------------------------------------------------------------------- JSON


def test_every_key_that_stands_twice_in_json_is_told() -> None:
    assert _faults(lambda: _json('{"a": 1, "b": {"c": 1, "c": 2}, "a": 3}')) == ["F105", "F105"]


# Catches a search that compares every key with every other: a large file would hold the service up.
def test_a_key_that_stands_twice_among_very_many_is_found_at_once(in_time: InTime) -> None:
    keys = ", ".join(f'"k{n}": 0' for n in range(KEY_LIMIT - 1))
    with in_time(3):
        assert _faults(lambda: _json(f'{{{keys}, "k0": 1}}')) == ["F105"]
        assert _faults(lambda: _yaml(f'{{{keys}, "k0": 1}}')) == ["F105"]


@pytest.mark.parametrize("read", [_yaml, _json])
def test_more_keys_or_values_than_the_limit_are_a_fault(
    read: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = ", ".join(f'"k{n}": 0' for n in range(KEY_LIMIT))
    assert len(_json(f"{{{keys}}}")) == KEY_LIMIT
    assert _faults(lambda: read(f'{{{keys}, "one": 0}}')) == ["F110"]
    for limit in ("YAML_VALUE_LIMIT", "JSON_VALUE_LIMIT"):
        monkeypatch.setattr(f"doudi.source_text.{limit}", 100)
    assert read("[" + "0, " * 80 + "0]")
    assert _faults(lambda: read("[" + "0, " * 200 + "0]")) == ["F110"]


def test_json_numbers_stay_exact() -> None:
    found = _json('{"a": 0.1, "b": 1e2, "c": 12345678901234567890, "d": -0.30}')
    assert found == {
        "a": Decimal("0.1"), "b": Decimal("1e2"), "c": 12345678901234567890, "d": Decimal("-0.30"),
    }  # fmt: skip
    assert str(found["d"]) == "-0.30"


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_a_fault_in_json(constant: str) -> None:
    assert _faults(lambda: _json(f'{{"a": [{constant}]}}')) == ["F104"]


@pytest.mark.parametrize("digits", [99, 100, 5000, 100_000])
def test_a_huge_whole_number_is_held_exactly_or_refused(digits: int, in_time: InTime) -> None:
    with in_time(2):
        try:
            found = _json('{"a": ' + "9" * digits + "}")["a"]
        except Faulty:
            return
        assert found == Decimal("9" * digits)


def test_a_huge_exponent_is_held_without_being_worked_out(in_time: InTime) -> None:
    with in_time(2):
        assert _json('{"a": 1e999999999}')["a"].adjusted() == 999_999_999


@pytest.mark.parametrize(
    "text",
    ["{", "[1,]", "{'a': 1}", "{a: 1}", '{"a": 1} x', "01", "1.", "﻿{}", '"\x01"', "nan", "+1"],
)
def test_json_that_is_not_well_formed_is_a_fault(text: str) -> None:
    assert _faults(lambda: _json(text)) == ["F104"]


def test_the_line_of_a_json_mistake_is_told() -> None:
    with pytest.raises(Faulty) as refused:
        _json('{\n  "a": 1,\n  "b" 2\n}')
    assert refused.value.faults[0].where == "a.json:3"


# ----------------------------------------------------------------------------------- both


# Catches any exception that is no Faulty, whatever the text.
@MANY
@given(st.one_of(st.text(max_size=60), st.text("{}[]:,-&*!|>'\"%@ \nab1#", max_size=40)))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (_yaml, _json):
        assert _refusals(lambda read=read: read(text)) <= {"F104", "F105", "F106", "F107", "F108"}


@MANY
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    assert _refusals(lambda: decode("a", content, limit_mb=1)) <= {"F103", "F108"}


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**18), 10**18), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)


@MANY
@given(VALUES)
def test_json_reads_back_what_was_written(value: object) -> None:
    assert _json(json.dumps(value)) == value


def test_a_path_reads_as_one_writes_it() -> None:
    assert show_path(("bills", 3, "lines", 0, "class")) == "bills[3].lines[0].class"
    assert show_path((2, "a")) == "[2].a"
    assert Document("a.json", {}).where(("x",)) == "a.json x"


# Catches a sign that moves the cursor or turns the line around, sent as a line's number and told in a fault.
@pytest.mark.parametrize("sent", ["\x17", "a\u202eb", "\x1b[2J", "一\n二", "\u0000"])
def test_a_fault_tells_nothing_that_cannot_be_printed_whatever_was_sent(sent: str) -> None:
    told = fault("S623", sent, line=sent, what_=f"行 {sent} 不在现在的账单里")
    assert all(text.isprintable() for text in (told.where, told.what, told.why, told.mend))
    assert ascii(sent)[1:-1].partition("\\")[0] in told.where
