"""A hospital's mapping (目录对照) in YAML, JSON or a table → CodeMap: `{items: [{hospital_code, code, …}]}`."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Literal, cast

from pydantic import Field, ValidationError

from doudi.dates import Span
from doudi.errors import Fault, Faulty, fault
from doudi.mapping import CodeMap, Mapped
from doudi.packs.form_faults import near
from doudi.source_text import Document, Value, shown
from doudi.wire.bill_faults import FAULT_LIMIT, form_faults
from doudi.wire.bill_form import BillForm, Code, Day, Price
from doudi.wire.columns import shipped
from doudi.wire.records import table_document
from doudi.wire.sheets import Sheet


class MappedForm(BillForm):
    """One line of a mapping."""

    hospital_code: Code
    code: Code
    name: str | None = None
    item_class: Literal["甲", "乙", "丙"] | None = Field(default=None, alias="class")
    price_ceiling: Price | None = None
    start: Day = Field(default=date(1900, 1, 1), alias="from")
    end: Day | None = Field(default=None, alias="to")


def mapping_document(name: str, sheets: Sequence[Sheet]) -> Document:
    """A mapping kept as a table. Raises Faulty."""
    return table_document(name, sheets, shipped("mapping"), "items", name)


def read_mapping(document: Document) -> tuple[CodeMap, tuple[Fault, ...]]:
    """The mapping, and a fault for each hospital code that is mapped twice on one day (the first holds).

    Raises Faulty where a line cannot be read.
    """
    stated = cast("dict[str, Value]", document.value) if isinstance(document.value, dict) else {}
    items = stated.get("items")
    faults = [*_head_faults(document, stated, items)]
    listed = cast("list[Value]", items) if isinstance(items, list) else []
    by_code: dict[str, list[Mapped]] = defaultdict(list)
    twice: list[Fault] = []
    for number, raw in enumerate(listed):
        path = ("items", number)
        try:
            one = MappedForm.model_validate(raw)
        except ValidationError as error:
            faults.extend(form_faults(document, path, error, MappedForm))
            if len(faults) >= FAULT_LIMIT:
                faults.append(fault("F111", document.where(path)))
                break
            continue
        span, where = Span(one.start, one.end), document.place(path)
        mapped = Mapped(
            one.hospital_code, one.code, span, one.name, one.item_class, one.price_ceiling, where
        )
        clash = next((m for m in by_code[one.hospital_code] if m.span.overlaps(span)), None)
        if clash is None:
            by_code[one.hospital_code].append(mapped)
        else:
            details = {"code": one.hospital_code, "first": clash.code, "second": one.code}
            twice.append(fault("F321", where, **details, first_where=clash.where))
    if faults:
        raise Faulty(faults)
    return CodeMap({code: tuple(found) for code, found in by_code.items()}), tuple(twice)


def _head_faults(document: Document, stated: dict[str, Value], items: Value) -> Iterator[Fault]:
    if not isinstance(items, list):
        key = "items"
        yield fault("F201", document.where((key,)), key=key, expected="对照的列表")
    for key in sorted(set(stated) - {"version", "items"}):
        hint = near(key, ("version", "items"))
        yield fault("F202", document.where((key,)), key=shown(key), near=hint)
