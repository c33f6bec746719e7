"""A hospital's own item codes and the catalogue codes that they stand for, by day (目录对照)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from doudi.dates import Span


@dataclass(frozen=True, slots=True)
class Mapped:
    """One line of a mapping. `item_class` and `price_ceiling` (millionths of a yuan) are what the hospital's own
    list says of the item, where it says anything: a report holds them against the catalogue."""

    hospital_code: str
    code: str
    span: Span
    name: str | None = None
    item_class: str | None = None
    price_ceiling: int | None = None
    where: str = ""


@dataclass(frozen=True, slots=True)
class CodeMap:
    """A hospital's mapping; spans of one hospital code do not overlap."""

    by_code: Mapping[str, tuple[Mapped, ...]] = field(default_factory=dict[str, tuple[Mapped, ...]])

    def code(self, hospital_code: str, day: date) -> str | None:
        """The catalogue code that a hospital code stands for on a day."""
        for mapped in self.by_code.get(hospital_code, ()):
            if mapped.span.covers(day):
                return mapped.code
        return None


NOTHING_MAPPED = CodeMap()
