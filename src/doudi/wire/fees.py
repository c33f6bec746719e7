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
    rows, totals = list[tuple[int, Sequence[Cell]]](), list[tuple[int, Decimal]]()
    for row, cells in found.rows():
        if not _is_total(cells):
            rows.append((row, cells))
            continue
        amount = _decimal(_value(found, cells, "amount"))
        if amount is not None:
            totals.append((row, amount))
    brought = records(found, "lines", rows)
    lines, faults = brought.values, [*brought.faults, *_parts_faults(found, brought)]
    stated = totals[-1] if totals else None
    if not lines and not faults:
        faults.append(fault("F133", name))
    fees = FeeList(found, lines, brought.places, None if stated is None else stated[1])
    if stated is not None and stated[1] != fees.total and not faults:
        details = {"stated": f"{stated[1]:,.2f}", "sum": f"{fees.total:,.2f}"}
        gap = f"{stated[1] - fees.total:,.2f}"
        faults.append(fault("F128", found.place(stated[0], "amount"), **details, gap=gap))
    if faults:
        raise Faulty(faults)
    return fees


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


def _parts_faults(found: Found, brought: Records) -> list[Fault]:
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
