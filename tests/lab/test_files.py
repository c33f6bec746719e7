"""A county's files: the same bytes from the same seed, and what is in them is what the engine settles."""

import hashlib
import json
from pathlib import Path

import duckdb
import pytest

from doudi_lab import write
from doudi_lab.columns import TABLES
from faults.command import called
from lab.test_county import banan


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("county")
    write(banan(80), made)
    return made


def _digests(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


def test_the_same_seed_writes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    write(banan(80), tmp_path)
    assert _digests(tmp_path) == _digests(folder)
    assert sorted(_digests(folder)) == [
        "bills.jsonl", "catalogue.parquet", "divisions.parquet", "facilities.parquet",
        "items.parquet", "persons.parquet", "register.json", "visits.parquet",
    ]  # fmt: skip


def test_tables_hold_what_the_bills_say(folder: Path) -> None:
    bills = [json.loads(line) for line in (folder / "bills.jsonl").read_text().splitlines()]
    rows = duckdb.sql(
        f"SELECT visit, person, kind, lines, total, given_basic FROM '{folder}/visits.parquet'"
    ).fetchall()
    assert [(row[0], row[1], row[2], row[3]) for row in rows] == [
        (b["visit_id"], b["person"]["id"], b["kind"], len(b["lines"])) for b in bills
    ]
    fen = [sum(int(x["amount"].replace(".", "")) for x in b["lines"]) for b in bills]
    assert [int(row[4] * 100) for row in rows] == fen
    assert [None if row[5] is None else str(row[5]) for row in rows] == [
        b.get("given", {}).get("basic") for b in bills
    ]
    items = duckdb.sql(f"SELECT visit, line, amount FROM '{folder}/items.parquet'").fetchall()
    assert [(v, n, str(a)) for v, n, a in items] == [
        (b["visit_id"], x["id"], x["amount"]) for b in bills for x in b["lines"]
    ]


def test_every_column_is_there_in_its_type(folder: Path) -> None:
    for table in TABLES:
        found = duckdb.sql(f"DESCRIBE SELECT * FROM '{folder}/{table.name}.parquet'").fetchall()
        assert [(row[0], row[1].replace('"name"', "name")) for row in found] == [
            (c.name, c.type) for c in table.columns
        ]


def test_the_register_has_the_keys_of_the_interface(folder: Path) -> None:
    persons = json.loads((folder / "register.json").read_text())["persons"]
    assert [p["id"] for p in persons] == [p.id for p in banan(80).persons]
    assert list(next(p for p in persons if "plan" in p and "phone" in p)) == [
        "id", "name", "id_number", "sex", "ethnicity", "birth_date", "insurance_tier", "district",
        "village", "household", "standings", "phone", "diseases", "doctors", "plan",
    ]  # fmt: skip


def test_the_command_settles_what_the_command_made(tmp_path: Path) -> None:
    made = tmp_path / "county"
    done = called("synth", "--district", "500113", "--persons", "30", "--out", str(made), "--json")
    counts = json.loads(done.stdout)
    assert counts["persons"] == 30
    settled = called(
        "settle",
        str(made / "bills.jsonl"),
        "--catalogue",
        str(made / "catalogue.parquet"),
        "--json",
    )
    told = json.loads(settled.stdout)
    assert (len(told["settlements"]), told["faults"]) == (counts["visits"], [])


def test_a_folder_that_cannot_be_written_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    done = called(
        "synth", "--district", "500113", "--persons", "1", "--out", str(tmp_path / "taken")
    )
    assert (done.returncode, b"F135" in done.stderr) == (1, True)


@pytest.mark.parametrize("district", ["5001", "500100", "910101", "50011a"])
def test_a_district_that_is_none_is_misuse(district: str, tmp_path: Path) -> None:
    done = called("synth", "--district", district, "--persons", "1", "--out", str(tmp_path / "x"))
    assert done.returncode == 2
    assert not (tmp_path / "x").exists()


def test_bills_one_a_line_keep_their_lines(tmp_path: Path) -> None:
    """An empty line is none; a bill with a fault is told by its place, the others are settled."""
    good = json.dumps(next(banan(1).bills()))
    (tmp_path / "a.jsonl").write_text(f"\n{good}\n\n{{}}\n")
    told = json.loads(called("settle", str(tmp_path / "a.jsonl"), "--json").stdout)
    assert len(told["settlements"]) == 1
    assert {f["where"].partition("bills[")[2][:2] for f in told["faults"]} == {"1]"}
    (tmp_path / "b.jsonl").write_text(f"{good}\n{{,}}\n")
    told = json.loads(called("settle", str(tmp_path / "b.jsonl"), "--json").stdout)
    assert [(f["code"], f["where"].endswith("b.jsonl:2")) for f in told["faults"]] == [
        ("F104", True)
    ]
