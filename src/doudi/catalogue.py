"""Items by code and day: class, first-self-pay rate, price ceiling (医保目录)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from doudi.dates import Span


@dataclass(frozen=True, slots=True)
class Item:
    """One catalogue item over a span of days; the rate in millionths, the ceiling in millionths of a yuan."""

    code: str
    name: str
    item_class: str
    first_self_pay_rate: int | None
    price_ceiling: int | None
    span: Span


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A dated list of items, with the version that every settlement names."""

    version: str
    items: Mapping[str, tuple[Item, ...]] = field(default_factory=dict[str, tuple[Item, ...]])

    def item(self, code: str, day: date) -> Item | None:
        """The item of that code in force on that day."""
        return next((i for i in self.items.get(code, ()) if i.span.covers(day)), None)


EMPTY = Catalogue("")
