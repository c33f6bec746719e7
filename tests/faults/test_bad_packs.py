"""What a pack gets wrong is told with file and line, all of it at once, before it settles anything."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from doudi.compile import check_pack
from doudi.errors import Fault
from doudi.packs.load import Files, read_pack

EXAMPLE = Path(__file__).parents[2] / "packs" / "example"
TEXT = (EXAMPLE / "pack.yaml").read_text()
RULES = (EXAMPLE / "sources" / "rules.md").read_bytes()


def _found(packs: Mapping[str, str], name: str = "example") -> list[Fault]:
    files: dict[str, Files] = {
        pack: {"pack.yaml": text.encode(), "sources/rules.md": RULES}
        for pack, text in packs.items()
    }
    pack, faults = read_pack(name, files.get)
    return faults if pack is None else [*faults, *check_pack(pack)[1]]


def _with(old: str, new: str) -> str:
    assert old in TEXT, old
    return TEXT.replace(old, new, 1)


TABLE = [
    ("P201", _with("from: 2024-01-01", "from: 2023-01-01")),
    ("P202", _with("1: {in_district: 90%", "1: {in_district: 101%")),
    ("P106", _with("cite: sources/rules.md#", "cite: sources/rules.md#第九十九条 ")),
    ("P106", _with("cite: sources/rules.md#", "cite: sources/none.md#")),
    ("P102", _with("benefit_year:", "benefit_years:")),
    ("P103", _with('district: "990101"', "")),
    ("P205", _with("status: declared", "status: sure")),
    ("P207", _with("base: in_scope - basic", "base: in_scope - basics")),
    ("P208", _with("base: in_scope - basic", "base: in_scope - 5%")),
    ("P206", _with("base: in_scope - basic", "base: in_scope -")),
    ("P213", _with("to: null}", "to: 2023-01-01}")),
    ("P107", _with("pack: example", "pack: sample")),
    ("P105", TEXT + "\nextends: nowhere\n"),
    ("P104", TEXT + "\nextends: example\n"),
]


def test_the_pack_they_are_made_from_is_sound() -> None:
    assert _found({"example": TEXT}) == []


@pytest.mark.parametrize(
    ("code", "text"), TABLE, ids=[f"{n} {c}" for n, (c, _) in enumerate(TABLE)]
)
def test_a_bad_pack_is_told_with_file_and_line(code: str, text: str) -> None:
    found = _found({"example": text})
    fault = next((f for f in found if f.code == code), None)
    assert fault is not None, [(f.code, f.where, f.what) for f in found]
    assert fault.where.startswith("example/pack.yaml")
    for words in (fault.what, fault.why, fault.mend):
        assert "{" not in words.replace("{from:", "")


def test_a_cycle_through_three_packs_is_told() -> None:
    head = "extends: {0}\n"
    packs = {"a": head.format("b"), "b": head.format("c"), "c": head.format("a")}
    (fault,) = _found(packs, "a")
    assert fault.code == "P104"
    assert "a → b → c → a" in fault.what


def test_faults_of_files_values_and_rules_come_together() -> None:
    text = _with("cite: sources/rules.md#", "cite: sources/none.md#")
    text = text.replace("1: {in_district: 90%", "1: {in_district: 101%", 1)
    text = text.replace("base: in_scope - basic", "base: in_scope - basics", 1)
    assert {"P106", "P202", "P207"} <= {f.code for f in _found({"example": text})}
