"""A hundred thousand rows: written at a bounded cost, and read back without a difference.

What is due is computed here from the settlements' own JSON, without the program that wrote it.
"""

import csv
import json
import time
import zlib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from python_calamine import CalamineWorkbook

from doudi_web.register import sealing
from web.ledger_at_hand import copied as copied_database
from web.many import copied, settled_year
from web.service import Service
from web.test_exporting import NATIONAL, run

SECONDS = 30.0
WORDS = {
    "standing": {"destitute": "特困人员", "dibao": "低保对象", "registered_poor": "建档立卡贫困户"},
    "kind": {"inpatient": "住院", "chronic_outpatient": "慢性病门诊", "major_outpatient": "重大疾病门诊",
             "outpatient": "普通门诊"},
    "level": {"1": "一级", "2": "二级", "3": "三级"},
}  # fmt: skip
_SETTLED = """
SELECT s.visit, s.facility, (s.settled AT TIME ZONE 'Asia/Shanghai')::date, s.year, s.result, s.evidence, p.id,
  p.name, p.id_number, p.sex, p.ethnicity, p.birth_date, p.village_id, f.name
FROM settlement_settlement s LEFT JOIN register_person p ON p.id = s.person
  LEFT JOIN tenancy_facility f ON f.code = s.facility
WHERE s.visit > %s ORDER BY s.visit LIMIT 5000
"""


def settlements(url: str) -> Iterator[tuple[Any, ...]]:
    last = ""
    with psycopg.connect(url) as database:
        while rows := database.execute(_SETTLED, [last]).fetchall():
            yield from rows
            last = rows[-1][0]


def due(row: tuple[Any, ...]) -> dict[str, str] | None:
    """A row as the state should get it; None where it gets none: of nobody poor, or of a stay that goes on."""
    (
        visit,
        facility,
        settled,
        year,
        result,
        evidence,
        who,
        name,
        number,
        sex,
        people,
        born,
        village,
        called,
    ) = row
    told, kept = json.loads(result), json.loads(zlib.decompress(evidence))
    bill, paid = kept["bill"], told["payments"]
    if told["standing"] == "ordinary":
        return None
    first = last = settled
    days = 0
    if told["kind"] == "inpatient":
        if bill.get("discharged") is None:
            return None
        first, last = (date.fromisoformat(bill[key]) for key in ("admitted", "discharged"))
        days = max(1, last.toordinal() - first.toordinal())
    age = settled.year - born.year - ((settled.month, settled.day) < (born.month, born.day))
    main = bill["diagnoses"][0]
    named = ("basic", "critical_illness", "medical_assistance", "targeted_insurance", "floor")
    cents = {
        key: _cents(told[key])
        for key in ("total", "hospital", "patient", "out_of_catalogue", "over_ceiling")
    }
    other = sum(_cents(v) for key, v in paid.items() if key not in named) + cents["hospital"]
    outside = cents["out_of_catalogue"] + cents["over_ceiling"]
    values = [
        sealing.opened(number, f"{who}.id_number"), sealing.opened(name, f"{who}.name"), sex, str(age), people,
        WORDS["standing"][told["standing"]], village, visit, str(settled.year), str(year), first.isoformat(),
        last.isoformat(), str(days), main["code"], main["name"], facility, called,
        WORDS["level"][str(kept["register"]["facility"]["level"])], "", WORDS["kind"][told["kind"]],
        *(_text(n) for n in (cents["total"], *(_cents(paid.get(key, "0.00")) for key in named), other,
                             cents["patient"], cents["total"] - outside, outside)),
    ]  # fmt: skip
    return dict(zip(NATIONAL, values, strict=True))


def _cents(text: str) -> int:
    yuan, _, rest = text.partition(".")
    return int(yuan) * 100 + int(rest)


def _text(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def cells(path: Path, encoding: str) -> Iterator[dict[str, str]]:
    if path.suffix == ".csv":
        with path.open(encoding=encoding, newline="") as file:
            yield from csv.DictReader(file)
        return
    titles, *rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    money = set(list(NATIONAL)[20:])
    for row in rows:
        yield {
            str(title): (f"{cell:.2f}" if title in money else str(int(cell)))
            if isinstance(cell, float)
            else str(cell)
            for title, cell in zip(titles, row, strict=True)
        }


def holds(service: Service, folder: Path, rows: int, persons: int) -> dict[str, float]:
    """Fill, export in both forms, compare each cell; the processor's seconds that each export took."""
    bills = settled_year(service, persons)
    assert copied(service, -(-rows // len(bills))) >= rows
    connection.close()
    wanted: Mapping[str, dict[str, str]] = {
        made["住院登记编码"]: made
        for made in map(due, settlements(service.url))
        if made is not None
    }
    took: dict[str, float] = {}
    for form, encoding in (("csv", "gbk"), ("xlsx", "utf-8")):
        start = time.process_time()
        done = run(folder, form=form, encoding=encoding, whole=True)
        took[form] = time.process_time() - start
        found = {row["住院登记编码"]: row for path in done.files for row in cells(path, encoding)}
        assert len(found) == done.exported == len(wanted)
        assert [key for key in wanted if found.get(key) != wanted[key]][:3] == []
    start = time.process_time()
    again = run(folder)
    took["again"] = time.process_time() - start
    assert (again.exported, again.files) == (0, ())
    return took


def test_every_cell_is_what_the_settlement_says(service: Service, tmp_path: Path) -> None:
    with copied_database(service) as own:
        holds(own, tmp_path, 2_000, 40)


@pytest.mark.slow
def test_a_hundred_thousand_rows_cost_less_than_half_a_minute(
    service: Service, tmp_path: Path
) -> None:
    with copied_database(service) as own:
        took = holds(own, tmp_path, 104_000, 60)
    assert max(took.values()) < SECONDS
