"""`doudi pack explain`: the rules of one situation, as a person and as a program are shown them."""

import json
from pathlib import Path
from typing import Any

import pytest

from faults.command import called, told

BANAN = "cn/500000/500113/2019"
POOR = ("--standing", "dibao", "--kind", "inpatient", "--level", "2", "--place", "in_district")


def _parts(*arguments: str) -> dict[str, Any]:
    done = called("pack", "explain", *arguments, "--json")
    assert told(done) == []
    return {part["id"]: part for part in json.loads(done.stdout)["parts"]}


def _shown(*arguments: str) -> list[str]:
    done = called("pack", "explain", *arguments)
    assert done.returncode == 0
    return [line.rstrip() for line in done.stdout.decode().splitlines()]


def test_every_figure_comes_with_how_it_is_made_and_where_it_stands() -> None:
    parts = _parts(
        BANAN, *POOR, "--tier", "tier_1", "--age", "30", "--not-major", "--on", "2019-05-01"
    )
    assert list(parts) == [
        "basic", "critical_illness", "medical_assistance", "health_poverty_fund", "targeted_insurance",
        "other_aid", "control", "floor",
    ]  # fmt: skip
    (rule,) = parts["basic"]["rows"][0]["rules"]
    assert (rule["rule"], rule["holds"]) == ("inpatient", True)
    assert {k: f["value"] for k, f in rule["figures"].items()} == {
        "deductible": "300.00", "rate": "70%", "cap": "80000.00",
    }  # fmt: skip
    rate = rule["figures"]["rate"]
    assert (rate["working"], rate["formula"]) == ("60% + 10%", "basic_rate")
    assert next((u["name"], u["value"], u["status"]) for u in rate["used"]) == (
        "basic.rate", "60%", "unverified",
    )  # fmt: skip
    cap = parts["critical_illness"]["rows"][0]["rules"][0]["figures"]["cap"]
    assert (cap["unlimited"], cap["value"]) == (True, None)
    (assistance,) = parts["medical_assistance"]["rows"][0]["rules"]
    assert (assistance["rule"], assistance["figures"]["cap"]["value"]) == ("ordinary", "6000.00")
    assert parts["health_poverty_fund"]["rows"] == [{"codes": {}, "rules": []}]


# Catches the values of another day than the one that is asked.
@pytest.mark.parametrize(("day", "start", "status"), [
    ("2024-12-31", "5000.00", "declared"), ("2025-01-01", "6000.00", "unverified"),
])  # fmt: skip
def test_the_day_decides_which_values_are_told(day: str, start: str, status: str) -> None:
    figures = _parts("example", *POOR, "--on", day)["critical_illness"]["rows"][0]["rules"][0][
        "figures"
    ]
    assert figures["bands.1.from"]["value"] == start
    assert [u["status"] for u in figures["bands.1.from"]["used"]] == [status]
    shown = _shown("example", *POOR, "--on", day)
    assert any("未证实" in line for line in shown) == (status == "unverified")


def test_what_is_not_told_makes_rows_where_it_matters_and_nowhere_else() -> None:
    parts = _parts("example", "--standing", "低保", "--kind", "住院", "--on", "2025-03-01")
    assert {name: part["by"] for name, part in parts.items()} == {
        "basic": ["level", "place"], "critical_illness": [], "medical_assistance": [],
        "charity_fund": [], "control": ["place"], "floor": ["place"],
    }  # fmt: skip
    rates = {
        tuple(row["codes"].values()): row["rules"][0]["figures"]["rate"]["value"]
        for row in parts["basic"]["rows"]
    }
    assert len(rates) == 9
    assert (rates["1", "in_district"], rates["3", "unreferred"]) == ("90%", "40%")
    shown = _shown("example", "--standing", "低保", "--kind", "住院", "--on", "2025-03-01")
    assert any(line.split() == ["二级", "转诊", "住院", "300.00", "元", "70%"] for line in shown)


def test_ages_that_are_alike_are_one_row() -> None:
    parts = _parts(BANAN, *POOR, "--tier", "tier_1", "--not-major", "--on", "2019-05-01")
    basic = parts["basic"]
    assert basic["by"] == ["age"]
    rows = [(r["codes"]["age"], r["rules"][0]["figures"]["rate"]["working"]) for r in basic["rows"]]
    assert rows == [("0-17", "60% + 5% + 10%"), ("18-", "60% + 10%")]


def test_a_person_reads_sentences_with_their_articles() -> None:
    shown = _shown("example", *POOR, "--on", "2024-03-01")
    assert (
        "  住院：政策范围内的费用，先减起付线 300.00 元，以前付过的不再减，余下付 80%，四舍五入到分。"
        in shown
    )
    base = "  余额救助：政策范围内的费用减基本医保已付减大病保险已付"
    assert f"{base}，付 70%，四舍五入到分。限额 10,000.00 元，减去医疗救助年度已付。" in shown
    assert "  个人最多付总费用的 10%，舍去到分，其余由政府兜底资金付。" in shown
    assert any("第七条 医疗救助" in line and "医疗救助比例 70%" in line for line in shown)
    ordinary = _shown("example", "--standing", "ordinary", "--on", "2024-03-01")
    assert "  这种情形，这一层不付。" in ordinary
    assert "  这种情形没有政府兜底。" in ordinary


def test_open_values_are_told_as_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    called("pack", "new", "a", "--from", "2026-01-01")
    parts = _parts("a", "--standing", "dibao", "--on", "2026-01-01")
    rate = parts["basic"]["rows"][0]["rules"][0]["figures"]["rate"]
    assert (rate["open"], rate["value"], rate["used"][0]["value"]) == (True, None, None)
    assert any("待定" in line for line in _shown("a", "--standing", "dibao", "--on", "2026-01-01"))
