"""What layers, sums and codes are called: as the packs say by which it was settled, else as any installed says."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from doudi.errors import Faulty
from doudi.packs.model import Pack
from doudi_web.policy.rules import generation, rules
from doudi_web.settlement import tables


@dataclass(frozen=True, slots=True)
class Titles:
    """Names by key: layers in the order of the cascade, and sums of a year or a stay."""

    layers: Mapping[str, str]
    sums: Mapping[str, str]


def titles_of(packs: Iterable[str], layers: Iterable[str] = (), sums: Iterable[str] = ()) -> Titles:
    """The names that these packs have; of `layers` and `sums` that none of them knows, those of other packs.

    A pack that is no longer there, or cannot be read, has none.
    """
    wanted = set(layers), set(sums)
    found: tuple[dict[str, str], dict[str, str]] = ({}, {})
    first = list(dict.fromkeys(packs))
    for pack in _read(first):
        _take(found, pack)
    if wanted[0] - set(found[0]) or wanted[1] - set(found[1]):
        for pack in _read(_installed(first)):
            _take(found, pack)
    return Titles(*found)


def kinds_of(pack: str) -> dict[str, str]:
    """The kinds of visits that a pack tells apart, and what it calls them; none where it is not there."""
    dimensions = (one for found in _read([pack]) for one in found.dimensions.values())
    return {
        code: title.zh
        for dimension in dimensions if dimension.of == "kind"
        for code, title in dimension.codes.items()
    }  # fmt: skip


def packs_of(settlements: Iterable[int]) -> list[str]:
    """By which packs these were settled."""
    asked = "SELECT DISTINCT result::json ->> 'pack' FROM settlement_settlement WHERE id = ANY(%s)"
    rows = tables.driver().execute(asked, [list(settlements)]).fetchall()
    return sorted(pack for (pack,) in rows if pack is not None)


def codes_of(dimension: str, codes: Iterable[str], packs: Iterable[str] = ()) -> dict[str, str]:
    """What codes of a dimension, as `kind`, are called: as these packs say, else as any that is installed says.

    A code that no pack knows has no name.
    """
    wanted, found = set(codes), dict[str, str]()
    first = list(dict.fromkeys(packs))
    for name in (*first, *_installed(first)):
        if wanted <= set(found):
            break
        for pack in _read([name]):
            of = pack.dimensions.get(dimension)
            for code, title in {} if of is None else of.codes.items():
                found.setdefault(code, title.zh)
    return {code: title for code, title in found.items() if code in wanted}


def _installed(but: list[str]) -> list[str]:
    return [head.id for head in rules(generation()).shelf.heads if head.id not in but]


def _read(packs: Iterable[str]) -> Iterator[Pack]:
    shelf = rules(generation()).shelf
    for name in packs:
        try:
            yield shelf.pack(name)
        except Faulty:
            continue


def _take(found: tuple[dict[str, str], dict[str, str]], pack: Pack) -> None:
    for layer in pack.layers:
        found[0].setdefault(layer.id, layer.title.zh)
    if pack.floor is not None:
        found[0].setdefault("floor", pack.floor.title.zh)
    for name, accumulator in pack.accumulators.items():
        found[1].setdefault(name, accumulator.title.zh)
