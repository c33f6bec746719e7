"""`python -m tools.sample_fees`: writes the fee list of one running stay as a hospital's system exports it.

The patient and the hospital are invented; the hospital's codes are those of `tools.sample_catalogue`'s mapping,
which knows all of them but one. `--check` says what is not current.
"""

import csv
import io
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from tools.sample_catalogue import HEAD as CATALOGUE_HEAD
from tools.sample_catalogue import items

FOLDER = Path(__file__).parents[1] / "examples" / "hospital"
TITLE = "示例医院（虚构） 住院费用清单"
HEAD = (
    "费用明细流水号", "费用发生时间", "医院目录编码", "医院目录名称", "单位", "数量", "单价", "金额",
    "退费原流水号", "自费知情同意", "开单科室",
)  # fmt: skip
_STAY = Path(__file__).parent / "sample_items" / "stay.txt"
_MADE = datetime(2019, 6, 16, 18, 0)  # noqa: DTZ001 - a spreadsheet's times have no zone
_FEN = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of the list; a refund names the line it takes back."""

    id: str
    at: datetime
    code: str
    name: str
    unit: str
    quantity: Decimal
    unit_price: Decimal
    refunds: str
    consent: str
    department: str

    @property
    def amount(self) -> Decimal:
        return (self.quantity * self.unit_price).quantize(_FEN, ROUND_HALF_UP)


def charges() -> list[Charge]:
    """The stay's lines: day, hospital's code, quantity, price, department, and what is special about it."""
    return list(_charges())


def _charges() -> Iterator[Charge]:
    listed = items()
    name_at, unit_at = CATALOGUE_HEAD.index("项目名称"), CATALOGUE_HEAD.index("单位")
    charged: dict[str, str] = {}
    for n, line in enumerate(_STAY.read_text("utf-8").splitlines()):
        day, code, quantity, price, department, *more = line.split()
        note = more[0] if more else ""
        item = listed[int(code.removeprefix("H")) - 1]
        own = f"06{day}{n + 1:03d}"
        charged.setdefault(day + code, own)
        is_plain = not note or note == "同意" or note.startswith("退")
        yield Charge(
            own,
            datetime(2019, 6, int(day), 8 + n % 9, n * 7 % 60),  # noqa: DTZ001
            code,
            item[name_at] if is_plain else note,
            item[unit_at],
            Decimal(quantity),
            Decimal(price),
            charged[note.removeprefix("退")] if note.startswith("退") else "",
            "是" if note == "同意" else "",
            department,
        )


def csv_content() -> bytes:
    """The export as CSV: in GBK and with the line ends of Windows, as such systems write it."""
    rows: list[tuple[object, ...]] = [(TITLE,), HEAD]
    rows += [
        (c.id, f"{c.at:%Y-%m-%d %H:%M:%S}", c.code, c.name, c.unit, c.quantity, c.unit_price, c.amount,
         c.refunds, c.consent, c.department)
        for c in charges()
    ]  # fmt: skip
    rows.append(("合计", "", "", "", "", "", "", _total(), "", "", ""))
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("gbk")


def xlsx_content() -> bytes:
    """The same as XLSX: codes are texts, times are times, amounts are numbers."""
    content = io.BytesIO()
    made: Any = xlsxwriter.Workbook(content, {"in_memory": True})
    with made as book:
        book.set_properties({"created": _MADE})
        sheet = book.add_worksheet("费用清单")
        when = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet.set_column(1, 3, 22)
        sheet.write_string(0, 0, TITLE)
        for column, title in enumerate(HEAD):
            sheet.write_string(1, column, title)
        lines = charges()
        for row, c in enumerate(lines, 2):
            for column, text in ((0, c.id), (2, c.code), (3, c.name), (4, c.unit), (8, c.refunds),
                                 (9, c.consent), (10, c.department)):  # fmt: skip
                sheet.write_string(row, column, text)
            sheet.write_datetime(row, 1, c.at, when)
            for column, number in ((5, c.quantity), (6, c.unit_price), (7, c.amount)):
                sheet.write_number(row, column, float(number))
        sheet.write_string(len(lines) + 2, 0, "合计")
        sheet.write_number(len(lines) + 2, 7, float(_total()))
    return content.getvalue()


def _total() -> Decimal:
    return sum((c.amount for c in charges()), Decimal(0))


FILES = {"fees.csv": csv_content, "fees.xlsx": xlsx_content}


def stale(folder: Path = FOLDER) -> list[str]:
    """The files that are missing or not what this makes; a workbook goes by what is packed in it, for
    compression is not the same everywhere."""
    return [
        name
        for name, make in FILES.items()
        if not (folder / name).is_file()
        or _unpacked(name, (folder / name).read_bytes()) != _unpacked(name, make())
    ]


def _unpacked(name: str, content: bytes) -> object:
    if not name.endswith(".xlsx"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return {one: packed.read(one) for one in packed.namelist()}


def main(arguments: list[str]) -> int:
    if "--check" in arguments:
        print("\n".join(stale()))
        return 1 if stale() else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, make in FILES.items():
        (FOLDER / name).write_bytes(make())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
