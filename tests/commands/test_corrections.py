"""What `doudi settle` and `doudi explain` show of a correction: who pays more, who gets back, what is not known."""

import json
from pathlib import Path
from typing import Any

from agreement.test_corrections import example
from faults.command import called


def _written(folder: Path, name: str, value: Any) -> str:
    path = folder / name
    path.write_text(json.dumps(value))
    return str(path)


def _year(folder: Path) -> str:
    year = [example("M3", "2024-03-05", "800.00"), example("M5", "2024-05-06", "600.00")]
    return _written(folder, "year.json", {"bills": year})


# Catches a sum over all visits that is not theirs, a payer under another's name, a sign turned round.
def test_who_pays_more_and_who_gets_back_in_english(tmp_path: Path) -> None:
    corrected = _written(tmp_path, "M3.json", example("M3", "2024-03-05", "300.00"))
    done = called("explain", corrected, "--lang", "en", "--history", _year(tmp_path))
    assert done.returncode == 0
    shown = done.stdout.decode()
    assert "This correction changes 1 later visits:" in shown
    assert (
        "Together  basic insurance pays more 200.00, medical assistance gets back 140.00, "
        "government floor gets back 60.00" in shown
    )
    rows = [line.split() for line in shown.splitlines()]
    assert ["patient", "80.00", "30.00", "gets", "back", "50.00"] in rows


def test_a_visit_without_its_bill_is_shown_with_the_sums_that_moved(tmp_path: Path) -> None:
    printed = json.loads(called("settle", _year(tmp_path), "--json").stdout)
    assert set(printed) == {"settlements", "faults"}
    corrected = _written(tmp_path, "M3.json", example("M3", "2024-03-05", "300.00"))
    done = called("settle", corrected, "--history", _written(tmp_path, "old.json", printed))
    assert done.returncode == 0
    shown = done.stdout.decode()
    assert "其中 1 次算不出差额" in shown
    assert "门诊年度已付：之前原为 400.00，应为 150.00" in shown


def test_a_visit_whose_bill_has_a_fault_now_is_shown_with_it(tmp_path: Path) -> None:
    year = [example("M3", "2024-03-05", "800.00"), example("M5", "2024-05-06", "600.00")]
    year[1]["given"] = {"charity_fund": "150.00"}
    history = _written(tmp_path, "old.json", {"bills": year})
    corrected = _written(tmp_path, "M3.json", example("M3", "2024-03-05", "300.00"))
    done = called("settle", corrected, "--history", history)
    assert done.returncode == 0
    shown = done.stdout.decode()
    assert "F404" in shown
    assert "old.json bills[0]" not in shown
    assert "old.json bills[1] given.charity_fund" in shown


# More visits than are shown one by one: what each correction changes is told all the same.
def test_many_corrections_are_told_beneath_the_table(tmp_path: Path) -> None:
    old = [example(f"M{n:02}", f"2024-01-{n:02}", "50.00") for n in range(1, 15)]
    new = [example(f"M{n:02}", f"2024-01-{n:02}", "40.00") for n in range(1, 15)]
    history = _written(tmp_path, "old.json", {"bills": old})
    bills = _written(tmp_path, "new.json", {"bills": new})
    done = called("settle", bills, "--history", history)
    assert done.returncode == 0
    shown = done.stdout.decode()
    assert shown.count("更正：原来这样结算") == 14
    assert "此次更正" not in shown
