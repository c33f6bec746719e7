"""A catalogue in YAML or JSON → Catalogue: `{version, items: [{code, name, class, …, from, to}]}`.

Optional keys of an item: first_self_pay_rate, price_ceiling, price_ceilings (by hospital level), kind,
generic_name, group, unit, pack_size, reference_price, restriction.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Literal, cast

from pydantic import Field, ValidationError

from doudi.catalogue import Catalogue, Item
from doudi.dates import Span
from doudi.errors import Fault, Faulty, fault
from doudi.money import millionths
from doudi.packs.form_faults import near
from doudi.source_text import Document, Value, shown
from doudi.wire.bill_faults import FAULT_LIMIT, form_faults
from doudi.wire.bill_form import BillForm, Code, Day, Price, Quantity, RateText
from doudi.wire.columns import HEADER_WITHIN, shipped
from doudi.wire.records import table_document
from doudi.wire.sheets import Sheet


class _Item(BillForm):
    code: Code
    name: str
    item_class: Literal["甲", "乙", "丙"] = Field(alias="class")
    first_self_pay_rate: RateText | None = None
    price_ceiling: Price | None = None
    price_ceilings: dict[Code, Price] | None = None
    kind: Literal["drug", "herbal", "service", "consumable"] | None = None
    generic_name: str | None = None
    group: str | None = None
    unit: str | None = None
    pack_size: Quantity | None = None
    reference_price: Price | None = None
    restriction: str | None = None
    start: Day = Field(default=date(1900, 1, 1), alias="from")
    end: Day | None = Field(default=None, alias="to")


def catalogue_document(name: str, sheets: Sequence[Sheet]) -> Document:
    """A catalogue kept as a table. Its version is what a row above the header calls `版本`, else the file's name.

    Raises Faulty.
    """
    stem = name.replace("\\", "/").rpartition("/")[2]
    version = next(filter(None, map(_version, sheets)), stem)
    return table_document(name, sheets, shipped("catalogue"), "items", version)


def _version(sheet: Sheet) -> str | None:
    """What stands beside or behind 版本 near the top of a sheet."""
    for row in sheet.rows[:HEADER_WITHIN]:
        texts = [cell.text.strip() for cell in row if cell.text.strip()]
        for text, after in zip(texts, (*texts[1:], ""), strict=True):
            head, _, rest = text.replace("：", ":").partition(":")
            if head.strip() in ("版本", "目录版本", "version"):
                return rest.strip() or after or None
    return None


def read_catalogue(document: Document) -> Catalogue:
    """The catalogue of a document. Raises Faulty: shapes, 甲 with a rate, 乙 without, spans that overlap."""
    if not isinstance(document.value, dict):
        raise Faulty([fault("F203", document.name, value=shown(document.value), expected="键值表")])
    stated = cast("dict[str, Value]", document.value)
    version, items = stated.get("version"), stated.get("items")
    faults = [*_head_faults(document, stated)]
    by_code: dict[str, list[Item]] = defaultdict(list)
    for n, raw in enumerate(cast("list[Value]", items) if isinstance(items, list) else []):
        path = ("items", n)
        try:
            one = _Item.model_validate(raw)
        except ValidationError as error:
            faults.extend(form_faults(document, path, error, _Item))
            if len(faults) >= FAULT_LIMIT:
                faults.append(fault("F111", document.where(path)))
                break
            continue
        span = Span(one.start, one.end)
        where = document.where(path)
        if one.item_class == "甲" and one.first_self_pay_rate:
            faults.append(fault("F306", where, rate=millionths(one.first_self_pay_rate)))
        if one.item_class == "乙" and one.first_self_pay_rate is None:
            faults.append(fault("F307", where))
        if any(span.overlaps(known.span) for known in by_code[one.code]):
            reason = "有效期与前面的重叠"
            faults.append(fault("F318", where, item=one.code, reason=reason))
        by_code[one.code].append(_item(one, span))
    if faults:
        raise Faulty(faults)
    return Catalogue(str(version), {code: tuple(found) for code, found in by_code.items()})


def _item(one: _Item, span: Span) -> Item:
    return Item(
        code=one.code,
        name=one.name,
        item_class=one.item_class,
        first_self_pay_rate=one.first_self_pay_rate,
        price_ceiling=one.price_ceiling,
        span=span,
        level_ceilings=one.price_ceilings or {},
        kind=one.kind,
        generic_name=one.generic_name,
        group=one.group,
        unit=one.unit,
        pack_size=one.pack_size or None,
        reference_price=one.reference_price,
        restriction=one.restriction,
    )


def _head_faults(document: Document, stated: Mapping[str, Value]) -> Iterator[Fault]:
    """A catalogue has a version, a list of items and nothing else."""
    for key, expected, type_ in (("version", "目录版本（文字）", str), ("items", "项目列表", list)):
        value = stated.get(key)
        if value is None:
            yield fault("F201", document.where((key,)), key=key, expected=expected)
        elif not isinstance(value, type_):
            yield fault("F203", document.where((key,)), value=shown(value), expected=expected)
    for key in sorted(set(stated) - {"version", "items"}):
        yield fault(
            "F202", document.where((key,)), key=shown(key), near=near(key, ("version", "items"))
        )
