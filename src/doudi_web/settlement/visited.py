"""Whom a hospital has seen."""

from collections.abc import Sequence

from doudi_web.settlement import tables

_SEEN = """
SELECT person FROM settlement_settlement WHERE facility = %(facility)s AND person = ANY(%(persons)s)
UNION SELECT person FROM settlement_visit WHERE facility = %(facility)s AND person = ANY(%(persons)s)
UNION SELECT person FROM settlement_quarantined WHERE facility = %(facility)s AND person = ANY(%(persons)s)
"""


def visited(facility: str, persons: Sequence[str]) -> set[str]:
    """Of these persons those with a visit there: settled, running, or of a bill that was refused."""
    rows = tables.driver().execute(_SEEN, {"facility": facility, "persons": list(persons)})
    return {person for (person,) in rows}
