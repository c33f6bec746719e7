"""Files that are no bills, and what stands beside bills: history, catalogue. In process; see also hostile files."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from doudi.errors import Faulty
from doudi.source_text import KEY_LIMIT, YAML_LIMIT_MB
from doudi.wire import bills as wire
from doudi.wire.bill_faults import FAULT_LIMIT
from doudi_cli.files import read
from faults.bills import DROP, SOUND, Json, mutated, settle, settle_text
from faults.told import flaws


@dataclass(frozen=True)
class BadFile:
    """A file, the one fault that it is, and where."""

    code: str
    name: str
    content: str | bytes
    where: str
    quotes: str = ""


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


KEYS = "{" + ",".join(f'"k{n}": 1' for n in range(KEY_LIMIT + 1)) + "}"

FILES = [
    BadFile("F102", "big.yaml", b"#" * (YAML_LIMIT_MB * 2**20 + 1), "big.yaml", "5 MB"),
    BadFile("F103", "gbk.yaml", "visit_id: 账单".encode("gb18030"), "gbk.yaml", "11"),
    BadFile("F103", "utf16.json", _json(SOUND).encode("utf-16"), "utf16.json", "1"),
    BadFile("F104", "cut.json", _json(SOUND)[:-1], "cut.json:1", "逗号"),
    BadFile("F104", "half.json", '{"visit_id": "\\ud800"}', "half.json visit_id", "\\ud800"),
    BadFile("F104", "nan.json", '{"visit_id": NaN}', "nan.json", "NaN"),
    BadFile("F104", "huge.json", '{"visit_id": 1e99999999999999999999}', "huge.json", "1e999"),
    BadFile("F104", "three.json", "{\n\n]", "three.json:3", "双引号里的键"),
    BadFile("F104", "indent.yaml", "visit_id: V1\n  person: x", "indent.yaml:2", "缩进"),
    BadFile("F104", "tab.yaml", "visit_id: V1\nperson:\n\tid: P1", "tab.yaml:3", "制表符"),
    BadFile("F104", "nul.yaml", "visit_id: \x00", "nul.yaml", "控制字符"),
    BadFile("F104", "two.yaml", "visit_id: V1\n---\nvisit_id: V2", "two.yaml:2", "---"),
    BadFile("F105", "twice.json", '{"visit_id": "V1", "visit_id": "V2"}', "twice.json", "visit_id"),
    BadFile(
        "F105", "twice.yaml", "visit_id: V1\nlines: []\nvisit_id: V2", "twice.yaml:3", "visit_id"
    ),
    BadFile("F106", "anchor.yaml", "visit_id: V1\nlines: &all []", "anchor.yaml:2", "all"),
    BadFile("F106", "alias.yaml", "visit_id: *v", "alias.yaml:1", "v"),
    BadFile("F107", "deep.json", "[" * 50 + "]" * 50, "deep.json", "40"),
    BadFile(
        "F107", "deep.yaml", "".join(f"{'  ' * n}a:\n" for n in range(50)), "deep.yaml:41", "40"
    ),
    BadFile("F108", "empty.json", b"", "empty.json"),
    BadFile("F108", "blank.yaml", b"\n\n", "blank.yaml"),
    BadFile("F108", "comment.yaml", b"# nothing yet\n", "comment.yaml"),
    BadFile("F109", "list.json", _json([SOUND]), "list.json"),
    BadFile("F109", "text.yaml", "账单", "text.yaml"),
    BadFile("F109", "other.json", '{"persons": []}', "other.json"),
    BadFile("F110", "keys.json", KEYS, "keys.json", f"{KEY_LIMIT + 1:,}"),
    BadFile("F110", "keys.yaml", KEYS, "keys.yaml:1", f"{KEY_LIMIT + 1:,}"),
    BadFile("F202", "more.json", _json({"bills": [SOUND], "note": 1}), "more.json note", "note"),
    BadFile("F203", "bills.yaml", "bills: V1", "bills.yaml:1 bills", "V1"),
]


@pytest.mark.parametrize("bad", FILES, ids=lambda b: f"{b.code} {b.name}")
def test_a_file_that_is_no_bill_is_one_fault(bad: BadFile) -> None:
    run = settle_text(bad.content, bad.name)
    assert run.settlements == ()
    assert [(f.code, f.where) for f in run.faults] == [(bad.code, bad.where)]
    assert flaws(run.faults[0], bad.quotes) == []


def test_a_byte_order_mark_and_windows_line_ends_are_no_fault() -> None:
    text = json.dumps(SOUND, indent=1).replace("\n", "\r\n")
    for name in ("a.json", "a.yaml"):
        assert settle_text(b"\xef\xbb\xbf" + text.encode(), name).faults == ()


NOT_READ = [
    ("F101", "nothere.json", "没有这个文件"),
    ("F101", ".", "文件夹"),
    ("F101", "file/bill.json", "不是文件夹"),
    ("F101", "loop", "绕成了圈"),
    ("F101", "n" * 300, "太长"),
]


@pytest.mark.parametrize(("code", "name", "reason"), NOT_READ)
def test_a_path_that_cannot_be_read_says_why(
    tmp_path: Path, code: str, name: str, reason: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(Faulty) as refused:
        read(tmp_path / name)
    (fault,) = refused.value.faults
    assert (fault.code, fault.where) == (code, str(tmp_path / name))
    assert reason in fault.what
    assert flaws(fault) == []


# --------------------------------------------------------------------------------- long lists


def test_a_bill_of_too_many_lines_is_refused_before_they_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire, "LINE_LIMIT", 1)
    run = settle(SOUND)
    assert [(f.code, f.where) for f in run.faults] == [("F110", "bill.json lines")]
    assert flaws(run.faults[0], "费用行有 2 个") == []


def test_a_file_of_too_many_bills_is_refused_before_they_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire, "BILL_LIMIT", 1)
    run = settle(SOUND, mutated(SOUND, {"visit_id": "V2"}))
    assert [(f.code, f.where) for f in run.faults] == [("F110", "bill.json bills")]
    assert run.settlements == ()


LONG = [
    ("F111", "lines", "settle"),
    ("F111", "items", "catalogue"),
    ("F111", "settlements", "history"),
]


@pytest.mark.parametrize(("code", "key", "of"), LONG)
def test_the_faults_of_a_list_of_rubbish_end_with_a_word_that_there_are_more(
    code: str, key: str, of: str
) -> None:
    rubbish = list(range(3 * FAULT_LIMIT))
    match of:
        case "settle":
            run = settle(mutated(SOUND, {"lines": rubbish}))
        case "catalogue":
            run = settle(SOUND, catalogue={"version": "1", "items": rubbish})
        case _:
            run = settle(SOUND, history={"settlements": rubbish})
    assert {f.code for f in run.faults[:-1]} == {"F203"}
    assert len(run.faults) == FAULT_LIMIT + 1
    assert run.faults[-1].code == code
    assert f"{key}[" in run.faults[-1].where
    assert flaws(run.faults[-1]) == []


def test_of_very_many_bad_bills_the_first_are_told_and_the_good_are_settled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire, "FAULTS_TOLD", 2)
    bad = [mutated(SOUND, {"visit_id": f"B{n}", "kind": DROP}) for n in range(5)]
    run = settle(*bad, mutated(SOUND, {"visit_id": "good"}))
    assert [(f.code, f.where) for f in run.faults] == [
        ("F201", "bill.json bills[0].kind"),
        ("F201", "bill.json bills[1].kind"),
        ("F111", "bill.json bills[2]"),
    ]
    (settled,) = run.settlements
    assert settled.warnings[-1].visits == ("B0", "B1", "B2", "B3", "B4")


# --------------------------------------------------------------------------- beside the bills

RECORD: Json = {
    "visit_id": "V0", "person": "P1", "episode_id": "V0", "benefit_year": 2024, "settled": "2024-02-01",
    "sequence": 0, "total": "10.00", "accumulators": {"after_basic": {"before": "0.00", "after": "1.00"}},
    "episode_accumulators": {},
}  # fmt: skip
OPENING: Json = {
    "person": "P1", "year": 2024, "name": "after_basic", "amount": "1.00", "source": "市平台",
    "as_of": "2024-03-01",
}  # fmt: skip
ITEM: Json = {"code": "A1", "name": "护理", "class": "甲"}


@dataclass(frozen=True)
class Beside:
    """A history or a catalogue that cannot be used, and its one fault."""

    code: str
    of: str
    content: Any
    where: str
    quotes: str = ""


BESIDE = [
    Beside("F317", "history", [], "history.json", "整个文件"),
    Beside("F317", "history", {"settlements": [RECORD, RECORD]}, "history.json settlements[1]", "V0"),
    Beside("F317", "history", {"bills": [mutated(SOUND, {"visit_id": "V0"})], "settlements": [RECORD]},
           "history.json settlements[0]", "V0"),
    Beside("F317", "history", {"bills": [SOUND, SOUND]}, "history.json bills[1]", "V1"),
    Beside("F317", "history", {"accumulators": [OPENING, OPENING]}, "history.json accumulators[1]", "after_basic"),
    Beside("F317", "history", {"accumulators": [{**OPENING, "name": "basic_paid"}]}, "bill.json", "basic_paid"),
    Beside("F317", "history", {"settlements": [{**RECORD, "benefit_year": 2020}]},
           "history.json settlements[0]", "2020"),
    Beside("F201", "history", {"accumulators": [mutated(OPENING, {"year": DROP})]},
           "history.json accumulators[0].year", "year"),
    Beside("F202", "history", {"settlement": []}, "history.json settlement", "settlement"),
    Beside("F203", "history", {"settlements": 5}, "history.json settlements", "5"),
    Beside("F207", "history", {"accumulators": [{**OPENING, "amount": "-1"}]},
           "history.json accumulators[0].amount", "-1"),
    Beside("F318", "catalogue", {"version": "1", "items": [ITEM, ITEM]}, "catalogue.json items[1]", "A1"),
    Beside("F306", "catalogue", {"version": "1", "items": [{**ITEM, "first_self_pay_rate": "0.1"}]},
           "catalogue.json items[0]", "0.1"),
    Beside("F307", "catalogue", {"version": "1", "items": [{**ITEM, "class": "乙"}]}, "catalogue.json items[0]"),
    Beside("F201", "catalogue", {"items": []}, "catalogue.json version", "version"),
    Beside("F203", "catalogue", {"version": 2024, "items": []}, "catalogue.json version", "2024"),
    Beside("F202", "catalogue", {"version": "1", "items": [], "item": []}, "catalogue.json item", "item"),
    Beside("F202", "catalogue", {"version": "1", "items": [{**ITEM, "classs": "甲"}]},
           "catalogue.json items[0].classs", "classs"),
    Beside("F203", "catalogue", [], "catalogue.json", "列表"),
]  # fmt: skip


@pytest.mark.parametrize("bad", BESIDE, ids=lambda b: f"{b.code} {b.of} {b.where} {b.quotes}")
def test_a_history_or_catalogue_that_cannot_be_used_stops_the_run(bad: Beside) -> None:
    run = settle(SOUND, **{bad.of: bad.content})
    assert run.settlements == ()
    assert [(f.code, f.where) for f in run.faults] == [(bad.code, bad.where)]
    assert flaws(run.faults[0], bad.quotes) == []


def test_the_hint_at_an_unknown_key_is_one_of_its_own_kind() -> None:
    run = settle(SOUND, catalogue={"version": "1", "items": [{**ITEM, "classs": "甲"}]})
    assert "“class”" in run.faults[0].why
    run = settle(SOUND, history={"accumulators": [{**OPENING, "yaer": 2024}]})
    assert "“year”" in run.faults[0].why


def test_a_bad_bill_in_history_is_told_and_named_by_what_is_settled_after_it() -> None:
    earlier = mutated(
        SOUND, {"visit_id": "V0", "settled": "2024-06-02", "discharged": "2024-06-02", "kind": DROP}
    )
    run = settle(SOUND, history={"bills": [earlier]})
    assert [(f.code, f.where) for f in run.faults] == [("F201", "history.json bills[0].kind")]
    assert [w.visits for w in run.settlements[0].warnings if w.code == "held_by"] == [("V0",)]
