"""`doudi pack diff`: what a person and a program are shown of what changed."""

import json
from pathlib import Path
from typing import Any

import pytest

from faults.command import called
from faults.packs import change, folder


@pytest.fixture
def county(tmp_path: Path) -> Path:
    """The teaching pack with one value and one condition changed, and one rate marked otherwise."""
    folder(tmp_path, "example")
    change(
        tmp_path,
        {
            "2: {in_district: 80%, referred": "2: {in_district: 85%, referred",
            "when: poor and place in [in_district, referred]": "when: poor",
        },
    )
    return tmp_path / "example"


def _changes(*arguments: str) -> list[dict[str, Any]]:
    done = called("pack", "diff", *arguments, "--json")
    assert done.returncode == 0
    found: list[dict[str, Any]] = json.loads(done.stdout)["changes"]
    return found


def test_differences_are_no_faults_and_are_told_with_both_sources(county: Path) -> None:
    value, rule = _changes("example", str(county))
    assert value["kind"] == "changed"
    assert (value["section"], value["name"]) == ("parameters", "basic.rate")
    assert value["cell"] == {"level": "2", "place": "in_district"}
    assert (value["before"]["text"], value["after"]["text"]) == ("80%", "85%")
    assert (value["since"], value["until"]) == ("2024-01-01", None)
    assert value["after"]["cite"] == "sources/rules.md#第四条 住院支付比例"
    assert value["after"]["status"] == "declared"
    assert (rule["section"], rule["facet"]) == ("floor", "when")
    assert rule["after"]["text"] == "poor"


def test_a_person_sees_before_and_after(county: Path) -> None:
    shown = called("pack", "diff", "example", str(county)).stdout.decode()
    assert "2 处不同" in shown
    assert "二级 县内  80%  →  85%" in shown
    assert "第四条 住院支付比例" in shown


def test_a_pack_beside_itself_is_told_to_be_the_same() -> None:
    assert _changes("example", "example") == []
    assert "没有不同" in called("pack", "diff", "example", "example").stdout.decode()


def test_one_pack_on_two_days_tells_its_own_change_and_marks_what_is_not_verified() -> None:
    days = ("--on-a", "2024-12-31", "--on-b", "2025-01-01")
    found = _changes("example", "example", *days)
    assert [(c["cell"]["standing"], c["after"]["text"]) for c in found] == [
        ("destitute", "6000"), ("dibao", "6000"), ("monitored", "6000"), ("ordinary", "12000"),
    ]  # fmt: skip
    assert {c["after"]["status"] for c in found} == {"unverified"}
    shown = called("pack", "diff", "example", "example", *days).stdout.decode()
    assert "10,000.00 元  →  12,000.00 元" in shown
    assert "新依据  未证实" in shown
