"""What a hospital calls what it charges for, and what it says that stands for in the catalogue (目录对照): with the
gaps and doubts that such lists have."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from doudi.catalogue import Catalogue, Item
from doudi.money import PRICE_SCALE, millionths
from doudi_lab.goods import Good, Goods, Store
from doudi_lab.streams import Stream

_GAPS = (
    "drug/降压药", "drug/头孢菌素类", "drug/抑酸药", "drug/平喘药", "drug/维生素类",
    "consumable/管路", "consumable/敷料", "consumable/内固定", "service/检验", "service/检查", "service/治疗",
)  # fmt: skip
"""Groups in each of which the hospital has an item that it has not mapped."""
_CLASS_DIFFERS, _CEILING_DIFFERS = 3, 2
_UNITS = {"×": "*", " ": "", "（国产）": "", "μ": "u"}


@dataclass(frozen=True, slots=True)
class Own:
    """An item under the hospital's own code and name, at its price."""

    code: str
    name: str
    price_fen: int
    good: Good

    @property
    def item_class(self) -> str:
        return self.good.item_class


class OwnList:
    """A hospital's own list on a day, from the seed."""

    def __init__(
        self, seed: int, hospital: str, level: str, catalogue: Catalogue, day: date
    ) -> None:
        self._seed, self._hospital = seed, hospital
        self._catalogue = catalogue
        self._codes = {code: f"Y{n:05d}" for n, code in enumerate(sorted(catalogue.items), 1)}
        goods = Store(catalogue).goods(level, day, day)
        self._goods = goods
        self._unmapped = _unmapped(goods, Stream(seed, "unmapped", hospital))
        self._by_name = {
            own.good.stated["name"]: own for group in goods.groups for own in self.of(group)
        }

    def of(self, group: str, item_class: str | None = None) -> tuple[Own, ...]:
        """The mapped items of a group, or those of one class among them."""
        return tuple(
            self._own(good)
            for one, goods in self._goods.groups[group].goods.items()
            if item_class in (None, one)
            for good in goods
            if good.stated["code"] not in self._unmapped
        )

    def named(self, name: str) -> Own | None:
        """The mapped item that the catalogue calls so."""
        return self._by_name.get(name)

    @property
    def unmapped(self) -> tuple[Own, ...]:
        """What the hospital charges for and has not mapped, under a name of its own."""
        return tuple(self._own(good) for good in self._unmapped.values())

    def mapping(self) -> dict[str, Any]:
        """The mapping as the service takes it: each item of the catalogue but the gaps, also those that have
        expired since; a few with another class or ceiling than the catalogue has."""
        luck = Stream(self._seed, "mapping", self._hospital)
        items = [one for one in self._items() if one.code not in self._unmapped]
        of_b = [one.code for one in items if one.item_class == "乙"]
        dear = [one.code for one in items if one.price_ceiling is not None]
        other_class = set(luck.several(of_b, _CLASS_DIFFERS))
        other_ceiling = set(luck.several(dear, _CEILING_DIFFERS))
        return {
            "items": [
                {
                    "hospital_code": self._codes[one.code],
                    "code": one.code,
                    "name": one.name,
                    "class": "甲" if one.code in other_class else one.item_class,
                    **_ceiling(one, differs=one.code in other_ceiling),
                    "from": one.span.start.isoformat(),
                }
                for one in items
            ]
        }

    def _items(self) -> Iterator[Item]:
        """The last state of each item."""
        for code in sorted(self._catalogue.items):
            yield self._catalogue.items[code][-1]

    def _own(self, good: Good) -> Own:
        """Dear as the hospital charges it: a little below what it usually costs, always the same."""
        code = good.stated["code"]
        luck = Stream(self._seed, "price", self._hospital, code)
        price = max(1, good.price_fen * luck.whole(93, 100) // 100)
        name = str(good.stated["name"])
        return Own(
            self._codes[code], _own_name(name) if code in self._unmapped else name, price, good
        )


def _unmapped(goods: Goods, luck: Stream) -> Mapping[str, Good]:
    """In some groups one good of 甲 or 乙: it looks as if it were out of the catalogue, and is not."""
    found: dict[str, Good] = {}
    for group in _GAPS:
        choice = goods.groups[group].goods
        among: Sequence[Good] = [g for one in ("乙", "甲") for g in choice.get(one, ())]
        if len(among) > 1:
            good = luck.pick(among)
            found[str(good.stated["code"])] = good
    return found


def _own_name(name: str) -> str:
    """The name as hospitals write it."""
    for theirs, ours in _UNITS.items():
        name = name.replace(theirs, ours)
    return name


def _ceiling(item: Item, *, differs: bool) -> dict[str, str]:
    if item.price_ceiling is None:
        return {}
    return {"price_ceiling": millionths(item.price_ceiling + (PRICE_SCALE if differs else 0))}
