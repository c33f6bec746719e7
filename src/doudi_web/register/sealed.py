"""What other rooms keep sealed under the register's keys: said as each begins, sealed anew as keys change."""

from collections.abc import Mapping
from typing import LiteralString

_KEPT: dict[tuple[LiteralString, LiteralString], str] = {}


def keeps(table: LiteralString, column: LiteralString, place: str) -> None:
    """Say of a column that it is sealed for the place `place.<id of the row>`. Said as a room begins."""
    _KEPT[table, column] = place


def kept() -> Mapping[tuple[LiteralString, LiteralString], str]:
    """Each table and column with its place."""
    return _KEPT
