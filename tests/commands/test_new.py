"""`doudi pack new`: what is written is sound, invents nothing, and is written whole or not at all."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from doudi.packs.diff import diff
from doudi.packs.load import load
from doudi.wire.pack_folder import PackFolder
from doudi_cli.files import shipped_packs
from faults.command import called, told

BASES = {"example": ("2026-01-01", 13), "cn/500000/500113/2019": ("2020-01-01", 19)}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _new(*arguments: str) -> list[str]:
    done = called("pack", "new", *arguments, "--json")
    assert told(done) == []
    written: list[str] = json.loads(done.stdout)["written"]
    return written


def _sound(name: str) -> dict[str, Any]:
    """The pack has no fault and its cases hold; the cases' report."""
    assert told(called("pack", "check", name, "--json")) == []
    (report,) = json.loads(called("pack", "test", name, "--json").stdout)["packs"]
    assert report["faults"] == []
    return report


def test_a_skeleton_is_sound_as_it_is_written_and_every_value_of_it_is_open(here: Path) -> None:
    written = _new("baishi/2026", "--from", "2026-01-01", "--district", "990201")
    assert sorted(written) == [
        f"baishi/2026/{name}"
        for name in (
            "case.schema.json", "cases/first.yaml", "layers.yaml", "pack.schema.json",
            "pack.yaml", "parameters/values.yaml", "sources/rules.md",
        )
    ]  # fmt: skip
    assert (_sound("baishi/2026")["cases"], _sound("baishi/2026")["held"]) == (1, 1)
    pack = load("baishi/2026", PackFolder(here).find)
    assert pack.district == "990201"
    for parameter in pack.parameters.values():
        assert all(set(dated.table) == dated.open for dated in parameter.dated)
    shown = called("pack", "check", "baishi/2026").stdout.decode()
    assert "5 个参数，5 个没有文件证实，5 个待定" in shown


def test_the_division_in_an_id_is_the_district(here: Path) -> None:
    _new("cn/500000/500113/2026", "--from", "2026-01-01")
    assert load("cn/500000/500113/2026", PackFolder(here).find).district == "500113"


# Catches an example in a comment that is not right once it is used.
@pytest.mark.usefixtures("here")
def test_the_examples_of_the_skeleton_are_sound_once_they_are_used() -> None:
    _new("baishi/2026", "--from", "2026-01-01")
    used = 0
    for name in ("layers.yaml", "parameters/values.yaml"):
        used += _use_examples(Path("baishi/2026", name))
    assert used == 3
    assert told(called("pack", "check", "baishi/2026", "--json")) == []


def _use_examples(path: Path) -> int:
    """Take the number signs off the examples, as their first line says."""
    blocks = re.split(r"(?m)^(# ---- 例.*\n)", path.read_text())
    for n in range(2, len(blocks), 2):
        body, gap, rest = blocks[n].partition("\n\n")
        blocks[n] = re.sub(r"(?m)^# ", "", body) + gap + rest
    path.write_text("".join(blocks))
    return len(blocks) // 2


# Catches a skeleton whose filled values settle nothing, or whose case still passes on open values.
@pytest.mark.usefixtures("here")
def test_once_the_values_are_filled_in_the_bill_is_settled_and_the_case_asks_to_be_mended() -> None:
    _new("baishi/2026", "--from", "2026-01-01")
    values = Path("baishi/2026/parameters/values.yaml")
    text = values.read_text()
    text = text.replace("{1: open, 2: open, 3: open}", "{1: 100, 2: 300, 3: 800}", 1)
    text = text.replace("{1: open, 2: open, 3: open}", "{1: 80%, 2: 70%, 3: 60%}", 1)
    values.write_text(re.sub(r"(2026-01-01: )open", r"\g<1>10%", text))
    assert told(called("pack", "check", "baishi/2026", "--json")) == []
    done = json.loads(called("pack", "test", "baishi/2026", "--json").stdout)
    assert {f["code"] for f in done["packs"][0]["faults"]} == {"P301"}
    case = Path("baishi/2026/cases/first.yaml")
    body, _, expect = case.read_text().partition("    faults: [")
    expect = re.sub(r"(?m)^    # ", "    ", expect.split("\n", 1)[1])
    # (900.00 − 100.00) × 80% = 640.00; the patient bears at most 10 % of 1,000.00
    case.write_text(body + expect.replace('patient: "…"', 'patient: "100.00"'))
    assert _sound("baishi/2026")["held"] == 1


@pytest.mark.parametrize("base", BASES)
def test_a_pack_over_another_is_the_same_until_something_is_changed(base: str, here: Path) -> None:
    start, parameters = BASES[base]
    _new("over/next", "--extends", base, "--from", start)
    assert _sound("over/next")["held"] == 1
    find = PackFolder(here, PackFolder(shipped_packs())).find
    mine, theirs = load("over/next", find), load(base, find)
    assert {(c.section, c.name) for c in diff(theirs, mine)} == {("pack", "")}
    assert len(mine.parameters) == parameters
    assert _use_examples(Path("over/next/pack.yaml")) == 1
    assert {(c.name, c.facet) for c in diff(theirs, load("over/next", _fresh(here)))} >= {
        ("floor.share", "basis")
    }


def _fresh(folder: Path) -> Any:
    return PackFolder(folder, PackFolder(shipped_packs())).find


# Catches a layer or a table that is copied otherwise than it stands.
@pytest.mark.parametrize("base", BASES)
def test_named_values_are_open_and_named_layers_are_as_they_were(base: str, here: Path) -> None:
    theirs = load(base, PackFolder(shipped_packs()).find)
    values = [part for name in theirs.parameters for part in ("--value", name)]
    layers = [part for layer in theirs.layers for part in ("--layer", layer.id)]
    _new("over/all", "--extends", base, "--from", BASES[base][0], *values, *layers)
    assert _sound("over/all")["held"] == 1
    mine = load("over/all", _fresh(here))
    changes = [c for c in diff(theirs, mine) if c.section != "pack"]
    assert {c.section for c in changes} == {"parameters"}
    assert {c.name for c in changes} == set(theirs.parameters)
    assert {None if c.after is None else c.after.text for c in changes} == {"open"}


def test_the_days_of_the_next_year_follow_those_of_this(here: Path) -> None:
    base = "cn/500000/500113/2019"
    _new("next", "--extends", base)
    pack = load("next", _fresh(here))
    assert str(pack.valid) == "2020-01-01 至 2020-12-31"
    assert pack.title.zh == "巴南区 2020 年城乡居民贫困人员就医费用结算"


@pytest.mark.usefixtures("here")
def test_who_writes_is_told_what_to_do_next_and_that_two_packs_would_be_in_force() -> None:
    done = called("pack", "new", "baishi/2026", "--from", "2026-01-01")
    assert "doudi pack check baishi/2026" in done.stdout.decode()
    done = called("pack", "new", "baishi/2027", "--extends", "baishi/2026", "--from", "2027-01-01")
    shown = done.stdout.decode()
    assert "doudi pack diff baishi/2026 baishi/2027" in shown
    assert "把 valid 的 to 写成 2027-01-01" in shown


def test_what_stands_there_is_never_written_over(here: Path) -> None:
    _new("a/b", "--from", "2026-01-01")
    (here / "file").write_text("mine")
    before = {p: p.read_bytes() for p in here.rglob("*") if p.is_file()}
    for name in ("a/b", "a", "file", "file/b"):
        done = called("pack", "new", name, "--from", "2026-01-01", "--json")
        assert [f.code for f in told(done)] == ["F135" if name == "file/b" else "P111"]
    assert {p: p.read_bytes() for p in here.rglob("*") if p.is_file()} == before


# Catches a pack of which half is there after a full disk or a lost right.
def test_what_cannot_be_written_whole_is_not_written(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if self.name == "first.yaml":
            raise OSError(28, "No space left on device")
        return whole(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    done = called("pack", "new", "a/b/c", "--from", "2026-01-01", "--json")
    assert [f.code for f in told(done)] == ["F135"]
    assert list(here.iterdir()) == []


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "pack_id", ["", "/", "a//b", "../a", "/a", "A", "a b", "白石", "a/", "a" * 201]
)
def test_an_id_that_no_pack_can_have_is_a_fault(pack_id: str) -> None:
    done = called("pack", "new", pack_id, "--from", "2026-01-01", "--json")
    assert [f.code for f in told(done)] == ["P110"]
