"""`doudi settle FEES --visit`, `doudi import fees`, `doudi mapping report`: as a hospital's office calls them."""

import json
from pathlib import Path
from typing import Any

import pytest

from faults.command import called, told
from tables import HEADER, VISIT, csv_of, fee_rows, total_of, xlsx_of
from tools.sample_catalogue import FOLDER


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """A folder with a visit and its fee list, as XLSX and as GBK CSV."""
    (tmp_path / "visit.json").write_text(json.dumps(VISIT))
    rows = [["住院费用清单"], HEADER, *fee_rows(60), ["合计", *[None] * 7, total_of(fee_rows(60))]]
    (tmp_path / "fees.xlsx").write_bytes(xlsx_of(rows))
    (tmp_path / "fees.csv").write_bytes(csv_of(rows, "gbk"))
    return tmp_path


def _json(*arguments: str) -> Any:
    return json.loads(called(*arguments, "--json").stdout)


# Catches two readings of one list: as XLSX, as GBK, by way of a written bill.
def test_a_fee_list_settles_the_same_in_every_form_and_by_way_of_a_bill(office: Path) -> None:
    visit, bill = str(office / "visit.json"), str(office / "bill.json")
    (direct,) = _json("settle", str(office / "fees.xlsx"), "--visit", visit)["settlements"]
    (gbk,) = _json("settle", str(office / "fees.csv"), "--visit", visit)["settlements"]
    imported = _json("import", "fees", str(office / "fees.csv"), "--visit", visit, "-o", bill)
    (written,) = _json("settle", bill)["settlements"]
    assert direct == gbk == written
    assert direct["total"] == total_of(fee_rows(60)) == imported["total"]
    assert imported["lines"] == 60
    assert imported["columns"]["amount"] == "金额"
    looked = _json("check", str(office / "fees.xlsx"), "--visit", visit)
    assert looked["checks"][0]["patient"] == direct["patient"]


def test_what_was_found_is_shown_to_a_person(office: Path) -> None:
    arguments = ["import", "fees", str(office / "fees.xlsx"), "--visit", str(office / "visit.json")]
    done = called(*arguments, "-o", str(office / "bill.json"))
    assert done.returncode == 0
    shown = done.stdout.decode()
    assert "费用明细流水号" in shown
    assert "60 行" in shown
    assert "与合计行一致" in shown


# Catches a file half written, or written in spite of a fault.
def test_nothing_is_written_where_there_is_a_fault(office: Path) -> None:
    rows = [HEADER, *fee_rows(5), ["合计", *[None] * 7, "1.00"]]
    (office / "fees.csv").write_bytes(csv_of(rows))
    target, visit = office / "bill.json", str(office / "visit.json")
    target.write_text("as it was")
    done = called(
        "import", "fees", str(office / "fees.csv"), "--visit", visit, "-o", str(target), "--json"
    )
    assert [f.code for f in told(done)] == ["F128"]
    assert target.read_text() == "as it was"
    nowhere = str(office / "no" / "bill.json")
    done = called(
        "import", "fees", str(office / "fees.xlsx"), "--visit", visit, "-o", nowhere, "--json"
    )
    assert [f.code for f in told(done)] == ["F135"]
    assert sorted(p.name for p in office.iterdir()) == [
        "bill.json",
        "fees.csv",
        "fees.xlsx",
        "visit.json",
    ]


def test_a_sites_own_column_names(office: Path) -> None:
    rows = [["序", *HEADER[1:]], *fee_rows(5)]
    (office / "fees.csv").write_bytes(csv_of(rows))
    visit, fees = str(office / "visit.json"), str(office / "fees.csv")
    assert [f.code for f in told(called("settle", fees, "--visit", visit, "--json"))] == ["F123"]
    (office / "columns.yaml").write_text("id: 序\n")
    done = called(
        "settle", fees, "--visit", visit, "--columns", str(office / "columns.yaml"), "--json"
    )
    assert told(done) == []


@pytest.mark.parametrize(
    "arguments", [("a.json", "--visit", "v.json"), ("a.csv", "b.csv", "--visit", "v.json")]
)
def test_a_visit_goes_with_one_fee_list(arguments: tuple[str, ...]) -> None:
    assert called("settle", *arguments).returncode == 2


def test_the_report_on_the_sample_mapping() -> None:
    mapping, catalogue = str(FOLDER / "mapping.csv"), str(FOLDER / "sample.csv")
    arguments = (
        "mapping",
        "report",
        "--mapping",
        mapping,
        "--catalogue",
        catalogue,
        "--day",
        "2019-06-01",
    )
    report = _json(*arguments)
    assert [(d["what"], d["hospital_code"]) for d in report["doubts"]] == [
        ("class_differs", "H00320"),
        ("unknown", "H90001"),
    ]
    done = called(*arguments)
    assert done.returncode == 1
    assert "类别不同" in done.stdout.decode()
