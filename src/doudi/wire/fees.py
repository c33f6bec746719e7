"""A fee list (费用清单) and the visit it belongs to → the bill that they are together.

The bill's document knows for each value the file, row and column that it came from, so that every fault of
every later check names the cell.
"""

from collections import ChainMap
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import cast

from doudi.claim import PARTS
from doudi.errors import Fault, Faulty, fault
from doudi.source_text import Document, Path, Value
from doudi.terms import TERMS
from doudi.wire.bill_form import Bill
from doudi.wire.cells import value_of
from doudi.wire.columns import Column, Found, find, shipped
from doudi.wire.records import Records, records
from doudi.wire.sheets import Cell, read

_TOTALS = ("合计", "总计", "总额", "小计", "total")


@dataclass(frozen=True, slots=True)
class FeeList:
    """What a fee list holds: lines as a bill writes them, the place of each value, its own total line."""

    found: Found
    lines: tuple[dict[str, Value], ...]
    places: Mapping[Path, str]
    stated_total: Decimal | None

    @property
    def total(self) -> Decimal:
        """The sum of the amounts that can be read."""
        return sum((_decimal(line.get("amount")) or Decimal(0) for line in self.lines), Decimal(0))


def read_fees(name: str, content: bytes, columns: Sequence[Column] | None = None) -> FeeList:
    """The lines of a fee list. Raises Faulty: no header, a cell that does not hold what it shows, a total
    line that is not the sum."""
    found = find(name, read(name, content), columns or shipped("fees"))
    rows, stated = fee_rows(found)
    brought = records(found, "lines", rows)
    lines, faults = brought.values, [*brought.faults, *parts_faults(found, brought)]
    if not lines and not faults:
        faults.append(fault("F133", name))
    fees = FeeList(found, lines, brought.places, None if stated is None else stated[1])
    if stated is not None and not faults:
        faults += total_faults(found, stated, fees.total)
    if faults:
        raise Faulty(faults)
    return fees


def fee_rows(
    found: Found,
) -> tuple[list[tuple[int, Sequence[Cell]]], tuple[int, Decimal] | None]:
    """The rows of charges, and the last total line with what it states."""
    rows, totals = list[tuple[int, Sequence[Cell]]](), list[tuple[int, Decimal]]()
    for row, cells in found.rows():
        if not _is_total(cells):
            rows.append((row, cells))
            continue
        amount = _decimal(_value(found, cells, "amount"))
        if amount is not None:
            totals.append((row, amount))
    return rows, totals[-1] if totals else None


def total_faults(found: Found, stated: tuple[int, Decimal], total: Decimal) -> list[Fault]:
    """A total line is the sum of the lines."""
    row, sum_stated = stated
    if sum_stated == total:
        return []
    details = {"stated": f"{sum_stated:,.2f}", "sum": f"{total:,.2f}"}
    gap = f"{sum_stated - total:,.2f}"
    return [fault("F128", found.place(row, "amount"), **details, gap=gap)]


def bill_of(fees: FeeList, visit: Document) -> Document:
    """The visit with the fee list's lines on it. Raises Faulty where the visit is none, or has lines."""
    if not isinstance(visit.value, dict):
        raise Faulty([fault("F130", visit.name, reason="就诊文件要写成键值表")])
    stated = cast("dict[str, Value]", visit.value)
    if stated.get("lines"):
        raise Faulty([fault("F130", visit.where(("lines",)), reason="就诊文件里已经有费用行")])
    places: dict[Path, str] = {p: place for p, place in visit.places.items() if p}
    for key in (*stated, *(name for name in Bill.model_fields if name != "lines")):
        places.setdefault((key,), visit.name)  # what is missing is missing in the visit
    places[("visit_id",)] = visit.place(("visit_id",))
    whole = {**stated, "lines": list(fees.lines)}
    cells = cast("MutableMapping[Path, str]", fees.places)  # never written: it stands second
    return Document(fees.found.sheet.name, whole, ChainMap(places, cells))


def parts_faults(found: Found, brought: Records) -> list[Fault]:
    """The platform's decomposition is there in full or not at all."""
    faults: list[Fault] = []
    for number, line in enumerate(brought.values):
        missing = [part for part in PARTS if "parts" in line and part not in line["parts"]]
        if missing:
            keys = [f"parts.{part}" for part in missing]
            titles = [
                found.title(k) if k in found.columns else TERMS[p].zh
                for k, p in zip(keys, missing, strict=True)
            ]
            place = brought.places[("lines", number)]
            where = brought.places.get(("lines", number, "parts", missing[0]), place)
            faults.append(fault("F131", where, columns="、".join(titles)))
    return faults


def _is_total(cells: Sequence[Cell]) -> bool:
    """A line that sums up what stands above it says so in its first text."""
    first = next((cell.text.strip() for cell in cells if cell.text.strip()), "")
    return first.casefold().startswith(_TOTALS)


def _value(found: Found, cells: Sequence[Cell], key: str) -> object:
    column = found.columns[key]
    return value_of(cells[column].text if column < len(cells) else "", found.kinds[key])


def _decimal(value: object) -> Decimal | None:
    try:
        number = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None
