"""How like a hospital's item is to items of the catalogue: by name, by strength, by code, by price, and why.

An index holds a catalogue once: names as they are compared, and by every two neighbouring characters the items that
have them. What shares none of its rarer pairs with a name is not looked at: a catalogue of tens of thousands of
items is asked in milliseconds. A score never decides: two persons do.
"""

import re
import unicodedata
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import log

from rapidfuzz import fuzz

from doudi.catalogue import Catalogue, Item

NAME_LIMIT = 200
"""Characters of a name that are compared; what follows tells no item from another."""
_CANDIDATES = 300  # items that are compared in full
_LEAST = 40  # a score below it is no suggestion
_ORIGINS = ("进口", "国产", "加强型", "乙类", "大包装")

_UNITS = {
    "μg": ("mg", 0.001), "ug": ("mg", 0.001), "mg": ("mg", 1.0), "g": ("mg", 1000.0), "kg": ("mg", 1e6),
    "克": ("mg", 1000.0), "毫克": ("mg", 1.0), "微克": ("mg", 0.001),
    "ml": ("ml", 1.0), "l": ("ml", 1000.0), "毫升": ("ml", 1.0), "升": ("ml", 1000.0),
    "万单位": ("iu", 1e4), "万iu": ("iu", 1e4), "万u": ("iu", 1e4), "单位": ("iu", 1.0), "iu": ("iu", 1.0),
    "u": ("iu", 1.0), "%": ("%", 1.0), "mm": ("mm", 1.0), "cm": ("mm", 10.0), "m": ("mm", 1000.0),
}  # fmt: skip
"""A unit of strength, and how much of its base one is."""
_MEASURE = re.compile(
    r"([0-9]+(?:\.[0-9]+)?)\s*("
    + "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
    + r")(?![a-z])"
)
_COUNT = re.compile(r"[x×*✕]\s*([0-9]+)\s*[片粒支袋瓶盒丸板贴枚包]?")
_PACKED = re.compile(r"([0-9]+)\s*[片粒支袋丸贴枚](?:/[盒瓶板])?")
_BRACKETED = re.compile(r"[(\[【]([^)\]】]*)[)\]】]")
_NOISE = re.compile(r"[^0-9a-z\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Named:
    """A name as it is compared: what it says, its strengths (unit, amount), its pack, whence or which kind."""

    whole: str
    base: str
    measures: frozenset[tuple[str, float]]
    pack: int | None
    origins: frozenset[str]


@dataclass(frozen=True, slots=True)
class Likeness:
    """An item of the catalogue that is like an own one: 0 to 100, and why. `identical`: no letter differs."""

    item: Item
    score: int
    why: tuple[str, ...]
    identical: bool


def named(text: str) -> Named:
    """A name taken apart.

    >>> named("阿莫西林胶囊 250mg*24粒") == named("阿莫西林胶囊　0.25ｇ×24")
    False
    >>> named("阿莫西林胶囊 250mg*24粒").measures == named("阿莫西林胶囊　0.25ｇ×24").measures
    True
    """
    plain = unicodedata.normalize("NFKC", text[:NAME_LIMIT]).lower()
    measures = frozenset(
        (_UNITS[unit][0], round(float(amount) * _UNITS[unit][1], 6))
        for amount, unit in _MEASURE.findall(plain)
    )
    rest = _MEASURE.sub(" ", plain)
    packs = _COUNT.findall(rest) or _PACKED.findall(rest)
    base = _PACKED.sub(" ", _COUNT.sub(" ", rest))
    origins = frozenset(word for word in _ORIGINS if word in base)
    base = _BRACKETED.sub(lambda found: "" if found[1] in _ORIGINS else found[1], base)
    return Named(
        _NOISE.sub("", plain),
        _NOISE.sub("", base),
        measures,
        int(packs[0]) if packs else None,
        origins,
    )


class Index:
    """The items of a catalogue on a day, ready to be asked what is like a name."""

    def __init__(self, catalogue: Catalogue, day: date) -> None:
        found = (one for spans in catalogue.items.values() for one in spans if one.span.covers(day))
        self._items: Sequence[Item] = tuple(found)
        self._names = tuple(named(item.name) for item in self._items)
        self._generic = tuple(
            named(item.generic_name).base if item.generic_name else "" for item in self._items
        )
        self._whole: dict[str, list[int]] = defaultdict(list)
        self._of_code: dict[str, int] = {}
        pairs: dict[str, array[int]] = defaultdict(lambda: array("I"))
        for number, (item, name) in enumerate(zip(self._items, self._names, strict=True)):
            self._whole[name.whole].append(number)
            self._of_code[item.code] = number
            for pair in _pairs(name.base):
                pairs[pair].append(number)
        self._pairs = dict(pairs)

    def __len__(self) -> int:
        return len(self._items)

    def like(
        self, name: str, codes: Iterable[str] = (), unit_price: int | None = None, most: int = 8
    ) -> list[Likeness]:
        """The items most like an own one, the likest first; `codes` are what the hospital calls it."""
        own = named(name)
        stated = tuple(code for code in codes if code)
        numbers = dict.fromkeys(self._whole.get(own.whole, ()) if own.whole else ())
        numbers |= dict.fromkeys(self._of_code[c] for c in stated if c in self._of_code)
        numbers |= dict.fromkeys(self._candidates(own.base))
        scored = (self._scored(number, own, stated, unit_price) for number in numbers)
        best = sorted(
            (one for one in scored if one is not None), key=lambda one: (-one[0], one[1].item.code)
        )
        return [likeness for _, likeness in best[:most]]

    def _candidates(self, base: str) -> list[int]:
        """The items that share the most telling pairs of characters with a name."""
        weights: dict[int, float] = defaultdict(float)
        for pair in _pairs(base):
            having = self._pairs.get(pair)
            if having is None:
                continue
            weight = log(1 + len(self._items) / len(having))
            for number in having:
                weights[number] += weight
        ordered = sorted(weights, key=lambda number: (-weights[number], number))
        return ordered[:_CANDIDATES]

    def _scored(
        self, number: int, own: Named, codes: Sequence[str], unit_price: int | None
    ) -> tuple[float, Likeness] | None:
        item, name = self._items[number], self._names[number]
        score, why = _by_name(own, name, self._generic[number])
        for part in (
            _by_measures(own, name),
            _by_origin(own, name),
            _by_code(codes, item.code),
            _by_price(unit_price, item.reference_price),
        ):
            if part is not None:
                score += part[0]
                why.append(part[1])
        score = min(max(score, 0.0), 100.0)
        if score < _LEAST:
            return None
        identical = bool(own.whole) and own.whole == name.whole and len(self._whole[own.whole]) == 1
        return score, Likeness(item, round(score), tuple(why), identical)


def index_of(digest: str, catalogue: Catalogue, day: date) -> Index:
    """The index of an installed catalogue on a day, made once a process; one is kept."""
    key = digest, day
    found = _INDEXES.get(key)
    if found is None:
        found = Index(catalogue, day)
        _INDEXES.clear()
        _INDEXES[key] = found
    return found


_INDEXES: dict[tuple[str, date], Index] = {}


def likeness_of(one: str, other: str) -> int:
    """How like two names are, 0 to 100: for a mapping whose two names have little in common."""
    own, theirs = named(one), named(other)
    return round(_by_name(own, theirs, "")[0] / _NAME * 100)


_NAME = 80.0  # what names alone can give


def _pairs(text: str) -> Iterator[str]:
    return dict.fromkeys(
        (text,) if len(text) < 2 else (a + b for a, b in pairwise(text))
    ).__iter__()


def _by_name(own: Named, name: Named, generic: str) -> tuple[float, list[str]]:
    """By the name without strength and pack; a generic name that stands in it whole counts too."""
    if own.whole and own.whole == name.whole:
        return _NAME, ["名称完全相同"]
    if own.base == name.base and own.base:
        has_more = own.measures or name.measures or own.pack or name.pack
        return 0.95 * _NAME, ["名称相同，规格另看" if has_more else "名称相同"]
    whole = fuzz.ratio(own.base, name.base)
    part = (
        fuzz.partial_ratio(own.base, name.base) if min(len(own.base), len(name.base)) > 1 else 0.0
    )
    likeness = max(whole, 0.6 * whole + 0.35 * part)
    if generic and generic in own.base:
        likeness = max(likeness, 80.0, 0.5 * whole + 50.0)
        return likeness / 100 * _NAME * 0.95, [f"含通用名“{generic}”"]
    return likeness / 100 * _NAME * 0.95, [f"名称相近 {round(likeness)}%"]


def _by_measures(own: Named, name: Named) -> tuple[float, str] | None:
    """By strength and pack, where both say them."""
    points, said = 0.0, []
    if own.measures and name.measures:
        is_same = own.measures == name.measures or own.measures <= name.measures
        points += 9 if is_same else 5 if own.measures & name.measures else -18
        said.append("规格相同" if is_same else "规格部分相同" if points > 0 else "规格不同")
    if own.pack and name.pack:
        points += 5 if own.pack == name.pack else -9
        said.append(
            "包装相同" if own.pack == name.pack else f"包装不同（{own.pack} 和 {name.pack}）"
        )
    return (points, "，".join(said)) if said else None


def _by_origin(own: Named, name: Named) -> tuple[float, str] | None:
    if own.origins == name.origins:
        return (2, f"同为{'、'.join(sorted(own.origins))}") if own.origins else None
    differs = "、".join(sorted(own.origins ^ name.origins))
    return (-6 if own.origins else -3), f"“{differs}”只有一边写"


def _by_code(codes: Sequence[str], code: str) -> tuple[float, str] | None:
    """By a national code that the hospital wrote: the whole of it, or as far as class and generic name reach."""
    if code in codes:
        return 40, "医院写的就是这个编码"
    shared = max((_shared(one, code) for one in codes), default=0)
    if shared >= 12:
        return min(shared, 20) * 0.8, f"编码前 {shared} 位相同"
    return None


def _shared(one: str, other: str) -> int:
    count = 0
    for a, b in zip(one.upper(), other.upper(), strict=False):
        if a != b:
            break
        count += 1
    return count


def _by_price(unit_price: int | None, reference: int | None) -> tuple[float, str] | None:
    """By the unit price, weakly: prices tell packs and makers apart, and change."""
    if not unit_price or not reference or unit_price < 0:
        return None
    ratio = min(unit_price, reference) / max(unit_price, reference)
    if ratio >= 0.85:
        return 4, "单价接近参考价"
    return (-4, "单价和参考价差得远") if ratio < 0.5 else None
