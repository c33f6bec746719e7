"""A hospital's mapping held against the catalogue and against what the hospital charges: what to mend, the
dearest first."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from doudi.catalogue import Catalogue, Item, near
from doudi.claim import Claim
from doudi.mapping import CodeMap, Mapped
from doudi.money import millionths


@dataclass(frozen=True, slots=True)
class Unmapped:
    """An item that is charged and stands for nothing in the catalogue. `amount` in fen, refunds netted."""

    code: str
    name: str
    lines: int
    amount: int
    near: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A line of the mapping that somebody should look at: `what` is class_differs, ceiling_differs, expired or
    unknown; `own` what the hospital's list says, `catalogue` what the catalogue says."""

    what: str
    mapped: Mapped
    own: str
    catalogue: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was found on a day."""

    day: date
    mapped: int
    unmapped: tuple[Unmapped, ...]
    doubts: tuple[Doubt, ...]


def check_mapping(
    mapping: CodeMap, catalogue: Catalogue, claims: Iterable[Claim], day: date
) -> Report:
    """Everything in the mapping, as it stands that day, and in the claims that the catalogue does not bear out."""
    entries = [one for found in mapping.by_code.values() for one in found if one.span.covers(day)]
    doubts = [doubt for one in entries for doubt in _doubts(one, catalogue, day)]
    unmapped = sorted(_unmapped(catalogue, claims), key=lambda u: (-u.amount, u.code))
    return Report(day, len(entries), tuple(unmapped), tuple(doubts))


def _doubts(mapped: Mapped, catalogue: Catalogue, day: date) -> Iterator[Doubt]:
    item = catalogue.item(mapped.code, day)
    if item is None:
        known = catalogue.items.get(mapped.code, ())
        spans = "、".join(str(one.span) for one in known)
        yield Doubt("expired" if known else "unknown", mapped, mapped.code, spans)
        return
    if mapped.item_class is not None and mapped.item_class != item.item_class:
        yield Doubt("class_differs", mapped, mapped.item_class, item.item_class)
    ceilings = {item.price_ceiling, *item.level_ceilings.values()} - {None}
    if mapped.price_ceiling is not None and mapped.price_ceiling not in ceilings:
        shown = "、".join(millionths(one) for one in sorted(c for c in ceilings if c is not None))
        yield Doubt("ceiling_differs", mapped, millionths(mapped.price_ceiling), shown)


def _unmapped(catalogue: Catalogue, claims: Iterable[Claim]) -> Iterator[Unmapped]:
    found: dict[str, tuple[str, int, int]] = {}
    days: dict[str, date] = {}
    for claim in claims:
        day = claim.settled.day
        for line in (*claim.lines, *claim.drafts):
            if catalogue.item(line.code, day) is not None:
                continue
            code = line.hospital_code or line.code
            name, lines, amount = found.get(code, (line.name, 0, 0))
            found[code] = (name, lines + 1, amount + line.amount)
            days[code] = day
    for code, (name, lines, amount) in found.items():
        yield Unmapped(code, name, lines, amount, near(catalogue, name, days[code]))
