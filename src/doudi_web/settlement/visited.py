"""Whom a hospital has seen."""

from collections.abc import Sequence

from doudi_web.settlement import tables


def visited(facility: str, persons: Sequence[str]) -> set[str]:
    """Of these persons those with a settled visit there."""
    rows = tables.driver().execute(
        "SELECT DISTINCT person FROM settlement_settlement WHERE facility = %s AND person = ANY(%s)",
        [facility, list(persons)],
    )
    return {person for (person,) in rows}
