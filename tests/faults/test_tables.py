"""Tables that are wrong: each is a fault that names the file, the row and the column, and nothing is settled."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from doudi import Bundle, Run, settle_bundle
from faults.bills import example_shelf
from faults.told import flaws
from tables import HEADER, VISIT, Row, csv_of, fee_rows, total_of, xlsx_of

SHELF = example_shelf()
ROWS: list[Row] = [HEADER, *fee_rows(8)]


def settled(content: bytes, name: str = "fees.xlsx", visit: Any = VISIT, **beside: Any) -> Run:
    told = None if visit is None else ("visit.json", json.dumps(visit).encode())
    return settle_bundle(SHELF, Bundle({name: content}, visit=told, **beside))


def _with(row: int, column: int, value: object) -> list[Row]:
    rows = [list(r) for r in ROWS]
    rows[row][column] = value
    return rows


def _without(column: str) -> list[Row]:
    at = HEADER.index(column)
    return [[v for n, v in enumerate(row) if n != at] for row in ROWS]


def _formula() -> bytes:
    import zipfile  # noqa: PLC0415
    from io import BytesIO  # noqa: PLC0415

    source, target = zipfile.ZipFile(BytesIO(xlsx_of(_with(3, 8, 77.77)))), BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for part in source.namelist():
            content = source.read(part)
            if part.startswith("xl/worksheets/"):
                content = content.replace(
                    b'<c r="I4"><v>77.77</v></c>', b'<c r="I4"><f>G4*H4</f></c>'
                )
            made.writestr(part, content)
    return target.getvalue()


def _two_sheets() -> bytes:
    from io import BytesIO  # noqa: PLC0415

    import xlsxwriter  # noqa: PLC0415

    content = BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        for name in ("一月", "二月"):
            sheet = book.add_worksheet(name)
            for number, row in enumerate(ROWS):
                sheet.write_row(number, 0, row)
    return content.getvalue()


PARTS = ("全自费金额", "超限价金额", "先行自付金额", "符合政策范围金额")

# code, the file, where the fault is, what it quotes
TABLES: list[tuple[str, Callable[[], Run], str, str]] = [
    ("F120", lambda: settled(b"\xd0\xcf\x11\xe0" + b"\0" * 600, "fees.xls"), "fees.xls", ".xls"),
    ("F120", lambda: settled(b"PK\x03\x04" + b"\0" * 600), "fees.xlsx", "XLSX"),
    ("F120", lambda: settled(xlsx_of(ROWS)[:2000]), "fees.xlsx", "XLSX"),
    ("F120", lambda: settled(b"PAR1" + b"\0" * 60, "fees.parquet"), "fees.parquet", "Parquet"),
    ("F120", lambda: settled(b'a,b\n1,"2', "fees.csv"), "fees.csv", "2"),
    ("F120", lambda: settled(b"a,b\n1,\0", "fees.csv"), "fees.csv", "2"),
    ("F121", lambda: settled(csv_of([["a"] * 600]), "fees.csv"), "fees.csv", "600"),
    ("F122", lambda: settled(b"\xff\xff\xff,\n", "fees.csv"), "fees.csv", "编码"),
    ("F123", lambda: settled(xlsx_of(_without("金额"))), "fees.xlsx 第 1 行", "明细项目费用总额"),
    ("F123", lambda: settled(xlsx_of([["x", "y"], [1, 2]])), "fees.xlsx", "单价"),
    ("F124", lambda: settled(xlsx_of([[*row, row[8]] for row in ROWS])), "fees.xlsx 第 1 行", "I、K"),
    ("F125", lambda: settled(xlsx_of(ROWS, merged=["C3:C4"])), "fees.xlsx", "C3:C4"),
    ("F126", lambda: settled(_formula()), "fees.xlsx", "I4"),
    ("F127", lambda: settled(xlsx_of(_with(2, 1, 86901234567890123))), "fees.xlsx 第 3 行 B 列（医疗目录编码）", "86901"),
    ("F128", lambda: settled(xlsx_of([*ROWS, ["合计", *[None] * 7, "1.00"]])), "fees.xlsx 第 10 行 I 列（金额）", "1.00"),
    ("F129", lambda: settled(_two_sheets()), "fees.xlsx", "二月"),
    ("F130", lambda: settled(xlsx_of(ROWS), visit={**VISIT, "lines": [1]}), "visit.json lines", "已经有"),
    ("F130", lambda: settled(xlsx_of(ROWS), visit=[1]), "visit.json", "键值表"),
    ("F131", lambda: settled(xlsx_of([[*HEADER, *PARTS], [*ROWS[1], 1, None, 2, 3]])),
     "fees.xlsx 第 2 行 L 列（超限价金额）", "超限价金额"),
    ("F132", lambda: settled(xlsx_of(ROWS), columns=("map.yaml", b"idd: x")), "map.yaml:1 idd", "idd"),
    ("F133", lambda: settled(xlsx_of(ROWS[:1])), "fees.xlsx", "费用行"),
    ("F134", lambda: settled(xlsx_of(ROWS), visit=None), "fees.xlsx", "--visit"),
    ("F320", lambda: settled(xlsx_of(_with(2, 4, None)), catalogue=("c.json", CATALOGUE)),
     "fees.xlsx 第 3 行 B 列（医疗目录编码） lines[1].code", "示例项目1"),
    ("F321", lambda: settled(xlsx_of(ROWS), mapping=("m.csv", MAPPING)), "m.csv 第 3 行", "A1"),
]  # fmt: skip

CATALOGUE = json.dumps(
    {"version": "v", "items": [{"code": "Z1", "name": "示例项目1号", "class": "甲"}]}
).encode()
MAPPING = csv_of([["院内编码", "医保编码"], ["A1", "Z1"], ["A1", "Z2"]])


@pytest.mark.parametrize(
    ("code", "run", "where", "quotes"), TABLES, ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_table_that_is_wrong(code: str, run: Callable[[], Run], where: str, quotes: str) -> None:
    done = run()
    assert not done.settlements
    assert [(f.code, f.where) for f in done.faults] == [(code, where)]
    (fault,) = done.faults
    assert flaws(fault) == []
    assert quotes in fault.what + fault.why + fault.mend


# ------------------------------------------------------------------------ three hundred lines

PLANTED: list[tuple[int, int, object, str, str]] = [
    # row, column, value, the code of the fault, what it says of the place
    (12, 8, "9999.00", "F304", "I 列（金额）"),
    (40, 6, "两", "F203", "G 列（数量）"),
    (55, 4, "09", "F203", "E 列（收费项目等级）"),
    (77, 0, "F0003", "F303", "A 列（费用明细流水号）"),
    (101, 3, "2024-05-45", "F203", "D 列（费用发生时间）"),
    (130, 5, "1.5", "F208", "F 列（自付比例）"),
    (150, 7, "3.1234567", "F204", "H 列（单价）"),
    (171, 9, "F9999", "F310", "J 列（退费原流水号）"),
    (250, 8, None, "F201", "I 列（金额）"),
    (289, 5, None, "F307", "F 列（自付比例）"),
]


def _list(*, planted: bool) -> list[Row]:
    rows = fee_rows(300)
    total = total_of(rows)
    if planted:
        for row, column, value, *_ in PLANTED:
            rows[row][column] = value
    title: list[Row] = [["示例医院 住院费用清单"], ["患者登记号：P1"]]
    return [*title, HEADER, *rows, *([] if planted else [["合计", *[None] * 7, total, None]])]


def _where(row: int, column: str) -> str:
    return f"第 {row + 4} 行" + (f" {column}" if column else "")


# Catches a fault that is not found, or is found somewhere else, or that the mended list still has.
@pytest.mark.parametrize("form", ["xlsx", "gbk", "utf-8", "utf-16"])
def test_ten_planted_faults_in_three_hundred_lines(form: str) -> None:
    def file(rows: list[Row]) -> tuple[bytes, str]:
        if form == "xlsx":
            return xlsx_of(rows), "fees.xlsx"
        return csv_of(rows, form, "\t" if form == "utf-16" else ","), "fees.csv"

    found: dict[str, str] = {}
    rounds = 0
    rows = _list(planted=True)
    while True:  # faults come in rounds: the form of cells first, then what they say together
        run = settled(*file(rows))
        if not run.faults:
            break
        rounds += 1
        assert not run.settlements
        sound = _list(planted=False)
        for fault in run.faults:
            assert flaws(fault) == []
            found[fault.code + fault.where.split(" lines")[0]] = fault.code
            row = int(fault.where.split("第 ")[1].split(" 行")[0]) - 1
            rows[row] = sound[row]
        assert rounds < 4
    wanted = {
        f"{code}fees.{'xlsx' if form == 'xlsx' else 'csv'} {_where(r, at)}"
        for r, _, _, code, at in PLANTED
    }
    assert set(found) == wanted
    mended = settled(*file(_list(planted=False)))
    (settlement,) = mended.settlements
    assert not mended.faults
    assert f"{settlement.total / 100:.2f}" == total_of(fee_rows(300))
    assert len(settlement.lines) == 300
