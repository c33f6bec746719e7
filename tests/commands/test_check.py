"""`doudi check`: what it prints for one bill and for a folder, what it refuses, and that it watches."""

import json
import os
import pty
import select
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from faults.bills import SOUND
from faults.command import DOUDI, as_a_user, called, doudi, told
from tools import sample_catalogue, sample_fees

EXAMPLES = Path(__file__).parents[2] / "examples" / "bills"
EXCEEDED = next(EXAMPLES.glob("05-*.yaml"))


def _bill(folder: Path, name: str, **changes: Any) -> Path:
    bill: dict[str, Any] = {**SOUND, **changes}
    path = folder / name
    path.write_text(json.dumps({k: v for k, v in bill.items() if v is not None}))
    return path


# Catches a check that is not the settlement object plus what the contract names.
def test_a_check_is_the_settlement_with_effects_and_alternatives() -> None:
    check = json.loads(called("check", str(EXCEEDED), "--json").stdout)
    settled = json.loads(called("settle", str(EXCEEDED), "--json").stdout)
    assert check["faults"] == []
    (one,), (other,) = check["checks"], settled["settlements"]
    assert {key: one[key] for key in other} == other
    assert set(one) - set(other) == {"marginal", "alternatives", "room"}
    worst = next(m for m in one["marginal"] if m["line"] == "7")
    assert worst == {
        "line": "7", "patient": "128.00", "hospital": "1045.00",
        "payments": {"basic": "0.00", "critical_illness": "0.00", "medical_assistance": "0.00", "floor": "107.00"},
    }  # fmt: skip
    assert one["room"] == "0.00"


# Catches a running bill that is refused, or judged on another day than the one asked for.
def test_a_running_bill_is_looked_at_on_the_day(tmp_path: Path) -> None:
    path = _bill(tmp_path, "running.json", settled=None)
    assert [f.code for f in told(called("settle", str(path), "--json"))] == ["F201"]
    looked = json.loads(called("check", str(path), "--json", "--day", "2024-06-30").stdout)
    assert looked["checks"][0]["settled"] == "2024-06-30"
    early = called("check", str(path), "--json", "--day", "2024-05-01")
    assert {f.code for f in told(early)} == {"F302"}


def test_drafts_are_looked_at_and_never_settled(tmp_path: Path) -> None:
    draft = SOUND["lines"][0] | {
        "id": "new",
        "draft": True,
        "amount": "90.00",
        "quantity": 1,
        "unit_price": 90,
    }
    draft |= {"class": "丙"}
    path = _bill(tmp_path, "draft.json", lines=[*SOUND["lines"], draft])
    assert [f.code for f in told(called("settle", str(path), "--json"))] == ["F430"]
    (one,) = json.loads(called("check", str(path), "--json").stdout)["checks"]
    assert [line["id"] for line in one["lines"]] == [line["id"] for line in SOUND["lines"]]
    assert [line["line"] for line in one["drafts"]["lines"]] == ["new"]
    after, effect = one["drafts"]["after"], one["drafts"]["effect"]
    assert float(after["total"]) == pytest.approx(float(one["total"]) + 90)
    assert float(after["patient"]) == pytest.approx(
        float(one["patient"]) + float(effect["patient"])
    )
    refund = draft | {
        "id": "back",
        "refunds": "new",
        "draft": None,
        "quantity": -1,
        "amount": "-90.00",
    }
    path = _bill(tmp_path, "refund.json", lines=[*SOUND["lines"], draft, refund])
    assert [f.code for f in told(called("check", str(path), "--json"))] == ["F431"]


# Catches what still fits with the drafts told as if it were so now, and a draft without its name.
def test_a_draft_is_named_and_what_fits_is_told_of_the_time_after_it(tmp_path: Path) -> None:
    draft = {
        "id": "D1", "hospital_code": "H00211", "name": "单人间床位费", "quantity": "1",
        "unit_price": "140.00", "amount": "140.00", "draft": True,
    }  # fmt: skip
    path = tmp_path / "bill.json"
    path.write_text(json.dumps({**STAY, "lines": [draft]}))
    lists = sample_catalogue.FOLDER
    told_ = called(
        "check", str(path), "--catalogue", str(lists / "sample.csv"), "--mapping",
        str(lists / "mapping.csv"), "--day", "2019-06-16",
    ).stdout.decode().splitlines()  # fmt: skip
    assert "草稿都下了以后，目录外还可用 0.00 元" in told_
    assert [line.split() for line in told_ if line.startswith("D1")] == [
        ["D1", "单人间床位费", "140.00", "14.00", "0.00", "0.00", "126.00"],
        ["D1", "单人间床位费"],
    ]


# Catches a table that hides the bill that needs somebody now.
def test_a_folder_is_a_table_with_the_worst_first(tmp_path: Path) -> None:
    plain = called("check", str(EXAMPLES)).stdout.decode()
    rows = [line.split()[0] for line in plain.splitlines() if line.startswith("V")]
    assert rows[:3] == ["V0301", "V0601", "V0501"]
    assert "…" not in plain  # every figure is whole at 80 columns
    (tmp_path / "broken.json").write_text("{")
    _bill(tmp_path, "good.json")
    done = called("check", str(tmp_path), "--json")
    assert [f.code for f in told(done)] == ["F104"]
    assert len(json.loads(done.stdout)["checks"]) == 1


# Catches a folder that nobody may look into, told as a result that could not be written.
def test_a_folder_that_cannot_be_opened_is_a_fault_and_the_others_are_looked_at(
    tmp_path: Path,
) -> None:
    (tmp_path / "open").mkdir()
    _bill(tmp_path / "open", "good.json")
    (tmp_path / "closed").mkdir(mode=0)
    done = doudi("check", "closed", "open", "closed/in", "--json", cwd=tmp_path, start=as_a_user)
    assert [(f.code, f.where) for f in told(done)] == [
        ("F101", "closed"),
        ("F101", "closed/in"),
    ]
    assert "没有读取权限" in told(done)[0].what
    assert [one["visit_id"] for one in json.loads(done.stdout)["checks"]] == ["V1"]


# Catches fee lists that stand in a folder and are passed over without a word.
def test_a_folder_without_bills_says_how_a_fee_list_becomes_one(tmp_path: Path) -> None:
    (tmp_path / "费用.csv").write_bytes(sample_fees.csv_content())
    done = called("check", str(tmp_path))
    assert done.returncode == 0
    assert "doudi import fees" in done.stdout.decode()


def _sample(folder: Path, visit: dict[str, Any], *options: str) -> str:
    (folder / "visit.json").write_text(json.dumps(visit))
    lists = sample_catalogue.FOLDER
    done = called(
        "check", str(sample_fees.FOLDER / "fees.csv"), "--visit", str(folder / "visit.json"),
        "--catalogue", str(lists / "sample.csv"), "--mapping", str(lists / "mapping.csv"), *options,
    )  # fmt: skip
    return (done.stdout + done.stderr).decode()


STAY: dict[str, Any] = {
    "visit_id": "Z1",
    "person": {
        "id": "P1", "birth_date": "1961-03-08", "insurance_tier": "tier_1", "district": "500113",
        "standings": [{"code": "registered_poor", "from": "2018-01-01"}],
    },
    "facility": {"code": "BN201", "level": 2, "district": "500113"},
    "kind": "inpatient",
    "admitted": "2019-06-10",
}  # fmt: skip


def test_a_check_says_by_which_rules_and_day_and_of_which_lines_it_warns(tmp_path: Path) -> None:
    told_ = _sample(tmp_path, STAY, "--day", "2019-06-16").splitlines()
    assert told_[1].endswith("建卡贫困户  2019-06-16 看")
    assert told_[2].startswith("cn/500000/500113/2019  ")
    (warned,) = (line for line in told_ if line.startswith("▲ 目录外 769.40 元"))
    assert warned.endswith(
        "[0612036 头孢克肟胶囊 0.1g×10（进口）、0612026 可吸收缝线（进口）、"
        "0612025 皮肤吻合器（35钉）、0612029 静脉留置针（进口）、0612024 疝补片（国产）]"
    )


# Catches names broken to pieces in a window of the usual width.
def test_in_a_narrow_window_what_could_be_instead_stands_in_lines_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    told_ = _sample(tmp_path, STAY, "--day", "2019-06-16").splitlines()
    at = told_.index("  → 头孢克肟胶囊 0.1g×10（甲）  同通用名")
    assert told_[at + 1] == (
        "    3盒 × 26 = 78.00  患者 17.16  基金 −68.64  政府兜底 −9.36  医院 232.44"
    )
    monkeypatch.setenv("COLUMNS", "120")
    wide = _sample(tmp_path, STAY, "--day", "2019-06-16").splitlines()
    (row,) = (line.split() for line in wide if "→ 头孢克肟胶囊 0.1g×10（甲）" in line)
    assert row[3:6] == ["3盒", "26", "78.00"]


# Catches a span of one amount told as if it were two.
def test_what_the_patient_pays_in_any_case_is_one_amount(tmp_path: Path) -> None:
    told_ = _sample(tmp_path, STAY, "--day", "2019-06-16")
    assert "目录外占比在 13.11% 到 16.55% 之间，患者自付都是 464.88 元。" in told_
    # an ordinary person: 60% of 160.00 yuan more or less from basic insurance, and no floor
    free = {**STAY, "person": {**STAY["person"], "standings": []}}
    assert "患者自付在 2,540.16 到 2,636.16 元之间" in _sample(
        tmp_path, free, "--day", "2019-06-16"
    )


# Catches a missing fact of the visit that is looked for in the fee list.
def test_what_is_missing_in_the_visit_is_told_of_the_visit(tmp_path: Path) -> None:
    visit = {key: value for key, value in STAY.items() if key != "admitted"}
    assert f"在哪里  {tmp_path}/visit.json admitted" in _sample(
        tmp_path, visit, "--day", "2019-06-16"
    )


# Catches a code of other rules that is refused without saying which rules were taken.
def test_a_code_that_is_not_of_the_day_names_the_day_and_the_rules(tmp_path: Path) -> None:
    told_ = _sample(tmp_path, STAY, "--day", "2026-06-16")
    assert "“registered_poor”不在政策包 cn/500000/2025 的代码里（结算日 2026-06-16）" in told_


@pytest.mark.parametrize(
    "arguments",
    [
        ("--watch",),
        ("--watch", "--json"),
        ("--day", "2019-13-01"),
        ("--lang", "fr"),
        ("--every", "0"),
    ],
    ids=" ".join,
)
def test_misuse_is_told_as_such(arguments: tuple[str, ...]) -> None:
    assert called("check", str(EXCEEDED), *arguments).returncode == 2


# Catches a watch that does not look again, or does not stop.
def test_a_watched_folder_is_looked_at_again_when_a_bill_changes(tmp_path: Path) -> None:
    _bill(tmp_path, "one.json", visit_id="FIRST")
    ours, theirs = pty.openpty()
    environment = {"HOME": str(tmp_path), "LANG": "C.UTF-8", "TERM": "xterm", "COLUMNS": "100"}
    arguments = [DOUDI, "check", str(tmp_path), "--watch", "--every", "0.2", "--day", "2024-06-30"]
    # whoever runs these tests may ignore Ctrl-C, and their children would
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    watching = subprocess.Popen(arguments, stdout=theirs, stderr=theirs, env=environment)
    signal.signal(signal.SIGINT, before)
    os.close(theirs)
    try:
        assert b"FIRST" in _read_until(ours, b"FIRST")
        _bill(tmp_path, "two.json", visit_id="SECOND")
        assert b"SECOND" in _read_until(ours, b"SECOND")
        watching.send_signal(signal.SIGINT)
        with suppress(
            OSError
        ):  # a terminal that nobody reads keeps who writes to it; this one has ended
            _read_until(ours, b"nothing more")
        assert watching.wait(timeout=5) == 0
    finally:
        watching.kill()
        watching.wait()
        os.close(ours)


def _read_until(terminal: int, wanted: bytes) -> bytes:
    """What the terminal shows until the text stands in it, for half a minute at most."""
    seen, until = b"", time.monotonic() + 30
    while wanted not in seen and time.monotonic() < until:
        if select.select([terminal], [], [], 0.5)[0]:
            seen += os.read(terminal, 65_536)
    return seen
