"""What hospitals charge for: the items of a catalogue, by group and class, with what they cost where."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from doudi.catalogue import Catalogue, Item
from doudi.money import PRICE_SCALE, millionths
from doudi_lab.streams import Stream

SMALL_FEN = 40_000
"""A consumable that costs no more is used without an operation."""


@dataclass(frozen=True, slots=True)
class Good:
    """An item as a bill of one hospital level states it: `stated` are its keys that never change."""

    stated: Mapping[str, Any]
    item_class: str
    price_fen: int
    """What it usually costs at that level."""
    ceiling_fen: int | None
    is_daily: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """The goods of a group, by class; a class that the group has not is not there."""

    goods: Mapping[str, Sequence[Good]]

    def one(self, luck: Stream, outside: float, dear: float = 0.24) -> Good:
        """One good: out of the catalogue (丙) with a share of `outside`, of 乙 with one of `dear`, else of 甲."""
        lot = luck.uniform()
        wanted = "丙" if lot < outside else "乙" if lot < outside + dear else "甲"
        found = self.goods.get(wanted) or self.goods.get("甲") or self.goods.get("乙")
        return luck.pick(found or next(iter(self.goods.values())))


@dataclass(frozen=True, slots=True)
class Goods:
    """What a hospital of one level charges for at one time of the year."""

    groups: Mapping[str, Choice]
    """By kind and group: `service/检验`."""
    drugs: Sequence[Choice]
    small: Choice
    large: Sequence[Choice]

    def of(self, kind: str, group: str) -> Choice | None:
        """The goods of a group, where the catalogue has it."""
        return self.groups.get(f"{kind}/{group}")


class Store:
    """A catalogue as goods, made once for each level and each span of days in which it stays the same."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._items = [item for items in catalogue.items.values() for item in items]
        days = {i.span.start for i in self._items} | {i.span.end for i in self._items if i.span.end}
        self._days = sorted(days)
        self._made: dict[tuple[str, date, date], Goods] = {}

    def goods(self, level: str, first: date, last: date) -> Goods:
        """The goods that are in force on both days; before the catalogue begins, those of its first."""
        key = level, self._since(first), self._since(last)
        if key not in self._made:
            spans = [(i, i.span) for i in self._items]
            both = [i for i, span in spans if span.covers(key[1]) and span.covers(key[2])]
            self._made[key] = _goods(both, level)
        return self._made[key]

    def _since(self, day: date) -> date:
        """The last day on which the catalogue changed before this one."""
        return max((d for d in self._days if d <= day), default=self._days[0])


def _goods(items: Sequence[Item], level: str) -> Goods:
    groups: dict[str, dict[str, list[Good]]] = defaultdict(lambda: defaultdict(list))
    small: dict[str, list[Good]] = defaultdict(list)
    for item in items:
        good = _good(item, level)
        groups[f"{item.kind}/{item.group}"][good.item_class].append(good)
        if item.kind == "consumable" and good.price_fen <= SMALL_FEN:
            small[good.item_class].append(good)
    choices = {name: Choice(classes) for name, classes in groups.items()}
    return Goods(
        choices,
        [choice for name, choice in choices.items() if name.startswith("drug/")],
        Choice(small),
        [
            choice
            for name, choice in choices.items()
            if name.startswith("consumable/")
            and max(g.price_fen for g in choice.goods.get("甲", ())) > SMALL_FEN
        ],
    )


def _good(item: Item, level: str) -> Good:
    ceiling = item.ceiling(level)
    stated: dict[str, Any] = {"code": item.code, "name": item.name, "class": item.item_class}
    if item.item_class == "乙":
        stated["first_self_pay_rate"] = millionths(item.first_self_pay_rate or 0)
    if ceiling is not None:
        stated["price_ceiling"] = millionths(ceiling)
    scale = PRICE_SCALE // 100
    of_level = item.level_ceilings.get(level)
    price = of_level or item.reference_price or PRICE_SCALE
    return Good(
        stated,
        item.item_class,
        max(1, price // scale),
        None if ceiling is None else ceiling // scale,
        item.unit in ("日", "小时"),
    )
