"""What differs between two packs, by what they mean: values day by day and cell by cell, rules, order.

A pack that extends another is compared filled in. Where one pack rules after the other, the first is taken as
it stood on its last day: so what a new year changes is what is told.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import product

from doudi.dates import Span
from doudi.packs.facets import Name, Thing, things
from doudi.packs.model import Basis, Pack, Parameter, Title, Unit

Cell = tuple[tuple[str, str], ...]
"""A cell of a table: each dimension with its code."""


@dataclass(frozen=True, slots=True)
class Side:
    """What one of the two packs states, as the pack language writes it, and its source."""

    text: str
    basis: Basis | None


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; no `before`: the second pack adds it, no `after`: it is gone.

    `facet` is what of the thing differs (`value`, `when`, `place`, …; `basis`: only source or mark). A value
    differs in one `cell`, on the days from `since` to the day before `until`.
    """

    section: str
    name: str
    title: Title
    facet: str
    before: Side | None
    after: Side | None
    cell: Cell = ()
    since: date | None = None
    until: date | None = None
    unit: Unit | None = None


def diff(a: Pack, b: Pack, days: tuple[date, date] | None = None) -> tuple[Change, ...]:
    """Every difference from `a` to `b`: head, dimensions, values, rules. `days` compares the values of one day
    of `a` with those of one day of `b`."""
    one, other = things(a), things(b)
    found = [*_head_and_words(one, other)]
    found += _values(a, b, _on(a, b) if days is None else (_Pair(*days, None, None),))
    found += _rules(one, other)
    return tuple(found)


_BEFORE_VALUES = ("pack", "dimensions", "groups")


def _head_and_words(a: Mapping[Name, Thing], b: Mapping[Name, Thing]) -> Iterator[Change]:
    for name in _both(a, b):
        if name.section in _BEFORE_VALUES:
            yield from _thing(name, a.get(name), b.get(name))


def _rules(a: Mapping[Name, Thing], b: Mapping[Name, Thing]) -> Iterator[Change]:
    for name in _both(a, b):
        if name.section not in _BEFORE_VALUES:
            yield from _thing(name, a.get(name), b.get(name))
    groups = {"layers": {"": "layers"}}
    groups["rules"] = {n.name: "rules" for n in _both(a, b) if n.section == "layers"}
    for section, owners in groups.items():
        for owner in owners:
            yield from _order(section, owner, a, b)


def _both(a: Mapping[Name, Thing], b: Mapping[Name, Thing]) -> list[Name]:
    """The names of both, in the order of the second; what is gone stands after what it followed."""
    order = [*b]
    previous: Name | None = None
    for name in a:
        if name not in b:
            order.insert(0 if previous is None else order.index(previous) + 1, name)
        previous = name
    return order


def _thing(name: Name, a: Thing | None, b: Thing | None) -> Iterator[Change]:
    """The facets that differ. A turn among others is `_order`'s to compare; of a new thing it is told."""
    title = (b or a or _NOTHING).title
    ours, theirs = (a or _NOTHING), (b or _NOTHING)
    told = False
    for facet in dict.fromkeys((*theirs.facets, *ours.facets)):
        before, after = ours.facets.get(facet), theirs.facets.get(facet)
        if before is not None and after is not None and facet in ("place", "order"):
            if facet == "order" and _reordered(before.text, after.text):
                told = True
                yield Change(
                    *name, title, facet, Side(before.text, None), Side(after.text, None)
                )  # fmt: skip
            continue
        if before is not None and after is not None and before.meaning == after.meaning:
            continue
        told = True
        yield Change(
            *name, title, facet,
            None if before is None else Side(before.text, ours.basis),
            None if after is None else Side(after.text, theirs.basis),
        )  # fmt: skip
    if not told and a is not None and b is not None and not _same_basis(a.basis, b.basis):
        yield Change(*name, title, "basis", Side("", a.basis), Side("", b.basis))


_NOTHING = Thing(Title("", ""), {}, None)


def _reordered(before: str, after: str) -> bool:
    """Whether what both lists hold stands in another order."""
    one, other = before.split(" → "), after.split(" → ")
    return [c for c in one if c in other] != [c for c in other if c in one]


def _order(
    section: str, owner: str, a: Mapping[Name, Thing], b: Mapping[Name, Thing]
) -> Iterator[Change]:
    """The order of the layers, or of one layer's rules, where those that both packs have changed places."""

    def names(of: Mapping[Name, Thing]) -> list[str]:
        found = [n.name for n in of if n.section == section]
        return [n for n in found if not owner or n.rpartition(".")[0] == owner]

    one, other = names(a), names(b)
    common = [[n for n in xs if n in ys] for xs, ys in ((one, other), (other, one))]
    if common[0] != common[1]:
        texts = [" → ".join(n.rpartition(".")[2] for n in names_) for names_ in (one, other)]
        layer = b.get(Name("layers", owner), _NOTHING).title
        title = layer if owner else Title("各层次序", "the order of the layers")
        before, after = (Side(text, None) for text in texts)
        yield Change(section, owner, title, "order", before, after)


def _same_basis(a: Basis | None, b: Basis | None) -> bool:
    """Whether two sources are one: the article, its document and the mark; not which pack copied it."""
    return _source(a) == _source(b)


def _source(basis: Basis | None) -> tuple[str, ...]:
    if basis is None:
        return ()
    return (basis.cite.file, basis.cite.heading, basis.cite.document, basis.status.value)


# ------------------------------------------------------------------------------------- values


@dataclass(frozen=True, slots=True)
class _Pair:
    """A day of each pack to compare, and the days for which that stands."""

    a: date
    b: date
    since: date | None
    until: date | None


def _on(a: Pack, b: Pack) -> tuple[_Pair, ...]:
    """The pairs of days that tell everything: each day on which a value of either changes, from the day on
    which both packs have started; a pack is not asked about days that it does not rule."""
    first = max(a.valid.start, b.valid.start)
    changes = {d.start for p in (a, b) for v in p.parameters.values() for d in v.dated}
    ends = [p.valid.end for p in (a, b)]
    last = None if None in ends else max(e for e in ends if e is not None)
    days = sorted({first} | {d for d in changes if d > first and (last is None or d < last)})
    ends_of: list[date | None] = [*days[1:], None]
    return tuple(
        _Pair(_within(a.valid, day), _within(b.valid, day), day, until)
        for day, until in zip(days, ends_of, strict=True)
    )


def _within(span: Span, day: date) -> date:
    """The day of the span that is nearest."""
    last = day if span.end is None else span.end - timedelta(days=1)
    return max(span.start, min(day, last))


def _values(a: Pack, b: Pack, pairs: Sequence[_Pair]) -> Iterator[Change]:
    names = [*b.parameters]
    for at, name in enumerate(a.parameters):
        if name not in b.parameters:
            names.insert(min(at, len(names)), name)
    for name in names:
        one, other = a.parameters.get(name), b.parameters.get(name)
        yield from _words(name, one, other)
        found = [
            change
            for pair in pairs
            for change in _table(name, (a, one), (b, other), pair)
        ]  # fmt: skip
        yield from _joined(found)


def _words(name: str, a: Parameter | None, b: Parameter | None) -> Iterator[Change]:
    """A title or unit that differs."""
    if a is None or b is None:
        return
    if a.title != b.title:
        before, after = (Side(p.title.zh, None) for p in (a, b))
        yield Change("parameters", name, b.title, "title", before, after)
    if a.unit != b.unit:
        before, after = (Side(p.unit.value, None) for p in (a, b))
        yield Change("parameters", name, b.title, "unit", before, after)


def _table(
    name: str, a: tuple[Pack, Parameter | None], b: tuple[Pack, Parameter | None], pair: _Pair
) -> Iterator[Change]:
    """The cells that differ on a day, over every dimension that either table has."""
    one, other = a[1], b[1]
    stated = other or one
    assert stated is not None, name
    by = dict.fromkeys((*(other.by if other else ()), *(one.by if one else ())))
    codes = [
        dict.fromkeys((*_codes(b[0], d), *_codes(a[0], d))) for d in by
    ]  # fmt: skip
    sides = ((a[0], one, pair.a), (b[0], other, pair.b))
    for cell in product(*codes):
        where = dict(zip(by, cell, strict=True))
        before, after = (_cell(*side, where) for side in sides)
        facet = _what_differs(before, after)
        if facet is not None:
            yield Change(
                "parameters", name, stated.title, facet, before, after, tuple(where.items()),
                pair.since, pair.until, stated.unit,
            )  # fmt: skip


def _codes(pack: Pack, dimension: str) -> Iterable[str]:
    known = pack.dimensions.get(dimension)
    return () if known is None else known.codes


def _cell(
    pack: Pack, parameter: Parameter | None, day: date, where: Mapping[str, str]
) -> Side | None:
    """What a pack states in a cell on a day; None where it has no such cell."""
    if parameter is None or any(
        d in pack.dimensions and c not in pack.dimensions[d].codes for d, c in where.items()
    ):
        return None
    dated = parameter.on(day)
    codes = tuple(where[d] for d in parameter.by)
    text = "open" if codes in dated.open else written(parameter.unit, dated.table[codes])
    return Side(text, dated.basis)


def _what_differs(a: Side | None, b: Side | None) -> str | None:
    if a is None and b is None:
        return None
    if a is None or b is None or a.text != b.text:
        return "value"
    return None if _same_basis(a.basis, b.basis) else "basis"


def _joined(changes: Iterable[Change]) -> list[Change]:
    """Changes of a cell that go on alike from one day to the next, as one; ordered by day, then cell."""
    open_: dict[Cell, Change] = {}
    found: list[Change] = []
    for one in changes:
        last = open_.get(one.cell)
        if (
            last is not None
            and last.until == one.since is not None
            and (last.facet, last.before, last.after) == (one.facet, one.before, one.after)
        ):
            place = found.index(last)
            found[place] = replace(last, until=one.until)
            open_[one.cell] = found[place]
        else:
            found.append(one)
            open_[one.cell] = one
    return found


def written(unit: Unit, value: Fraction | None) -> str:
    """A value as the pack language writes it.

    >>> written(Unit.YUAN, Fraction(50050)), written(Unit.YUAN, None), written(Unit.PERCENT, Fraction(9, 1000))
    ('500.50', 'none', '0.9%')
    """
    if value is None:
        return "none"
    match unit:
        case Unit.YUAN:
            fen = int(value)
            return f"{fen // 100}.{fen % 100:02d}" if fen % 100 else str(fen // 100)
        case Unit.PERCENT:
            text = f"{value.numerator * 10**10 // value.denominator:09d}"
            return f"{text[:-8]}.{text[-8:]}".rstrip("0").rstrip(".") + "%"
        case Unit.YEARS:
            return str(int(value))
        case Unit.FLAG:
            return "true" if value else "false"
