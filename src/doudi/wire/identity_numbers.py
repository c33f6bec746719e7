"""A citizen's identity number: told from other texts by its day of birth and its check digit."""

import re
from collections.abc import Iterator
from datetime import date
from typing import cast

from doudi.source_text import Path, Value

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_SIZE = 18
_SHAPED = re.compile(r"(?<![0-9A-Za-z])[0-9]{17}[0-9Xx](?![0-9A-Za-z])")


def is_identity_number(text: str) -> bool:
    """Whether a text is a citizen's number: 17 digits with a day of birth in them, and their check digit."""
    return _SHAPED.fullmatch(text) is not None and _holds(text)


def has_identity_number(text: str) -> bool:
    """Whether one stands anywhere in a text, with neither a digit nor a Latin letter right before or behind it."""
    return len(text) >= _SIZE and any(_holds(found[0]) for found in _SHAPED.finditer(text))


def identity_numbers_in(value: Value) -> Iterator[Path]:
    """The places in a document where one stands, keys of mappings among them.

    A key is told by the place of its mapping: the path must not repeat the number.
    """
    if _has_any(value):
        yield from _places(value, ())


def _has_any(value: Value) -> bool:
    """Whether there is one at all: most documents have none, and are looked through without keeping the paths."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            if len(one) >= _SIZE and has_identity_number(one):
                return True
        elif isinstance(one, dict):
            inner = cast("dict[str, Value]", one)
            left += inner
            left += inner.values()
        elif isinstance(one, list):
            left += cast("list[Value]", one)
        elif has_identity_number(str(one)):
            return True
    return False


def _places(value: Value, at: Path) -> Iterator[Path]:
    match value:
        case dict():
            for key, inner in cast("dict[str, Value]", value).items():
                if has_identity_number(key):
                    yield at
                    yield from _places(inner, at)
                else:
                    yield from _places(inner, (*at, key))
        case list():
            for place, inner in enumerate(cast("list[Value]", value)):
                yield from _places(inner, (*at, place))
        case _:
            if has_identity_number(str(value)):
                yield at


def _holds(number: str) -> bool:
    """Whether 18 characters of the right shape have a day of birth and the right check digit."""
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[17].upper()
