"""Which pack rules here, on this day: the district first, then its city, then its province."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from doudi.dates import Span


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a pack without reading all of it."""

    id: str
    title: str
    district: str
    valid: Span


def chain(district: str) -> tuple[str, ...]:
    """A division code and those that contain it.

    >>> chain("500113")
    ('500113', '500100', '500000')
    """
    return tuple(dict.fromkeys((district, district[:4] + "00", district[:2] + "0000")))


def in_force(heads: Iterable[Head], district: str, day: date) -> list[Head]:
    """The packs of the nearest division that has one in force: none, one, or more than one (a fault)."""
    known = list(heads)
    for division in chain(district):
        found = [h for h in known if h.district == division and h.valid.covers(day)]
        if found:
            return found
    return []


def of_district(heads: Iterable[Head], district: str) -> list[Head]:
    """Every pack that names the district or a division above it, by its first day."""
    divisions = chain(district)
    return sorted((h for h in heads if h.district in divisions), key=lambda h: h.valid.start)
