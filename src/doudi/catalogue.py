"""Items by code and day: class, first-self-pay rate, price ceilings, equivalents (医保目录)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from functools import cached_property

from doudi.dates import Span

_NO_LEVELS: Mapping[str, int] = {}


@dataclass(frozen=True, slots=True)
class Item:
    """One catalogue item over a span of days.

    Rates and pack sizes in millionths, prices and ceilings in millionths of a yuan. `price_ceiling` holds at
    every hospital level that has none of its own in `level_ceilings`. `pack_size` is how many base units
    (tablets, millilitres) one unit of sale holds. `reference_price` is what one unit usually costs: it is
    used to compare alternatives and never to settle.
    """

    code: str
    name: str
    item_class: str
    first_self_pay_rate: int | None
    price_ceiling: int | None
    span: Span
    level_ceilings: Mapping[str, int] = field(default_factory=lambda: _NO_LEVELS, hash=False)
    kind: str | None = None  # drug | herbal | service | consumable
    generic_name: str | None = None
    group: str | None = None  # therapeutic or functional
    unit: str | None = None
    pack_size: int | None = None
    reference_price: int | None = None
    restriction: str | None = None

    def ceiling(self, level: str) -> int | None:
        """The price ceiling at a hospital of that level; None: no ceiling."""
        return self.level_ceilings.get(level, self.price_ceiling)


@dataclass(frozen=True)
class Catalogue:
    """A dated list of items, with the version that every settlement names."""

    version: str
    items: Mapping[str, tuple[Item, ...]] = field(default_factory=dict[str, tuple[Item, ...]])

    def item(self, code: str, day: date) -> Item | None:
        """The item of that code in force on that day."""
        return next((i for i in self.items.get(code, ()) if i.span.covers(day)), None)

    def equivalents(self, item: Item, day: date) -> tuple[Item, ...]:
        """Other items in force that day: of the same generic name, then of the same group; by code."""
        found: dict[str, Item] = {}
        for name, alike in ((item.generic_name, self._named), (item.group, self._grouped)):
            for other in alike.get(name, ()) if name else ():
                if other.code != item.code and other.kind == item.kind and other.span.covers(day):
                    found.setdefault(other.code, other)
        return tuple(found.values())

    @cached_property
    def _named(self) -> Mapping[str, Sequence[Item]]:
        return _by((i.generic_name, i) for i in self._all())

    @cached_property
    def _grouped(self) -> Mapping[str, Sequence[Item]]:
        return _by((i.group, i) for i in self._all())

    def _all(self) -> Iterator[Item]:
        for code in sorted(self.items):
            yield from self.items[code]


def _by(named: Iterator[tuple[str | None, Item]]) -> Mapping[str, Sequence[Item]]:
    found: dict[str, list[Item]] = {}
    for name, item in named:
        if name is not None:
            found.setdefault(name, []).append(item)
    return found


def near(catalogue: Catalogue, name: str, day: date) -> tuple[Item, ...]:
    """Up to three items of the day whose names are like this one, with or without what follows a space."""
    named: dict[str, list[Item]] = {}
    for items in catalogue.items.values():
        for item in items:
            if item.span.covers(day):
                for key in {item.name, item.name.partition(" ")[0]}:
                    named.setdefault(key, []).append(item)
    found = dict.fromkeys(i for key in get_close_matches(name, named, n=3) for i in named[key])
    return tuple(found)[:3]


EMPTY = Catalogue("")
