"""Which lines of a bill stand for nothing in the catalogue: by the rule by which a bill is settled."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from doudi.wire.bill_form import LineForm
from doudi.wire.lines import Lists

UNMAPPED, STATED, CLASS_DIFFERS = "unmapped", "stated", "class_differs"


@dataclass(frozen=True, slots=True)
class Charged:
    """A line that somebody should look at, and the item that it charges. `amount` in fen."""

    line: str
    what: str
    code: str
    name: str
    stated_code: str
    unit_price: int
    amount: int
    day: date | None


def parsed(lines: Iterable[Mapping[str, Any]]) -> list[LineForm]:
    """The lines that can be read at all; of others the bill itself has a fault."""
    found: list[LineForm] = []
    for line in lines:
        try:
            found.append(LineForm.model_validate(line))
        except ValidationError:
            continue
    return found


def to_look_at(
    lines: Iterable[LineForm], among: Mapping[str, LineForm], lists: Lists, day: date
) -> Iterator[Charged]:
    """The lines whose class nobody knows; where there is a catalogue also those that it does not have, or of
    another class than they state.

    A refund is of the item that it takes back, which is looked for `among` the lines of its bill. A line without a
    date goes by `day`.
    """
    for line in lines:
        charged = among.get(line.refunds or "", line)
        own = charged.hospital_code or charged.code
        if not own:
            continue
        what = _what(line, charged, lists, charged.date or day)
        if what is not None:
            yield Charged(
                line.id, what, own, charged.name or line.name or own, charged.code or "", charged.unit_price,
                line.amount, line.date,
            )  # fmt: skip


def _what(line: LineForm, charged: LineForm, lists: Lists, day: date) -> str | None:
    item = lists.catalogue.item(lists.code_of(charged.code, charged.hospital_code, day), day)
    if item is None:
        if line.item_class or charged.item_class or line.parts is not None:
            return STATED if lists.catalogue.items else None
        return UNMAPPED
    stated = line.item_class or charged.item_class
    return CLASS_DIFFERS if stated is not None and stated != item.item_class else None
