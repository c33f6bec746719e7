"""A person's standings over time as a drawing: when each was valid, when it was learned, what was put right later.

Geometry alone: a place in the drawing for each fact; the template draws it with attributes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

LEFT, RIGHT, TOP, ROW = 112, 788, 16, 26
_YEARS = 8
"""At most so many years are drawn; what is older begins at the edge."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A span of validity. `is_old`: put right later, drawn as a thin frame."""

    x: float
    y: float
    width: float
    height: float
    text: str
    is_old: bool
    is_over: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """The spans of one standing, disease or tier, and the days on which they were learned."""

    label: str
    y: float
    bars: tuple[Bar, ...]
    diamonds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """A drawing. `says` is what it shows, in a sentence, for who does not see it."""

    height: int
    years: tuple[tuple[float, int], ...]
    lanes: tuple[Lane, ...]
    today: float
    says: str


Spoken = Mapping[str, Any]
"""A fact with its `kind`, `label`, days `start`, `end` and `known`, and whether it was put right (`is_old`)."""


def timeline(facts: Sequence[Spoken], today: date) -> Timeline | None:
    """The drawing of some facts; None where there is nothing to draw."""
    if not facts:
        return None
    first = max(min(f["start"] for f in facts).year, today.year - _YEARS)
    start, end = date(first, 1, 1), date(today.year + 1, 4, 1)

    def at(day: date) -> float:
        inside = min(max(day, start), end)
        share = (inside - start).days / (end - start).days
        return round(LEFT + share * (RIGHT - LEFT), 1)

    labels = list(dict.fromkeys(f["label"] for f in facts))
    lanes: list[Lane] = []
    for number, label in enumerate(labels):
        y = TOP + 12 + number * ROW
        own = [f for f in facts if f["label"] == label]
        bars = tuple(_bar(f, at, y, today) for f in sorted(own, key=lambda f: not f["is_old"]))
        learned = (f["known"] for f in own if f["kind"] == "standing")
        diamonds = tuple(sorted({at(day) for day in learned if day >= start}))
        lanes.append(Lane(label, y, bars, diamonds))
    years = tuple((at(date(y, 1, 1)), y) for y in range(first, end.year + 1))
    return Timeline(
        TOP + 20 + len(labels) * ROW, years, tuple(lanes), at(today), "；".join(map(_said, facts))
    )


def _bar(fact: Spoken, at: Any, y: float, today: date) -> Bar:
    start, end, is_old = fact["start"], fact["end"], fact["is_old"]
    x = at(start)
    width = max(2.0, round(at(end or date.max) - x, 1))
    is_over = end is not None and end <= today
    text = "" if is_old or width < 110 else _span(start, end)
    return Bar(x, y + (13 if is_old else 0), width, 4 if is_old else 16, text, is_old, is_over)


def _span(start: date, end: date | None) -> str:
    if end is None:
        return _("%(start)s 起") % {"start": start}
    return _("%(start)s 至 %(end)s") % {"start": start, "end": end}


def _said(fact: Spoken) -> str:
    said = f"{fact['label']} {_span(fact['start'], fact['end'])}"
    return _("%(fact)s（后来改了）") % {"fact": said} if fact["is_old"] else said
