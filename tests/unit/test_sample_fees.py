"""The shipped fee list is what its maker makes, and holds what a hospital's export holds."""

from datetime import date
from decimal import Decimal
from pathlib import Path

from doudi.wire.fees import read_fees
from doudi.wire.mapping_file import mapping_document, read_mapping
from doudi.wire.sheets import read
from tools import sample_catalogue, sample_fees

DAY = date(2019, 6, 16)


def test_the_sample_is_what_its_maker_makes(tmp_path: Path) -> None:
    assert sample_fees.stale() == []
    assert sample_fees.stale(tmp_path) == ["fees.csv", "fees.xlsx"]
    (tmp_path / "fees.csv").write_bytes(sample_fees.csv_content().replace(b"83.20", b"83.21"))
    (tmp_path / "fees.xlsx").write_bytes(sample_fees.xlsx_content())
    assert sample_fees.stale(tmp_path) == ["fees.csv"]


# Catches an export of one kind that says otherwise than that of the other.
def test_both_kinds_hold_the_same_lines_and_their_total() -> None:
    listed = [read_fees(n, (sample_fees.FOLDER / n).read_bytes()) for n in sample_fees.FILES]
    for fees in listed:
        assert len(fees.lines) == 64
        assert fees.total == fees.stated_total == Decimal("4648.80")
    one, other = ([{k: str(v) for k, v in line.items()} for line in f.lines] for f in listed)
    for line, same in zip(one, other, strict=True):
        assert {k: v for k, v in line.items() if k not in ("quantity", "unit_price", "amount")} == {
            k: v for k, v in same.items() if k not in ("quantity", "unit_price", "amount")
        }
        for key in ("quantity", "unit_price", "amount"):
            assert Decimal(line[key]) == Decimal(same[key])


def test_the_sample_shows_each_thing_that_the_tutorial_speaks_of() -> None:
    (fees, *_) = (read_fees(n, (sample_fees.FOLDER / n).read_bytes()) for n in sample_fees.FILES)
    content = (sample_catalogue.FOLDER / "mapping.csv").read_bytes()
    mapping, faults = read_mapping(mapping_document("mapping.csv", read("mapping.csv", content)))
    assert faults == ()
    codes = {str(line["hospital_code"]) for line in fees.lines}
    assert {code for code in codes if mapping.code(code, DAY) is None} == {"H00307"}
    assert [(line["id"], line["refunds"]) for line in fees.lines if "refunds" in line] == [
        ("0613045", "0612032"),
        ("0614054", "0612037"),
    ]
    assert [line["name"] for line in fees.lines if line["unit_price"] == "13.333333"] == [
        "氨溴索片 30mg×20"
    ]
