"""Exit codes, and the shape of what each command prints with --json: 0 done, 1 faults, 2 misuse."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from doudi.version import VERSION
from faults.bills import DROP, SOUND, mutated
from faults.command import called, doudi, told
from faults.packs import change, folder, write
from tables import HEADER, VISIT, csv_of, fee_rows

SETTLEMENT = {
    "visit_id", "pack", "fingerprint", "engine", "catalogue", "unverified", "total", "out_of_catalogue",
    "over_ceiling", "first_self_pay", "in_scope", "deductible_met", "payments", "hospital", "patient",
    "control", "warnings", "lines", "accumulators", "explanation",
}  # fmt: skip
INSIDE = {
    "control": {"applies", "share", "limit", "excess", "status"},
    "lines": {"id", "out_of_catalogue", "over_ceiling", "first_self_pay", "in_scope"},
    "explanation": {"layer", "text", "cite"},
    "warnings": {"code", "severity", "text", "lines"},
}
FAULT = {"code", "where", "what", "why", "mend"}
GOOD, BAD = "good.json", "bad.json"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a good bill, a bad one, and packs: a good one, a bad one, one whose case does not hold."""
    write(
        tmp_path,
        GOOD,
        json.dumps(mutated(SOUND, {"lines[1].class": "丙", "lines[1].first_self_pay_rate": DROP})),
    )
    write(tmp_path, BAD, json.dumps(mutated(SOUND, {"visit_id": "V2", "kind": DROP})))
    write(tmp_path, "cut.json", "{")
    write(tmp_path, "visit.json", json.dumps(VISIT))
    (tmp_path / "fees.csv").write_bytes(csv_of([HEADER, *fee_rows(3)]))
    folder(tmp_path / "good")
    folder(tmp_path / "packs", "example", "broken", "wrong")
    change(tmp_path / "packs", {"rate: basic.rate\n": "rate: basic.rat\n"}, "broken")
    change(tmp_path / "packs", {"in_district: 80%": "in_district: 81%"}, "wrong")
    folder(tmp_path / "cases", "wrong")
    change(tmp_path / "cases", {"in_district: 80%": "in_district: 81%"}, "wrong")
    folder(tmp_path / "untested")
    for case in (tmp_path / "untested" / "example" / "cases").iterdir():
        case.unlink()
    (tmp_path / "none").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


MISUSE = [
    (), ("settle",), ("explain",), ("settel", GOOD), ("settle", GOOD, "--colour"), ("settle", GOOD, "--pack"),
    ("settle", GOOD, "--lang", "en"), ("explain", GOOD, "--lang", "xx"),
    ("settle", GOOD, "--history", GOOD, "--history", GOOD), ("pack",), ("pack", "show"), ("pack", "nothing"),
    ("pack", "check", "--lang", "zh"), ("version", "now"), ("pack", "diff", "example"),
    ("pack", "diff", "example", "example", "--on-a", "2024-05-01"), ("pack", "new"),
    ("pack", "new", "a", "--extends", "example"), ("pack", "new", "a", "--value", "basic.rate"),
    ("pack", "new", "a", "--district", "12"), ("pack", "new", "a", "--from", "tomorrow"),
    ("pack", "schema", "--bill", "--part"), ("pack", "explain"),
    ("pack", "explain", "example", "--set", "level"), ("pack", "explain", "example", "--age", "-1"),
    ("pack", "explain", "example", "--on", "May"),
    ("pack", "diff", "example", "example", "--on-a", "2024-05-01", "--on-b", "May"),
]  # fmt: skip


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("arguments", MISUSE, ids=" ".join)
def test_misuse_is_2_and_says_so_on_standard_error(arguments: tuple[str, ...]) -> None:
    done = called(*arguments)
    assert done.returncode == 2
    assert done.stdout + done.stderr
    assert b"{" not in done.stdout


@dataclass(frozen=True)
class Ran:
    """Arguments, and the exit code and the codes of the faults that they come to."""

    arguments: str
    exit: int
    codes: tuple[str, ...] = ()


RUNS = [
    Ran(f"settle {GOOD}", 0),
    Ran(f"settle {GOOD} {BAD} cut.json nothere.json", 1, ("F101", "F104", "F201")),
    Ran(f"explain {GOOD} --lang en", 0),
    Ran(f"settle {GOOD} --pack example", 0),
    Ran(f"settle {GOOD} --pack good/example", 0),
    Ran(f"settle {GOOD} --pack wrong --packs packs", 0),
    Ran(f"settle {GOOD} --pack broken --packs packs", 1, ("P207",)),
    Ran(f"settle {GOOD} --pack nothere", 1, ("F411",)),
    Ran(f"settle {GOOD} --packs packs", 1, ("F413",)),
    Ran(f"settle {GOOD} --packs nothere", 1, ("F101",)),
    Ran(f"settle {GOOD} --packs good/example", 1, ("F101", "F401")),
    Ran(f"settle {GOOD} --history nothere.json", 1, ("F101",)),
    Ran(f"settle {GOOD} --catalogue cut.json", 1, ("F104",)),
    Ran("import fees fees.csv --visit good.json -o out.json", 1, ("F130",)),
    Ran("import fees fees.csv --visit visit.json -o nowhere/out.json", 1, ("F135",)),
    Ran("import fees nothere.csv --visit visit.json -o out.json", 1, ("F101",)),
    Ran("mapping report --mapping nothere.csv --catalogue fees.csv", 1, ("F101",)),
    Ran("mapping report --mapping fees.csv --catalogue fees.csv", 1, ("F123",)),
    Ran(f"check {GOOD} {BAD}", 1, ("F201",)),
    Ran("pack list", 0),
    Ran("pack list --packs none", 1, ("P109",)),
    Ran("pack list --packs nothere", 1, ("F101",)),
    Ran("pack list --packs good/example", 1, ("F101",)),
    Ran("pack show example", 0),
    Ran("pack show broken --packs packs", 1, ("P207", "P212")),
    Ran("pack diff example good/example", 0),
    Ran("pack diff example example --on-a 2024-05-01 --on-b 2025-05-01", 0),
    Ran("pack diff example example --on-a 2023-05-01 --on-b 2025-05-01", 1, ("F402",)),
    Ran("pack diff broken nothere --packs packs", 1, ("F411", "P207", "P212")),
    Ran("pack explain example --standing dibao --kind 住院 --set level=2 --age 30 --not-major", 0),
    Ran("pack explain example --standing rich --tier tier_1 --set ward=a", 1, ("F403", "F414")),
    Ran("pack explain example --on 2023-12-31", 1, ("F402",)),
    Ran("pack explain broken --packs packs", 1, ("P207", "P212")),
    Ran("pack new Upper", 1, ("P110",)),
    Ran("pack new ../up", 1, ("P110",)),
    Ran("pack new good/example", 1, ("P111",)),
    Ran("pack new a --extends nothere --from 2026-01-01", 1, ("F411",)),
    Ran("pack new a --extends example --from 2026-01-01 --value rate --layer top", 1, ("P112",)),
    Ran("pack new a --extends example --from 2023-01-01", 1, ("P201",)),
    Ran("pack new a -o good.json", 1, ("F135",)),
]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("ran", RUNS, ids=lambda ran: ran.arguments)
def test_a_run_exits_1_where_it_tells_faults_and_its_json_is_of_one_shape(ran: Ran) -> None:
    done = called(*ran.arguments.split(), "--json")
    assert done.returncode == ran.exit
    assert sorted({f.code for f in told(done)}) == sorted(ran.codes)
    whole = json.loads(done.stdout)
    match ran.arguments.split()[:2]:
        case ["settle" | "explain", _]:
            assert set(whole) == {"settlements", "faults"}
            for one in whole["settlements"]:
                _of_the_contract(one)
        case ["check", _]:
            assert set(whole) == {"checks", "faults"}
            for one in whole["checks"]:
                _of_the_contract(one)
                assert set(one) >= {"marginal", "alternatives"}
        case ["import", _]:
            assert whole["written"] is None
        case ["mapping", _]:
            assert set(whole) >= {"unmapped", "doubts", "faults"}
        case ["pack", "list"]:
            assert set(whole) == {"packs", "faults"}
            assert all(
                set(p) == {"pack", "title", "district", "from", "to"} for p in whole["packs"]
            )
        case ["pack", "diff"]:
            assert set(whole) == {"a", "b", "changes", "faults"}
        case ["pack", "explain"]:
            assert set(whole) == {
                "pack",
                "since",
                "situation",
                "approval",
                "late_knowledge",
                "parts",
                "faults",
            }
        case ["pack", "new"]:
            assert whole["written"] is None
        case _:
            assert set(whole) == {"policies", "faults"}
            assert all(set(p) >= {"pack", "since", "fingerprint"} for p in whole["policies"])
    assert all(set(fault) == FAULT for fault in whole["faults"])


def _of_the_contract(settlement: dict[str, Any]) -> None:
    assert set(settlement) >= SETTLEMENT
    for key, keys in INSIDE.items():
        items = settlement[key] if isinstance(settlement[key], list) else [settlement[key]]
        assert items or key == "warnings"
        assert all(set(item) >= keys for item in items)
    assert set(settlement["payments"]) >= {
        "basic",
        "critical_illness",
        "medical_assistance",
        "floor",
    }
    assert all(set(pair) == {"before", "after"} for pair in settlement["accumulators"].values())


CHECKS = [
    Ran("check", 0),
    Ran("check example", 0),
    Ran("check good/example", 0),
    Ran("check --packs packs", 1, ("P207", "P212")),
    Ran("check wrong --packs packs", 0),
    Ran("check nothere example", 1, ("F411",)),
    Ran("test example", 0),
    Ran("test --packs packs", 1, ("P207", "P301")),
    Ran("test --packs untested", 1, ("P302",)),
]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("ran", CHECKS, ids=lambda ran: ran.arguments)
def test_checking_packs_tells_the_faults_of_each(ran: Ran) -> None:
    done = called("pack", *ran.arguments.split(), "--json")
    assert done.returncode == ran.exit
    whole = json.loads(done.stdout)
    assert set(whole) == {"packs", "faults"}
    assert whole["faults"] == []
    faults = [fault for pack in whole["packs"] for fault in pack["faults"]]
    assert all(set(fault) == FAULT for fault in faults)
    assert sorted({fault["code"] for fault in faults}) == sorted(ran.codes)
    assert all({"pack", "faults"} <= set(pack) for pack in whole["packs"])


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("command", ["check", "test"])
def test_a_folder_without_packs_is_a_fault_and_passes_nothing(command: str) -> None:
    for packs, code in (("none", "P109"), ("nothere", "F101"), ("good/example", "F101")):
        done = called("pack", command, "--packs", packs, "--json")
        assert [f.code for f in told(done)] == [code]
        assert json.loads(done.stdout)["packs"] == []


def test_a_pack_whose_head_cannot_be_read_is_checked_like_the_others(here: Path) -> None:
    write(here, "good/bare/pack.yaml", "{}")
    done = called("pack", "check", "--packs", "good", "--json")
    assert done.returncode == 1
    faults = {
        pack["pack"]: {f["code"] for f in pack["faults"]}
        for pack in json.loads(done.stdout)["packs"]
    }
    assert faults == {"bare": {"P103"}, "example": set()}


def test_a_pack_below_the_folder_is_meant_where_one_here_has_the_same_name(here: Path) -> None:
    """Not the `example` of the folder in which the command is called."""
    folder(here)
    change(here, {"rate: basic.rate\n": "rate: basic.rat\n"})
    assert called("pack", "check", "--packs", "good", "--json").returncode == 0
    assert called("pack", "check", "example", "--packs", "good", "--json").returncode == 0
    assert called("pack", "check", "example", "--json").returncode == 1


@pytest.mark.usefixtures("here")
def test_what_needs_no_file_prints_and_is_done() -> None:
    assert VERSION.encode() in called("version").stdout
    for arguments in (("pack", "schema"), ("pack", "schema", "--bill")):
        done = called(*arguments)
        assert done.returncode == 0
        assert json.loads(done.stdout)["type"] == "object"


def test_json_is_utf_8_wherever_it_goes(here: Path) -> None:
    done = doudi(
        "settle", BAD, "--json", cwd=here, LANG="zh_CN.GB18030", PYTHONIOENCODING="gb18030"
    )
    assert "就医类别" in done.stdout.decode("utf-8")


@pytest.mark.usefixtures("here")
def test_a_person_reads_faults_on_standard_error_and_settlements_on_standard_output() -> None:
    done = called("settle", GOOD, BAD)
    assert done.returncode == 1
    assert "F201" in done.stderr.decode()
    assert "在哪里" in done.stderr.decode()
    assert "F201" not in done.stdout.decode()
    assert "V1" in done.stdout.decode()


def test_a_process_exits_with_the_same_codes(here: Path) -> None:
    codes = [
        doudi(*arguments, cwd=here).returncode
        for arguments in (("settle", GOOD), ("settle", BAD), ("settle",))
    ]
    assert codes == [0, 1, 2]


@pytest.mark.usefixtures("here")
def test_a_pack_that_does_not_compile_is_told_once_and_not_in_every_case() -> None:
    done = called("pack", "test", "broken", "--packs", "packs", "--json")
    (pack,) = json.loads(done.stdout)["packs"]
    assert [fault["code"] for fault in pack["faults"]] == ["P207"]
    assert pack["held"] == 0


@pytest.mark.parametrize("command", ["check", "test", "show"])
def test_a_name_in_brackets_is_no_style_of_the_output(command: str) -> None:
    done = called("pack", command, "[/x]")
    assert done.returncode == 1
    assert "“[/x]”" in done.stderr.decode()
