"""A catalogue in YAML or JSON → Catalogue: `{version, items: [{code, name, class, …, from, to}]}`."""

from collections import defaultdict
from datetime import date
from fractions import Fraction
from typing import Literal, cast

from pydantic import Field, ValidationError

from doudi.catalogue import Catalogue, Item
from doudi.dates import Span
from doudi.errors import Fault, Faulty, fault
from doudi.source_text import Document, Value
from doudi.wire.bill_faults import bill_form_faults
from doudi.wire.bill_form import BillForm, Code, Day, Price, RateText


class _Item(BillForm):
    code: Code
    name: str
    item_class: Literal["甲", "乙", "丙"] = Field(alias="class")
    first_self_pay_rate: RateText | None = None
    price_ceiling: Price | None = None
    start: Day = Field(default=date(1900, 1, 1), alias="from")
    end: Day | None = Field(default=None, alias="to")


def read_catalogue(document: Document) -> Catalogue:
    """The catalogue of a document. Raises Faulty: shapes, 甲 with a rate, 乙 without, spans that overlap."""
    stated = cast("dict[str, Value]", document.value) if isinstance(document.value, dict) else {}
    version, items = stated.get("version"), stated.get("items")
    faults: list[Fault] = [
        fault("F201", document.name, key=key, expected=expected)
        for key, expected, holds in (
            ("version", "目录版本（文字）", isinstance(version, str)),
            ("items", "项目列表", isinstance(items, list)),
        )
        if not holds
    ]
    by_code: dict[str, list[Item]] = defaultdict(list)
    for n, raw in enumerate(cast("list[Value]", items) if isinstance(items, list) else []):
        path = ("items", n)
        try:
            one = _Item.model_validate(raw)
        except ValidationError as error:
            faults.extend(bill_form_faults(document, path, error))
            continue
        span = Span(one.start, one.end)
        where = document.where(path)
        if one.item_class == "甲" and one.first_self_pay_rate:
            faults.append(fault("F306", where, rate=Fraction(one.first_self_pay_rate, 10**6)))
        if one.item_class == "乙" and one.first_self_pay_rate is None:
            faults.append(fault("F307", where))
        if any(_overlap(span, known.span) for known in by_code[one.code]):
            reason = "有效期与前面的重叠"
            faults.append(fault("F318", where, item=one.code, reason=reason))
        by_code[one.code].append(
            Item(
                one.code, one.name, one.item_class, one.first_self_pay_rate, one.price_ceiling, span
            )
        )
    if faults:
        raise Faulty(faults)
    return Catalogue(str(version), {code: tuple(found) for code, found in by_code.items()})


def _overlap(a: Span, b: Span) -> bool:
    return (a.end is None or b.start < a.end) and (b.end is None or a.start < b.end)
