"""Items of the catalogue as somebody types them into a draft order."""

from datetime import date

from doudi.catalogue import Catalogue, Item
from doudi.dates import CHINA
from doudi.money import millionths
from doudi.source_text import Value
from doudi_web.policy.rules import generation, rules
from doudi_web.settlement.amending import priced
from doudi_web.tenancy.clock import now

SHOWN = 20


def like(text: str) -> list[Item]:
    """Items of today whose name holds the text or whose code begins with it, the shortest names first."""
    stated = text.strip()
    if not stated:
        return []
    catalogue, day = _today()
    found = [
        item
        for items in catalogue.items.values()
        for item in items
        if item.span.covers(day) and (stated in item.name or item.code.startswith(stated))
    ]
    return sorted(found, key=lambda item: (len(item.name), item.code))[:SHOWN]


def ordered(text: str, quantity: str, price: str) -> dict[str, Value]:
    """A draft order as a line: by its code or whole name, at the price that is written, else the usual one.

    What cannot be read is left as it was typed: the bill's own faults say what is wrong with it.
    """
    catalogue, day = _today()
    item = catalogue.item(text, day)
    if item is None:
        named = [one for one in like(text) if one.name == text]
        item = named[0] if len(named) == 1 else None
    if not price and item is not None and item.reference_price is not None:
        price = millionths(item.reference_price)
    count = quantity or "1"
    return {
        "code": text if item is None else item.code,
        **({} if item is None else {"name": item.name}),
        **priced(count, price),
    }


def _today() -> tuple[Catalogue, date]:
    return rules(generation()).catalogue, now().astimezone(CHINA).date()
