"""Tables for tests: rows as CSV in any encoding and as XLSX, and a fee list of an invented stay."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter

Row = Sequence[object]

HEADER = (
    "费用明细流水号", "医疗目录编码", "项目名称", "费用发生时间", "收费项目等级", "自付比例", "数量", "单价",
    "金额", "退费原流水号",
)  # fmt: skip
VISIT: dict[str, Any] = {
    "visit_id": "V1",
    "person": {
        "id": "P1", "birth_date": "1970-03-01", "insurance_tier": "tier_1", "district": "990101",
        "standings": [{"code": "dibao", "from": "2023-01-01", "to": None}],
    },
    "facility": {"code": "H2", "level": 2, "district": "990101"},
    "kind": "inpatient",
    "admitted": "2024-05-02",
    "discharged": "2024-06-03",
    "settled": "2024-06-03",
}  # fmt: skip


def csv_of(rows: Iterable[Row], encoding: str = "utf-8", separator: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx_of(rows: Iterable[Row], *, name: str = "费用", merged: Sequence[str] = ()) -> bytes:
    """A workbook of one sheet: numbers as numbers, texts as texts."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_numbers": False}) as book:
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, int | float):
                    sheet.write_number(number, column, value)
                elif value is not None:
                    sheet.write_string(number, column, str(value))
        for one in merged:
            sheet.merge_range(one, "合并")
    return content.getvalue()


def sheets_of(sheets: Sequence[Sequence[Row]]) -> bytes:
    """A workbook of several sheets, every cell a text."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        for rows in sheets:
            sheet = book.add_worksheet()
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    sheet.write_string(number, column, "" if value is None else str(value))
    return content.getvalue()


def fee_rows(count: int) -> list[list[object]]:
    """A fee list without a fault: classes and rates of every kind, refunds, prices with six decimals."""
    rows: list[list[object]] = []
    for n in range(count):
        item_class = ("01", "02", "03", "01")[n % 4]
        quantity, price = 1 + n % 5, f"{2 + n % 7}.{(n * 37) % 100:02d}"
        if n % 11 == 0:
            quantity, price = 3, f"{2 + n % 7}.123457"
        cents = round(
            quantity * int(price.replace(".", "").ljust(len(price.split(".")[0]) + 6, "0")) / 10**4
        )
        rows.append(
            [f"F{n + 1:04d}", f"X{n % 60:05d}", f"示例项目{n % 60}", f"2024-05-{2 + n % 29:02d} 08:30:00",
             item_class, "0.1" if item_class == "02" else None, quantity, price, f"{cents / 100:.2f}", None]
        )  # fmt: skip
    for n in range(20, count - 1, 50):
        back = list(rows[n])
        back[0], back[6], back[8], back[9] = (
            f"T{n:04d}",
            -int(str(back[6])),
            f"-{back[8]}",
            rows[n][0],
        )
        rows[n + 1] = back
    return rows


def total_of(rows: Iterable[Sequence[object]]) -> str:
    cents = sum(round(float(str(row[8])) * 100) for row in rows)
    return f"{cents / 100:.2f}"
