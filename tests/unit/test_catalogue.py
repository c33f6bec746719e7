"""The catalogue by day and level, its equivalents, a hospital's mapping; the same from every form of file."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from doudi import Bundle, Run, settle_bundle
from doudi.catalogue import Catalogue
from doudi.service import check_bundle, mapping_report
from doudi.wire.catalogue_file import catalogue_document, read_catalogue
from doudi.wire.sheets import read
from doudi_cli.files import beside
from faults.bills import SOUND, example_shelf, mutated
from tables import csv_of, xlsx_of
from tools import sample_catalogue

SAMPLE = Path(sample_catalogue.FOLDER) / "sample.csv"
SHELF = example_shelf()
DAY, LATER = date(2019, 6, 30), date(2019, 7, 1)


def _read(name: str, content: bytes) -> Catalogue:
    return read_catalogue(catalogue_document(name, read(name, content)))


CATALOGUE = _read("sample.csv", SAMPLE.read_bytes())
ROWS: list[tuple[str, ...]] = [
    ("版本", sample_catalogue.VERSION),
    sample_catalogue.HEAD,
    *sample_catalogue.items(),
]


def test_the_sample_is_what_its_maker_makes_and_says_that_it_is_one() -> None:
    assert sample_catalogue.stale() == []
    items = [item for found in CATALOGUE.items.values() for item in found]
    assert len(CATALOGUE.items) >= 300
    assert "示例" in CATALOGUE.version
    assert {item.item_class for item in items} == {"甲", "乙", "丙"}
    assert {item.kind for item in items} == {"drug", "service", "consumable"}


# Catches a class or a ceiling taken from another day or another hospital's level.
def test_an_item_goes_by_the_day_and_its_ceiling_by_the_level() -> None:
    changed = next(found for found in CATALOGUE.items.values() if len(found) == 2)
    before, after = (CATALOGUE.item(changed[0].code, day) for day in (DAY, LATER))
    assert before is not None
    assert after is not None
    assert (before.item_class, after.item_class, after.first_self_pay_rate) == ("甲", "乙", 50_000)
    assert CATALOGUE.item(changed[0].code, date(2018, 12, 31)) is None
    service = next(i for found in CATALOGUE.items.values() for i in found if i.name == "血细胞分析")
    assert [service.ceiling(level) for level in ("1", "2", "3", "4")] == [
        18_000_000,
        20_000_000,
        23_000_000,
        None,
    ]


def test_equivalents_are_of_the_same_generic_name_first_then_of_the_group() -> None:
    item = next(
        i
        for found in CATALOGUE.items.values()
        for i in found
        if i.name.startswith("氨氯地平") and i.item_class == "丙"
    )
    found = CATALOGUE.equivalents(item, DAY)
    named = [one.generic_name == "氨氯地平" for one in found]
    assert named[:3] == [True, True, True]
    assert not any(named[3:])
    assert {one.group for one in found} == {"降压药"}
    assert item not in found
    assert [one.code for one in found[:3]] == sorted(one.code for one in found[:3])


# Catches a form of file in which something is read otherwise.
def test_the_same_catalogue_from_every_form(tmp_path: Path) -> None:
    import duckdb  # noqa: PLC0415

    assert _read("sample.csv", csv_of(ROWS, "gbk")) == CATALOGUE
    numbers = [
        [float(v) if v.replace(".", "", 1).isdecimal() and len(v) < 9 else v for v in row]
        for row in ROWS
    ]
    assert _read("sample.xlsx", xlsx_of(numbers)) == CATALOGUE
    plain = tmp_path / "plain.csv"
    plain.write_bytes(csv_of(ROWS[1:]))
    parquet = tmp_path / "sample.parquet"
    with duckdb.connect() as connection:
        source = f"read_csv('{plain}', all_varchar=true, header=true)"
        connection.execute(f"copy (select * from {source}) to '{parquet}' (format parquet)")
    _, document = beside("catalogue", parquet)
    assert not isinstance(document, bytes)
    assert read_catalogue(document).items == CATALOGUE.items


# ------------------------------------------------------------------------------------ mapping

AMLODIPINE = next(
    r for r in sample_catalogue.items() if r[1].startswith("氨氯地平") and r[2] == "甲"
)
MAPPING = csv_of([
    ("院内编码", "医保编码", "生效日期", "失效日期"),
    ("H1", AMLODIPINE[0], "2024-06-01", ""),
    ("H1", "X0", "2024-01-01", "2024-06-01"),
])  # fmt: skip


def _line(**changes: Any) -> dict[str, Any]:
    line = {
        "id": "1",
        "hospital_code": "H1",
        "name": "氨氯地平片",
        "quantity": 2,
        "unit_price": "14.00",
        "amount": "28.00",
    }
    return {k: v for k, v in {**line, **changes}.items() if v is not None}


def _settled(*lines: dict[str, Any]) -> Run:
    bill = json.dumps(mutated(SOUND, {"lines": list(lines)})).encode()
    beside_ = {"catalogue": ("c.csv", SAMPLE.read_bytes()), "mapping": ("m.csv", MAPPING)}
    return settle_bundle(SHELF, Bundle({"bill.json": bill}, **beside_))


@pytest.mark.parametrize(
    "stated", [{}, {"hospital_code": None, "code": "H1"}], ids=["hospital_code", "code"]
)
def test_a_hospital_code_is_what_it_is_mapped_to_on_the_day(stated: dict[str, Any]) -> None:
    (settled,) = _settled(_line(**stated)).settlements
    assert settled.in_scope == 2800
    early = _settled(_line(**stated, date="2024-05-31"))
    assert [(f.code, f.where) for f in early.faults] == [
        ("F320", f"bill.json lines[0].{'code' if stated else 'hospital_code'}")
    ]
    assert "氨氯地平片" in early.faults[0].why  # names like it are offered
    assert early.faults[0].why.count("名称相近的有") == 1  # in one list, not each in a sentence


def test_an_unmapped_item_is_refused_unless_the_line_says_its_class() -> None:
    assert [f.code for f in _settled(_line(hospital_code="H9")).faults] == ["F320"]
    (settled,) = _settled(_line(**{"hospital_code": "H9", "class": "丙"})).settlements
    assert settled.out_of_catalogue == 2800


# Catches a pre-check that takes an unmapped item for 丙 and says nothing.
def test_a_pre_check_says_between_what_an_unmapped_bill_lies() -> None:
    lines = [
        _line(),
        _line(
            id="2",
            hospital_code="H9",
            name="不知道的药",
            quantity=1,
            unit_price="3000",
            amount="3000.00",
        ),
    ]
    bill = json.dumps(mutated(SOUND, {"lines": lines})).encode()
    bundle = Bundle(
        {"bill.json": bill}, catalogue=("c.csv", SAMPLE.read_bytes()), mapping=("m.csv", MAPPING)
    )
    found = check_bundle(SHELF, bundle, date(2024, 6, 3))
    assert not found.faults
    (one,) = found.findings
    assert one.undecided is not None
    assert one.undecided.lines == ("2",)
    assert one.undecided.amount == 300_000
    assert one.undecided.share[0] == 0
    assert one.undecided.share[1] == 9908  # 3,000.00 of 3,028.00
    assert one.adjudication.provisional == "mapping"
    assert [w.lines for w in one.adjudication.warnings if w.code == "undecided"] == [("2",)]
    assert [m.line for m in one.marginal] == ["1"]


# Catches a doubt that the report keeps to itself.
def test_the_report_names_every_doubt() -> None:
    mapping = csv_of([
        ("院内编码", "院内名称", "医保编码", "类别", "限价", "生效日期", "失效日期"),
        ("A", "氨氯地平", AMLODIPINE[0], "乙", "15.40", "", ""),
        ("B", "氨氯地平", AMLODIPINE[0], "甲", "99.00", "", ""),
        ("C", "没有的", "X0", "", "", "", ""),
        ("D", "老药", next(r[0] for r in sample_catalogue.items() if r[-1]), "", "", "", ""),
        ("E", "甲", AMLODIPINE[0], "", "", "2019-01-01", ""),
        ("E", "乙", "X0", "", "", "2019-06-01", ""),
        ("F", "以后才用", "X0", "", "", "2030-01-01", ""),
    ])  # fmt: skip
    old = [r for r in ROWS if r[0] != ROWS[-1][0]]
    catalogue = csv_of([r for r in old if not (len(r) > 3 and r[2] == "乙" and r[3] == "0.05")])
    bill = json.dumps(
        mutated(SOUND, {"lines": [_line(hospital_code="Z", **{"class": "丙"})]})
    ).encode()
    bundle = Bundle({"bill.json": bill}, catalogue=("c.csv", catalogue), mapping=("m.csv", mapping))
    report, faults = mapping_report(bundle, date(2024, 6, 3))
    assert [(d.what, d.mapped.hospital_code) for d in report.doubts] == [
        ("class_differs", "A"), ("ceiling_differs", "B"), ("unknown", "C"), ("expired", "D"),
    ]  # fmt: skip
    assert [(f.code, f.where) for f in faults] == [("F321", "m.csv 第 7 行")]
    (unmapped,) = report.unmapped
    assert (unmapped.code, unmapped.lines, unmapped.amount) == ("Z", 1, 2800)
    assert unmapped.near
